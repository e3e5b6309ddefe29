/**
 * The bytes of a fragment, version 1, as `docs/formats.md` describes them.
 *
 * Header: preamble `MWF` 1 (4), suite (1), secrecy (1), content (1), k (1), n (1), time to live in milliseconds (4),
 * plaintext bytes of the message (4), bytes of a piece (4), channel (16), epoch (4), nonce (12), commitment to the epoch's
 * key (32); then, in the threshold form, a commitment to the message's secret (32); then, for a piece of a stream, the
 * stream (16), the number of the piece (4) and whether it is the last (1). Ciphertext and tag (16) follow.
 *
 * The nonce is 48 random bits, the 40-bit number of the message in its epoch, and the index of the fragment.
 *
 * @module
 */
import { checkBytes, equalAt } from '../bytes.ts';
import { InputError, UnsupportedError } from '../errors.ts';
import { AES_256_GCM } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../preamble.ts';

/** SHA3-512 chain, AES-256-GCM, Reed–Solomon and Shamir over GF(256). */
export const SUITE = 1;

/** What protects a message beside its epoch's key. */
export const SECRECY = { epoch: 0, threshold: 1 } as const;
/** What the plaintext is. */
export const CONTENT = { message: 0, batch: 1, piece: 2 } as const;

/** Bytes of the id of a vault or session. */
export const CHANNEL_BYTES = 16;
/** Bytes of a commitment. */
export const COMMITMENT_BYTES = 32;
/** Bytes of the id of a stream. */
export const STREAM_ID_BYTES = 16;
/** Longest plaintext of one message: streams are cut into messages of at most this size. */
export const MAX_MESSAGE_BYTES: number = 2 ** 20;
/** Most fragments of a message. */
export const MAX_FRAGMENTS = 255;
/** Longest time to live, milliseconds. */
export const MAX_TTL_MS = 60_000;
/** Bytes of the nonce that are random; the message number (5) and the index (1) follow. */
export const NONCE_RANDOM_BYTES = 6;
/** The message number has 40 bits. */
export const MAX_MESSAGES_PER_EPOCH: number = 2 ** 40;
/** The epoch has 32 bits. */
export const MAX_EPOCH: number = 2 ** 32 - 1;
/** Bytes of a Shamir share without its coordinate, which is the index + 1. */
export const SHARE_BYTES = 32;

/** Where the fields of a header begin. */
export const OFFSET: {
  readonly [field in
    | 'suite'
    | 'secrecy'
    | 'content'
    | 'threshold'
    | 'total'
    | 'ttlMs'
    | 'messageBytes'
    | 'pieceBytes'
    | 'channel'
    | 'epoch'
    | 'nonce'
    | 'number'
    | 'index'
    | 'commitment'
    | 'extension']: number;
} = {
  suite: PREAMBLE_BYTES,
  secrecy: 5,
  content: 6,
  threshold: 7,
  total: 8,
  ttlMs: 9,
  messageBytes: 13,
  pieceBytes: 17,
  channel: 21,
  epoch: 37,
  nonce: 41,
  number: 47,
  index: 52,
  commitment: 53,
  extension: 85,
};

const PREAMBLE = new Uint8Array(PREAMBLE_BYTES);
writePreamble(PREAMBLE, 'F');

/** Bytes of a stream's fields. */
const STREAM_FIELD_BYTES = STREAM_ID_BYTES + 5;

/** Bytes of the header of a fragment. */
export function headerBytes(secrecy: number, content: number): number {
  const committed = secrecy === SECRECY.threshold ? COMMITMENT_BYTES : 0;
  return OFFSET.extension + committed + (content === CONTENT.piece ? STREAM_FIELD_BYTES : 0);
}

/** Bytes of the plaintext of one fragment that carry the message: what Reed–Solomon works on. */
export function bytesPerPiece(secrecy: number, messageBytes: number, threshold: number): number {
  const tag = secrecy === SECRECY.threshold ? AES_256_GCM.tagBytes : 0;
  return Math.ceil((messageBytes + tag) / threshold);
}

