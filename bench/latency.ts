/**
 * How long single calls take. Processor time, on which other programs have no hold, where its clock is fine enough.
 *
 * @module
 */
import { quantile } from './statistics.ts';

/** How long calls took, in microseconds. */
export interface Latency {
  readonly samples: number;
  readonly minUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  readonly meanUs: number;
  /** How many calls fell into each bin: `[n, count]` is for 2^(n/8) to 2^((n+1)/8) µs; empty bins are left out. */
  readonly histogram: readonly (readonly [bin: number, count: number])[];
}

/** Bins to a doubling: each is 9 % wide, the same in every histogram, so that they can be laid side by side. */
const BINS_PER_OCTAVE = 8;

/** Where a bin begins, in microseconds. */
export function binStartUs(bin: number): number {
  return 2 ** (bin / BINS_PER_OCTAVE);
}

/** Collects durations. */
export class LatencyRecorder {
  readonly #durationsUs: number[] = [];

  get samples(): number {
    return this.#durationsUs.length;
  }

  /** Notes a call, by its duration in milliseconds. */
  record(ms: number): void {
    this.#durationsUs.push(ms * 1000);
  }

  /** What was collected; null when it was nothing. */
  summary(): Latency | null {
    const ordered = Float64Array.from(this.#durationsUs).sort();
    const samples = ordered.length;
    if (samples === 0) return null;
    const counts = new Map<number, number>();
    for (const us of ordered) {
      // A clock that stood still measured less than it can tell.
      const bin = Math.floor(Math.log2(Math.max(us, 2 ** -8)) * BINS_PER_OCTAVE);
      counts.set(bin, (counts.get(bin) ?? 0) + 1);
    }
    return {
      samples,
      minUs: ordered[0] as number,
      p50Us: quantile(ordered, 0.5),
      p90Us: quantile(ordered, 0.9),
      p99Us: quantile(ordered, 0.99),
      maxUs: ordered[samples - 1] as number,
      meanUs: ordered.reduce((sum, us) => sum + us, 0) / samples,
      histogram: [...counts],
    };
  }
}
