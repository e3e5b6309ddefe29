/**
 * How late keys were destroyed: a histogram in memory that threads share.
 *
 * The buckets are 16 for each power of two of microseconds, so a quantile is told to a sixteenth of its value.
 *
 * @module
 */

/** Destruction lag in milliseconds: time from the moment a key was due to the moment it was zero. */
export interface LagReport {
  /** Keys destroyed so far. */
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const STEPS_BITS = 4;
const STEPS = 2 ** STEPS_BITS;
const BUCKETS = (32 - STEPS_BITS) * STEPS;
const MAX_US = 2 ** 31 - 1;

/** 32-bit words of a histogram: its buckets, then the longest lag. */
export const LAG_WORDS: number = BUCKETS + 1;

function bucketOf(us: number): number {
  if (us < STEPS) return us;
  const power = 31 - Math.clz32(us);
  return (power - STEPS_BITS + 1) * STEPS + ((us >>> (power - STEPS_BITS)) & (STEPS - 1));
}

/** The longest lag that falls into a bucket. */
function endOf(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const power = Math.floor(bucket / STEPS) - 1 + STEPS_BITS;
  return 2 ** power + ((bucket % STEPS) + 1) * 2 ** (power - STEPS_BITS) - 1;
}

/** Collects lags. */
export class LagHistogram {
  readonly #words: Int32Array;

  /** @param words - {@link LAG_WORDS} of them, zeros at first. */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** @param lagMs - One key's lag. */
  record(lagMs: number): void {
    const us = Math.min(Math.max(Math.round(lagMs * 1000), 0), MAX_US);
    Atomics.add(this.#words, bucketOf(us), 1);
    if (us > Atomics.load(this.#words, BUCKETS)) Atomics.store(this.#words, BUCKETS, us);
  }

  /** @returns What was measured so far; zeros before the first. */
  report(): LagReport {
    const counts = Array.from({ length: BUCKETS }, (_, i) => Atomics.load(this.#words, i) >>> 0);
    const count = counts.reduce((sum, one) => sum + one, 0);
    const maxUs = Atomics.load(this.#words, BUCKETS);
    const quantile = (q: number) => {
      let seen = 0;
      for (const [bucket, one] of counts.entries()) {
        seen += one;
        if (seen > q * count) return Math.min(endOf(bucket), maxUs) / 1000;
      }
      return 0;
    };
    return { count, p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: maxUs / 1000 };
  }
}
