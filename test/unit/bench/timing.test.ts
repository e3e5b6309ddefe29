/**
 * The statistics of `npm run bench:timing`, on timings that are made up.
 */
import { describe, expect, it } from 'vitest';
import { TimingTest } from '../../../bench/timing/t-test.ts';

/** A generator of even numbers between 0 and 1 (mulberry32), so that the verdict is the same on every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Batches in which each class has a shift of its own, beside the one that it always has. */
function test(differenceUs: number, shiftUs: number) {
  const next = generator(1);
  const timing = new TimingTest();
  for (let batch = 0; batch < 200; batch++) {
    const means = [20 + differenceUs, 20].map((mean) => mean + shiftUs * (next() - 0.5));
    timing.add(
      means.map((mean) => Array.from({ length: 1000 }, () => mean + 2 * (next() + next()))) as [
        number[],
        number[],
      ],
    );
  }
  return timing.report(1);
}

describe('t of batches', () => {
  it('sees nothing where there is nothing', () => {
    const { t, largest, samples, batches } = test(0, 0);
    expect([samples, batches]).toEqual([400_000, 200]);
    expect(Math.abs(t)).toBeLessThan(3);
    expect(Math.abs(largest.t)).toBeLessThan(4.5);
  });

  it('sees a difference of a thousandth', () => {
    const { t, mediansUs } = test(0.02, 0);
    expect(t).toBeGreaterThan(4.5);
    expect(mediansUs[0]).toBeCloseTo(22, 0);
  });

  it('does not take for a difference what a batch has by chance, as a test of all samples does', () => {
    const { largest, welch } = test(0, 2);
    expect(Math.abs(largest.t)).toBeLessThan(4.5);
    expect(Math.abs(welch.largest.t)).toBeGreaterThan(4.5);
  });
});
