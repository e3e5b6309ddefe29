/**
 * HKDF over HMAC-SHA3-512 (RFC 5869).
 *
 * @module
 */
import { checkBytes, checkInteger, checkOptions } from '../bytes.ts';
import { engine } from '../engines/index.ts';
import { SHA3_512 } from '../params.ts';
import { type ByteSecret, exposeBytes, SecretBytes } from '../secret.ts';

/** Options of {@link hkdfSha3_512}. */
export interface HkdfOptions {
  /** Random or agreed bytes that are not secret; none by default (RFC 5869 §3.1). */
  readonly salt?: Uint8Array;
  /** What the derived bytes are for; none by default (RFC 5869 §3.2). */
  readonly info?: Uint8Array;
  /** Bytes wanted, 1 to 16 320 (255 blocks). */
  readonly length: number;
}

/** RFC 5869 §2.3: at most 255 blocks. */
const MAX_OUTPUT_BYTES = 255 * SHA3_512.digestBytes;

const EMPTY = new Uint8Array(0);

/**
 * Derives key material with HKDF-SHA3-512, extract and expand.
 *
 * RFC 5869 §2.
 *
 * @param ikm - Input key material. Not kept.
 * @param options - Salt, info and the length wanted.
 * @returns The derived bytes, yours to dispose.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
 * @example using key = hkdfSha3_512(sharedSecret, { info: utf8('my app v1'), length: 32 });
 */
export function hkdfSha3_512(ikm: ByteSecret, options: HkdfOptions): SecretBytes {
  const ikmBytes = exposeBytes('ikm', ikm);
  const { salt = EMPTY, info = EMPTY, length } = checkOptions('options', options, ['salt', 'info', 'length']);
  checkBytes('options.salt', salt);
  checkBytes('options.info', info);
  checkInteger('options.length', length, 1, MAX_OUTPUT_BYTES);
  return SecretBytes.adopt(engine('hash').hkdfSha3_512(ikmBytes, salt, info, length));
}
