import { describe, expect, it } from 'vitest';
import { LagRecorder } from '../../../src/fragment/lag.ts';

function recorded(lags: Iterable<number>): LagRecorder {
  const recorder = new LagRecorder();
  for (const lag of lags) recorder.record(lag);
  return recorder;
}

describe('LagRecorder', () => {
  it('reports zeros before the first key', () => {
    expect(new LagRecorder().report()).toEqual({ count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 });
  });

  it('reports one lag as every quantile', () => {
    expect(recorded([3.5]).report()).toEqual({ count: 1, p50Ms: 3.5, p99Ms: 3.5, maxMs: 3.5 });
  });

  it('gives quantiles whatever the order', () => {
    const lags = Array.from({ length: 200 }, (_, i) => (i * 77) % 200);
    expect(recorded(lags).report()).toEqual({ count: 200, p50Ms: 100, p99Ms: 198, maxMs: 199 });
  });

  it('orders by value, not by text', () => {
    expect(recorded([9, 10, 100]).report()).toEqual({ count: 3, p50Ms: 10, p99Ms: 100, maxMs: 100 });
  });

  it('keeps a window for the quantiles, and everything for count and maximum', () => {
    const recorder = recorded([1000, ...Array.from({ length: 5000 }, () => 2)]);
    expect(recorder.report()).toEqual({ count: 5001, p50Ms: 2, p99Ms: 2, maxMs: 1000 });
  });

  it('does not change by reporting', () => {
    const recorder = recorded([3, 1, 2]);
    expect(recorder.report()).toEqual(recorder.report());
    recorder.record(0);
    expect(recorder.report().count).toBe(4);
  });
});
