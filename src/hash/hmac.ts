/**
 * HMAC-SHA3-512 (RFC 2104, FIPS 198-1).
 *
 * @module
 */
import { checkBytes, equal } from '../bytes.ts';
import { engine } from '../engines/index.ts';
import { SHA3_512 } from '../params.ts';
import { type ByteSecret, exposeBytes } from '../secret.ts';
import { type Digest, digestOver } from './digest.ts';

/**
 * Computes HMAC-SHA3-512.
 *
 * @param key - Key of any length; 32 bytes or more of randomness are sensible. Not kept.
 * @param data - The message.
 * @returns 64 bytes.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_DISPOSED`.
 * @example const tag = hmacSha3_512(key, message);
 */
export function hmacSha3_512(key: ByteSecret, data: Uint8Array): Uint8Array {
  const keyBytes = exposeBytes('key', key);
  checkBytes('data', data);
  const out = new Uint8Array(SHA3_512.digestBytes);
  engine('hash').hmacSha3_512(keyBytes, data, out);
  return out;
}

/**
 * Compares a tag with the right one in constant time.
 *
 * @param key - The key.
 * @param data - The message.
 * @param tag - The tag that came with it; one of another length is wrong.
 * @returns Whether the tag is right.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_DISPOSED`.
 */
export function verifyHmacSha3_512(key: ByteSecret, data: Uint8Array, tag: Uint8Array): boolean {
  checkBytes('tag', tag);
  return equal(hmacSha3_512(key, data), tag);
}

/**
 * Starts an incremental HMAC-SHA3-512.
 *
 * @param key - Key of any length; not kept as it is.
 * @returns A {@link Digest} with `update` and `digest`.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_DISPOSED`.
 * @example const tag = createHmacSha3_512(key).update(head).update(tail).digest();
 */
export function createHmacSha3_512(key: ByteSecret): Digest {
  return digestOver(engine('hash').createHmacSha3_512(exposeBytes('key', key)), SHA3_512.digestBytes);
}
