/**
 * SHA3-512, HMAC and HKDF over it.
 *
 * @module
 */
export type { Digest } from './digest.ts';
export { type HkdfOptions, hkdfSha3_512 } from './hkdf.ts';
export { createHmacSha3_512, hmacSha3_512, verifyHmacSha3_512 } from './hmac.ts';
export { createSha3_512, sha3_512 } from './sha3.ts';
