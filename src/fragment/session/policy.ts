/**
 * What a receiver offers and a sender agrees to: the times and limits of a session.
 *
 * @module
 */
import { checkInteger } from '../../bytes.ts';

/** Times and limits of a session; the receiver sets them, the handshake binds them. */
export interface SessionPolicy {
  /** Length of an epoch, milliseconds. */
  readonly epochMs: number;
  /** How long a message can be opened at most, milliseconds: its epoch's key dies that long after the epoch's start. */
  readonly ttlMs: number;
  /** Time between two heartbeats, milliseconds; after three without one the sender stops. */
  readonly heartbeatMs: number;
  /** Time after which a session is replaced by a new one, milliseconds. */
  readonly renewMs: number;
  /** Longest plaintext of a message, bytes. */
  readonly maxMessageBytes: number;
  /** Most fragments of a message. */
  readonly maxTotal: number;
}

/** The range of each value; what lies outside is refused, whoever signed it. */
export const POLICY_RANGES = {
  epochMs: [5, 30_000],
  ttlMs: [20, 60_000],
  heartbeatMs: [50, 60_000],
  renewMs: [1_000, 3_600_000],
  maxMessageBytes: [1, 2 ** 20],
  maxTotal: [1, 255],
} as const;

/** The names of the values, in the order in which an offer has them. */
export const POLICY_NAMES = Object.keys(POLICY_RANGES) as readonly (keyof SessionPolicy)[];

/** What is offered when the receiver says nothing. */
const DEFAULTS: SessionPolicy = {
  epochMs: 25,
  ttlMs: 100,
  heartbeatMs: 1_000,
  renewMs: 60_000,
  maxMessageBytes: 2 ** 20,
  maxTotal: 255,
};

/** An offer and what hangs on it wait at most this long. */
const MAX_OFFER_MS = 1_000;

/** How long an offer's decapsulation key lives, milliseconds. */
export function offerLifeMs(ttlMs: number): number {
  return Math.min(ttlMs, MAX_OFFER_MS);
}

/** Whether a policy that somebody offers is one at all. */
export function isPolicy(policy: SessionPolicy): boolean {
  return (
    POLICY_NAMES.every(
      (name) => policy[name] >= POLICY_RANGES[name][0] && policy[name] <= POLICY_RANGES[name][1],
    ) && 2 * policy.epochMs <= policy.ttlMs
  );
}

/**
 * The policy of a receiver's options, with what they leave out.
 *
 * @param options - Values by name; an epoch is a quarter of the time to live when nothing is said.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`.
 */
export function policyOf(
  options: { readonly [N in keyof SessionPolicy]?: number | undefined },
): SessionPolicy {
  const value = (
    name: keyof SessionPolicy,
    fallback: number,
    max: number = POLICY_RANGES[name][1],
  ): number => {
    const { [name]: given = fallback } = options;
    checkInteger(`options.${name}`, given, POLICY_RANGES[name][0], max);
    return given;
  };
  const ttlMs = value('ttlMs', DEFAULTS.ttlMs);
  return {
    epochMs: value('epochMs', Math.floor(ttlMs / 4), Math.floor(ttlMs / 2)),
    ttlMs,
    heartbeatMs: value('heartbeatMs', DEFAULTS.heartbeatMs),
    renewMs: value('renewMs', DEFAULTS.renewMs),
    maxMessageBytes: value('maxMessageBytes', DEFAULTS.maxMessageBytes),
    maxTotal: value('maxTotal', DEFAULTS.maxTotal),
  };
}
