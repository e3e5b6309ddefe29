/**
 * A policy that cannot be kept is refused, and the error names what does not go together.
 */
import { expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import {
  checkPolicy,
  DEFAULT_ROTATION_POLICY,
  type RotationPolicy,
  showDuration,
} from '../../../src/rotation/policy.ts';

const HOUR = 3_600_000;

it('is by default a day, with 2 hours of lead, 1 of overlap, and three retained', () => {
  expect(checkPolicy('policy', undefined)).toEqual({
    periodMs: 24 * HOUR,
    leadMs: 2 * HOUR,
    minLeadMs: HOUR,
    overlapMs: HOUR,
    retained: 3,
    noticeMs: 6 * HOUR,
    lastNoticeMs: HOUR,
  });
  expect(Object.isFrozen(DEFAULT_ROTATION_POLICY)).toBe(true);
});

it.each<[Partial<RotationPolicy>, string]>([
  [{ periodMs: HOUR }, 'policy.leadMs: expected at most periodMs, which is 1 h, got 2 h'],
  [{ leadMs: 60_000 }, 'policy.minLeadMs: expected at most leadMs, which is 1 min, got 1 h'],
  [{ overlapMs: 25 * HOUR }, 'policy.overlapMs: expected at most periodMs, which is 1 d, got 25 h'],
  [{ noticeMs: 60_000 }, 'policy.lastNoticeMs: expected at most noticeMs, which is 1 min, got 1 h'],
  [{ noticeMs: 73 * HOUR }, 'policy.noticeMs: expected at most retained × periodMs, which is 3 d, got 73 h'],
  [{ retained: 0 }, 'policy.retained: expected an integer from 1 to 64, got 0'],
  [{ periodMs: 0 }, 'policy.periodMs: expected an integer from 1000 to 315619200000, got 0'],
])('refuses %j', (given, message) => {
  const check = () => checkPolicy('policy', given);
  expect(check).toThrow(InputError);
  expect(check).toThrow(message);
});

it('refuses what it does not know', () => {
  expect(() => checkPolicy('policy', { period: 5 } as never)).toThrow('unknown option "period"');
});

it('tells durations', () => {
  expect([1, 1500, 90_000, 3 * HOUR, 48 * HOUR].map(showDuration)).toEqual([
    '1 ms',
    '1500 ms',
    '90 s',
    '3 h',
    '2 d',
  ]);
});
