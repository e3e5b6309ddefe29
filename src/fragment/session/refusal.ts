/**
 * Why a message was refused. What comes from a network is counted and told, and never thrown: it is no mistake of the caller's.
 *
 * @module
 */

/** Every reason. */
export const REFUSALS = [
  /** No message of a session, or one of another length. */
  'malformed',
  /** Another version or suite. */
  'version',
  /** A kind that this side sends, or one that has no place now. */
  'unexpected',
  /** An offer, a session or a recipient that this side does not know, or no longer. */
  'unknown',
  /** An identity that is no peer, or one's own. */
  'peer',
  /** A signature that is not the peer's over this handshake. */
  'signature',
  /** Times or limits outside this side's policy. */
  'policy',
  /** A key that is none, or a MAC that is wrong. */
  'forged',
  /** A counter that has come before, or an offer that was answered. */
  'replayed',
  /** An age that cannot be. */
  'clock',
  /** More than is taken at once. */
  'busy',
  /** The identity could not sign or be read, or the directory not be asked. */
  'failed',
] as const;

/** Why a message was refused. */
export type Refusal = (typeof REFUSALS)[number];

/** Thrown inside this folder only, where a message is refused. */
export class Refused extends Error {
  readonly reason: Refusal;

  constructor(reason: Refusal, cause?: unknown) {
    super(reason, cause === undefined ? {} : { cause });
    this.reason = reason;
  }
}
