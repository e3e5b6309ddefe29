/**
 * What is measured: how late keys die, what became of fragments, what became of sessions.
 *
 * @module
 */
import { checkOptions } from '../../bytes.ts';
import { builtinModule } from '../../runtime.ts';
import { SESSION_CHANNEL, type SessionEvent } from '../session/events.ts';
import { runningLag } from '../slab/wiping.ts';
import { tally } from '../tally.ts';
import {
  checkMeter,
  loadMeter,
  type MetricsMeter,
  type MetricsObservable,
  type MetricsObserver,
} from './meter.ts';

/** Options of {@link fragmentMetrics}. */
export interface FragmentMetricsOptions {
  /** Where the instruments are made; by default a meter of the provider that the application has set. */
  readonly meter?: MetricsMeter;
}

/** Metrics that are being taken. */
export interface FragmentMetrics {
  /** Takes no more. Further calls do nothing. */
  close(): void;
}

/** Bounds of the histogram of lags, milliseconds: fine around what is promised. */
const LAG_BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2, 3, 4, 6, 10, 25, 100, 1000];

/** What becomes of a fragment that is no refusal. */
const TAKEN = ['message', 'pending', 'duplicate'];

type Observe = (observer: MetricsObserver) => void;

interface DiagnosticsChannel {
  subscribe(name: string, listener: (message: unknown) => void): void;
  unsubscribe(name: string, listener: (message: unknown) => void): void;
}

/**
 * Makes the instruments, for everything that this process fragments. They are asked only when somebody collects.
 *
 * | instrument | what |
 * |---|---|
 * | `mwrasp.fragment.epochs_destroyed` | counter: keys that were zeroed |
 * | `mwrasp.fragment.destruction_lag_bucket` | counter by `le`, milliseconds: how late, cumulative as a histogram of Prometheus has it |
 * | `mwrasp.fragment.destruction_lag` | gauge by `quantile` (0.5, 0.99, 1), milliseconds |
 * | `mwrasp.fragment.opened` | counter: messages that sessions opened |
 * | `mwrasp.fragment.refused` | counter by `reason`: fragments that were refused |
 * | `mwrasp.fragment.duplicates` | counter: fragments that came again |
 * | `mwrasp.fragment.in_flight`, `mwrasp.fragment.in_flight_size` | gauges: messages that wait for more fragments, and their bytes |
 * | `mwrasp.fragment.session_events` | counter by `role`, `event`, `reason`: handshakes, ends, refusals |
 *
 * @param options - A meter.
 * @returns What ends it.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER` when there is no meter and the package is missing.
 * @example const metrics = await fragmentMetrics({ meter: provider.getMeter('telemetry') });
 */
export async function fragmentMetrics(options?: FragmentMetricsOptions): Promise<FragmentMetrics> {
  const { meter } = checkOptions('options', options, ['meter']);
  if (meter !== undefined) checkMeter('options.meter', meter);
  return new Metrics(meter ?? (await loadMeter()));
}

class Metrics implements FragmentMetrics {
  readonly #callbacks: (readonly [MetricsObservable, Observe])[] = [];
  readonly #sessions = new Map<string, { count: number; attributes: Record<string, string> }>();
  readonly #onSession = (message: unknown) => this.#countSession(message as SessionEvent);

  constructor(meter: MetricsMeter) {
    const counter = (name: string, unit: string, description: string, observe: Observe) =>
      this.#add(meter.createObservableCounter(`mwrasp.fragment.${name}`, { unit, description }), observe);
    const gauge = (name: string, unit: string, description: string, observe: Observe) =>
      this.#add(meter.createObservableGauge(`mwrasp.fragment.${name}`, { unit, description }), observe);

    counter('epochs_destroyed', '{key}', 'Keys of epochs that were zeroed', (observer) =>
      observer.observe(runningLag()?.report().count ?? 0),
    );
    counter('destruction_lag_bucket', '{key}', 'Keys that were zeroed at most so late', observeBuckets);
    gauge('destruction_lag', 'ms', 'How late keys were zeroed', observeQuantiles);
    counter('opened', '{message}', 'Messages that were opened', (observer) =>
      observer.observe(tally().counters['message'] ?? 0),
    );
    counter('duplicates', '{fragment}', 'Fragments that came again', (observer) =>
      observer.observe(tally().counters['duplicate'] ?? 0),
    );
    counter('refused', '{fragment}', 'Fragments that were refused', observeRefusals);
    gauge('in_flight', '{message}', 'Messages that wait for fragments', (observer) =>
      observer.observe(tally().messagesInFlight),
    );
    gauge('in_flight_size', 'By', 'What the waiting fragments take', (observer) =>
      observer.observe(tally().bytesInFlight),
    );
    counter('session_events', '{event}', 'What became of sessions', (observer) => {
      for (const { count, attributes } of this.#sessions.values()) observer.observe(count, attributes);
    });
    diagnostics()?.subscribe(SESSION_CHANNEL, this.#onSession);
  }

  close(): void {
    for (const [instrument, observe] of this.#callbacks.splice(0)) instrument.removeCallback(observe);
    diagnostics()?.unsubscribe(SESSION_CHANNEL, this.#onSession);
  }

  #add(instrument: MetricsObservable, observe: Observe): void {
    instrument.addCallback(observe);
    this.#callbacks.push([instrument, observe]);
  }

  /** Neither peers nor sessions: a label with as many values as there are sessions would be one too many. */
  #countSession({ role, event, reason }: SessionEvent): void {
    const key = `${role} ${event} ${reason ?? ''}`;
    const there = this.#sessions.get(key);
    if (there !== undefined) there.count++;
    else {
      const attributes = { role, event, ...(reason === undefined ? {} : { reason }) };
      this.#sessions.set(key, { count: 1, attributes });
    }
  }
}

function diagnostics(): DiagnosticsChannel | undefined {
  return builtinModule<DiagnosticsChannel>('node:diagnostics_channel');
}

function observeBuckets(observer: MetricsObserver): void {
  const histogram = runningLag();
  const counts = histogram?.upTo(LAG_BOUNDS_MS) ?? [];
  for (const [i, count] of counts.entries()) observer.observe(count, { le: String(LAG_BOUNDS_MS[i]) });
  if (histogram !== undefined) observer.observe(histogram.report().count, { le: '+Inf' });
}

function observeQuantiles(observer: MetricsObserver): void {
  const report = runningLag()?.report();
  if (report === undefined) return;
  observer.observe(report.p50Ms, { quantile: '0.5' });
  observer.observe(report.p99Ms, { quantile: '0.99' });
  observer.observe(report.maxMs, { quantile: '1' });
}

function observeRefusals(observer: MetricsObserver): void {
  for (const [reason, count] of Object.entries(tally().counters)) {
    if (!TAKEN.includes(reason)) observer.observe(count, { reason });
  }
}
