/**
 * How late keys were destroyed.
 *
 * @module
 */

/** One step of {@link LagReport.histogram}. */
export interface LagBucket {
  /** Upper end, milliseconds; infinity in the last one. */
  readonly upToMs: number;
  /** Keys whose lag was at most that: cumulative, as monitoring systems count. */
  readonly count: number;
}

/** Destruction lag in milliseconds: time from the moment a key was due to the moment it was zero. */
export interface LagReport {
  /** Keys destroyed so far. */
  readonly count: number;
  /** Median, to a sixteenth of its value. */
  readonly p50Ms: number;
  /** 99th percentile, to a sixteenth of its value. */
  readonly p99Ms: number;
  /** The largest, exactly. */
  readonly maxMs: number;
  readonly histogram: readonly LagBucket[];
}

/** Upper ends of the exported histogram, milliseconds. */
const BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000, Number.POSITIVE_INFINITY];

/** Steps from one power of two to the next. */
const STEPS = 16;
/** Powers of two: from a microsecond to two minutes. */
const POWERS = 27;

/** The step that a lag falls into; the first is up to a microsecond. */
function stepOf(lagMs: number): number {
  const us = lagMs * 1000;
  if (us <= 1) return 0;
  return Math.min(STEPS * POWERS, Math.ceil(Math.log2(us) * STEPS));
}

/** Upper end of a step, milliseconds. */
function endOf(step: number): number {
  return step === 0 ? 0.001 : 2 ** (step / STEPS) / 1000;
}

/** Counts lags in steps of a sixteenth of an octave: 1.7 KiB, however many there are. */
export class LagRecorder {
  readonly #steps = new Uint32Array(STEPS * POWERS + 1);
  readonly #bounds = new Array<number>(BOUNDS_MS.length).fill(0);
  #count = 0;
  #maxMs = 0;

  /** @param lagMs - One key's lag. */
  record(lagMs: number): void {
    const step = stepOf(lagMs);
    this.#steps[step] = (this.#steps[step] as number) + 1;
    for (const [i, bound] of BOUNDS_MS.entries()) {
      if (lagMs <= bound) this.#bounds[i] = (this.#bounds[i] as number) + 1;
    }
    this.#count++;
    this.#maxMs = Math.max(this.#maxMs, lagMs);
  }

  /** @returns What was measured so far; zeros before the first. */
  report(): LagReport {
    return {
      count: this.#count,
      p50Ms: this.#quantile(0.5),
      p99Ms: this.#quantile(0.99),
      maxMs: this.#maxMs,
      histogram: BOUNDS_MS.map((upToMs, i) => ({ upToMs, count: this.#bounds[i] as number })),
    };
  }

  #quantile(q: number): number {
    const wanted = Math.min(this.#count, Math.floor(q * this.#count) + 1);
    let seen = 0;
    for (const [step, count] of this.#steps.entries()) {
      seen += count;
      if (count > 0 && seen >= wanted) return Math.min(this.#maxMs, endOf(step));
    }
    return 0;
  }
}
