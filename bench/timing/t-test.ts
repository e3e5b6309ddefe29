/**
 * Welch's t-test of two classes of timings, as in "dude, is my code constant time?" (Reparaz, Balasch and Verbauwhede,
 * 2017): once over all samples, and over those below each of several thresholds, since what other programs do to the
 * machine is in the long ones.
 *
 * Samples of a batch are not independent: they share keys, and where keys and inputs lie in memory makes one class of a batch
 * quicker than the other. Welch's t over all samples takes that for a difference of the classes. So the t that counts is the one
 * of the batches: each gives one number, the difference of the means of its classes, and whether these differ from 0 is
 * Student's test.
 *
 * @module
 */

/** Mean and variance of the samples so far (Welford). */
class Moments {
  count = 0;
  mean = 0;
  #squares = 0;

  add(value: number): void {
    this.count++;
    const delta = value - this.mean;
    this.mean += delta / this.count;
    this.#squares += delta * (value - this.mean);
  }

  get variance(): number {
    return this.count < 2 ? 0 : this.#squares / (this.count - 1);
  }
}

/** Welch's t of two classes. */
function welch(a: Moments, b: Moments): number {
  const spread = a.variance / a.count + b.variance / b.count;
  return spread === 0 ? 0 : (a.mean - b.mean) / Math.sqrt(spread);
}

/** A test over the samples up to a limit. */
interface Cropped {
  /** Part of the first samples that are below the limit. */
  readonly quantile: number;
  readonly limit: number;
  readonly all: readonly [Moments, Moments];
  /** Differences of the means of each batch that is over. */
  readonly differences: Moments;
}

/** What a test says. */
export interface TimingReport {
  /** Samples of both classes. */
  readonly samples: number;
  readonly batches: number;
  /** Medians of both classes in the first samples, microseconds. */
  readonly mediansUs: readonly [number, number];
  /** Of the batches, over all samples. */
  readonly t: number;
  /** The largest |t| of the batches, with its sign, and which part of the samples it is over. */
  readonly largest: { readonly t: number; readonly quantile: number };
  /** The same with each sample counted as if it were independent of the others. */
  readonly welch: { readonly t: number; readonly largest: { readonly t: number; readonly quantile: number } };
}

const QUANTILES = [1, 0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];
/** Fewer samples of a class than this say nothing of a batch. */
const MIN_SAMPLES = 30;

const pair = (): [Moments, Moments] => [new Moments(), new Moments()];

/** The first, which is over all samples, and the largest. */
function summary(results: readonly { readonly t: number; readonly quantile: number }[]) {
  const largest = results.reduce((x, y) => (Math.abs(y.t) > Math.abs(x.t) ? y : x), { quantile: 1, t: 0 });
  return { t: results[0]?.t ?? 0, largest };
}

/** Collects timings of two classes. */
export class TimingTest {
  #cropped: Cropped[] = [];
  #samples = 0;
  #batches = 0;
  #medians: [number, number] = [0, 0];

  /**
   * Adds a batch of samples; the unit is the caller's. The limits are those of the first one.
   *
   * @param batch - Samples of both classes.
   */
  add(batch: readonly [readonly number[], readonly number[]]): void {
    if (this.#batches === 0) this.#begin(batch);
    this.#batches++;
    this.#samples += batch[0].length + batch[1].length;
    for (const cropped of this.#cropped) {
      const of = pair();
      for (const which of [0, 1] as const) {
        for (const value of batch[which]) {
          if (value > cropped.limit) continue;
          of[which].add(value);
          cropped.all[which].add(value);
        }
      }
      if (of.every(({ count }) => count >= MIN_SAMPLES)) cropped.differences.add(of[0].mean - of[1].mean);
    }
  }

  /** @param toUs - Microseconds of one unit. */
  report(toUs: number): TimingReport {
    const student = ({ quantile, differences: { count, mean, variance } }: Cropped) => ({
      quantile,
      t: variance === 0 ? 0 : mean / Math.sqrt(variance / count),
    });
    return {
      samples: this.#samples,
      batches: this.#batches,
      mediansUs: [this.#medians[0] * toUs, this.#medians[1] * toUs],
      ...summary(this.#cropped.map(student)),
      welch: summary(this.#cropped.map(({ quantile, all: [a, b] }) => ({ quantile, t: welch(a, b) }))),
    };
  }

  #begin(first: readonly [readonly number[], readonly number[]]): void {
    const ascending = (values: readonly number[]) => [...values].sort((x, y) => x - y);
    const sorted = ascending(first.flat());
    this.#cropped = QUANTILES.map((quantile) => ({
      quantile,
      limit: quantile === 1 ? Number.POSITIVE_INFINITY : (sorted[Math.floor(quantile * sorted.length)] ?? 0),
      all: pair(),
      differences: new Moments(),
    }));
    const median = (values: readonly number[]) => ascending(values)[values.length >> 1] ?? 0;
    this.#medians = [median(first[0]), median(first[1])];
  }
}
