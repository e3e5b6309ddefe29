/**
 * The bytes of a fragment, version 1; docs/formats.md has them as a table.
 *
 * The header is canonical: what follows from other fields is compared with them, and every byte of it is AAD. GCM's AAD is
 * the header, the binding of the two parties (32) and the hash of the application's context (32). The nonce is 48 random
 * bits, the 40-bit number of the message in its epoch, and the index of the fragment.
 *
 * @module
 */
import { checkBytes, equalAt } from '../bytes.ts';
import { InputError } from '../errors.ts';
import { AES_256_GCM } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../preamble.ts';
import { COMMITMENT_BYTES } from './chain.ts';
import { pieceBytesOf } from './erasure/index.ts';

/** Bytes of the id of a vault or a session. */
export const ID_BYTES = 16;
/** Longest plaintext that a header can speak of. */
export const MAX_FORMAT_BYTES: number = 2 ** 24;
/** Longest plaintext of one message, unless a session agreed on another; streams are cut into messages of at most this size. */
export const MAX_MESSAGE_BYTES: number = 2 ** 20;
/** Bytes of a share of a message's secret. */
export const SHARE_BYTES = 32;

/** AES-256-GCM, HKDF-SHA3-512, Reed–Solomon over 0x11d, Shamir over 0x11b. */
const SUITE = 1;

/** Whether fewer than k fragments say nothing even to who has the epoch's key. */
export type Secrecy = 'normal' | 'threshold';
/** What a message is: one of the caller's, many of them, a piece of a stream. */
export type Content = 'message' | 'batch' | 'stream';

const SECRECIES: readonly Secrecy[] = ['normal', 'threshold'];
const CONTENTS: readonly Content[] = ['message', 'batch', 'stream'];

const SUITE_AT = PREAMBLE_BYTES;
const SECRECY_AT = 5;
const CONTENT_AT = 6;
const THRESHOLD_AT = 7;
const TOTAL_AT = 8;
const TTL_AT = 9;
const EPOCH_AT = 13;
const ID_AT = 17;
/** Where the id of the vault or the session is. */
export const FRAGMENT_ID_AT: number = ID_AT;
const MESSAGE_BYTES_AT = ID_AT + ID_BYTES;
const PIECE_BYTES_AT = MESSAGE_BYTES_AT + 4;
const COMMITMENT_AT = PIECE_BYTES_AT + 4;
const NONCE_AT = COMMITMENT_AT + COMMITMENT_BYTES;
const NUMBER_AT = NONCE_AT + 6;
/** Where the index of a fragment is, the last byte of its nonce. */
export const INDEX_AT: number = NONCE_AT + AES_256_GCM.nonceBytes - 1;
const BASE_BYTES = INDEX_AT + 1;
const STREAM_BYTES = ID_BYTES + 4 + 1;
/** The longest header. */
export const MAX_HEADER_BYTES: number = BASE_BYTES + COMMITMENT_BYTES + STREAM_BYTES;

/** Where a piece belongs in a stream. */
export interface StreamPosition {
  readonly streamId: Uint8Array;
  readonly sequence: number;
  readonly last: boolean;
}

/** What a fragment says of itself; not authenticated before it is opened. Its byte strings are parts of the fragment. */
export class FragmentHeader {
  readonly secrecy: Secrecy;
  readonly content: Content;
  /** Fragments needed. */
  readonly threshold: number;
  /** Fragments made. */
  readonly total: number;
  /** Which of them this is, from 0. */
  readonly index: number;
  readonly ttlMs: number;
  readonly epoch: number;
  /** Plaintext bytes of the whole message. */
  readonly messageBytes: number;
  /** Bytes of the piece in each fragment. */
  readonly pieceBytes: number;
  /** Number of the message in its epoch. */
  readonly number: number;
  /** Bytes before the ciphertext. */
  readonly headerBytes: number;
  readonly #fragment: Uint8Array;

