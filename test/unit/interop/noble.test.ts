/** noble's ML-KEM-1024 and ML-DSA-87 take our keys, ciphertexts and signatures, and we take theirs. */
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { decapsulate, encapsulate, generateKemKey, KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import {
  generateSignKey,
  Mu,
  SignPrivateKey,
  SignPublicKey,
  sign,
  signMu,
  verify,
  verifyMu,
} from '@mwrasp/crypto/sign';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes.ts';
import { counting } from '../../support/keys.ts';

const message = utf8('to noble and back');
const context = utf8('interop');

describe('ML-KEM-1024', () => {
  it('of a key that we made', () => {
    const key = generateKemKey();
    const theirs = ml_kem1024.keygen(exportPrivateKey(key, 'seed').expose());
    expect(theirs.publicKey).toEqual(key.publicKey.toBytes());
    expect(theirs.secretKey).toEqual(exportPrivateKey(key, 'expanded').expose());
    const { ciphertext, sharedSecret } = encapsulate(key.publicKey);
    expect(ml_kem1024.decapsulate(ciphertext, theirs.secretKey)).toEqual(sharedSecret.expose());
  });

  it('of a key that noble made, as seed and expanded', () => {
    const seed = counting(64, 50);
    const { publicKey, secretKey } = ml_kem1024.keygen(seed);
    const { cipherText, sharedSecret } = ml_kem1024.encapsulate(KemPublicKey.fromBytes(publicKey).toBytes());
    for (const key of [KemPrivateKey.fromSeed(seed), KemPrivateKey.fromExpandedKey(secretKey)]) {
      expect(decapsulate(key, cipherText).expose()).toEqual(sharedSecret);
      const forged = counting(1568);
      expect(decapsulate(key, forged).expose()).toEqual(ml_kem1024.decapsulate(forged, secretKey));
    }
  });
});

describe('ML-DSA-87', () => {
  it('of a key that we made', () => {
    const key = generateSignKey();
    const theirs = ml_dsa87.keygen(exportPrivateKey(key, 'seed').expose());
    expect(theirs.publicKey).toEqual(key.publicKey.toBytes());
    expect(theirs.secretKey).toEqual(exportPrivateKey(key, 'expanded').expose());
    expect(ml_dsa87.verify(sign(key, message, { context }), message, theirs.publicKey, { context })).toBe(
      true,
    );
    expect(ml_dsa87.verify(sign(key, message), message, theirs.publicKey)).toBe(true);
    expect(sign(key, message, { context, deterministic: true })).toEqual(
      ml_dsa87.sign(message, theirs.secretKey, { context, extraEntropy: false }),
    );
  });

  it('of a key that noble made, as seed and expanded', () => {
    const seed = counting(32, 50);
    const { publicKey, secretKey } = ml_dsa87.keygen(seed);
    const ours = SignPublicKey.fromBytes(publicKey);
    expect(verify(ours, message, ml_dsa87.sign(message, secretKey, { context }), { context })).toBe(true);
    const mu = Mu.fromBytes(counting(64));
    expect(verifyMu(ours, mu, ml_dsa87.internal.sign(mu.toBytes(), secretKey, { externalMu: true }))).toBe(
      true,
    );
    for (const key of [SignPrivateKey.fromSeed(seed), SignPrivateKey.fromExpandedKey(secretKey)]) {
      expect(ml_dsa87.verify(sign(key, message), message, publicKey)).toBe(true);
      expect(ml_dsa87.internal.verify(signMu(key, mu), mu.toBytes(), publicKey, { externalMu: true })).toBe(
        true,
      );
    }
  });
});
