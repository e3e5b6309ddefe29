import { expect, it } from 'vitest';
import { LAG_WORDS, LagHistogram } from '../../../src/fragment/lag.ts';
import { beginTally, endTally, tally } from '../../../src/fragment/tally.ts';

it('sums what was counted, by those who are gone too', () => {
  const before = tally();
  const counters = { message: 3, forged: 1 };
  const one = { counters, messagesInFlight: 2, bytesInFlight: 500 };
  const other = { counters: { message: 4 }, messagesInFlight: 1, bytesInFlight: 7 };
  beginTally(one);
  beginTally(other);
  const since = (name: string) => (tally().counters[name] ?? 0) - (before.counters[name] ?? 0);
  expect(since('message')).toBe(7);
  expect(tally().messagesInFlight - before.messagesInFlight).toBe(3);
  expect(tally().bytesInFlight - before.bytesInFlight).toBe(507);
  endTally(one);
  endTally(one);
  counters.message = 100;
  expect(since('message')).toBe(7);
  expect(since('forged')).toBe(1);
  expect(tally().messagesInFlight - before.messagesInFlight).toBe(1);
  endTally(other);
  expect(tally().bytesInFlight).toBe(before.bytesInFlight);
});

it('counts lags up to bounds', () => {
  const histogram = new LagHistogram(new Int32Array(LAG_WORDS));
  for (const lagMs of [0, 0.05, 0.4, 2, 2, 50, 5000]) histogram.record(lagMs);
  expect(histogram.upTo([0.1, 0.5, 1, 3, 100, 10_000])).toEqual([2, 3, 3, 5, 6, 7]);
  expect(histogram.upTo([])).toEqual([]);
});
