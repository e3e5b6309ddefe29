/** Private keys in the clear: every form comes back as the same key, and nothing but a private key goes out. */
import { createPrivateKey } from 'node:crypto';
import { importPrivateKey } from '@mwrasp/crypto/encodings';
import { exportPrivateKey, type PrivateKeyFormat } from '@mwrasp/crypto/insecure';
import { KemPrivateKey } from '@mwrasp/crypto/kem';
import { SignPrivateKey } from '@mwrasp/crypto/sign';
import { describe, expect, it } from 'vitest';
import { SecretBytes } from '../../src/secret.ts';
import { expectInput, NO_BYTES, thrownBy } from '../support/errors.ts';
import { disposed, newRecipient, newSigner, SEEDS, testKeys } from '../support/keys.ts';

const { recipient, recipientPublic, signer, signerPublic } = testKeys();
const cases = [
  {
    name: 'ML-KEM-1024',
    key: recipient,
    seed: SEEDS.recipient,
    expandedBytes: 3168,
    keyClass: KemPrivateKey,
  },
  { name: 'ML-DSA-87', key: signer, seed: SEEDS.signer, expandedBytes: 4896, keyClass: SignPrivateKey },
] as const;

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe.each(cases)('exportPrivateKey of $name', ({ name, key, seed, expandedBytes, keyClass }) => {
  it('gives the seed as a secret of its own', () => {
    const secret = exportPrivateKey(key, 'seed');
    expect(secret).toBeInstanceOf(SecretBytes);
    expect(secret.expose()).toEqual(seed);
    secret.dispose();
    expect(keyClass.fromSeed(exportPrivateKey(key, 'seed')).publicKey.equals(key.publicKey)).toBe(true);
  });

  it('gives the expanded key as a secret of its own, from a seed and from an expanded key', () => {
    const secret = exportPrivateKey(key, 'expanded');
    expect(secret).toBeInstanceOf(SecretBytes);
    expect(secret).toHaveLength(expandedBytes);
    const fromExpanded = keyClass.fromExpandedKey(secret);
    const again = exportPrivateKey(fromExpanded, 'expanded');
    expect(again.expose()).toEqual(secret.expose());
    again.dispose();
    secret.dispose();
    expect(exportPrivateKey(fromExpanded, 'expanded')).toHaveLength(expandedBytes);
    expect(
      exportPrivateKey(fromExpanded, 'expanded')
        .expose()
        .some((byte) => byte !== 0),
    ).toBe(true);
  });

  it('gives PKCS#8 with the seed', () => {
    const prefix =
      name === 'ML-KEM-1024'
        ? '3054020100300b060960864801650304040304428040'
        : '3034020100300b060960864801650304031304228020';
    const der = exportPrivateKey(key, 'der');
    expect(der).toBeInstanceOf(SecretBytes);
    expect(hex(der.expose())).toBe(prefix + hex(seed));
    expect(importPrivateKey(der.expose()).publicKey.equals(key.publicKey)).toBe(true);
  });

  it('gives PEM of that', () => {
    const pem = exportPrivateKey(key, 'pem');
    const lines = pem.split('\n');
    expect(lines[0]).toBe('-----BEGIN PRIVATE KEY-----');
    expect(lines.slice(-2)).toEqual(['-----END PRIVATE KEY-----', '']);
    const body = Buffer.from(lines.slice(1, -2).join(''), 'base64');
    expect(Uint8Array.from(body)).toEqual(exportPrivateKey(key, 'der').expose());
    expect(importPrivateKey(pem).publicKey.equals(key.publicKey)).toBe(true);
    expect(createPrivateKey(pem).asymmetricKeyType).toBe(name.toLowerCase());
  });

  it('gives a JWK with thumbprint and use', () => {
    const jwk = exportPrivateKey(key, 'jwk');
    expect(jwk).toEqual({
      kty: 'AKP',
      alg: name,
      pub: Buffer.from(key.publicKey.toBytes()).toString('base64url'),
      priv: Buffer.from(seed).toString('base64url'),
      kid: key.publicKey.keyId,
      use: name === 'ML-KEM-1024' ? 'enc' : 'sig',
    });
    expect(importPrivateKey(JSON.parse(JSON.stringify(jwk))).publicKey.equals(key.publicKey)).toBe(true);
  });

  it.each<PrivateKeyFormat>(['seed', 'der', 'pem', 'jwk'])('refuses %s of a key without a seed', (format) => {
    const expandedOnly = keyClass.fromExpandedKey(exportPrivateKey(key, 'expanded'));
    const error = thrownBy(() => exportPrivateKey(expandedOnly, format as 'pem'));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_KEY',
      argument: 'key',
      expected: `a key whose seed is known, for format ${format}`,
      got: 'an expanded one',
    });
  });

  it('leaves the key alive', () => {
    exportPrivateKey(key, 'expanded').dispose();
    expect(key.disposed).toBe(false);
    expect(exportPrivateKey(key, 'seed').expose()).toEqual(seed);
  });
});

describe('wrong input', () => {
  it.each<PrivateKeyFormat>(['seed', 'expanded', 'der', 'pem', 'jwk'])(
    'a disposed key is refused for %s',
    (format) => {
      for (const key of [disposed(newRecipient()), disposed(newSigner())]) {
        expectInput(() => exportPrivateKey(key, format as 'pem'), 'ERR_INPUT_DISPOSED', 'key');
      }
      using expanded = exportPrivateKey(signer, 'expanded');
      const key = disposed(SignPrivateKey.fromExpandedKey(expanded));
      expectInput(() => exportPrivateKey(key, format as 'pem'), 'ERR_INPUT_DISPOSED', 'key');
    },
  );

  it.each<readonly [string, unknown]>([
    ...NO_BYTES,
    ['a KemPublicKey', recipientPublic],
    ['a SignPublicKey', signerPublic],
    ['32 bytes', SEEDS.signer],
    ['a SecretBytes', SecretBytes.from(SEEDS.signer)],
  ])('%s is no private key', (got, value) => {
    const error = thrownBy(() => exportPrivateKey(value as SignPrivateKey, 'seed'));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'key', expected: 'a private key', got });
  });

  it.each([
    ['a string of 3 characters', 'xyz'],
    ['a string of 3 characters', 'DER'],
    ['a string of 3 characters', 'raw'],
    ['a string of 0 characters', ''],
    ['a string of 8 characters', 'toString'],
    ['undefined', undefined],
    ['null', null],
    ['number 0', 0],
    ['an array of 1', ['seed']],
  ])('%s is no format', (got, format) => {
    const error = thrownBy(() => exportPrivateKey(signer, format as 'seed'));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_OPTION',
      argument: 'format',
      expected: 'one of seed, expanded, der, pem, jwk',
      got,
    });
  });
});
