/**
 * ML-KEM-1024 of the module: the same as noble, whatever goes in, and nothing left behind.
 */
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PreparedKemPrivateKey } from '../../../../src/engines/engine.ts';
import { registry } from '../../../../src/engines/index.ts';
import { ML_KEM_1024 } from '../../../../src/params.ts';
import { thrownBy } from '../../../support/errors.ts';
import { instance, isInMemory, leftBehind } from './memory.ts';

const kem = registry.named('wasm', 'kem');
const { ciphertextBytes, expandedKeyBytes, publicKeyBytes, q, seedBytes, sharedSecretBytes } = ML_KEM_1024;

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const dirty = (length: number) => new Uint8Array(length).fill(0x5a);

function publicBytes(key: PreparedKemPrivateKey): Uint8Array {
  const out = dirty(publicKeyBytes);
  key.publicKey(out);
  return out;
}

function expandedBytes(key: PreparedKemPrivateKey): Uint8Array {
  const out = dirty(expandedKeyBytes);
  key.expanded?.(out);
  return out;
}

function decapsulated(key: PreparedKemPrivateKey, ciphertext: Uint8Array): Uint8Array {
  const out = dirty(sharedSecretBytes);
  key.decapsulate(ciphertext, out);
  return out;
}

function encapsulated(
  publicKey: Uint8Array,
  m: Uint8Array,
): { cipherText: Uint8Array; sharedSecret: Uint8Array } {
  const cipherText = dirty(ciphertextBytes);
  const sharedSecret = dirty(sharedSecretBytes);
  const key = kem.preparePublic(publicKey);
  key.encapsulateWith?.(m, cipherText, sharedSecret);
  // Once more with what is there now.
  const again = dirty(ciphertextBytes);
  key.encapsulateWith?.(m, again, dirty(sharedSecretBytes));
  expect(again).toEqual(cipherText);
  key.dispose();
  return { cipherText, sharedSecret };
}

/** Writes a coefficient of 12 bits into an encoded vector. */
function withCoefficient(bytes: Uint8Array, index: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = 3 * (index >> 1);
  if (index % 2 === 0) {
    copy[at] = value & 0xff;
    copy[at + 1] = ((copy[at + 1] as number) & 0xf0) | (value >> 8);
  } else {
    copy[at + 1] = ((copy[at + 1] as number) & 0x0f) | ((value & 0x0f) << 4);
    copy[at + 2] = value >> 4;
  }
  return copy;
}

afterEach(() => {
  vi.restoreAllMocks();
  expect(leftBehind()).toBe(0);
});

