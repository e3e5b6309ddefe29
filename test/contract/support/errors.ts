/**
 * What went wrong, as a value.
 *
 * @module
 */
import { expect } from 'vitest';
import { rejectionOf } from '../../support/errors.ts';

// biome-ignore lint/suspicious/noExplicitAny: error classes take different arguments
type ErrorClass = abstract new (...args: any[]) => Error;

/** The error that an action throws or rejects with; fails when it does neither. */
export async function errorOf(action: () => unknown): Promise<Error> {
  const error = await rejectionOf(action);
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

/** Fails unless an action ends in an error of exactly this class with this code. */
export async function expectError(action: () => unknown, type: ErrorClass, code: string): Promise<Error> {
  const error = await errorOf(action);
  const { name, message } = error;
  expect({ name, code: (error as { code?: unknown }).code }, message).toEqual({ name: type.name, code });
  expect(error.constructor, message).toBe(type);
  return error;
}

/** What a case of a table of wrong inputs says of the error. */
export type Expected = readonly [type: ErrorClass, code: string];
