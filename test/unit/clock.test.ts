import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';

it('tells the wall time in milliseconds of the Unix epoch', () => {
  const before = Date.now();
  const told = systemClock.wallMs();
  expect(told).toBeGreaterThanOrEqual(before);
  expect(told).toBeLessThanOrEqual(Date.now());
});

it('tells a monotonic time that never goes back', () => {
  let last = systemClock.monotonicMs();
  for (let i = 0; i < 1000; i++) {
    const now = systemClock.monotonicMs();
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
  }
});
