/**
 * A rotator's state as metrics of OpenTelemetry, whose API is an optional peer, loaded on first use.
 *
 * @module
 */
import { checkOptions, describe, isObject, readFrom } from '../bytes.ts';
import { InputError, UnsupportedError } from '../errors.ts';
import { Rotator } from './rotator.ts';

/** What an instrument is told. */
export type MeterAttributes = Readonly<Record<string, string | number>>;

/** Takes a reading. */
export interface MeterReading {
  readonly observe: (value: number, attributes?: MeterAttributes) => void;
}

/** Something that is read when somebody asks. */
export interface MeterGauge {
  readonly addCallback: (callback: (observation: MeterReading) => void) => void;
  readonly removeCallback: (callback: (observation: MeterReading) => void) => void;
}

/** Something that is counted. */
export interface MeterCounter {
  readonly add: (value: number, attributes?: MeterAttributes) => void;
}

/** What an instrument is about. */
export interface MeterInstrument {
  readonly description: string;
  readonly unit?: string;
}

/** What is used of a meter of OpenTelemetry. */
export interface RotationMeter {
  readonly createObservableGauge: (name: string, options: MeterInstrument) => MeterGauge;
  readonly createCounter: (name: string, options: MeterInstrument) => MeterCounter;
}

/** Options of {@link meterRotator}. */
export interface MeterRotatorOptions {
  /** The meter; by default one named `@mwrasp/crypto` of the global provider, which needs the package `@opentelemetry/api`. */
  readonly meter?: RotationMeter;
}

const PEER = '@opentelemetry/api';
const METER = '@mwrasp/crypto';
const SECOND_MS = 1000;

async function loadMeter(): Promise<RotationMeter> {
  try {
    // By a name that bundlers do not look for: few need it.
    const { metrics } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ PEER)) as {
      metrics: { getMeter(name: string): RotationMeter };
    };
    return metrics.getMeter(METER);
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const problem = isMissing ? 'which is not installed' : 'which does not load here';
    const message = `metrics need the package ${PEER}, ${problem}: npm install ${PEER}`;
    throw new UnsupportedError('ERR_UNSUPPORTED_PEER', message, { cause });
  }
}

function checkMeter(meter: unknown): asserts meter is RotationMeter {
  const expected = 'a meter of OpenTelemetry';
  const { createObservableGauge, createCounter } = readFrom('options.meter', expected, () => {
    const { createObservableGauge, createCounter } = (isObject(meter) ? meter : {}) as Partial<RotationMeter>;
    return { createObservableGauge, createCounter };
  });
  if (typeof createObservableGauge === 'function' && typeof createCounter === 'function') return;
  throw new InputError('ERR_INPUT_TYPE', 'options.meter', expected, describe(meter));
}

/** Gauges by name: what they are, and how they are read. */
const GAUGES: Readonly<
  Record<string, MeterInstrument & { read(rotator: Rotator, observation: MeterReading): void }>
> = {
  'mwrasp.rotation.generation.age': {
    description: 'Time since a generation became active',
    unit: 's',
    read(rotator, observation) {
      const { nowMs, keys } = rotator.status();
      for (const { name, generations } of keys) {
        for (const { generation, state, activatedAtMs = nowMs } of generations) {
          if (state === 'pending') continue;
          observation.observe((nowMs - activatedAtMs) / SECOND_MS, { key: name, generation, state });
        }
      }
    },
  },
  'mwrasp.rotation.generations': {
    description: 'Generations of a key in a state',
    read(rotator, observation) {
      for (const { name, generations } of rotator.status().keys) {
        const counts = new Map<string, number>();
        for (const { state } of generations) counts.set(state, (counts.get(state) ?? 0) + 1);
        for (const [state, count] of counts) observation.observe(count, { key: name, state });
      }
    },
  },
  'mwrasp.rotation.next': {
    description: 'Time until something happens to a key; below zero, it is late',
    unit: 's',
    read(rotator, observation) {
      const { nowMs, keys } = rotator.status();
      for (const { name, next } of keys) {
        const seen = new Set<string>();
        for (const { what, atMs } of next) {
          if (seen.has(what)) continue;
          seen.add(what);
          observation.observe((atMs - nowMs) / SECOND_MS, { key: name, what });
        }
      }
    },
  },
  'mwrasp.rotation.overdue': {
    description: 'What should have been done to a key and was not',
    read(rotator, observation) {
      for (const { name, overdue } of rotator.status().keys)
        observation.observe(overdue.length, { key: name });
    },
  },
  'mwrasp.rotation.leader': {
    description: '1 where this process holds the lease, 0 where it does not',
    read: (rotator, observation) => observation.observe(rotator.isLeader ? 1 : 0, { holder: rotator.holder }),
  },
  'mwrasp.rotation.fence': {
    description: 'The highest fence under which the store was changed',
    read: (rotator, observation) => observation.observe(rotator.status().fence),
  },
  'mwrasp.rotation.clock.behind': {
    description: 'How far the clock is behind the largest time that was seen',
    unit: 's',
    read(rotator, observation) {
      const { nowMs, wallHighMs } = rotator.status();
      observation.observe(Math.max(0, wallHighMs - nowMs) / SECOND_MS);
    },
  },
};

/**
 * Tells a rotator's state as metrics: ages and states of generations, what comes next, failures, who holds the lease. Names
 * of keys and codes of errors are attributes; nothing is secret.
 *
 * @param rotator - The rotator.
 * @param options - The meter.
 * @returns Ends it; further calls do nothing.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`; `ERR_INPUT_STATE` when the rotator was stopped.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER` when `@opentelemetry/api` is needed and not installed.
 * @example const end = await meterRotator(rotator);
 */
export async function meterRotator(rotator: Rotator, options?: MeterRotatorOptions): Promise<() => void> {
  if (!Rotator.is(rotator)) {
    throw new InputError('ERR_INPUT_TYPE', 'rotator', 'a Rotator', describe(rotator));
  }
  const given = checkOptions('options', options, ['meter']).meter;
  if (given !== undefined) checkMeter(given);
  const meter = given ?? (await loadMeter());
  const events = meter.createCounter('mwrasp.rotation.events', { description: 'What happened' });
  const failures = meter.createCounter('mwrasp.rotation.failures', { description: 'What could not be done' });
  const endEvents = rotator.onEvent((event) => {
    if (event.kind === 'failure') failures.add(1, { code: event.code });
    else events.add(1, { kind: event.kind, ...('ref' in event ? { key: event.ref.name } : {}) });
  });
  const ends = Object.entries(GAUGES).map(([name, { read, ...about }]) => {
    const gauge = meter.createObservableGauge(name, about);
    const callback = (observation: MeterReading) => read(rotator, observation);
    gauge.addCallback(callback);
    return () => gauge.removeCallback(callback);
  });
  return () => {
    endEvents();
    for (const end of ends.splice(0)) end();
  };
}