describe('agrees with noble', () => {
  it('on keys, ciphertexts, secrets and rejections', () => {
    fc.assert(
      fc.property(exactly(seedBytes), exactly(32), exactly(ciphertextBytes), (seed, m, forged) => {
        const expected = ml_kem1024.keygen(seed);
        const key = kem.prepareSeed(seed);
        expect(publicBytes(key)).toEqual(expected.publicKey);
        expect(expandedBytes(key)).toEqual(expected.secretKey);
        const sent = ml_kem1024.encapsulate(expected.publicKey, m);
        expect(encapsulated(expected.publicKey, m)).toEqual(sent);
        const imported = kem.prepareExpanded(expected.secretKey);
        for (const ciphertext of [sent.cipherText, forged, forged, sent.cipherText]) {
          const secret = ml_kem1024.decapsulate(ciphertext, expected.secretKey);
          expect(decapsulated(key, ciphertext)).toEqual(secret);
          expect(decapsulated(imported, ciphertext)).toEqual(secret);
        }
        key.dispose();
        imported.dispose();
      }),
      { numRuns: 100 },
    );
  });

  it('on every single bit of a ciphertext that is wrong', { timeout: 300_000 }, () => {
    const { secretKey, publicKey } = ml_kem1024.keygen(random(seedBytes));
    const { cipherText, sharedSecret } = ml_kem1024.encapsulate(publicKey);
    const key = kem.prepareExpanded(secretKey);
    expect(decapsulated(key, cipherText)).toEqual(sharedSecret);
    const secrets = new Set<string>();
    for (let bit = 0; bit < 8 * ciphertextBytes; bit += 61) {
      const forged = Uint8Array.from(cipherText);
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
      const got = decapsulated(key, forged);
      expect(got).toEqual(ml_kem1024.decapsulate(forged, secretKey));
      secrets.add(Buffer.from(got).toString('hex'));
    }
    expect(secrets.size).toBe(Math.ceil((8 * ciphertextBytes) / 61));
  });

  it('on ciphertexts and secrets with extreme coefficients', () => {
    const { secretKey, publicKey } = ml_kem1024.keygen(random(seedBytes));
    for (const ciphertext of [0x00, 0xff, 0x55, 0xaa].map((byte) =>
      new Uint8Array(ciphertextBytes).fill(byte),
    )) {
      for (const value of [0, 1, q - 1, (q - 1) / 2, (q + 1) / 2]) {
        let expanded = Uint8Array.from(secretKey);
        for (let i = 0; i < 1024; i++) expanded = Uint8Array.from(withCoefficient(expanded, i, value));
        const key = kem.prepareExpanded(expanded);
        expect(decapsulated(key, ciphertext)).toEqual(ml_kem1024.decapsulate(ciphertext, expanded));
        key.dispose();
      }
    }
    for (const value of [0, 1, q - 1, (q - 1) / 2]) {
      let extreme = Uint8Array.from(publicKey);
      for (let i = 0; i < 1024; i++) extreme = Uint8Array.from(withCoefficient(extreme, i, value));
      for (const m of [new Uint8Array(32), new Uint8Array(32).fill(0xff), random(32)]) {
        expect(encapsulated(extreme, m)).toEqual(ml_kem1024.encapsulate(extreme, m));
      }
    }
  });
});

describe('bad keys', () => {
  const { publicKey, secretKey } = ml_kem1024.keygen(random(seedBytes));

  it.each([q, q + 1, 4095])('refuses an encapsulation key with a coefficient of %i at any place', (value) => {
    for (const index of [0, 1, 7, 8, 255, 256, 511, 1000, 1023]) {
      const bad = withCoefficient(publicKey, index, value);
      const key = kem.preparePublic(bad);
      for (let i = 0; i < 2; i++) {
        expect(thrownBy(() => key.encapsulate(dirty(ciphertextBytes), dirty(32)))).toBeInstanceOf(Error);
        expect(leftBehind()).toBe(0);
      }
      expect(() => ml_kem1024.encapsulate(bad)).toThrow();
      key.dispose();
    }
  });

  it('refuses a decapsulation key whose public part has one', () => {
    const bad = Uint8Array.from(secretKey);
    bad.set(withCoefficient(publicKey, 77, q), 1536);
    const key = kem.prepareExpanded(bad);
    expect(thrownBy(() => decapsulated(key, new Uint8Array(ciphertextBytes)))).toBeInstanceOf(Error);
    expect(leftBehind()).toBe(0);
    key.dispose();
  });

  it('goes on with good ones', () => {
    const m = random(32);
    expect(encapsulated(publicKey, m)).toEqual(ml_kem1024.encapsulate(publicKey, m));
  });
});

