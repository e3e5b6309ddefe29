import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { InputError } from '../../src/errors.ts';
import { type ByteSecret, exposeBytes, REDACTED, SecretBytes } from '../../src/secret.ts';
import { expectInput, NO_BYTES, thrownBy } from '../support/errors.ts';

const KEY = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);

describe('SecretBytes', () => {
  it('copies with from and takes over with adopt', () => {
    const copied = SecretBytes.from(KEY);
    expect(copied.expose()).toEqual(KEY);
    expect(copied.expose()).not.toBe(KEY);
    const buffer = Uint8Array.from(KEY);
    expect(SecretBytes.adopt(buffer).expose()).toBe(buffer);
  });

  it('copies a view out of a larger buffer, and a Buffer into a plain array', () => {
    const secret = SecretBytes.from(Buffer.from('..key..').subarray(2, 5));
    expect(Object.getPrototypeOf(secret.expose())).toBe(Uint8Array.prototype);
    expect(secret.expose().buffer.byteLength).toBe(3);
  });

  it('wipes the buffer it holds, once and for all, and leaves the original', () => {
    const original = Uint8Array.from(KEY);
    const secret = SecretBytes.from(original);
    const held = secret.expose();
    expect(secret.disposed).toBe(false);
    secret.dispose();
    secret.dispose();
    expect(held).toEqual(new Uint8Array(4));
    expect(original).toEqual(KEY);
    expect(secret.disposed).toBe(true);
    expect(secret.length).toBe(4);
    const error = thrownBy(() => secret.expose()) as InputError;
    expect(error).toMatchObject({
      code: 'ERR_INPUT_DISPOSED',
      argument: 'secret',
      expected: 'a live secret',
      got: 'a disposed one',
    });
  });

  it('wipes an adopted buffer', () => {
    const buffer = Uint8Array.from(KEY);
    SecretBytes.adopt(buffer).dispose();
    expect(buffer).toEqual(new Uint8Array(4));
  });

  it('ends with `using`, also when the block throws', () => {
    let held = new Uint8Array(0);
    expect(() => {
      using secret = SecretBytes.from(KEY);
      held = secret.expose() as Uint8Array<ArrayBuffer>;
      throw new Error('inside');
    }).toThrow('inside');
    expect(held).toEqual(new Uint8Array(4));
  });

  it('prints as [secret] in every way, live or disposed', () => {
    const secret = SecretBytes.from(KEY);
    const prints = () => [
      String(secret),
      `${secret}`,
      secret.toString(),
      inspect(secret),
      inspect(secret, { showHidden: true, depth: 9 }),
      JSON.parse(JSON.stringify(secret)),
    ];
    expect(prints()).toEqual(Array(6).fill(REDACTED));
    expect(inspect({ nested: [secret] })).toBe('{ nested: [ [secret] ] }');
    expect(JSON.stringify({ secret })).toBe('{"secret":"[secret]"}');
    expect(Object.keys(secret)).toEqual([]);
    secret.dispose();
    expect(prints()).toEqual(Array(6).fill('[secret]'));
  });

  it.each(NO_BYTES)('is not made of %s', (_, value) => {
    expectInput(() => SecretBytes.from(value as Uint8Array), 'ERR_INPUT_TYPE', 'bytes');
    expectInput(() => SecretBytes.adopt(value as Uint8Array), 'ERR_INPUT_TYPE', 'bytes');
  });
});

describe('exposeBytes', () => {
  it('gives the buffer itself', () => {
    const secret = SecretBytes.from(KEY);
    expect(exposeBytes('ikm', secret, 4)).toBe(secret.expose());
    expect(exposeBytes('ikm', KEY)).toBe(KEY);
  });

  it('names the argument in every error', () => {
    const disposed = SecretBytes.from(KEY);
    disposed.dispose();
    expectInput(() => exposeBytes('ikm', disposed), 'ERR_INPUT_DISPOSED', 'ikm');
    expectInput(() => exposeBytes('ikm', KEY, 5), 'ERR_INPUT_LENGTH', 'ikm');
    expectInput(() => exposeBytes('ikm', SecretBytes.from(KEY), { min: 5 }), 'ERR_INPUT_LENGTH', 'ikm');
    for (const [, value] of NO_BYTES) {
      expectInput(() => exposeBytes('ikm', value as ByteSecret), 'ERR_INPUT_TYPE', 'ikm');
    }
  });
});
