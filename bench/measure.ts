/**
 * How one pair is measured: calibrated once, then in rounds of four slices, ABBA, so that whatever drifts (clock rate,
 * heat, other programs) meets both sides alike. All slices of a pair have the same number of calls and, within a round,
 * the same inputs.
 *
 * @module
 */
import type { Contest, Pair } from './contest.ts';

/** Calls a second in one round. */
export interface RoundRates {
  readonly ours: number;
  readonly bare: number;
}

type Work = (i: number) => unknown;

/** The results go somewhere, so that no call can be left out. */
let sink: unknown;

/**
 * Processor time of the process so far, garbage collection included: on a machine that does nothing else it is what the
 * wall clock shows, and on a busy one other programs do not disturb it.
 */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds of processor time that some calls take. */
async function time(work: Work, isAsync: boolean, first: number, calls: number): Promise<number> {
  const startMs = cpuMs();
  if (isAsync) for (let i = first; i < first + calls; i++) sink = await work(i);
  else for (let i = first; i < first + calls; i++) sink = work(i);
  // Never 0, whatever the resolution of the clock.
  return Math.max(cpuMs() - startMs, 0.001);
}

/** One pair under measurement. */
export class Measurement {
  readonly #pair: Pair;
  readonly #async: boolean;
  readonly #asyncBare: boolean;
  #calls = 1;
  #next = 0;

  constructor(pair: Pair, contest: Contest) {
    this.#pair = pair;
    this.#async = contest.async ?? false;
    this.#asyncBare = contest.asyncBare ?? false;
  }

  /** Warms both sides up for a few slices' time, and finds out how many calls make one slice. */
  async calibrate(sliceMs: number): Promise<void> {
    const { ours, bare } = this.#pair;
    let calls = 1;
    for (let spentMs = 0; spentMs < 4 * sliceMs; ) {
      spentMs += await time(ours, this.#async, 0, calls);
      const bareMs = await time(bare, this.#asyncBare, 0, calls);
      spentMs += bareMs;
      this.#calls = Math.max(1, Math.round((calls * sliceMs) / bareMs));
      // The next batch is a slice at most, however odd one measurement is.
      calls = Math.min(this.#calls, 4 * calls);
    }
  }

  /** Removes what the pair made. */
  async close(): Promise<void> {
    await this.#pair.close?.();
  }

  /** One round: ours, bare, bare, ours. */
  async round(): Promise<RoundRates> {
    const { ours, bare } = this.#pair;
    const calls = this.#calls;
    const [first, second] = [this.#next, this.#next + calls];
    this.#next += 2 * calls;
    let oursMs = await time(ours, this.#async, first, calls);
    let bareMs = await time(bare, this.#asyncBare, first, calls);
    bareMs += await time(bare, this.#asyncBare, second, calls);
    oursMs += await time(ours, this.#async, second, calls);
    return { ours: (2000 * calls) / oursMs, bare: (2000 * calls) / bareMs };
  }
}

/** Keeps the last result reachable. */
export function lastResult(): unknown {
  return sink;
}
