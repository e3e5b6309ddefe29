/**
 * What a pool gives, beside what the same functions give on the main thread.
 */

import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { decapsulate, encapsulate, KemPrivateKey } from '@mwrasp/crypto/kem';
import type { Many, SignedMessage } from '@mwrasp/crypto/pool';
import { generateSignKey, SignPrivateKey, sign, verify } from '@mwrasp/crypto/sign';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { rejectionOf } from '../../support/errors.ts';
import { flipped, testKeys } from '../../support/keys.ts';
import { collect, webStream } from '../../support/streams.ts';
import { messages, newPool, signedMessages } from './support.ts';

const pool = newPool();
const { signer, signerPublic, otherSigner } = testKeys();
const context = Uint8Array.of(1, 2, 3);

afterEach(() => vi.unstubAllEnvs());

describe('verifyMany', () => {
  it('says of each item, in order, what verify says', async () => {
    const items = signedMessages(150).map(({ message, signature }, i) => {
      if (i % 5 === 1) return { message: Uint8Array.of(...message, 1), signature };
      if (i % 5 === 2) return { message, signature: flipped(signature, 7 * i) };
      if (i % 5 === 3) return { message, signature: signature.slice(i) };
      return { message, signature };
    });
    const expected = items.map(({ message, signature }) => verify(signerPublic, message, signature));
    expect(expected.filter(Boolean)).toHaveLength(60);
    expect(await pool.verifyMany(signerPublic, items)).toEqual(expected);
    expect(await collect(pool.verifyMany(signerPublic, items))).toEqual(expected);
  });

  it('binds the context and the key', async () => {
    const message = Uint8Array.of(9);
    const items = [{ message, signature: sign(signer, message, { context }) }];
    expect(await pool.verifyMany(signerPublic, items, { context })).toEqual([true]);
    expect(await pool.verifyMany(signerPublic, items)).toEqual([false]);
    expect(await pool.verifyMany(otherSigner.publicKey, items, { context })).toEqual([false]);
  });

  it('takes another key after the one that the worker kept', async () => {
    const one = newPool({ threads: 1 });
    const message = Uint8Array.of(9);
    const items = [{ message, signature: sign(signer, message) }];
    for (let i = 0; i < 2; i++) {
      expect(await one.verifyMany(signerPublic, items)).toEqual([true]);
      expect(await one.verifyMany(signerPublic, items)).toEqual([true]);
      expect(await one.verifyMany(otherSigner.publicKey, items)).toEqual([false]);
    }
  });

  it.each([0, 1, 7, 8, 31, 32, 33, 63, 64, 65, 257])('%d items have as many results', async (count) => {
    expect(await pool.verifyMany(signerPublic, signedMessages(count))).toEqual(
      Array.from({ length: count }, () => true),
    );
  });

  it('takes every kind of iterable', async () => {
    const items = signedMessages(40);
    async function* later() {
      yield* items;
    }
    for (const source of [new Set(items), items.values(), later(), webStream(items)]) {
      const results = await pool.verifyMany(signerPublic, source as Many<SignedMessage>);
      expect(results.every(Boolean)).toBe(true);
      expect(results.length).toBeGreaterThanOrEqual(8);
    }
  });

  it('takes messages of very different lengths', async () => {
    const lengths = [0, 1, 100_000, 2, 3_000_000, 5];
    const items = lengths.map((length) => {
      const message = new Uint8Array(length).fill(length);
      return { message, signature: sign(signer, message) };
    });
    expect(await pool.verifyMany(signerPublic, items)).toEqual(lengths.map(() => true));
  });
});

describe('signMany', () => {
  it('makes signatures of the messages, in order', async () => {
    const all = messages(100);
    const signatures = await pool.signMany(signer, all, { context });
    expect(signatures).toHaveLength(100);
    for (const [i, signature] of signatures.entries()) {
      expect(verify(signerPublic, all[i] as Uint8Array, signature, { context })).toBe(true);
    }
    // Each has bytes of its own.
    expect(new Set(signatures.map(({ buffer }) => buffer)).size).toBe(100);
    expect(signatures.every(({ buffer }) => buffer instanceof ArrayBuffer)).toBe(true);
  });

  it('signs deterministically when asked', async () => {
    const all = messages(9);
    const expected = all.map((message) => sign(signer, message, { deterministic: true, context }));
    expect(await pool.signMany(signer, all, { deterministic: true, context })).toEqual(expected);
    expect(await pool.signMany(signer, all, { context })).not.toEqual(expected);
  });

  it('signs with a key whose seed is not known', async () => {
    const key = SignPrivateKey.fromExpandedKey(exportPrivateKey(signer, 'expanded'));
    const [signature] = await pool.signMany(key, [context], { deterministic: true });
    expect(signature).toEqual(sign(signer, context, { deterministic: true }));
  });
});

