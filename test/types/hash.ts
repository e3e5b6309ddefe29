import {
  createHmacSha3_512,
  createSha3_512,
  type Digest,
  hkdfSha3_512,
  hmacSha3_512,
  sha3_512,
  verifyHmacSha3_512,
} from '@mwrasp/crypto/hash';
import type { KemPrivateKey } from '@mwrasp/crypto/kem';

declare const bytes: Uint8Array;
declare const kemPrivate: KemPrivateKey;
declare const digest: Digest;

// Messages are bytes.
// @ts-expect-error a text is hashed as bytes of an encoding that the caller chose
sha3_512('text');
// @ts-expect-error a buffer is no view of it
sha3_512(new ArrayBuffer(8));
// @ts-expect-error 16-bit numbers are no bytes
sha3_512(new Uint16Array(8));
// @ts-expect-error pieces go through createSha3_512
sha3_512([bytes, bytes]);
// @ts-expect-error the message is missing
sha3_512();
// @ts-expect-error a text is no piece of a message
createSha3_512().update('text');
// @ts-expect-error the message does not go to where the computation starts
createSha3_512(bytes);

// Keys are bytes or secrets, and a tag is compared by the library.
// @ts-expect-error a text is no key
hmacSha3_512('key', bytes);
// @ts-expect-error a key pair's private half is no key of a MAC
hmacSha3_512(kemPrivate, bytes);
// @ts-expect-error the message is missing
hmacSha3_512(bytes);
// @ts-expect-error the key is missing
createHmacSha3_512();
// @ts-expect-error the tag is missing
verifyHmacSha3_512(bytes, bytes);
// @ts-expect-error a tag in hexadecimal is none
verifyHmacSha3_512(bytes, bytes, '00ff');
// @ts-expect-error whether a tag is right is no tag
export const tag: Uint8Array = verifyHmacSha3_512(bytes, bytes, bytes);

// What is derived has a length, and is a secret.
// @ts-expect-error the options are missing
hkdfSha3_512(bytes);
// @ts-expect-error the length is missing
hkdfSha3_512(bytes, { info: bytes });
// @ts-expect-error a length is a number
hkdfSha3_512(bytes, { length: '32' });
// @ts-expect-error a text is no info
hkdfSha3_512(bytes, { info: 'my app', length: 32 });
// @ts-expect-error an option that does not exist
hkdfSha3_512(bytes, { hash: 'SHA-512', length: 32 });
// @ts-expect-error derived bytes are a secret, not bytes
export const derived: Uint8Array = hkdfSha3_512(bytes, { length: 32 });

// @ts-expect-error a digest is asked for, it is not there
export const early: Uint8Array = digest;
// @ts-expect-error and it has no encoding
digest.digest('hex');
// @ts-expect-error the class is not exported as a value
new Digest();
