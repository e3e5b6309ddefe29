/**
 * AES-256-GCM for messages in hand: seal and open.
 *
 * Sealed bytes: preamble `MWA` 1 (4), key id (16), commitment (32), nonce (12), ciphertext, tag (16). GCM's AAD is the
 * caller's alone: every byte of the header is either compared with what it must be, or is the nonce.
 *
 * @module
 */
import { allocate, checkBytes, checkOptions, copyFrom, equalAt, toHex } from '../bytes.ts';
import { AuthenticationError, InputError } from '../errors.ts';
import { drawNonce } from '../nonce.ts';
import { AES_256_GCM } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES } from '../preamble.ts';
import { openSealed } from './cipher.ts';
import { type AeadKey, aeadKeyParts, COMMITMENT_BYTES, KEY_ID_BYTES, spendUse } from './key.ts';

/** Options of {@link seal} and {@link open}. */
export interface AeadOptions {
  /** Bytes that are authenticated but not sealed, up to 2^30; whoever opens must give the same. None by default. */
  readonly aad?: Uint8Array;
}

const COMMITMENT_OFFSET = PREAMBLE_BYTES + KEY_ID_BYTES;
const NONCE_OFFSET = COMMITMENT_OFFSET + COMMITMENT_BYTES;
const HEADER_BYTES = NONCE_OFFSET + AES_256_GCM.nonceBytes;

/** What the engines take at once; SP 800-38D would allow more. */
const MAX_AAD_BYTES = 2 ** 30;

/** Bytes that sealing adds to a message: header and tag. */
export const SEAL_OVERHEAD_BYTES: number = HEADER_BYTES + AES_256_GCM.tagBytes;

const EMPTY = new Uint8Array(0);

/** The nonce of the message that is being opened: copying it is cheaper than making a view of it. */
const NONCE = new Uint8Array(AES_256_GCM.nonceBytes);

/** The caller's AAD, checked. */
export function checkAad(options: AeadOptions | undefined): Uint8Array {
  if (options === undefined) return EMPTY;
  const { aad = EMPTY } = checkOptions('options', options, ['aad']);
  checkBytes('options.aad', aad, { max: MAX_AAD_BYTES });
  return aad;
}

/**
 * Seals a message with AES-256-GCM under a fresh random nonce.
 *
 * SP 800-38D §7.1, nonces by §8.2.2.
 *
 * @param key - A key with uses left.
 * @param plaintext - The message, up to 2^36 − 32 bytes; use {@link sealStream} for what is not in hand.
 * @param options - Additional authenticated data.
 * @returns The sealed message, {@link SEAL_OVERHEAD_BYTES} longer than the plaintext.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
 * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET` when the key has no uses left.
 * @example const sealed = seal(key, message, { aad: utf8('invoice 42') });
 */
export function seal(key: AeadKey, plaintext: Uint8Array, options?: AeadOptions): Uint8Array {
  const { cipher, messageHead } = aeadKeyParts('key', key);
  checkBytes('plaintext', plaintext, { max: AES_256_GCM.maxPlaintextBytes });
  const aad = checkAad(options);
  const out = allocate(plaintext.length + SEAL_OVERHEAD_BYTES);
  const nonce = out.subarray(NONCE_OFFSET, HEADER_BYTES);
  out.set(messageHead);
  drawNonce(nonce);
  // Counted when the nonce is there, and before it is used.
  spendUse(key);
  cipher.seal(nonce, aad, plaintext, out.subarray(HEADER_BYTES));
  return out;
}

/**
 * Opens a sealed message.
 *
 * @param key - The key that sealed it.
 * @param sealed - What {@link seal} returned.
 * @param options - The same additional authenticated data.
 * @returns The message.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH` (AAD), `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`;
 * `ERR_INPUT_FORMAT` when the bytes are no sealed message at all.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a version of another release.
 * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` for the wrong key, other AAD, or any change.
 * @example const message = open(key, sealed, { aad: utf8('invoice 42') });
 */
export function open(key: AeadKey, sealed: Uint8Array, options?: AeadOptions): Uint8Array {
  const { cipher, messageHead } = aeadKeyParts('key', key);
  checkSealed(sealed);
  const aad = checkAad(options);
  let plaintext: Uint8Array | undefined;
  if (equalAt(sealed, 0, messageHead)) {
    copyFrom(sealed, NONCE_OFFSET, NONCE);
    plaintext = openSealed(cipher, NONCE, aad, sealed, HEADER_BYTES);
  }
  if (plaintext === undefined) throw new AuthenticationError();
  return plaintext;
}

/**
 * Reads which key sealed a message, without opening it. The answer is not authenticated before {@link open} succeeds.
 *
 * @param sealed - What {@link seal} returned.
 * @returns The key id, as in {@link AeadKey.keyId}.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function sealedKeyId(sealed: Uint8Array): string {
  checkSealed(sealed);
  return toHex(sealed.subarray(PREAMBLE_BYTES, COMMITMENT_OFFSET));
}

function checkSealed(sealed: Uint8Array): void {
  checkBytes('sealed', sealed);
  checkPreamble('sealed', sealed, 'A');
  if (sealed.length < SEAL_OVERHEAD_BYTES) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      'sealed',
      `at least ${SEAL_OVERHEAD_BYTES} bytes`,
      `${sealed.length} bytes`,
    );
  }
}
