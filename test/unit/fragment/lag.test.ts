import { describe, expect, it } from 'vitest';
import { LAG_WORDS, LagHistogram } from '../../../src/fragment/lag.ts';

function recorded(lags: Iterable<number>): LagHistogram {
  const histogram = new LagHistogram(new Int32Array(new SharedArrayBuffer(4 * LAG_WORDS)));
  for (const lag of lags) histogram.record(lag);
  return histogram;
}

describe('LagHistogram', () => {
  it('reports zeros before the first key', () => {
    expect(recorded([]).report()).toEqual({ count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 });
  });

  it('reports one lag as every quantile', () => {
    expect(recorded([3.5]).report()).toEqual({ count: 1, p50Ms: 3.5, p99Ms: 3.5, maxMs: 3.5 });
  });

  it('tells quantiles to a sixteenth of their value, whatever the order, and the maximum as it was', () => {
    for (const scale of [0.001, 0.02, 1, 60, 2000]) {
      const lags = Array.from({ length: 1000 }, (_, i) => (((i * 77) % 1000) + 1) * scale);
      const { count, p50Ms, p99Ms, maxMs } = recorded(lags).report();
      expect(count).toBe(1000);
      expect(maxMs).toBeCloseTo(1000 * scale, 3);
      for (const [told, real] of [
        [p50Ms, 500 * scale],
        [p99Ms, 990 * scale],
      ] as const) {
        expect(told).toBeGreaterThan(real * 0.99);
        expect(told).toBeLessThan(real * 1.0726 + 0.001);
      }
    }
  });

  it('takes what is no lag for none, and what is too long for the longest', () => {
    expect(recorded([-1, 0]).report()).toEqual({ count: 2, p50Ms: 0, p99Ms: 0, maxMs: 0 });
    expect(recorded([1e12]).report()).toMatchObject({ count: 1, maxMs: (2 ** 31 - 1) / 1000 });
  });
});
