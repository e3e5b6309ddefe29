import {
  type AnyPrivateKey,
  type AnyPublicKey,
  exportJwks,
  exportPublicKey,
  importJwks,
  importPrivateKey,
  importPublicKey,
  type PrivateJwk,
  type PublicJwk,
} from '@mwrasp/crypto/encodings';
import type { SignPublicKey } from '@mwrasp/crypto/sign';

declare const anyPublic: AnyPublicKey;
declare const anyPrivate: AnyPrivateKey;
declare const privateJwk: PrivateJwk;
declare const bytes: Uint8Array;

// Keys are read from bytes, texts and JWKs.
// @ts-expect-error a buffer is no view of it
importPublicKey(new ArrayBuffer(8));
// @ts-expect-error a promise of bytes is none
importPublicKey(Promise.resolve(bytes));
// @ts-expect-error a key that is one needs no import
importPublicKey(anyPublic);
// @ts-expect-error a passphrase is no algorithm
importPrivateKey(bytes, 'passphrase');
// @ts-expect-error no such algorithm
importPrivateKey(bytes, 'RSA');
// @ts-expect-error a private key where a public one is read
export const wrongHalf: AnyPublicKey = importPrivateKey(bytes);
// @ts-expect-error and the other way round
export const otherHalf: AnyPrivateKey = importPublicKey(bytes);
// @ts-expect-error without an algorithm it may be either
export const either: SignPublicKey = importPublicKey(bytes);

// JWKs are of our type and algorithms.
// @ts-expect-error the algorithm is missing
importPublicKey({ kty: 'AKP', pub: '' });
// @ts-expect-error no such algorithm
export const otherLevel: PublicJwk = { kty: 'AKP', alg: 'ML-DSA-44', pub: '' };
// @ts-expect-error what it is for is one of two
export const otherUse: PublicJwk = { kty: 'AKP', alg: 'ML-DSA-87', pub: '', use: 'both' };
// @ts-expect-error a key is a text
export const rawPub: PublicJwk = { kty: 'AKP', alg: 'ML-DSA-87', pub: bytes };
// @ts-expect-error what is written is not changed
privateJwk.priv = '';

// Sets are of public keys.
// @ts-expect-error a private key is not published
exportJwks([anyPrivate]);
// @ts-expect-error a key alone is no list
exportJwks(anyPublic);
// @ts-expect-error JWKs are written from keys
exportJwks([exportPublicKey(anyPublic, 'jwk')]);
// @ts-expect-error a set that was read is a map by key id
importJwks({ keys: [] })[0];
// @ts-expect-error a key may not be in it
export const found: AnyPublicKey = importJwks({ keys: [] }).get('key id');
// @ts-expect-error a form is said
exportPublicKey(anyPublic);
// @ts-expect-error PEM is a text
export const pem: Uint8Array = exportPublicKey(anyPublic, 'pem');
