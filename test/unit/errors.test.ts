import { describe, expect, it } from 'vitest';
import * as errors from '../../src/errors.ts';

const cause = new Error('underneath');

describe('every error', () => {
  it.each([
    [
      new errors.InputError('ERR_INPUT_LENGTH', 'key', '32 bytes', '31 bytes', { cause }),
      'InputError',
      'ERR_INPUT_LENGTH',
      'key: expected 32 bytes, got 31 bytes',
    ],
    [
      new errors.KeyStoreError('ERR_KEYSTORE_LOCKED', 'locked', { cause }),
      'KeyStoreError',
      'ERR_KEYSTORE_LOCKED',
      'locked',
    ],
    [
      new errors.UnsupportedError('ERR_UNSUPPORTED_PEER', 'no peer', { cause }),
      'UnsupportedError',
      'ERR_UNSUPPORTED_PEER',
      'no peer',
    ],
    [
      new errors.PoolError('ERR_POOL_WORKER', 'a worker ended', { cause }),
      'PoolError',
      'ERR_POOL_WORKER',
      'a worker ended',
    ],
    [
      new errors.TransportError('ERR_TRANSPORT_IO', 'no connection', { cause }),
      'TransportError',
      'ERR_TRANSPORT_IO',
      'no connection',
    ],
    [
      new errors.SelfTestError('noble', 'kem', 'decapsulation', { cause }),
      'SelfTestError',
      'ERR_SELF_TEST',
      'self-test of engine "noble" (kem) failed: decapsulation; it will not be used in this process',
    ],
    [new errors.PqError('ERR_X', 'text', { cause }), 'PqError', 'ERR_X', 'text'],
  ])('%s', (error, name, code, message) => {
    expect(error).toBeInstanceOf(errors.PqError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code, message, cause });
    expect(error.stack).toContain(message);
  });

  it('has no cause unless there is one', () => {
    for (const error of [
      new errors.PqError('ERR_X', 'text'),
      new errors.PqError('ERR_X', 'text', {}),
      new errors.AuthenticationError(),
      new errors.ExpiredError('ERR_EXPIRED_DEADLINE', 'late'),
      new errors.QuorumError(2, 3),
    ]) {
      expect('cause' in error).toBe(false);
    }
  });
});

it('AuthenticationError says the same whatever the reason', () => {
  expect(new errors.AuthenticationError()).toMatchObject({
    name: 'AuthenticationError',
    code: 'ERR_AUTHENTICATION',
    message: 'authentication failed: wrong key, wrong context, or the data was changed',
  });
});

it('QuorumError counts', () => {
  expect(new errors.QuorumError(2, 3)).toMatchObject({
    name: 'QuorumError',
    code: 'ERR_QUORUM',
    have: 2,
    need: 3,
    message: 'too few pieces: have 2, need 3',
  });
});

it('ExpiredError, InputError and SelfTestError keep their parts', () => {
  expect(new errors.ExpiredError('ERR_EXPIRED_EPOCH_GONE', 'gone')).toMatchObject({
    name: 'ExpiredError',
    code: 'ERR_EXPIRED_EPOCH_GONE',
    message: 'gone',
  });
  expect(new errors.InputError('ERR_INPUT_TYPE', 'a', 'b', 'c')).toMatchObject({
    argument: 'a',
    expected: 'b',
    got: 'c',
  });
  expect(new errors.SelfTestError('node', 'hash', 'x')).toMatchObject({ engine: 'node', family: 'hash' });
});
