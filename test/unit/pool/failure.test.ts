/**
 * Errors that come from a worker have their class and their code.
 */
import { InputError, PoolError, SelfTestError, UnsupportedError } from '@mwrasp/crypto';
import { expect, it } from 'vitest';
import { readFailure, writeFailure } from '../../../src/pool/failure.ts';

const pass = (error: unknown) => readFailure(structuredClone(writeFailure(error)));

it('an input error', () => {
  const error = new InputError('ERR_INPUT_STATE', 'choice', 'a call before', 'a later one');
  expect(pass(error)).toBeInstanceOf(InputError);
  expect(pass(error)).toEqual(error);
});

it('something that is missing', () => {
  const error = new UnsupportedError('ERR_UNSUPPORTED_OPERATION', 'engine "node" has no such thing');
  expect(pass(error)).toBeInstanceOf(UnsupportedError);
  expect(pass(error)).toEqual(error);
});

it('a self-test', () => {
  const error = pass(new SelfTestError('node', 'sign', 'a signature'));
  expect(error).toBeInstanceOf(SelfTestError);
  expect(error).toMatchObject({ code: 'ERR_SELF_TEST', engine: 'node', family: 'sign' });
  expect((error.cause as Error).message).toContain('a signature');
});

it('anything else', () => {
  const error = pass(new RangeError('out of something'));
  expect(error).toBeInstanceOf(PoolError);
  expect(error).toMatchObject({ code: 'ERR_POOL_WORKER', cause: { message: 'out of something' } });
  expect(pass('text')).toMatchObject({ cause: { message: 'string' } });
});
