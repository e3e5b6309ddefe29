import { describe, expect, it } from 'vitest';
import { LagRecorder } from '../../../src/fragment/lag.ts';

function recorded(lags: Iterable<number>): LagRecorder {
  const recorder = new LagRecorder();
  for (const lag of lags) recorder.record(lag);
  return recorder;
}

describe('LagRecorder', () => {
  it('reports zeros before the first key', () => {
    const report = new LagRecorder().report();
    expect(report).toMatchObject({ count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 });
    expect(report.histogram.every(({ count }) => count === 0)).toBe(true);
  });

  it('reports one lag as every quantile', () => {
    expect(recorded([3.5]).report()).toMatchObject({ count: 1, p50Ms: 3.5, p99Ms: 3.5, maxMs: 3.5 });
  });

  it.each([0.0005, 0.01, 0.3, 1, 7.7, 99, 5000])(
    'tells quantiles of %d ms and more to a sixteenth',
    (base) => {
      const lags = Array.from({ length: 200 }, (_, i) => base * (1 + ((i * 77) % 200)));
      const { count, p50Ms, p99Ms, maxMs } = recorded(lags).report();
      expect(count).toBe(200);
      const exact = { p50: base * 101, p99: base * 199 };
      expect(p50Ms).toBeGreaterThanOrEqual(Math.min(exact.p50, 131_072));
      expect(p50Ms).toBeLessThanOrEqual(Math.max(0.001, exact.p50 * 1.07));
      expect(p99Ms).toBeGreaterThanOrEqual(Math.min(exact.p99, 131_072));
      expect(p99Ms).toBeLessThanOrEqual(Math.max(0.001, exact.p99 * 1.07));
      expect(maxMs).toBe(base * 200);
    },
  );

  it('counts into a cumulative histogram', () => {
    const { histogram } = recorded([0, 0.1, 0.2, 3, 7, 30_000]).report();
    const at = (upToMs: number) => histogram.find((bucket) => bucket.upToMs === upToMs)?.count;
    expect([at(0.1), at(0.25), at(2.5), at(5), at(10), at(1000)]).toEqual([2, 3, 3, 4, 5, 5]);
    expect(histogram.at(-1)).toEqual({ upToMs: Number.POSITIVE_INFINITY, count: 6 });
  });

  it('does not change by reporting', () => {
    const recorder = recorded([3, 1, 2]);
    expect(recorder.report()).toEqual(recorder.report());
    recorder.record(0);
    expect(recorder.report().count).toBe(4);
  });
});
