/** ML-DSA-87 keys: an expanded key is checked whole before anything is signed with it. */
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { generateSignKey, SignPrivateKey, SignPublicKey, sign, verify } from '@mwrasp/crypto/sign';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes.ts';
import { exportPrivateKey } from '../../../src/insecure.ts';
import { SecretBytes } from '../../../src/secret.ts';
import { expectInput, NO_BYTES, thrownBy } from '../../support/errors.ts';
import { disposed, flipped, newSigner, SEEDS, testKeys } from '../../support/keys.ts';

const { signer, signerPublic, otherSigner } = testKeys();
const publicBytes = signerPublic.toBytes();

/** FIPS 204 algorithm 24: where the parts of an expanded key start. */
const PARTS = { rho: 0, K: 32, tr: 64, s1: 128, s2: 128 + 7 * 96, t0: 128 + 15 * 96, end: 4896 } as const;

function expandedOf(key: SignPrivateKey): Uint8Array {
  using secret = exportPrivateKey(key, 'expanded');
  return Uint8Array.from(secret.expose());
}

const expanded = expandedOf(signer);

/** A copy in which one 3-bit coefficient of s1 or s2 has another value. */
function withSmallCoefficient(part: 's1' | 's2', index: number, value: number): Uint8Array {
  const copy = Uint8Array.from(expanded);
  for (let bit = 0; bit < 3; bit++) {
    const at = 8 * PARTS[part] + 3 * index + bit;
    const mask = 1 << (at % 8);
    const old = copy[at >> 3] as number;
    copy[at >> 3] = (value >> bit) & 1 ? old | mask : old & ~mask;
  }
  return copy;
}

function expectMisfit(bytes: Uint8Array): void {
  const error = thrownBy(() => SignPrivateKey.fromExpandedKey(bytes));
  expect(error).toMatchObject({
    code: 'ERR_INPUT_KEY',
    argument: 'expandedKey',
    expected: 'a key that FIPS 204 algorithm 6 can have made',
    got: 'parts that do not fit',
  });
  // The words of an engine may speak of coefficients.
  expect(error).not.toHaveProperty('cause');
}

describe('SignPublicKey.fromBytes', () => {
  it('takes any 2592 bytes, copies them, and gives copies', () => {
    const input = new Uint8Array(2592).fill(0xff);
    const key = SignPublicKey.fromBytes(input);
    input.fill(0);
    expect(key.toBytes()).toEqual(new Uint8Array(2592).fill(0xff));
    key.toBytes().fill(1);
    expect(key.toBytes()[0]).toBe(0xff);
    expect(key.algorithm).toBe('ML-DSA-87');
  });

  it.each([0, 32, 1312, 1952, 2591, 2593, 4896])('refuses %i bytes', (length) => {
    expectInput(() => SignPublicKey.fromBytes(new Uint8Array(length)), 'ERR_INPUT_LENGTH', 'bytes');
  });

  it.each(NO_BYTES)('refuses %s', (got, value) => {
    const error = thrownBy(() => SignPublicKey.fromBytes(value as Uint8Array));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'bytes', got });
  });
});

describe('SignPrivateKey.fromSeed', () => {
  it('copies the seed and leaves the original alone', () => {
    const seed = Uint8Array.from(SEEDS.signer);
    const key = SignPrivateKey.fromSeed(seed);
    expect(seed).toEqual(SEEDS.signer);
    seed.fill(9);
    using out = exportPrivateKey(key, 'seed');
    expect(out.expose()).toEqual(SEEDS.signer);
    expect(key.hasSeed).toBe(true);
  });

  it('takes a secret, which stays the caller’s', () => {
    using secret = SecretBytes.from(SEEDS.signer);
    SignPrivateKey.fromSeed(secret).dispose();
    expect(secret.expose()).toEqual(SEEDS.signer);
  });

  it.each([0, 31, 33, 64, 4896])('refuses %i bytes', (length) => {
    expectInput(() => SignPrivateKey.fromSeed(new Uint8Array(length)), 'ERR_INPUT_LENGTH', 'seed');
  });

  it.each(NO_BYTES)('refuses %s', (got, value) => {
    const error = thrownBy(() => SignPrivateKey.fromSeed(value as Uint8Array));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'seed', got });
  });
});

