/**
 * How the runners of one world are measured: warmed up and calibrated once, then in rounds that go through them forth
 * and back, ABBA, so that whatever drifts (clock rate, heat, other programs) meets all alike. All slices of a contest
 * have the same number of calls in one world and, within a round, the same inputs.
 *
 * @module
 */
import type { Prepared, Runner } from './contests/contest.ts';
import { collector } from './garbage.ts';
import { type Latency, LatencyRecorder } from './latency.ts';
import { type Memory, measureMemory } from './memory.ts';

/** What a runner did before anything counted. */
export interface WarmUp {
  readonly calls: number;
  readonly ms: number;
}

/** What is known of a runner beside its rates. */
export interface Details {
  readonly warmUp: WarmUp;
  readonly latency: Latency | null;
  readonly memory: Memory | null;
}

/** Slices of warm-up for each runner. */
const WARM_UP_SLICES = 4;
/** Calls as long as this are timed one by one in the rounds themselves: looking at the clock costs them nothing. */
const TIMED_IN_ROUNDS_MS = 0.2;
/** Quicker calls are timed afterwards, this many, on the wall clock: that of the processor counts in microseconds. */
const TIMED_AFTER_CALLS = 1000;
/** Calls whose memory is measured at once, and how long that may take. */
const MEMORY_CALLS = 128;
const MEMORY_MS = 10;

/** The results go somewhere, so that no call can be left out. */
let sink: unknown;

/** Keeps the last result reachable. */
export function lastResult(): unknown {
  return sink;
}

/**
 * Processor time of the process so far, garbage collection included: on a machine that does nothing else it is what the
 * wall clock shows, and on a busy one other programs do not disturb it.
 */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function repeat({ run, async = false }: Runner, first: number, calls: number): Promise<void> {
  if (async) for (let i = first; i < first + calls; i++) sink = await run(i);
  else for (let i = first; i < first + calls; i++) sink = run(i);
}

/** The same, with a look at a clock before and after each call. */
async function repeatTimed(
  { run, async = false }: Runner,
  first: number,
  calls: number,
  recorder: LatencyRecorder,
  nowMs: () => number,
): Promise<void> {
  for (let i = first; i < first + calls; i++) {
    const startMs = nowMs();
    sink = async ? await run(i) : run(i);
    recorder.record(nowMs() - startMs);
  }
}

const collect = collector();

/**
 * Milliseconds of processor time that some calls take; they are timed one by one when there is a recorder. Their garbage
 * is collected in that time: otherwise whoever has his memory freed soon would free that of the others in his slices.
 */
async function time(
  runner: Runner,
  first: number,
  calls: number,
  recorder?: LatencyRecorder,
): Promise<number> {
  const startMs = cpuMs();
  await (recorder === undefined
    ? repeat(runner, first, calls)
    : repeatTimed(runner, first, calls, recorder, cpuMs));
  collect?.('minor');
  // Never 0, whatever the resolution of the clock.
  return Math.max(cpuMs() - startMs, 0.001);
}

/** One runner and what is known of it. */
interface Lane {
  readonly runner: Runner;
  readonly recorder: LatencyRecorder;
  warmUp: WarmUp;
  /** Processor time of one call, roughly. */
  callMs: number;
}

/** The runners of one contest in one world, under measurement. */
export class Measurement {
  readonly #prepared: Prepared;
  readonly #lanes: readonly Lane[];
  #calls = 1;
  #next = 0;

  constructor(prepared: Prepared) {
    this.#prepared = prepared;
    this.#lanes = prepared.runners.map((runner) => ({
      runner,
      recorder: new LatencyRecorder(),
      warmUp: { calls: 0, ms: 0 },
      callMs: 0,
    }));
  }

  /** Warms all runners up for a few slices' time each, and finds out how many calls make one slice on average. */
  async calibrate(sliceMs: number): Promise<void> {
    for (const lane of this.#lanes) {
      let [calls, total, spentMs] = [1, 0, 0];
      while (spentMs < WARM_UP_SLICES * sliceMs) {
        const ms = await time(lane.runner, total, calls);
        total += calls;
        spentMs += ms;
        lane.callMs = ms / calls;
        // The next batch is a slice at most, however odd one measurement is.
        calls = Math.max(1, Math.min(Math.round(sliceMs / lane.callMs), 4 * calls));
      }
      lane.warmUp = { calls: total, ms: spentMs };
    }
    const meanMs = this.#lanes.reduce((sum, { callMs }) => sum + callMs, 0) / this.#lanes.length;
    this.#calls = Math.max(1, Math.round(sliceMs / meanMs));
  }

  /** One round: all runners in order, and all in the opposite order. Gives calls a second, in their order. */
  async round(): Promise<number[]> {
    const calls = this.#calls;
    const spentMs = this.#lanes.map(() => 0);
    for (const isBack of [false, true]) {
      const order = [...this.#lanes.entries()];
      if (isBack) order.reverse();
      for (const [i, { runner, recorder, callMs }] of order) {
        const used = callMs >= TIMED_IN_ROUNDS_MS ? recorder : undefined;
        spentMs[i] = (spentMs[i] as number) + (await time(runner, this.#next, calls, used));
      }
      this.#next += calls;
    }
    return spentMs.map((ms) => (2000 * calls) / ms);
  }

  /** What else there is to know, after the rounds. */
  async details(sliceMs: number): Promise<Details[]> {
    const details: Details[] = [];
    for (const { runner, recorder, warmUp, callMs } of this.#lanes) {
      if (recorder.samples === 0) {
        const calls = Math.max(1, Math.min(TIMED_AFTER_CALLS, Math.round(sliceMs / callMs)));
        await repeatTimed(runner, this.#next, calls, recorder, () => performance.now());
      }
      const calls = Math.max(1, Math.min(MEMORY_CALLS, Math.floor(MEMORY_MS / callMs)));
      const memory = await measureMemory(() => repeat(runner, this.#next, calls), calls);
      details.push({ warmUp, latency: recorder.summary(), memory });
    }
    return details;
  }

  /** Removes what was made for it. */
  async close(): Promise<void> {
    await this.#prepared.close?.();
  }
}
