/** Keys, a ciphertext and signatures as release 0.1.0 wrote them: read still, and written still the same. */
import { readFileSync } from 'node:fs';
import {
  exportJwks,
  exportPublicKey,
  importJwks,
  importPrivateKey,
  importPublicKey,
  type PrivateJwk,
  type PublicJwk,
} from '@mwrasp/crypto/encodings';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { decapsulate, KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import { SignPrivateKey, SignPublicKey, sign, verify } from '@mwrasp/crypto/sign';
import { describe, expect, it } from 'vitest';

interface KeyFixture {
  readonly algorithm: 'ML-KEM-1024' | 'ML-DSA-87';
  readonly keyId: string;
  readonly public: {
    readonly raw: string;
    readonly der: string;
    readonly pem: string;
    readonly jwk: PublicJwk;
  };
  readonly private: {
    readonly seed: string;
    readonly expanded: string;
    readonly der: string;
    readonly pem: string;
    readonly jwk: PrivateJwk;
  };
  readonly readOnly: { readonly pkcs8Expanded: string; readonly pkcs8Both: string };
  readonly ciphertext: string;
  readonly sharedSecret: string;
  readonly message: string;
  readonly context: string;
  readonly signature: string;
  readonly deterministicSignature: string;
}

const url = new URL('../../fixtures/keys-v1.json', import.meta.url);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as { keys: KeyFixture[]; jwks: object };
const [kem, dsa] = fixture.keys as [KeyFixture, KeyFixture];
const bytes = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));
const text = (data: Uint8Array) => Buffer.from(data).toString('base64');

describe.each(fixture.keys)('keys-v1.json, $algorithm', (entry) => {
  const { algorithm, keyId } = entry;
  const isKem = algorithm === 'ML-KEM-1024';

  it('is read as a public key in every form', () => {
    const raw = bytes(entry.public.raw);
    for (const key of [
      isKem ? KemPublicKey.fromBytes(raw) : SignPublicKey.fromBytes(raw),
      importPublicKey(bytes(entry.public.der), algorithm),
      importPublicKey(entry.public.pem, algorithm),
      importPublicKey(entry.public.jwk, algorithm),
    ]) {
      expect(key.keyId).toBe(keyId);
      expect(text(key.toBytes())).toBe(entry.public.raw);
    }
  });

  it('is read as a private key in every form', () => {
    const keyClass = isKem ? KemPrivateKey : SignPrivateKey;
    for (const key of [
      keyClass.fromSeed(bytes(entry.private.seed)),
      keyClass.fromExpandedKey(bytes(entry.private.expanded)),
      importPrivateKey(bytes(entry.private.der), algorithm),
      importPrivateKey(entry.private.pem, algorithm),
      importPrivateKey(entry.private.jwk, algorithm),
      importPrivateKey(bytes(entry.readOnly.pkcs8Expanded), algorithm),
      importPrivateKey(bytes(entry.readOnly.pkcs8Both), algorithm),
    ]) {
      expect(key.publicKey.keyId).toBe(keyId);
      expect(text(exportPrivateKey(key, 'expanded').expose())).toBe(entry.private.expanded);
    }
  });

  it('is written the same today', () => {
    const key = importPrivateKey(entry.private.pem);
    expect(text(exportPublicKey(key.publicKey, 'der'))).toBe(entry.public.der);
    expect(exportPublicKey(key.publicKey, 'pem')).toBe(entry.public.pem);
    expect(exportPublicKey(key.publicKey, 'jwk')).toEqual(entry.public.jwk);
    expect(text(exportPrivateKey(key, 'seed').expose())).toBe(entry.private.seed);
    expect(text(exportPrivateKey(key, 'der').expose())).toBe(entry.private.der);
    expect(exportPrivateKey(key, 'pem')).toBe(entry.private.pem);
    expect(exportPrivateKey(key, 'jwk')).toEqual(entry.private.jwk);
  });
});

describe('keys-v1.json', () => {
  it('has a ciphertext that decapsulates to its secret', () => {
    const key = importPrivateKey(kem.private.jwk, 'ML-KEM-1024');
    expect(text(decapsulate(key, bytes(kem.ciphertext)).expose())).toBe(kem.sharedSecret);
  });

  it('has signatures that verify, and a deterministic one that is made again', () => {
    const key = importPrivateKey(dsa.private.jwk, 'ML-DSA-87');
    const [message, context] = [bytes(dsa.message), bytes(dsa.context)];
    expect(verify(key.publicKey, message, bytes(dsa.signature), { context })).toBe(true);
    expect(verify(key.publicKey, message, bytes(dsa.deterministicSignature), { context })).toBe(true);
    expect(text(sign(key, message, { context, deterministic: true }))).toBe(dsa.deterministicSignature);
  });

  it('has a set of both', () => {
    const keys = importJwks(fixture.jwks);
    expect([...keys.keys()]).toEqual([kem.keyId, dsa.keyId]);
    expect(exportJwks([...keys.values()])).toEqual(fixture.jwks);
  });
});
