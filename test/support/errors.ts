/**
 * What a call that must fail fails with. A wrong error shows in the difference, a missing one is an error itself.
 *
 * @module
 */
import { expect } from 'vitest';
import { InputError, type InputErrorCode } from '../../src/errors.ts';

/** What a call throws. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error, but the call returned');
}

/** What a promise is rejected with; a call that throws before it returns one counts as well. */
export async function rejectionOf(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection, but the promise was fulfilled');
}

/** Checks class, code and argument of an {@link InputError}, and that its message is made of its parts. */
export function expectInputError(error: unknown, code: InputErrorCode, argument: string): void {
  expect(error).toBeInstanceOf(InputError);
  const { message, expected, got } = error as InputError;
  expect(error).toMatchObject({ name: 'InputError', code, argument });
  expect(message).toBe(`${argument}: expected ${expected}, got ${got}`);
}

/** Checks a call that must throw an {@link InputError}. */
export function expectInput(work: () => unknown, code: InputErrorCode, argument: string): void {
  expectInputError(thrownBy(work), code, argument);
}

/** Checks a promise that must be rejected with an {@link InputError}. */
export async function expectInputLater(
  work: () => unknown,
  code: InputErrorCode,
  argument: string,
): Promise<void> {
  expectInputError(await rejectionOf(work), code, argument);
}

/** Values that are no byte string, each with the words an error has for it. */
export const NO_BYTES: readonly (readonly [got: string, value: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['number 7', 7],
  ['boolean true', true],
  ['a bigint', 7n],
  ['a string of 4 characters', 'text'],
  ['an array of 2', [1, 2]],
  ['an object', { length: 32 }],
  ['a ArrayBuffer', new ArrayBuffer(32)],
  ['a Uint16Array', new Uint16Array(16)],
  ['a function', () => new Uint8Array(32)],
  ['a symbol', Symbol('s')],
];