describe('memory', () => {
  const seed = random(seedBytes);
  const m = random(32);

  it('is zero where secrets were, after each call', () => {
    const key = kem.prepareSeed(seed);
    expect(leftBehind()).toBe(0);
    const expanded = expandedBytes(key);
    const publicKey = kem.preparePublic(publicBytes(key));
    const ciphertext = dirty(ciphertextBytes);
    const secret = dirty(32);
    for (let i = 0; i < 2; i++) {
      publicKey.encapsulateWith?.(m, ciphertext, secret);
      expect(leftBehind()).toBe(0);
      key.decapsulate(ciphertext, secret);
      expect(leftBehind()).toBe(0);
      key.decapsulate(random(ciphertextBytes), dirty(32));
      expect(leftBehind()).toBe(0);
    }
    const imported = kem.prepareExpanded(expanded);
    expect(decapsulated(imported, ciphertext)).toEqual(secret);
    expect(leftBehind()).toBe(0);
    // Nothing of the secrets is anywhere else either: ŝ, z, d, m and the shared secret.
    for (const part of [
      expanded.subarray(0, 16),
      expanded.subarray(expandedKeyBytes - 32),
      seed.subarray(0, 32),
      m,
      secret,
    ]) {
      expect(isInMemory(part)).toBe(false);
    }
    for (const prepared of [key, publicKey, imported]) prepared.dispose();
  });

  it('is zero when the random generator fails', () => {
    const key = kem.preparePublic(publicBytes(kem.prepareSeed(seed)));
    vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((out) => {
      (out as unknown as Uint8Array).fill(7);
      throw new Error('no entropy');
    });
    expect(thrownBy(() => key.encapsulate(dirty(ciphertextBytes), dirty(32)))).toMatchObject({
      code: 'ERR_UNSUPPORTED_RUNTIME',
    });
    expect(leftBehind()).toBe(0);
    key.dispose();
  });

  it('is zero when a result does not fit', () => {
    const key = kem.prepareSeed(seed);
    const publicKey = kem.preparePublic(publicBytes(key));
    expect(() => publicKey.encapsulateWith?.(m, dirty(3), dirty(32))).toThrow(RangeError);
    expect(leftBehind()).toBe(0);
    expect(() => publicKey.encapsulateWith?.(m, dirty(ciphertextBytes), dirty(3))).toThrow(RangeError);
    expect(leftBehind()).toBe(0);
    expect(() => key.decapsulate(random(ciphertextBytes), dirty(3))).toThrow(RangeError);
    expect(leftBehind()).toBe(0);
    key.dispose();
    publicKey.dispose();
  });

  it('is zero when the stack overflows on the way', () => {
    const key = kem.prepareSeed(seed);
    const ciphertext = random(ciphertextBytes);
    const expected = decapsulated(key, ciphertext);
    let overflows = 0;
    const sink = (depth: number): void => {
      try {
        sink(depth + 1);
      } catch {
        try {
          decapsulated(key, ciphertext);
        } catch {
          overflows++;
        }
      }
    };
    sink(0);
    expect(overflows).toBeGreaterThan(0);
    expect(leftBehind()).toBe(0);
    expect(decapsulated(key, ciphertext)).toEqual(expected);
    key.dispose();
  });
});

describe('slots', () => {
  const slots = () => {
    const { exports } = instance();
    return instance().view(exports.KEM_SLOTS.value, 32 * exports.KEM_SLOT_BYTES.value);
  };
  const isEmpty = () => slots().every((byte) => byte === 0);

  it('are zero when every key is disposed of, and keys that lost theirs give the same answers', () => {
    const before = isEmpty();
    const keys = Array.from({ length: 80 }, () => kem.prepareSeed(random(seedBytes)));
    const publicKeys = keys.map((key) => kem.preparePublic(publicBytes(key)));
    const secrets = publicKeys.map((key) => {
      const ciphertext = dirty(ciphertextBytes);
      const secret = dirty(32);
      key.encapsulate(ciphertext, secret);
      return { ciphertext, secret };
    });
    for (let round = 0; round < 2; round++) {
      for (const [i, key] of keys.entries()) {
        const { ciphertext, secret } = secrets[i] as (typeof secrets)[number];
        expect(decapsulated(key, ciphertext)).toEqual(secret);
      }
    }
    for (const key of [...keys, ...publicKeys]) key.dispose();
    if (before) expect(isEmpty()).toBe(true);
    // A second time is nothing.
    for (const key of keys) key.dispose();
  });

  it('of a disposed private key hold nothing, nor does the key', () => {
    const key = kem.prepareSeed(random(seedBytes));
    const expanded = expandedBytes(key);
    const rho = publicBytes(key).subarray(0, 16);
    key.dispose();
    expect(isInMemory(rho)).toBe(false);
    expect(expandedBytes(key)).toEqual(new Uint8Array(expandedKeyBytes));
    expect(expanded.some((byte) => byte !== 0)).toBe(true);
  });
});
