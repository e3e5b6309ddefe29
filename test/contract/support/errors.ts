/**
 * What went wrong, as a value.
 *
 * @module
 */
import { expect } from 'vitest';

// biome-ignore lint/suspicious/noExplicitAny: error classes take different arguments
type ErrorClass = abstract new (...args: any[]) => Error;

/** The error that an action throws or rejects with; fails when it does neither. */
export async function errorOf(action: () => unknown): Promise<Error> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return error as Error;
  }
  throw new Error('the action was expected to fail, and did not');
}

/** Fails unless an action ends in an error of exactly this class with this code. */
export async function expectError(action: () => unknown, type: ErrorClass, code: string): Promise<Error> {
  const error = await errorOf(action);
  const { name, constructor, message } = error;
  expect({ name, code: (error as { code?: unknown }).code }, message).toEqual({ name: type.name, code });
  expect(constructor, message).toBe(type);
  return error;
}

/** What a case of a table of wrong inputs says of the error. */
export type Expected = readonly [type: ErrorClass, code: string];
