import {
  exportJwks,
  exportPublicKey,
  importPrivateKey,
  importPublicKey,
  type PublicJwk,
} from '@mwrasp/crypto/encodings';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { decapsulate, encapsulate, KemPrivateKey, KemPublicKey } from '@mwrasp/crypto/kem';
import {
  createMu,
  type Mu,
  MuBuilder,
  SignPrivateKey,
  SignPublicKey,
  sign,
  signMu,
  signStream,
  verify,
  verifyMu,
  verifyStream,
} from '@mwrasp/crypto/sign';

declare const kemPublic: KemPublicKey;
declare const kemPrivate: KemPrivateKey;
declare const signPublic: SignPublicKey;
declare const signPrivate: SignPrivateKey;
declare const bytes: Uint8Array;
declare const mu: Mu;

// Keys of one algorithm are no keys of the other, though they have the same shape.
// @ts-expect-error a key for signing is no key to encapsulate to
encapsulate(signPublic);
// @ts-expect-error a key for signing cannot decapsulate
decapsulate(signPrivate, bytes);
// @ts-expect-error a KEM key cannot sign
sign(kemPrivate, bytes);
// @ts-expect-error a KEM key verifies nothing
verify(kemPublic, bytes, bytes);
// @ts-expect-error one class is not assigned to the other
export const wrongClass: KemPublicKey = signPublic;
// @ts-expect-error nor the private ones
export const wrongPrivateClass: SignPrivateKey = kemPrivate;
// @ts-expect-error an object of the same shape is no key either
export const imitation: SignPublicKey = { algorithm: 'ML-DSA-87', keyId: '', toBytes: () => bytes };

// Public and private halves are not exchanged.
// @ts-expect-error a private key where the public one belongs
encapsulate(kemPrivate);
// @ts-expect-error a public key where the private one belongs
decapsulate(kemPublic, bytes);
// @ts-expect-error a public key does not sign
sign(signPublic, bytes);
// @ts-expect-error a private key is not handed to whoever verifies
verify(signPrivate, bytes, bytes);
// @ts-expect-error nor made a part of μ
createMu(signPrivate);
// @ts-expect-error nor published
exportPublicKey(signPrivate, 'pem');
// @ts-expect-error nor put into a set
exportJwks([signPrivate]);
// @ts-expect-error and a public key is not exported as a private one
exportPrivateKey(signPublic, 'pem');

// Raw bytes are no keys: they go through the key classes, which check them.
// @ts-expect-error bytes are no public key
encapsulate(bytes);
// @ts-expect-error bytes are no private key
sign(bytes, bytes);
// @ts-expect-error bytes are no μ
signMu(signPrivate, bytes);
// @ts-expect-error bytes are no μ here either
verifyMu(signPublic, bytes, bytes);
// @ts-expect-error the constructor is not for callers
new KemPublicKey(bytes);
// @ts-expect-error this one neither
new SignPrivateKey(bytes);
// @ts-expect-error nor this one
new MuBuilder(signPublic, bytes);
// @ts-expect-error texts are no bytes
KemPublicKey.fromBytes('text');
// @ts-expect-error a public key is no seed
KemPrivateKey.fromSeed(kemPublic);
// @ts-expect-error an array of numbers is no bytes
SignPublicKey.fromBytes([1, 2, 3]);

// Messages and signatures are bytes.
// @ts-expect-error a text is signed as bytes of an encoding that the caller chose
sign(signPrivate, 'text');
// @ts-expect-error a signature in hexadecimal is none
verify(signPublic, bytes, '00ff');
// @ts-expect-error the signature is missing
verify(signPublic, bytes);
// @ts-expect-error a text is no stream
await signStream(signPrivate, 'text');
// @ts-expect-error the signature is missing here too
await verifyStream(signPublic, [bytes]);

// Options are named, known, and of their type.
// @ts-expect-error an option that does not exist
sign(signPrivate, bytes, { ctx: bytes });
// @ts-expect-error a context is bytes
sign(signPrivate, bytes, { context: 'text' });
// @ts-expect-error a context without its name
sign(signPrivate, bytes, bytes);
// @ts-expect-error a flag is a boolean
sign(signPrivate, bytes, { deterministic: 1 });
// @ts-expect-error verifying has no randomness
verify(signPublic, bytes, bytes, { deterministic: true });
// @ts-expect-error μ holds the context already
signMu(signPrivate, mu, { context: bytes });
// @ts-expect-error absent is absent, not undefined
sign(signPrivate, bytes, { context: undefined });

// Formats and algorithms are those that exist, and results have the type of theirs.
// @ts-expect-error no such format
exportPublicKey(signPublic, 'xyz');
// @ts-expect-error no such format of a private key
exportPrivateKey(signPrivate, 'xyz');
// @ts-expect-error which format must be said
exportPublicKey(signPublic);
// @ts-expect-error public keys have no seed
exportPublicKey(signPublic, 'seed');
// @ts-expect-error DER is bytes
export const derIsNoText: string = exportPublicKey(signPublic, 'der');
// @ts-expect-error a seed is a secret, not bytes
export const seedIsNoBytes: Uint8Array = exportPrivateKey(signPrivate, 'seed');
// @ts-expect-error no such algorithm
importPublicKey(bytes, 'ML-DSA-65');
// @ts-expect-error the key of one algorithm is not taken for the other's
export const wrongImport: KemPublicKey = importPublicKey(bytes, 'ML-DSA-87');
// @ts-expect-error without an algorithm it may be either
export const eitherImport: SignPrivateKey = importPrivateKey(bytes);
// @ts-expect-error a public JWK has no private half
importPrivateKey({ kty: 'AKP', alg: 'ML-DSA-87', pub: '' });
// @ts-expect-error a JWK of another type
export const otherJwk: PublicJwk = { kty: 'EC', alg: 'ML-DSA-87', pub: '' };

// What is shown cannot be changed.
// @ts-expect-error the algorithm of a key is read-only
kemPublic.algorithm = 'ML-KEM-1024';
// @ts-expect-error so is its id
signPublic.keyId = 'mine';
// @ts-expect-error and whether it was disposed
kemPrivate.disposed = false;