describe('generateSignKeys', () => {
  it('gives keys that are whole', async () => {
    const keys = await pool.generateSignKeys(70);
    expect(new Set(keys.map(({ publicKey }) => publicKey.keyId)).size).toBe(70);
    for (const key of keys) {
      expect(verify(key.publicKey, context, sign(key, context))).toBe(true);
      const again = SignPrivateKey.fromSeed(exportPrivateKey(key, 'seed'));
      expect(again.publicKey.equals(key.publicKey)).toBe(true);
    }
  });

  it('gives keys that sign in a pool, and that can be disposed before they were used', async () => {
    const [key, unused] = (await pool.generateSignKeys(2)) as [SignPrivateKey, SignPrivateKey];
    const [signature] = (await pool.signMany(key, [context])) as [Uint8Array];
    expect(await pool.verifyMany(key.publicKey, [{ message: context, signature }])).toEqual([true]);
    unused.dispose();
    expect(() => sign(unused, context)).toThrow('disposed');
    expect(() => exportPrivateKey(unused, 'seed')).toThrow('disposed');
  });

  it('gives none when none is asked for', async () => {
    expect(await pool.generateSignKeys(0)).toEqual([]);
    expect(await collect(pool.generateKemKeys(0))).toEqual([]);
  });
});

describe('generateKemKeys', () => {
  it('gives keys that are whole', async () => {
    const keys = await pool.generateKemKeys(70);
    expect(new Set(keys.map(({ publicKey }) => publicKey.keyId)).size).toBe(70);
    for (const key of keys) {
      const { ciphertext, sharedSecret } = encapsulate(key.publicKey);
      expect(decapsulate(key, ciphertext).expose()).toEqual(sharedSecret.expose());
      const again = KemPrivateKey.fromSeed(exportPrivateKey(key, 'seed'));
      expect(again.publicKey.equals(key.publicKey)).toBe(true);
    }
  });

  it('gives keys that can be disposed before they were used', async () => {
    const [key] = (await pool.generateKemKeys(1)) as [KemPrivateKey];
    const { ciphertext } = encapsulate(key.publicKey);
    key.dispose();
    expect(() => decapsulate(key, ciphertext)).toThrow('disposed');
  });
});

describe('results', () => {
  it('are asked for once', async () => {
    const awaited = pool.verifyMany(signerPublic, signedMessages(3));
    // An array may be asked for again.
    expect(await awaited).toBe(await awaited);
    expect(await rejectionOf(() => collect(awaited))).toMatchObject({ code: 'ERR_INPUT_STATE' });
    const iterated = pool.verifyMany(signerPublic, signedMessages(3));
    expect(await collect(iterated)).toEqual([true, true, true]);
    expect(await rejectionOf(() => collect(iterated))).toMatchObject({ code: 'ERR_INPUT_STATE' });
    expect(await rejectionOf(() => iterated)).toMatchObject({ code: 'ERR_INPUT_STATE', argument: 'results' });
  });

  it('of two operations do not get mixed up', async () => {
    const key = generateSignKey();
    const all = messages(80);
    const [right, ours, theirs] = await Promise.all([
      pool.verifyMany(signerPublic, signedMessages(80)),
      pool.signMany(signer, all),
      pool.signMany(key, all),
    ]);
    expect(right).toEqual(all.map(() => true));
    for (const [i, message] of all.entries()) {
      expect(verify(signerPublic, message, ours[i] as Uint8Array)).toBe(true);
      expect(verify(key.publicKey, message, theirs[i] as Uint8Array)).toBe(true);
    }
  });
});

describe('engines', () => {
  it('are those that the main thread uses', async () => {
    vi.stubEnv('MWRASP_CRYPTO_ENGINE', 'sign=node');
    vi.resetModules();
    const { createPool } = await import('../../../src/pool/index.ts');
    const { SignPrivateKey: Key } = await import('../../../src/sign/index.ts');
    const { configureEngines } = await import('../../../src/engines/index.ts');
    const seed = exportPrivateKey(signer, 'seed').expose();
    await using forced = createPool({ threads: 1 });
    // The node engine has no deterministic signing, and no other steps in for one that is forced.
    expect(
      await rejectionOf(() => forced.signMany(Key.fromSeed(seed), [context], { deterministic: true })),
    ).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_OPERATION' });
    expect(await forced.generateKemKeys(1)).toHaveLength(1);
    // This thread has not used it yet, but a worker has.
    configureEngines({ kem: 'noble', sign: 'node' });
    expect(await rejectionOf(() => forced.generateKemKeys(1))).toMatchObject({ code: 'ERR_INPUT_STATE' });
  });
});
