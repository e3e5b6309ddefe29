/**
 * Errors of this library on their way from a worker: a structured clone would leave of them an `Error` without class and
 * code.
 *
 * @module
 */
import {
  InputError,
  type InputErrorCode,
  PoolError,
  type PqError,
  SelfTestError,
  UnsupportedError,
  type UnsupportedErrorCode,
} from '../errors.ts';

/** An error as plain data. */
export type Failure =
  | {
      readonly name: 'input';
      readonly code: InputErrorCode;
      readonly argument: string;
      readonly expected: string;
      readonly got: string;
    }
  | { readonly name: 'unsupported'; readonly code: UnsupportedErrorCode; readonly message: string }
  | { readonly name: 'self-test'; readonly engine: string; readonly family: string; readonly message: string }
  | { readonly name: 'other'; readonly message: string };

/** Writes an error down. */
export function writeFailure(error: unknown): Failure {
  if (error instanceof InputError) {
    const { code, argument, expected, got } = error;
    return { name: 'input', code, argument, expected, got };
  }
  if (error instanceof UnsupportedError) {
    return { name: 'unsupported', code: error.code, message: error.message };
  }
  if (error instanceof SelfTestError) {
    const { engine, family, message } = error;
    return { name: 'self-test', engine, family, message };
  }
  return { name: 'other', message: error instanceof Error ? error.message : typeof error };
}

/** The error again. */
export function readFailure(failure: Failure): PqError {
  switch (failure.name) {
    case 'input':
      return new InputError(failure.code, failure.argument, failure.expected, failure.got);
    case 'unsupported':
      return new UnsupportedError(failure.code, failure.message);
    case 'self-test':
      return new SelfTestError(failure.engine, failure.family, 'a wrong answer in a worker', {
        cause: new Error(failure.message),
      });
    case 'other':
      return new PoolError('ERR_POOL_WORKER', 'a job failed in its worker', {
        cause: new Error(failure.message),
      });
  }
}
