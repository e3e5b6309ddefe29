/**
 * Time as an argument, so that life cycles and expiry can be tested without waiting.
 *
 * @module
 */
import { describe, isObject, readFrom } from './bytes.ts';
import { InputError } from './errors.ts';

/** Where time comes from. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump when somebody sets the clock. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number;
}

/**
 * Checks a clock that may be absent.
 *
 * @param argument - The argument's name, for the error.
 * @param clock - What the caller passed.
 * @returns The clock, or the system's.
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 * @internal
 */
export function checkClock(argument: string, clock: unknown): Clock {
  if (clock === undefined) return systemClock;
  const isClock = readFrom(
    argument,
    'a Clock',
    () =>
      isObject(clock) &&
      typeof (clock as Partial<Clock>).wallMs === 'function' &&
      typeof (clock as Partial<Clock>).monotonicMs === 'function',
  );
  if (!isClock) throw new InputError('ERR_INPUT_TYPE', argument, 'a Clock', describe(clock));
  return clock as Clock;
}

/** The runtime's own clocks. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