  /** @param fragment - What {@link readHeader} checked, with known secrecy and content. */
  constructor(fragment: Uint8Array, secrecy: Secrecy, content: Content) {
    this.#fragment = fragment;
    this.secrecy = secrecy;
    this.content = content;
    this.threshold = fragment[THRESHOLD_AT] as number;
    this.total = fragment[TOTAL_AT] as number;
    this.index = fragment[INDEX_AT] as number;
    this.ttlMs = uint32(fragment, TTL_AT);
    this.epoch = uint32(fragment, EPOCH_AT);
    this.messageBytes = uint32(fragment, MESSAGE_BYTES_AT);
    this.pieceBytes = uint32(fragment, PIECE_BYTES_AT);
    this.number = (fragment[NUMBER_AT] as number) * 2 ** 32 + uint32(fragment, NUMBER_AT + 1);
    this.headerBytes = headerBytesOf(secrecy, content);
  }

  /** Of the vault or the session. */
  get id(): Uint8Array {
    return this.#part(ID_AT, ID_BYTES);
  }

  /** Whether {@link id} is this one. */
  hasId(id: Uint8Array): boolean {
    return equalAt(this.#fragment, ID_AT, id);
  }

  /** To the epoch's encryption key. */
  get commitment(): Uint8Array {
    return this.#part(COMMITMENT_AT, COMMITMENT_BYTES);
  }

  /** Whether {@link commitment} is this one; takes the same time for each. */
  hasCommitment(commitment: Uint8Array): boolean {
    return equalAt(this.#fragment, COMMITMENT_AT, commitment);
  }

  get nonce(): Uint8Array {
    return this.#part(NONCE_AT, AES_256_GCM.nonceBytes);
  }

  /** Commitment to the message's own secret, in the threshold form. */
  get secretCommitment(): Uint8Array | undefined {
    return this.secrecy === 'threshold' ? this.#part(BASE_BYTES, COMMITMENT_BYTES) : undefined;
  }

  /** Where the piece belongs, for the content of that name. */
  get stream(): StreamPosition | undefined {
    if (this.content !== 'stream') return undefined;
    const at = this.headerBytes - STREAM_BYTES;
    return {
      streamId: this.#part(at, ID_BYTES),
      sequence: uint32(this.#fragment, at + ID_BYTES),
      last: this.#fragment[this.headerBytes - 1] === 1,
    };
  }

  #part(offset: number, length: number): Uint8Array {
    return this.#fragment.subarray(offset, offset + length);
  }
}

/** Without a view, which takes longer than all four bytes. */
function uint32(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] as number) << 24) | ((bytes[offset + 1] as number) << 16);
  return (high | ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number)) >>> 0;
}

/** Bytes of a header. */
export function headerBytesOf(secrecy: Secrecy, content: Content): number {
  return (
    BASE_BYTES + (secrecy === 'threshold' ? COMMITMENT_BYTES : 0) + (content === 'stream' ? STREAM_BYTES : 0)
  );
}

/** Bytes that are cut into pieces: the message itself, or what its inner layer makes of it. */
export function codedBytesOf(secrecy: Secrecy, messageBytes: number): number {
  return secrecy === 'threshold' ? messageBytes + AES_256_GCM.tagBytes : messageBytes;
}

/** Bytes of a whole fragment. */
export function fragmentBytesOf(secrecy: Secrecy, content: Content, pieceBytes: number): number {
  const share = secrecy === 'threshold' ? SHARE_BYTES : 0;
  return headerBytesOf(secrecy, content) + pieceBytes + share + AES_256_GCM.tagBytes;
}

/** What the header of a message is made of. */
export interface HeaderFields {
  readonly secrecy: Secrecy;
  readonly content: Content;
  readonly threshold: number;
  readonly total: number;
  readonly ttlMs: number;
  readonly epoch: number;
  readonly id: Uint8Array;
  readonly messageBytes: number;
  readonly pieceBytes: number;
  readonly commitment: Uint8Array;
  readonly number: number;
  readonly secretCommitment?: Uint8Array | undefined;
  readonly stream?: StreamPosition | undefined;
}

function writeUint32(out: Uint8Array, offset: number, value: number): void {
  out[offset] = value >>> 24;
  out[offset + 1] = value >>> 16;
  out[offset + 2] = value >>> 8;
  out[offset + 3] = value;
}

