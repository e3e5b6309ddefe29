/**
 * Hashes of the module: the same as OpenSSL at every length around its blocks and pieces, and nothing left behind.
 */
import * as nodeCrypto from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { registry } from '../../../../src/engines/index.ts';
import { isInMemory, leftBehind } from './memory.ts';

const hash = registry.named('wasm', 'hash');

const random = (length: number) => new Uint8Array(nodeCrypto.randomBytes(length));
const plain = (buffer: Buffer) => new Uint8Array(buffer);
const dirty = (length: number) => new Uint8Array(length).fill(0x5a);

/** Around blocks of 72, 136 and 168 bytes, and around the pieces that go into the module. */
const LENGTHS = [
  ...Array.from({ length: 345 }, (_, i) => i),
  ...[32767, 32768, 32769, 65535, 65536, 65537, 100_000],
];

afterEach(() => {
  expect(leftBehind()).toBe(0);
});

describe('one-shot', () => {
  it('SHA3-512 of any length', () => {
    for (const length of LENGTHS) {
      const data = random(length);
      const out = dirty(64);
      hash.sha3_512(data, out);
      expect(out, `${length}`).toEqual(plain(nodeCrypto.createHash('sha3-512').update(data).digest()));
      expect(length > 1000 ? leftBehind() : 0).toBe(0);
    }
  });

  it.each([
    ['SHA3-256', 'sha3-256', 32],
    ['SHAKE256-512', 'shake256', 64],
  ] as const)('%s of any length', (name, algorithm, outputLength) => {
    const options = algorithm === 'shake256' ? { outputLength } : undefined;
    for (const length of LENGTHS) {
      const data = random(length);
      const expected = nodeCrypto.createHash(algorithm, options).update(data).digest();
      expect(hash.digest(name, data), `${length}`).toEqual(plain(expected));
    }
  });

  it('HMAC of any length of key and message', () => {
    for (const length of [0, 1, 71, 72, 73, 64, 200, 32767, 32768, 40_000]) {
      for (const keyLength of [0, 1, 64, 71, 72, 73, 144, 32768, 32769, 70_000]) {
        const key = random(keyLength);
        const data = random(length);
        const out = dirty(64);
        hash.hmacSha3_512(key, data, out);
        const expected = plain(nodeCrypto.createHmac('sha3-512', key).update(data).digest());
        expect(out, `${keyLength} ${length}`).toEqual(expected);
        const pieces = hash.createHmacSha3_512(key);
        pieces.update(data.subarray(0, length >> 1));
        pieces.update(data.subarray(length >> 1));
        pieces.digest(out.fill(0));
        expect(out, `${keyLength} ${length}`).toEqual(expected);
      }
    }
  });
});

describe('in pieces', () => {
  it('gives the same as at once, however it is cut', () => {
    const data = random(70_000);
    const expected = plain(nodeCrypto.createHash('sha3-512').update(data).digest());
    for (const size of [1, 7, 8, 71, 72, 73, 1000, 32768, 40_000]) {
      const pieces = hash.createSha3_512();
      const end = size < 72 ? 3000 : data.length;
      for (let at = 0; at < end; at += size) pieces.update(data.subarray(at, Math.min(at + size, end)));
      const out = dirty(64);
      pieces.digest(out);
      const whole = end === data.length ? expected : dirty(64);
      if (end !== data.length) hash.sha3_512(data.subarray(0, end), whole);
      expect(out, `${size}`).toEqual(whole);
    }
  });

  it.each([128, 256] as const)('reads SHAKE%i in any pieces', (bits) => {
    const outputLength = 20_000;
    const data = random(500);
    const expected = nodeCrypto.createHash(`shake${bits}`, { outputLength }).update(data).digest();
    for (const size of [1, 8, 135, 136, 168, 169, 4096, 4097, 20_000]) {
      const xof = hash.createXof?.(bits);
      xof?.update(data.subarray(0, 100));
      xof?.update(data.subarray(100));
      const out = dirty(outputLength);
      const end = size < 100 ? 1000 : outputLength;
      for (let at = 0; at < end; at += size) xof?.squeeze(out.subarray(at, Math.min(at + size, end)));
      xof?.dispose();
      expect(Buffer.from(out.subarray(0, end)).equals(expected.subarray(0, end)), `${size}`).toBe(true);
    }
  });

  it('writes SHAKE256 as long as it is asked for', () => {
    for (const length of [1, 32, 64, 136, 137, 5000]) {
      const pieces = hash.createShake256(length);
      pieces.update(Uint8Array.of(1, 2, 3));
      const out = dirty(length);
      pieces.digest(out);
      const expected = nodeCrypto
        .createHash('shake256', { outputLength: length })
        .update(Uint8Array.of(1, 2, 3));
      expect(out).toEqual(plain(expected.digest()));
    }
  });

  it('keeps computations apart', () => {
    const inputs = [random(300), random(300), random(300)];
    const pieces = inputs.map(() => hash.createSha3_512());
    for (let at = 0; at < 300; at += 50) {
      for (const [i, input] of inputs.entries()) pieces[i]?.update(input.subarray(at, at + 50));
    }
    for (const [i, input] of inputs.entries()) {
      const out = dirty(64);
      pieces[i]?.digest(out);
      expect(out).toEqual(plain(nodeCrypto.createHash('sha3-512').update(input).digest()));
    }
  });
});

describe('memory', () => {
  it('holds nothing of inputs, keys and results after each call', () => {
    const secret = random(200);
    const out = dirty(64);
    const checks: (() => void)[] = [
      () => hash.sha3_512(secret, out),
      () => hash.hmacSha3_512(secret, secret, out),
      () => void hash.hkdfSha3_512(secret, secret, secret, 200),
      () => void hash.digest('SHAKE256-512', secret),
    ];
    const pieces = hash.createSha3_512();
    const mac = hash.createHmacSha3_512(secret);
    const xof = hash.createXof?.(256);
    checks.push(
      () => pieces.update(secret),
      () => pieces.digest(out),
      () => mac.update(secret),
      () => mac.digest(out),
      () => xof?.update(secret),
      () => xof?.squeeze(out),
      () => xof?.dispose(),
    );
    for (const check of checks) {
      check();
      expect(leftBehind()).toBe(0);
      expect(isInMemory(secret.subarray(0, 32))).toBe(false);
      expect(isInMemory(out.subarray(0, 32))).toBe(false);
    }
  });

  it('is zero when a result does not fit', () => {
    const secret = random(50);
    for (const call of [
      () => hash.hmacSha3_512(secret, secret, dirty(3)),
      () => {
        const mac = hash.createHmacSha3_512(secret);
        mac.update(secret);
        mac.digest(dirty(3));
      },
    ]) {
      expect(call).toThrow(RangeError);
      expect(leftBehind()).toBe(0);
    }
  });
});
