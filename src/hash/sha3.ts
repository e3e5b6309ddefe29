/**
 * SHA3-512 (FIPS 202), one-shot and incremental.
 *
 * @module
 */
import { checkBytes } from '../bytes.ts';
import { engine } from '../engines/index.ts';
import { SHA3_512 } from '../params.ts';
import { type Digest, digestOver } from './digest.ts';

/**
 * Hashes a message with SHA3-512.
 *
 * FIPS 202 §6.1.
 *
 * @param data - The message, any length.
 * @returns 64 bytes.
 * @throws {@link InputError} `ERR_INPUT_TYPE` when data is not a Uint8Array.
 * @example const digest = sha3_512(new TextEncoder().encode('abc'));
 */
export function sha3_512(data: Uint8Array): Uint8Array {
  checkBytes('data', data);
  const out = new Uint8Array(SHA3_512.digestBytes);
  engine('hash').sha3_512(data, out);
  return out;
}

/**
 * Starts an incremental SHA3-512, for messages that come in pieces.
 *
 * @returns A {@link Digest} with `update` and `digest`.
 * @example const digest = createSha3_512().update(head).update(tail).digest();
 */
export function createSha3_512(): Digest {
  return digestOver(engine('hash').createSha3_512(), SHA3_512.digestBytes);
}
