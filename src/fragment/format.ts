/**
 * The bytes of a fragment, version 0.
 *
 * Fragment: preamble `MWF` 0 (4), vault id (16), epoch (4), k (1), n (1), index (1), time to live in milliseconds (4),
 * plaintext length of the message (4), commitment (32), nonce (12), ciphertext and tag (16). GCM's AAD is everything
 * before the ciphertext. The nonce is 48 random bits, the 40-bit number of the message in its epoch, and the index.
 *
 * @module
 */
import { checkBytes, readUint32 } from '../bytes.ts';
import { InputError } from '../errors.ts';
import { AES_256_GCM } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../preamble.ts';

/** Bytes of a vault id. */
export const VAULT_ID_BYTES = 16;
/** Bytes of a key commitment. */
export const COMMITMENT_BYTES = 32;
/** Longest plaintext of one message: streams are cut into messages of at most this size. */
export const MAX_MESSAGE_BYTES: number = 2 ** 20;
/** Bytes of the nonce that are random; the message number (5) and the index (1) follow. */
export const NONCE_RANDOM_BYTES = 6;

const EPOCH_OFFSET = PREAMBLE_BYTES + VAULT_ID_BYTES;
const THRESHOLD_OFFSET = EPOCH_OFFSET + 4;
const TOTAL_OFFSET = THRESHOLD_OFFSET + 1;
const INDEX_OFFSET = TOTAL_OFFSET + 1;
const TTL_OFFSET = INDEX_OFFSET + 1;
const LENGTH_OFFSET = TTL_OFFSET + 4;
const COMMITMENT_OFFSET = LENGTH_OFFSET + 4;
const NONCE_OFFSET = COMMITMENT_OFFSET + COMMITMENT_BYTES;

/** Bytes before the ciphertext. */
export const HEADER_BYTES: number = NONCE_OFFSET + AES_256_GCM.nonceBytes;

/** What a fragment says of itself; not authenticated before it is opened. */
export interface FragmentHeader {
  readonly vaultId: Uint8Array;
  readonly epoch: number;
  /** Fragments needed. */
  readonly threshold: number;
  /** Fragments made. */
  readonly total: number;
  /** Which of them this is, from 0. */
  readonly index: number;
  readonly ttlMs: number;
  /** Plaintext bytes of the whole message. */
  readonly messageBytes: number;
  readonly commitment: Uint8Array;
  readonly nonce: Uint8Array;
}

/** Bytes of the piece of one fragment: the message is cut into `total` runs, the first ones a byte longer. */
export function pieceRange(messageBytes: number, total: number, index: number): [start: number, end: number] {
  const base = Math.floor(messageBytes / total);
  const longer = messageBytes % total;
  const start = index * base + Math.min(index, longer);
  return [start, start + base + (index < longer ? 1 : 0)];
}

/** Writes the header at the start of a fragment. */
export function writeHeader(out: Uint8Array, header: FragmentHeader): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  writePreamble(out, 'F');
  out.set(header.vaultId, PREAMBLE_BYTES);
  view.setUint32(EPOCH_OFFSET, header.epoch);
  view.setUint8(THRESHOLD_OFFSET, header.threshold);
  view.setUint8(TOTAL_OFFSET, header.total);
  view.setUint8(INDEX_OFFSET, header.index);
  view.setUint32(TTL_OFFSET, header.ttlMs);
  view.setUint32(LENGTH_OFFSET, header.messageBytes);
  out.set(header.commitment, COMMITMENT_OFFSET);
  out.set(header.nonce, NONCE_OFFSET);
}

/**
 * Reads a fragment's header and checks that its numbers and its length fit each other.
 *
 * @param argument - The argument's name, for the error.
 * @param fragment - A fragment.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function readHeader(argument: string, fragment: Uint8Array): FragmentHeader {
  checkBytes(argument, fragment);
  checkPreamble(argument, fragment, 'F');
  const malformed = (got: string) => new InputError('ERR_INPUT_FORMAT', argument, 'a whole fragment', got);
  if (fragment.length < HEADER_BYTES + AES_256_GCM.tagBytes) throw malformed(`${fragment.length} bytes`);
  const byteAt = (offset: number) => fragment[offset] as number;
  const header: FragmentHeader = {
    vaultId: fragment.subarray(PREAMBLE_BYTES, EPOCH_OFFSET),
    epoch: readUint32(fragment, EPOCH_OFFSET),
    threshold: byteAt(THRESHOLD_OFFSET),
    total: byteAt(TOTAL_OFFSET),
    index: byteAt(INDEX_OFFSET),
    ttlMs: readUint32(fragment, TTL_OFFSET),
    messageBytes: readUint32(fragment, LENGTH_OFFSET),
    commitment: fragment.subarray(COMMITMENT_OFFSET, NONCE_OFFSET),
    nonce: fragment.subarray(NONCE_OFFSET, HEADER_BYTES),
  };
  const { threshold, total, index, messageBytes } = header;
  if (threshold < 1 || threshold !== total || index >= total) {
    throw malformed(`fragment ${index} of ${total}, threshold ${threshold}`);
  }
  if (messageBytes > MAX_MESSAGE_BYTES) throw malformed(`a message of ${messageBytes} bytes`);
  const [start, end] = pieceRange(messageBytes, total, index);
  if (fragment.length !== HEADER_BYTES + (end - start) + AES_256_GCM.tagBytes) {
    throw malformed(`${fragment.length} bytes`);
  }
  return header;
}
