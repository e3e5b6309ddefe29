/**
 * Time as an argument, so that life cycles and expiry can be tested without waiting.
 *
 * @module
 */

/** Where time comes from. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump when somebody sets the clock. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number;
}

/** The runtime's own clocks. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