describe('SignPrivateKey.fromExpandedKey', () => {
  it('takes an expanded key, which has no seed and signs as well', () => {
    const input = Uint8Array.from(expanded);
    const key = SignPrivateKey.fromExpandedKey(input);
    expect(input).toEqual(expanded);
    input.fill(0);
    expect(key.hasSeed).toBe(false);
    expect(key.publicKey.equals(signerPublic)).toBe(true);
    const message = utf8('expanded');
    expect(verify(signerPublic, message, sign(key, message))).toBe(true);
    expect(sign(key, message, { deterministic: true })).toEqual(
      sign(signer, message, { deterministic: true }),
    );
    expect(expandedOf(key)).toEqual(expanded);
  });

  it('takes a secret', () => {
    using secret = SecretBytes.from(expanded);
    expect(SignPrivateKey.fromExpandedKey(secret).publicKey.keyId).toBe(signerPublic.keyId);
    expect(secret.disposed).toBe(false);
  });

  it.each([0, 32, 2560, 4032, 4895, 4897])('refuses %i bytes', (length) => {
    expectInput(
      () => SignPrivateKey.fromExpandedKey(new Uint8Array(length)),
      'ERR_INPUT_LENGTH',
      'expandedKey',
    );
  });

  it.each(NO_BYTES)('refuses %s', (got, value) => {
    const error = thrownBy(() => SignPrivateKey.fromExpandedKey(value as Uint8Array));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'expandedKey', got });
  });

  it.each([
    ['the first byte of rho', PARTS.rho],
    ['the last byte of rho', PARTS.K - 1],
    ['the first byte of tr', PARTS.tr],
    ['the last byte of tr', PARTS.s1 - 1],
    ['the first byte of t0', PARTS.t0],
    ['a byte amid t0', PARTS.t0 + 1500],
    ['the last byte of t0', PARTS.end - 1],
  ])('refuses a key with %s changed', (_, offset) => {
    for (const bits of [0x01, 0x80]) expectMisfit(flipped(expanded, offset, bits));
  });

  it.each(['s1', 's2'] as const)('refuses a coefficient of %s out of range', (part) => {
    const last = (part === 's1' ? 7 : 8) * 256 - 1;
    for (const index of [0, 1, 255, 256, last]) {
      for (const value of [5, 6, 7]) expectMisfit(withSmallCoefficient(part, index, value));
    }
  });

  it.each(['s1', 's2'] as const)('refuses another coefficient of %s in range', (part) => {
    const coefficient = (expanded[PARTS[part]] as number) & 7;
    expectMisfit(withSmallCoefficient(part, 0, coefficient === 0 ? 1 : coefficient - 1));
  });

  it('refuses the parts of two keys put together', () => {
    const other = expandedOf(otherSigner);
    for (const [start, end] of [
      [PARTS.rho, PARTS.K],
      [PARTS.tr, PARTS.s1],
      [PARTS.s1, PARTS.s2],
      [PARTS.s2, PARTS.t0],
      [PARTS.t0, PARTS.end],
    ] as const) {
      const mixed = Uint8Array.from(expanded);
      mixed.set(other.subarray(start, end), start);
      expectMisfit(mixed);
    }
  });

  it('refuses a wrong t0 whose tr was made to fit', () => {
    // tr is the hash of the public key, which t0 is no part of: only computing t0 again tells.
    const tr = createHash('shake256', { outputLength: 64 }).update(publicBytes).digest();
    expect(expanded.subarray(PARTS.tr, PARTS.s1)).toEqual(Uint8Array.from(tr));
    for (const byte of [0x00, 0xff]) expectMisfit(Uint8Array.from(expanded).fill(byte, PARTS.t0));
  });

  it('refuses a key of zeros and one of ones', () => {
    expectMisfit(new Uint8Array(4896));
    expectMisfit(new Uint8Array(4896).fill(0xff));
  });

  it('takes any K, which only makes hedged randomness', () => {
    const key = SignPrivateKey.fromExpandedKey(flipped(expanded, PARTS.K));
    const message = utf8('another K');
    expect(verify(signerPublic, message, sign(key, message))).toBe(true);
    expect(sign(key, message, { deterministic: true })).not.toEqual(
      sign(signer, message, { deterministic: true }),
    );
  });
});

describe('generateSignKey', () => {
  it('makes another key each time, with its seed', () => {
    using first = generateSignKey();
    using second = generateSignKey();
    expect(first.algorithm).toBe('ML-DSA-87');
    expect(first.hasSeed).toBe(true);
    expect(first.publicKey.equals(second.publicKey)).toBe(false);
    using seed = exportPrivateKey(first, 'seed');
    expect(SignPrivateKey.fromSeed(seed).publicKey.equals(first.publicKey)).toBe(true);
  });
});

describe('a disposed key', () => {
  it('says so and has no public half any more, unless somebody asked before', () => {
    const key = disposed(newSigner());
    expect(key.disposed).toBe(true);
    expectInput(() => key.publicKey, 'ERR_INPUT_DISPOSED', 'key');
    const asked = newSigner();
    const { publicKey } = asked;
    asked.dispose();
    asked.dispose();
    expect(asked.publicKey).toBe(publicKey);
  });

  it('is disposed of at the end of a block, and leaves other keys of the same seed alive', () => {
    let outside: SignPrivateKey;
    {
      using key = newSigner();
      outside = key;
      sign(key, new Uint8Array(1), { deterministic: true });
    }
    expect(outside.disposed).toBe(true);
    expect(newSigner().publicKey.equals(signerPublic)).toBe(true);
  });
});

describe('printing', () => {
  it('shows nothing of a private key', () => {
    const key = newSigner();
    sign(key, new Uint8Array(1));
    expect(`${key}`).toBe('[secret]');
    expect(JSON.stringify([key])).toBe('["[secret]"]');
    expect(inspect(key)).toBe("SignPrivateKey { algorithm: 'ML-DSA-87', [secret] }");
  });

  it('shows a public key by its id', () => {
    expect(inspect(signerPublic)).toBe(
      `SignPublicKey { algorithm: 'ML-DSA-87', keyId: '${signerPublic.keyId}' }`,
    );
  });
});