/** What a piece of a stream says of itself. */
export interface StreamField {
  readonly streamId: Uint8Array;
  readonly piece: number;
  readonly last: boolean;
}

/** What a message's fragments have in common. */
export interface MessageHeader {
  readonly secrecy: number;
  readonly content: number;
  readonly threshold: number;
  readonly total: number;
  readonly ttlMs: number;
  readonly messageBytes: number;
  readonly channel: Uint8Array;
  readonly epoch: number;
  readonly nonce: Uint8Array;
  readonly commitment: Uint8Array;
  readonly secretCommitment?: Uint8Array | undefined;
  readonly stream?: StreamField | undefined;
}

/** Writes the header of fragment 0, whose index is the last byte of the nonce; the others differ in that byte alone. */
export function writeHeader(out: Uint8Array, header: MessageHeader): void {
  const { secrecy, content, threshold, messageBytes } = header;
  out.set(PREAMBLE);
  out[OFFSET.suite] = SUITE;
  out[OFFSET.secrecy] = secrecy;
  out[OFFSET.content] = content;
  out[OFFSET.threshold] = threshold;
  out[OFFSET.total] = header.total;
  writeUint32(out, OFFSET.ttlMs, header.ttlMs);
  writeUint32(out, OFFSET.messageBytes, messageBytes);
  writeUint32(out, OFFSET.pieceBytes, bytesPerPiece(secrecy, messageBytes, threshold));
  out.set(header.channel, OFFSET.channel);
  writeUint32(out, OFFSET.epoch, header.epoch);
  out.set(header.nonce, OFFSET.nonce);
  out.set(header.commitment, OFFSET.commitment);
  let at = OFFSET.extension;
  if (header.secretCommitment !== undefined) {
    out.set(header.secretCommitment, at);
    at += COMMITMENT_BYTES;
  }
  if (header.stream === undefined) return;
  out.set(header.stream.streamId, at);
  writeUint32(out, at + STREAM_ID_BYTES, header.stream.piece);
  out[at + STREAM_ID_BYTES + 4] = header.stream.last ? 1 : 0;
}

function writeUint32(out: Uint8Array, offset: number, value: number): void {
  out[offset] = value >>> 24;
  out[offset + 1] = value >>> 16;
  out[offset + 2] = value >>> 8;
  out[offset + 3] = value;
}

/** A fragment whose header was checked; nothing of it is authenticated. */
export class Fragment {
  readonly bytes: Uint8Array;
  readonly secrecy: number;
  readonly content: number;
  /** Fragments needed. */
  readonly threshold: number;
  /** Fragments made. */
  readonly total: number;
  readonly ttlMs: number;
  /** Plaintext bytes of the whole message. */
  readonly messageBytes: number;
  readonly pieceBytes: number;
  readonly epoch: number;
  /** Which of the fragments this is, from 0. */
  readonly index: number;
  readonly headerBytes: number;

  /** @param bytes - A fragment whose preamble was checked, at least {@link OFFSET}.extension bytes. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.secrecy = bytes[OFFSET.secrecy] as number;
    this.content = bytes[OFFSET.content] as number;
    this.threshold = bytes[OFFSET.threshold] as number;
    this.total = bytes[OFFSET.total] as number;
    this.ttlMs = uint32At(bytes, OFFSET.ttlMs);
    this.messageBytes = uint32At(bytes, OFFSET.messageBytes);
    this.pieceBytes = uint32At(bytes, OFFSET.pieceBytes);
    this.epoch = uint32At(bytes, OFFSET.epoch);
    this.index = bytes[OFFSET.index] as number;
    this.headerBytes = headerBytes(this.secrecy, this.content);
  }

  /** Number of the message in its epoch. */
  get number(): number {
    return (this.bytes[OFFSET.number] as number) * 2 ** 32 + uint32At(this.bytes, OFFSET.number + 1);
  }

