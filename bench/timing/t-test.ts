/**
 * Welch's t-test of two classes of timings, as in "dude, is my code constant time?" (Reparaz, Balasch and Verbauwhede,
 * 2017): once over all samples, and over those below each of several thresholds, since what other programs do to the
 * machine is in the long ones.
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
  readonly classes: readonly [Moments, Moments];
}

/** What a test says. */
export interface TimingReport {
  /** Samples of both classes. */
  readonly samples: number;
  /** Medians of both classes in the first samples, microseconds. */
  readonly mediansUs: readonly [number, number];
  /** Over all samples. */
  readonly t: number;
  /** The largest |t| of all, with its sign, and which part of the samples it is over. */
  readonly largest: { readonly t: number; readonly quantile: number };
}

const QUANTILES = [1, 0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];
/** Fewer samples than this say nothing. */
const MIN_SAMPLES = 1000;

/** Collects timings of two classes. */
export class TimingTest {
  readonly #first: [number[], number[]] = [[], []];
  readonly #firstCount: number;
  #cropped: Cropped[] = [];
  #samples = 0;

  /** @param firstCount - Samples that the limits are found from; they count as well. */
  constructor(firstCount = 10_000) {
    this.#firstCount = firstCount;
  }

  /** Adds one sample; the unit is the caller's. */
  add(which: 0 | 1, value: number): void {
    this.#samples++;
    if (this.#cropped.length > 0) this.#count(which, value);
    else {
      this.#first[which].push(value);
      if (this.#samples === this.#firstCount) this.#begin();
    }
  }

  /** @param toUs - Microseconds of one unit. */
  report(toUs: number): TimingReport {
    if (this.#cropped.length === 0) this.#begin();
    const results = this.#cropped
      .filter(({ classes }) => classes.every(({ count }) => count >= MIN_SAMPLES))
      .map(({ quantile, classes: [a, b] }) => ({ quantile, t: welch(a, b) }));
    const largest = results.reduce((x, y) => (Math.abs(y.t) > Math.abs(x.t) ? y : x), { quantile: 1, t: 0 });
    const median = (values: number[]) => (values[values.length >> 1] ?? 0) * toUs;
    return {
      samples: this.#samples,
      mediansUs: [median(this.#first[0]), median(this.#first[1])],
      t: results[0]?.t ?? 0,
      largest,
    };
  }

  #begin(): void {
    const sorted = this.#first.flat().sort((x, y) => x - y);
    this.#cropped = QUANTILES.map((quantile) => ({
      quantile,
      limit: quantile === 1 ? Number.POSITIVE_INFINITY : (sorted[Math.floor(quantile * sorted.length)] ?? 0),
      classes: [new Moments(), new Moments()],
    }));
    for (const which of [0, 1] as const) {
      for (const value of this.#first[which]) this.#count(which, value);
      this.#first[which].sort((x, y) => x - y);
    }
  }

  #count(which: 0 | 1, value: number): void {
    for (const { limit, classes } of this.#cropped) if (value <= limit) classes[which].add(value);
  }
}
