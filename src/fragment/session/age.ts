/**
 * The sender's clock of a session: a lower bound of how old epoch 0 is for the receiver, so that delay and drift can only
 * shorten a life.
 *
 * The bound is the age that was reported, plus the sender's own time since it was *received*, less 500 ppm of that for drift.
 * Nothing is added for the network. Of several reports the one with the highest bound counts.
 *
 * @module
 */

/** Drift of one clock against the other that is allowed for: 500 ppm. */
export const DRIFT = 500e-6;

/** An epoch on the sender's clock lasts longer, by the drift that is taken off. */
export function stretched(ms: number): number {
  return ms / (1 - DRIFT);
}

/**
 * When epoch 0 began at the latest, by one report: a time of the sender's monotonic clock, from which on elapsed time less
 * drift is the bound.
 *
 * @param ageMs - The age that was reported.
 * @param receivedAtMs - When.
 */
export function startOf(ageMs: number, receivedAtMs: number): number {
  return receivedAtMs - stretched(ageMs);
}

/** What measuring and sending may add to an age, milliseconds, beside drift. */
const SLACK_MS = 10;

/**
 * Whether an age can be: epoch 0 began after the sender answered the offer.
 *
 * @param ageMs - The age that was reported.
 * @param sinceAnswerMs - Time since the answer was first sent, on the sender's clock.
 */
export function isPossibleAge(ageMs: number, sinceAnswerMs: number): boolean {
  return ageMs <= sinceAnswerMs * (1 + 2 * DRIFT) + SLACK_MS;
}
