/**
 * Signals that end work early.
 *
 * @module
 */
import { describe, readFrom } from './bytes.ts';
import { InputError } from './errors.ts';

/**
 * Checks an option that is a signal, or absent.
 *
 * @param argument - The argument's name, for the error.
 * @param value - What the caller passed.
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 */
export function checkSignal(argument: string, value: AbortSignal | undefined): void {
  if (value === undefined) return;
  const expected = 'an AbortSignal';
  const isSignal = readFrom(
    argument,
    expected,
    () => typeof value?.throwIfAborted === 'function' && typeof value.addEventListener === 'function',
  );
  if (!isSignal) throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(value));
}
