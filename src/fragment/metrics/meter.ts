/**
 * The optional peer `@opentelemetry/api`, loaded on first use, and what is used of a meter.
 *
 * @module
 */
import { describe, isObject, readFrom } from '../../bytes.ts';
import { InputError, UnsupportedError } from '../../errors.ts';

/** Takes a value when somebody collects. */
export interface MetricsObserver {
  readonly observe: (value: number, attributes?: Record<string, string | number>) => void;
}

/** An instrument that is asked when somebody collects. */
export interface MetricsObservable {
  readonly addCallback: (callback: (observer: MetricsObserver) => void) => void;
  readonly removeCallback: (callback: (observer: MetricsObserver) => void) => void;
}

/** What an instrument says of itself. */
export interface MetricsInstrument {
  readonly description: string;
  readonly unit: string;
}

/** What is used of a `Meter` of OpenTelemetry. */
export interface MetricsMeter {
  readonly createObservableGauge: (name: string, options: MetricsInstrument) => MetricsObservable;
  readonly createObservableCounter: (name: string, options: MetricsInstrument) => MetricsObservable;
}

/** The command that gets the peer. */
const INSTALL_COMMAND = 'npm install @opentelemetry/api';

const PEER = '@opentelemetry/api';

/** Name under which OpenTelemetry knows these instruments. */
const SCOPE = '@mwrasp/crypto';

/**
 * The meter of the provider that the application has set.
 *
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER`, with the command that helps.
 */
export async function loadMeter(): Promise<MetricsMeter> {
  try {
    // By a name that bundlers do not look for: who has no metrics has no need of it.
    const module = (await import(/* @vite-ignore */ /* webpackIgnore: true */ PEER)) as {
      metrics: { getMeter(name: string): MetricsMeter };
    };
    return module.metrics.getMeter(SCOPE);
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const problem = isMissing ? 'which is not installed' : 'which does not load here';
    const message = `metrics need the package ${PEER}, ${problem}: ${INSTALL_COMMAND}`;
    throw new UnsupportedError('ERR_UNSUPPORTED_PEER', message, { cause });
  }
}

/**
 * Checks a meter.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 */
export function checkMeter(argument: string, meter: unknown): asserts meter is MetricsMeter {
  const expected = 'a Meter of OpenTelemetry';
  const isMeter = readFrom(
    argument,
    expected,
    () =>
      isObject(meter) &&
      typeof (meter as Partial<MetricsMeter>).createObservableGauge === 'function' &&
      typeof (meter as Partial<MetricsMeter>).createObservableCounter === 'function',
  );
  if (!isMeter) throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(meter));
}
