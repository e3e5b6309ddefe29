/** ML-KEM-1024 keys: what comes in is checked (FIPS 203 §7.2, §7.3), what goes out is a copy. */
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { generateKemKey, KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import { describe, expect, it } from 'vitest';
import { exportPrivateKey } from '../../../src/insecure.ts';
import { SecretBytes } from '../../../src/secret.ts';
import { expectInput, NO_BYTES, thrownBy } from '../../support/errors.ts';
import { disposed, flipped, newRecipient, SEEDS, testKeys } from '../../support/keys.ts';

const VECTOR_BYTES = 1536;
const COEFFICIENTS = 1024;

/** A copy in which one 12-bit coefficient has another value. */
function withCoefficient(bytes: Uint8Array, index: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const offset = 3 * Math.floor(index / 2);
  const [b0, b1, b2] = copy.subarray(offset, offset + 3) as unknown as [number, number, number];
  if (index % 2 === 0) copy.set([value & 0xff, (b1 & 0xf0) | (value >> 8)], offset);
  else copy.set([b0, (b1 & 0x0f) | ((value & 0x0f) << 4), value >> 4], offset);
  expect(copy[offset + 2]).toBe(index % 2 === 0 ? b2 : value >> 4);
  return copy;
}

function expandedOf(key: KemPrivateKey): Uint8Array {
  using secret = exportPrivateKey(key, 'expanded');
  return Uint8Array.from(secret.expose());
}

/** Puts the hash of the public part where it belongs. */
function rehashed(expanded: Uint8Array): Uint8Array {
  const hash = createHash('sha3-256').update(expanded.subarray(VECTOR_BYTES, 3104)).digest();
  const copy = Uint8Array.from(expanded);
  copy.set(hash, 3104);
  return copy;
}

const { recipient, recipientPublic, otherRecipient } = testKeys();
const publicBytes = recipientPublic.toBytes();
const expanded = expandedOf(recipient);

describe('KemPublicKey.fromBytes', () => {
  it('takes a key, copies it, and gives copies', () => {
    const input = Uint8Array.from(publicBytes);
    const key = KemPublicKey.fromBytes(input);
    input.fill(0);
    expect(key.toBytes()).toEqual(publicBytes);
    key.toBytes().fill(0);
    expect(key.toBytes()).toEqual(publicBytes);
    expect(key.algorithm).toBe('ML-KEM-1024');
  });

  it('takes a Buffer that is a part of a larger one', () => {
    const large = Buffer.concat([Buffer.alloc(3, 1), publicBytes, Buffer.alloc(5, 2)]);
    const key = KemPublicKey.fromBytes(large.subarray(3, 3 + 1568));
    expect(key.equals(recipientPublic)).toBe(true);
    expect(key.toBytes()).toHaveLength(1568);
  });

  it.each([0, 1, 2, 3, 255, 256, 511, 512, 777, 1022, 1023])(
    'refuses coefficient %i when it is not below q',
    (index) => {
      expect(KemPublicKey.fromBytes(withCoefficient(publicBytes, index, 3328)).algorithm).toBe('ML-KEM-1024');
      expect(KemPublicKey.fromBytes(withCoefficient(publicBytes, index, 0)).algorithm).toBe('ML-KEM-1024');
      for (const value of [3329, 3330, 3584, 3840, 4095]) {
        const bytes = withCoefficient(publicBytes, index, value);
        expectInput(() => KemPublicKey.fromBytes(bytes), 'ERR_INPUT_KEY', 'bytes');
      }
    },
  );

  it('refuses q in each single coefficient', () => {
    const accepted: number[] = [];
    for (let index = 0; index < COEFFICIENTS; index++) {
      try {
        KemPublicKey.fromBytes(withCoefficient(publicBytes, index, 3329));
        accepted.push(index);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_INPUT_KEY', got: 'a coefficient that is not' });
      }
    }
    expect(accepted).toEqual([]);
  });

  it('leaves the last 32 bytes, which are no coefficients, alone', () => {
    const bytes = Uint8Array.from(publicBytes).fill(0xff, VECTOR_BYTES);
    expect(KemPublicKey.fromBytes(bytes).toBytes()).toEqual(bytes);
  });

  it.each([0, 1, 32, 800, 1184, 1567, 1569, 3168, 100_000])('refuses %i bytes', (length) => {
    expectInput(() => KemPublicKey.fromBytes(new Uint8Array(length)), 'ERR_INPUT_LENGTH', 'bytes');
  });

  it.each(NO_BYTES)('refuses %s', (got, value) => {
    const error = thrownBy(() => KemPublicKey.fromBytes(value as Uint8Array));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'bytes', expected: 'a Uint8Array', got });
  });
});

