import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type AnyPrivateKey,
  exportJwks,
  exportPublicKey,
  importJwks,
  importPrivateKey,
  importPublicKey,
} from '../../../src/encodings/index.ts';
import { InputError } from '../../../src/errors.ts';
import { exportPrivateKey } from '../../../src/insecure.ts';
import { KemPrivateKey } from '../../../src/kem/index.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../../src/params.ts';
import { SignPrivateKey } from '../../../src/sign/index.ts';

const seedOf = (sizeBytes: number) => fc.uint8Array({ minLength: sizeBytes, maxLength: sizeBytes });
const anyKey: fc.Arbitrary<AnyPrivateKey> = fc.oneof(
  seedOf(ML_KEM_1024.seedBytes).map((seed) => KemPrivateKey.fromSeed(seed)),
  seedOf(ML_DSA_87.seedBytes).map((seed) => SignPrivateKey.fromSeed(seed)),
);

const seedIn = (key: AnyPrivateKey) => exportPrivateKey(key, 'seed').expose();

it('any private key is the same after every form', () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      const forms = [
        exportPrivateKey(key, 'der').expose(),
        exportPrivateKey(key, 'pem'),
        exportPrivateKey(key, 'pem').replaceAll('\n', '\r\n'),
        exportPrivateKey(key, 'jwk'),
        JSON.parse(JSON.stringify(exportPrivateKey(key, 'jwk'))),
      ];
      for (const form of forms) {
        using read = importPrivateKey(form, key.algorithm as 'ML-DSA-87');
        expect(seedIn(read)).toEqual(seedIn(key));
        expect(read.publicKey.equals(key.publicKey)).toBe(true);
      }
    }),
    { numRuns: 25 },
  );
});

it('any public key is the same after every form', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyKey, { minLength: 1, maxLength: 3, selector: (key) => key.publicKey.keyId }),
      (keys) => {
        for (const { publicKey } of keys) {
          const forms = [
            exportPublicKey(publicKey, 'der'),
            exportPublicKey(publicKey, 'pem'),
            exportPublicKey(publicKey, 'jwk'),
          ];
          for (const form of forms) expect(importPublicKey(form).equals(publicKey)).toBe(true);
        }
        const read = importJwks(
          JSON.parse(JSON.stringify(exportJwks(keys.map(({ publicKey }) => publicKey)))),
        );
        expect([...read.keys()]).toEqual(keys.map(({ publicKey }) => publicKey.keyId));
        for (const { publicKey } of keys) expect(read.get(publicKey.keyId)?.equals(publicKey)).toBe(true);
      },
    ),
    { numRuns: 25 },
  );
});

it('any JSON is a set of keys, or is refused with an InputError', () => {
  const member = fc.oneof(fc.jsonValue(), fc.constantFrom('AKP', 'ML-KEM-1024', 'ML-DSA-87', 'AAAA'));
  const jwk = fc.dictionary(fc.constantFrom('kty', 'alg', 'pub', 'priv', 'kid', '__proto__'), member);
  const set = fc.record({ keys: fc.oneof(fc.array(fc.oneof(jwk, fc.jsonValue())), fc.jsonValue()) });
  fc.assert(
    fc.property(fc.oneof(set, fc.jsonValue()), (value) => {
      try {
        // None of these has room for a real key.
        expect(importJwks(value).size).toBe(0);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        expect((error as InputError).argument).toMatch(/^jwks(\.keys(\[\d+\](\.\w+)?)?)?$/);
      }
    }),
    { numRuns: 500 },
  );
});
