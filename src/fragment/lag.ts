/**
 * How late keys were destroyed.
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

/** Lags kept for the quantiles; the count and the maximum cover all. */
const WINDOW = 4096;

/** Collects lags. */
export class LagRecorder {
  readonly #recent: number[] = [];
  #count = 0;
  #maxMs = 0;

  /** @param lagMs - One key's lag. */
  record(lagMs: number): void {
    this.#recent[this.#count % WINDOW] = lagMs;
    this.#count++;
    this.#maxMs = Math.max(this.#maxMs, lagMs);
  }

  /** @returns What was measured so far; zeros before the first. */
  report(): LagReport {
    const sorted = [...this.#recent].sort((a, b) => a - b);
    const quantile = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
    return { count: this.#count, p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: this.#maxMs };
  }
}