/**
 * Writes the header of a message: of its fragment 0, as those of the others differ in the index alone.
 *
 * @param out - Where it goes.
 * @param nonceRandom - At least 6 random bytes.
 */
export function writeHeader(out: Uint8Array, fields: HeaderFields, nonceRandom: Uint8Array): void {
  writePreamble(out, 'F');
  out[SUITE_AT] = SUITE;
  out[SECRECY_AT] = SECRECIES.indexOf(fields.secrecy);
  out[CONTENT_AT] = CONTENTS.indexOf(fields.content);
  out[THRESHOLD_AT] = fields.threshold;
  out[TOTAL_AT] = fields.total;
  writeUint32(out, TTL_AT, fields.ttlMs);
  writeUint32(out, EPOCH_AT, fields.epoch);
  out.set(fields.id, ID_AT);
  writeUint32(out, MESSAGE_BYTES_AT, fields.messageBytes);
  writeUint32(out, PIECE_BYTES_AT, fields.pieceBytes);
  out.set(fields.commitment, COMMITMENT_AT);
  for (let i = 0; i < 6; i++) out[NONCE_AT + i] = nonceRandom[i] as number;
  out[NUMBER_AT] = Math.floor(fields.number / 2 ** 32);
  writeUint32(out, NUMBER_AT + 1, fields.number % 2 ** 32);
  out[INDEX_AT] = 0;
  let at = BASE_BYTES;
  if (fields.secretCommitment !== undefined) {
    out.set(fields.secretCommitment, at);
    at += COMMITMENT_BYTES;
  }
  if (fields.stream !== undefined) {
    out.set(fields.stream.streamId, at);
    writeUint32(out, at + ID_BYTES, fields.stream.sequence);
    out[at + ID_BYTES + 4] = fields.stream.last ? 1 : 0;
  }
}

function malformed(argument: string, got: string): InputError {
  return new InputError('ERR_INPUT_FORMAT', argument, 'a whole fragment', got);
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
  return parseHeader(argument, fragment);
}

/** {@link readHeader} for what was found to be bytes already. */
export function parseHeader(argument: string, fragment: Uint8Array): FragmentHeader {
  checkPreamble(argument, fragment, 'F');
  if (fragment.length < BASE_BYTES + AES_256_GCM.tagBytes)
    throw malformed(argument, `${fragment.length} bytes`);
  const byteAt = (offset: number) => fragment[offset] as number;
  const secrecy = SECRECIES[byteAt(SECRECY_AT)];
  const content = CONTENTS[byteAt(CONTENT_AT)];
  if (byteAt(SUITE_AT) !== SUITE) throw malformed(argument, `suite ${byteAt(SUITE_AT)}`);
  if (secrecy === undefined) throw malformed(argument, `secrecy ${byteAt(SECRECY_AT)}`);
  if (content === undefined) throw malformed(argument, `content ${byteAt(CONTENT_AT)}`);
  const header = new FragmentHeader(fragment, secrecy, content);
  const { threshold, total, index, messageBytes, pieceBytes, headerBytes } = header;
  if (threshold < 1 || threshold > total || index >= total) {
    throw malformed(argument, `fragment ${index} of ${total}, threshold ${threshold}`);
  }
  if (messageBytes > MAX_FORMAT_BYTES) throw malformed(argument, `a message of ${messageBytes} bytes`);
  if (pieceBytes !== pieceBytesOf(codedBytesOf(secrecy, messageBytes), threshold)) {
    throw malformed(argument, `a piece of ${pieceBytes} bytes`);
  }
  if (fragment.length !== fragmentBytesOf(secrecy, content, pieceBytes)) {
    throw malformed(argument, `${fragment.length} bytes`);
  }
  if (content === 'stream' && byteAt(headerBytes - 1) > 1) {
    throw malformed(argument, `a mark of the end that is ${byteAt(headerBytes - 1)}`);
  }
  return header;
}

/** Whether two fragments that {@link readHeader} took are of one message: their headers differ in the index alone. */
export function isSameMessage(a: Uint8Array, b: Uint8Array, headerBytes: number): boolean {
  for (let i = 0; i < headerBytes; i++) {
    if (a[i] !== b[i] && i !== INDEX_AT) return false;
  }
  return true;
}
