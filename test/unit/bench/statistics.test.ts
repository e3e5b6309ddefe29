import { describe, expect, it } from 'vitest';
import { binStartUs, LatencyRecorder } from '../../../bench/latency.ts';
import { median, quantile, spread } from '../../../bench/statistics.ts';

describe('quantiles', () => {
  it.each([
    [[3], 3],
    [[4, 1], 2.5],
    [[9, 1, 5], 5],
    [[1, 2, 3, 10], 2.5],
  ])('of %j have the median %d', (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  it('lie between neighbours', () => {
    expect(quantile([0, 10, 20], 0)).toBe(0);
    expect(quantile([0, 10, 20], 0.25)).toBe(5);
    expect(quantile([0, 10, 20], 0.9)).toBe(18);
    expect(quantile([0, 10, 20], 1)).toBe(20);
  });

  it('make a spread', () => {
    expect(spread([5, 1, 3, 2, 4])).toEqual({ median: 3, q1: 2, q3: 4 });
  });
});

describe('latencies', () => {
  it('are nothing when nothing was recorded', () => {
    expect(new LatencyRecorder().summary()).toBeNull();
  });

  it('are summarised in microseconds', () => {
    const recorder = new LatencyRecorder();
    for (let ms = 1; ms <= 101; ms++) recorder.record(ms);
    const { histogram, ...rest } = recorder.summary() ?? expect.fail();
    expect(rest).toEqual({
      ...{ samples: 101, minUs: 1000, maxUs: 101_000, meanUs: 51_000 },
      ...{ p50Us: 51_000, p90Us: 91_000, p99Us: 100_000 },
    });
    expect(histogram.reduce((sum, [, count]) => sum + count, 0)).toBe(101);
    for (const [bin, count] of histogram) {
      const between = [...Array(101).keys()].filter(
        (i) => (i + 1) * 1000 >= binStartUs(bin) && (i + 1) * 1000 < binStartUs(bin + 1),
      );
      expect(count).toBe(between.length);
    }
  });

  it('have a bin when the clock stood still', () => {
    const recorder = new LatencyRecorder();
    recorder.record(0);
    expect(recorder.summary()?.histogram).toEqual([[-64, 1]]);
  });
});
