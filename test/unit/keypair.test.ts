/** What keys of both algorithms have in common: ids, equality, life and death. */
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { KemPublicKey } from '../../src/kem/index.ts';
import { KEY_THUMBPRINT_BYTES, keyMaterial, keyThumbprint } from '../../src/keypair.ts';
import { SignPublicKey } from '../../src/sign/index.ts';
import { expectInput } from '../support/errors.ts';
import { disposed, flipped, newRecipient, newSigner, SEEDS, testKeys } from '../support/keys.ts';

const { recipient, recipientPublic, otherRecipient, signer, signerPublic, otherSigner } = testKeys();
const publicKeys = [recipientPublic, signerPublic, otherRecipient.publicKey, otherSigner.publicKey] as const;

describe('key ids', () => {
  it.each(publicKeys.map((key) => [key.algorithm, key] as const))(
    'are the thumbprints of RFC 7638, as jose has them (%s)',
    async (alg, key) => {
      const pub = Buffer.from(key.toBytes()).toString('base64url');
      expect(key.keyId).toBe(await calculateJwkThumbprint({ kty: 'AKP', alg, pub }));
      const members = `{"alg":"${alg}","kty":"AKP","pub":"${pub}"}`;
      const hash = createHash('sha256').update(members).digest();
      expect(key.keyId).toBe(hash.toString('base64url'));
      expect(key.thumbprint()).toEqual(Uint8Array.from(hash));
      expect(keyThumbprint(alg, key.toBytes())).toEqual(Uint8Array.from(hash));
      expect(hash).toHaveLength(KEY_THUMBPRINT_BYTES);
    },
  );

  it('differ from key to key', () => {
    expect(new Set(publicKeys.map((key) => key.keyId)).size).toBe(publicKeys.length);
  });

  it('are copies: nobody changes the id of a key', () => {
    const before = signerPublic.keyId;
    signerPublic.thumbprint().fill(0);
    expect(signerPublic.keyId).toBe(before);
    expect(signerPublic.thumbprint()).not.toBe(signerPublic.thumbprint());
  });
});

describe('equals', () => {
  it('is true for the same key, from wherever it came', () => {
    for (const key of publicKeys) expect(key.equals(key)).toBe(true);
    expect(recipientPublic.equals(KemPublicKey.fromBytes(recipientPublic.toBytes()))).toBe(true);
    expect(signerPublic.equals(SignPublicKey.fromBytes(signerPublic.toBytes()))).toBe(true);
  });

  it('is false for a key that differs in one bit, one of another algorithm, and what is no key', () => {
    expect(signerPublic.equals(SignPublicKey.fromBytes(flipped(signerPublic.toBytes(), 2591)))).toBe(false);
    expect(signerPublic.equals(recipientPublic)).toBe(false);
    expect(recipientPublic.equals(signerPublic)).toBe(false);
    for (const value of [undefined, null, {}, signerPublic.toBytes(), signerPublic.keyId, signer]) {
      expect(signerPublic.equals(value as SignPublicKey)).toBe(false);
    }
  });
});

describe('private keys', () => {
  it('hand their material out until they are disposed, and wipe it then', () => {
    for (const [key, seed] of [
      [newRecipient(), SEEDS.recipient],
      [newSigner(), SEEDS.signer],
    ] as const) {
      const material = keyMaterial('key', key);
      if (!('seed' in material)) throw new Error('expected a seed');
      const bytes = material.seed.expose();
      expect(bytes).toEqual(seed);
      disposed(key);
      expect(bytes).toEqual(new Uint8Array(seed.length));
      expectInput(() => keyMaterial('argument', key), 'ERR_INPUT_DISPOSED', 'argument');
    }
  });

  it('have one public half, always the same object', () => {
    expect(recipient.publicKey).toBe(recipientPublic);
    expect(signer.publicKey).toBe(signerPublic);
  });
});
