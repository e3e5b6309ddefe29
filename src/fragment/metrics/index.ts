/**
 * Metrics of temporal fragmentation, through the API of OpenTelemetry.
 *
 * @module
 */

export type {
  MetricsInstrument,
  MetricsMeter,
  MetricsObservable,
  MetricsObserver,
} from './meter.ts';
export { type FragmentMetrics, type FragmentMetricsOptions, fragmentMetrics } from './metrics.ts';