  /** Bytes of the whole fragment. */
  get length(): number {
    const share = this.secrecy === SECRECY.threshold ? SHARE_BYTES : 0;
    return this.headerBytes + this.pieceBytes + share + AES_256_GCM.tagBytes;
  }

  /** Where the commitment to the message's secret begins, in the threshold form. */
  get secretCommitment(): Uint8Array {
    return this.bytes.subarray(OFFSET.extension, OFFSET.extension + COMMITMENT_BYTES);
  }

  /** The fields of a piece of a stream. */
  get stream(): StreamField {
    const at = this.headerBytes - STREAM_FIELD_BYTES;
    return {
      streamId: this.bytes.subarray(at, at + STREAM_ID_BYTES),
      piece: uint32At(this.bytes, at + STREAM_ID_BYTES),
      last: this.bytes[at + STREAM_ID_BYTES + 4] === 1,
    };
  }

  /** Whether another fragment claims to be of the same message: their headers differ in the index alone. */
  isOfSameMessage(other: Fragment): boolean {
    if (this.headerBytes !== other.headerBytes) return false;
    for (let i = 0; i < this.headerBytes; i++) {
      if (i !== OFFSET.index && this.bytes[i] !== other.bytes[i]) return false;
    }
    return true;
  }

  /** What is wrong with the numbers of the header, or undefined. */
  get defect(): string | undefined {
    const { threshold, total, index, ttlMs, messageBytes, pieceBytes } = this;
    if (this.secrecy > SECRECY.threshold) return `secrecy ${this.secrecy}`;
    if (this.content > CONTENT.piece) return `content ${this.content}`;
    if (threshold < 1 || threshold > total || index >= total) {
      return `fragment ${index} of ${total}, threshold ${threshold}`;
    }
    if (ttlMs < 1 || ttlMs > MAX_TTL_MS) return `a time to live of ${ttlMs} ms`;
    if (messageBytes > MAX_MESSAGE_BYTES) return `a message of ${messageBytes} bytes`;
    if (pieceBytes !== bytesPerPiece(this.secrecy, messageBytes, threshold)) {
      return `pieces of ${pieceBytes} bytes`;
    }
    if (this.bytes.length < this.headerBytes) return `${this.bytes.length} bytes`;
    const flag = this.bytes[this.headerBytes - 1] as number;
    return this.content === CONTENT.piece && flag > 1 ? `a last flag of ${flag}` : undefined;
  }
}

/** The big-endian integer of four bytes, without making a view of them. */
function uint32At(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] as number) << 24) |
      ((bytes[offset + 1] as number) << 16) |
      ((bytes[offset + 2] as number) << 8) |
      (bytes[offset + 3] as number)) >>>
    0
  );
}

function malformed(argument: string, got: string): InputError {
  return new InputError('ERR_INPUT_FORMAT', argument, 'a whole fragment', got);
}

/**
 * Reads a header, and checks that its numbers fit each other.
 *
 * @param argument - The argument's name, for the error.
 * @param head - The first bytes of a fragment, at least its header.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function readHead(argument: string, head: Uint8Array): Fragment {
  checkBytes(argument, head);
  // What is ours is not taken apart to say what it is.
  if (!equalAt(head, 0, PREAMBLE)) checkPreamble(argument, head, 'F');
  if (head.length < OFFSET.extension) throw malformed(argument, `${head.length} bytes`);
  if (head[OFFSET.suite] !== SUITE) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_VERSION',
      `${argument} is a fragment of suite ${head[OFFSET.suite]}; this release reads suite ${SUITE}`,
    );
  }
  const fragment = new Fragment(head);
  const { defect } = fragment;
  if (defect !== undefined) throw malformed(argument, defect);
  return fragment;
}

/**
 * Reads a fragment, and checks that its numbers and its length fit each other.
 *
 * @param argument - The argument's name, for the error.
 * @param bytes - A fragment.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function readFragment(argument: string, bytes: Uint8Array): Fragment {
  const fragment = readHead(argument, bytes);
  if (bytes.length !== fragment.length) throw malformed(argument, `${bytes.length} bytes`);
  return fragment;
}