describe('KemPrivateKey.fromSeed', () => {
  it('copies the seed and leaves the original alone', () => {
    const seed = Uint8Array.from(SEEDS.recipient);
    const key = KemPrivateKey.fromSeed(seed);
    expect(seed).toEqual(SEEDS.recipient);
    seed.fill(9);
    using out = exportPrivateKey(key, 'seed');
    expect(out.expose()).toEqual(SEEDS.recipient);
    expect(key.hasSeed).toBe(true);
  });

  it('takes a secret, which stays the caller’s', () => {
    using secret = SecretBytes.from(SEEDS.recipient);
    const key = KemPrivateKey.fromSeed(secret);
    key.dispose();
    expect(secret.disposed).toBe(false);
    expect(secret.expose()).toEqual(SEEDS.recipient);
  });

  it.each([0, 32, 63, 65, 128, 3168])('refuses %i bytes', (length) => {
    expectInput(() => KemPrivateKey.fromSeed(new Uint8Array(length)), 'ERR_INPUT_LENGTH', 'seed');
    expectInput(
      () => KemPrivateKey.fromSeed(SecretBytes.adopt(new Uint8Array(length))),
      'ERR_INPUT_LENGTH',
      'seed',
    );
  });

  it.each(NO_BYTES)('refuses %s', (got, value) => {
    const error = thrownBy(() => KemPrivateKey.fromSeed(value as Uint8Array));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'seed', got });
  });

  it('refuses a disposed secret', () => {
    const secret = SecretBytes.from(SEEDS.recipient);
    secret.dispose();
    expectInput(() => KemPrivateKey.fromSeed(secret), 'ERR_INPUT_DISPOSED', 'seed');
  });
});

describe('KemPrivateKey.fromExpandedKey', () => {
  it('takes an expanded key, which has no seed', () => {
    const input = Uint8Array.from(expanded);
    const key = KemPrivateKey.fromExpandedKey(input);
    expect(input).toEqual(expanded);
    input.fill(0);
    expect(key.hasSeed).toBe(false);
    expect(key.publicKey.equals(recipientPublic)).toBe(true);
    expect(expandedOf(key)).toEqual(expanded);
  });

  it('takes a secret', () => {
    using secret = SecretBytes.from(expanded);
    expect(KemPrivateKey.fromExpandedKey(secret).publicKey.keyId).toBe(recipientPublic.keyId);
    expect(secret.disposed).toBe(false);
  });

  it.each([0, 64, 1568, 1632, 2400, 3167, 3169])('refuses %i bytes', (length) => {
    expectInput(
      () => KemPrivateKey.fromExpandedKey(new Uint8Array(length)),
      'ERR_INPUT_LENGTH',
      'expandedKey',
    );
  });

  it.each(NO_BYTES)('refuses %s', (got, value) => {
    const error = thrownBy(() => KemPrivateKey.fromExpandedKey(value as Uint8Array));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'expandedKey', got });
  });

  it.each([
    ['the first byte of H(ek)', 3104],
    ['the last byte of H(ek)', 3135],
    ['a byte of ek', VECTOR_BYTES + 700],
    ['the last byte of ek', 3103],
  ])('refuses a key with %s changed', (_, offset) => {
    const error = thrownBy(() => KemPrivateKey.fromExpandedKey(flipped(expanded, offset)));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_KEY',
      argument: 'expandedKey',
      expected: 'H(ek) that fits ek (FIPS 203 §7.3)',
    });
  });

  it.each([3329, 4095])('refuses a coefficient of %i in the public part, whatever its hash', (value) => {
    for (const index of [0, 1, 500, 1023]) {
      const copy = Uint8Array.from(expanded);
      copy.set(withCoefficient(publicBytes, index, value), VECTOR_BYTES);
      const error = thrownBy(() => KemPrivateKey.fromExpandedKey(rehashed(copy)));
      expect(error).toMatchObject({
        code: 'ERR_INPUT_KEY',
        argument: 'expandedKey',
        expected: 'coefficients below 3329 (FIPS 203 §7.2)',
      });
    }
  });

  it.each([3329, 4095])('refuses a coefficient of %i in the private part', (value) => {
    for (const index of [0, 1, 500, 1023]) {
      const error = thrownBy(() => KemPrivateKey.fromExpandedKey(withCoefficient(expanded, index, value)));
      expect(error).toMatchObject({
        code: 'ERR_INPUT_KEY',
        argument: 'expandedKey',
        expected: 'secret coefficients below 3329',
      });
    }
  });

  it('refuses a private part that belongs to another public one', () => {
    const copy = Uint8Array.from(expanded);
    copy.set(expandedOf(otherRecipient).subarray(0, VECTOR_BYTES));
    const error = thrownBy(() => KemPrivateKey.fromExpandedKey(copy));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_KEY',
      argument: 'expandedKey',
      expected: 'a private part that fits the public one',
      got: 'another',
    });
    expect(error).not.toHaveProperty('cause');
  });

  it('refuses a private part of zeros', () => {
    const copy = Uint8Array.from(expanded).fill(0, 0, VECTOR_BYTES);
    expectInput(() => KemPrivateKey.fromExpandedKey(copy), 'ERR_INPUT_KEY', 'expandedKey');
  });

  it('refuses a public part that belongs to another private one, hash and all', () => {
    const copy = Uint8Array.from(expanded);
    copy.set(otherRecipient.publicKey.toBytes(), VECTOR_BYTES);
    expectInput(() => KemPrivateKey.fromExpandedKey(rehashed(copy)), 'ERR_INPUT_KEY', 'expandedKey');
  });

  it('takes any z: nothing says what it should be', () => {
    expect(KemPrivateKey.fromExpandedKey(flipped(expanded, 3167)).publicKey.equals(recipientPublic)).toBe(
      true,
    );
  });
});

