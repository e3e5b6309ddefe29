/**
 * How long a generation does what. Every value is compared with the others: a policy that cannot be kept is refused.
 *
 * @module
 */
import { checkInteger, checkOptions, describe } from '../bytes.ts';
import { InputError } from '../errors.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** When a key rotates, and how long its generations are kept. */
export interface RotationPolicy {
  /** How long a generation is active; 24 hours by default, at most 10 years. */
  readonly periodMs: number;
  /** How long before its activation a generation is made and published; 2 hours by default. As long as the period, and there is always one ready. */
  readonly leadMs: number;
  /** A generation that was published for less than this is not activated yet; 1 hour by default. */
  readonly minLeadMs: number;
  /** How long after its retirement new envelopes under a generation are still accepted; 1 hour by default. */
  readonly overlapMs: number;
  /** How many generations before the active one are kept; 3 by default, at most 64. */
  readonly retained: number;
  /** How long before its destruction holders are told; 6 hours by default. So long the rotator must have run since, whatever the clocks say. */
  readonly noticeMs: number;
  /** How long before its destruction they are told a last time; 1 hour by default. */
  readonly lastNoticeMs: number;
}

/** Rotation every day; see {@link RotationPolicy}. */
export const DEFAULT_ROTATION_POLICY: RotationPolicy = Object.freeze({
  periodMs: DAY_MS,
  leadMs: 2 * HOUR_MS,
  minLeadMs: HOUR_MS,
  overlapMs: HOUR_MS,
  retained: 3,
  noticeMs: 6 * HOUR_MS,
  lastNoticeMs: HOUR_MS,
});

/** Names of a policy's values, in the order in which they are stored. */
export const POLICY_NAMES = [
  'periodMs',
  'leadMs',
  'minLeadMs',
  'overlapMs',
  'retained',
  'noticeMs',
  'lastNoticeMs',
] as const satisfies readonly (keyof RotationPolicy)[];

/** Longest period. */
const MAX_PERIOD_MS = 3653 * DAY_MS;
const MAX_RETAINED = 64;

const RANGES: Readonly<Record<keyof RotationPolicy, readonly [min: number, max: number]>> = {
  periodMs: [SECOND_MS, MAX_PERIOD_MS],
  leadMs: [0, MAX_PERIOD_MS],
  minLeadMs: [0, MAX_PERIOD_MS],
  overlapMs: [0, MAX_PERIOD_MS],
  retained: [1, MAX_RETAINED],
  noticeMs: [1, MAX_PERIOD_MS],
  lastNoticeMs: [0, MAX_PERIOD_MS],
};

/** Milliseconds for people: `2 h`, `90 s`. */
export function showDuration(ms: number): string {
  const units = [
    [DAY_MS, 'd'],
    [HOUR_MS, 'h'],
    [60 * SECOND_MS, 'min'],
    [SECOND_MS, 's'],
  ] as const;
  for (const [size, unit] of units) if (ms >= size && ms % size === 0) return `${ms / size} ${unit}`;
  return `${ms} ms`;
}

/**
 * Checks a policy.
 *
 * @param argument - The argument's name, for the error.
 * @param given - What the caller passed; what is absent is that of `base`.
 * @param base - Checked.
 * @returns All values.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE` for a value by itself, and for one that does
 * not go with another: the error names both.
 */
export function checkPolicy(
  argument: string,
  given: Partial<RotationPolicy> | undefined,
  base: RotationPolicy = DEFAULT_ROTATION_POLICY,
): RotationPolicy {
  const wanted = checkOptions(argument, given, POLICY_NAMES);
  const policy: Record<keyof RotationPolicy, number> = { ...base };
  for (const name of POLICY_NAMES) {
    const value: unknown = wanted[name];
    if (value === undefined) continue;
    checkInteger(`${argument}.${name}`, value, ...RANGES[name]);
    policy[name] = value;
  }
  const notMore = (name: keyof RotationPolicy, limit: number, what: string) => {
    if (policy[name] <= limit) return;
    throw new InputError(
      'ERR_INPUT_RANGE',
      `${argument}.${name}`,
      `at most ${what}`,
      name === 'retained' ? describe(policy[name]) : showDuration(policy[name]),
    );
  };
  const is = (name: keyof RotationPolicy) => `${name}, which is ${showDuration(policy[name])}`;
  notMore('leadMs', policy.periodMs, is('periodMs'));
  notMore('minLeadMs', policy.leadMs, is('leadMs'));
  notMore('overlapMs', policy.periodMs, is('periodMs'));
  notMore('lastNoticeMs', policy.noticeMs, is('noticeMs'));
  // Nobody is told that an active key is about to be destroyed.
  const keptMs = policy.retained * policy.periodMs;
  notMore('noticeMs', keptMs, `retained × periodMs, which is ${showDuration(keptMs)}`);
  return policy;
}

/** When a generation is destroyed that became active at a time, as the policy has it. */
export function destroyAfter(policy: RotationPolicy, activatedAtMs: number): number {
  return activatedAtMs + (1 + policy.retained) * policy.periodMs;
}