describe('generateKemKey', () => {
  it('makes another key each time, with its seed', () => {
    using first = generateKemKey();
    using second = generateKemKey();
    expect(first.hasSeed).toBe(true);
    expect(first.algorithm).toBe('ML-KEM-1024');
    expect(first.publicKey.equals(second.publicKey)).toBe(false);
    using seed = exportPrivateKey(first, 'seed');
    expect(KemPrivateKey.fromSeed(seed).publicKey.equals(first.publicKey)).toBe(true);
  });
});

describe('a disposed key', () => {
  it('says so and has no public half any more, unless somebody asked before', () => {
    const key = disposed(newRecipient());
    expect(key.disposed).toBe(true);
    expectInput(() => key.publicKey, 'ERR_INPUT_DISPOSED', 'key');
    const asked = newRecipient();
    const { publicKey } = asked;
    asked.dispose();
    expect(asked.publicKey).toBe(publicKey);
  });

  it('is disposed of once, and at the end of a block', () => {
    let outside: KemPrivateKey;
    {
      using key = newRecipient();
      outside = key;
      expect(key.disposed).toBe(false);
    }
    expect(outside.disposed).toBe(true);
    outside.dispose();
    expect(outside.disposed).toBe(true);
  });

  it('leaves other keys of the same seed alive', () => {
    const [first, second] = [newRecipient(), newRecipient()];
    first.dispose();
    expect(second.publicKey.equals(recipientPublic)).toBe(true);
  });
});

describe('printing', () => {
  it('shows nothing of a private key', () => {
    const key = newRecipient();
    expect(`${key}`).toBe('[secret]');
    expect(JSON.stringify({ key })).toBe('{"key":"[secret]"}');
    expect(inspect(key)).toBe("KemPrivateKey { algorithm: 'ML-KEM-1024', [secret] }");
    expect(inspect({ nested: [key] }, { depth: 9, showHidden: true })).not.toMatch(/0001|AAEC|Uint8Array/);
  });

  it('shows a public key by its id', () => {
    expect(inspect(recipientPublic)).toBe(
      `KemPublicKey { algorithm: 'ML-KEM-1024', keyId: '${recipientPublic.keyId}' }`,
    );
  });
});
