/**
 * Everything before the body of an envelope: who it is for, who signed it, the encapsulation.
 *
 * Envelope: preamble `MWE` 1 (4), mode (1: 0 base, 1 signed), form (1: 0 message, 10 to 24 stream with log2 of the chunk
 * size), HPKE KEM, KDF and AEAD ids (2 each), recipient's key id (32), in signed mode the sender's key id (32); then
 * the encapsulation (1568), the commitment (32), in signed mode the signature (4627); then the body.
 *
 * @module
 */
import { checkBytes, concat, readUint16, toBase64Url, uintBytes, utf8 } from '../bytes.ts';
import { InputError, UnsupportedError } from '../errors.ts';
import { KEY_THUMBPRINT_BYTES } from '../keypair.ts';
import { AES_256_GCM, HKDF_SHA512, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../preamble.ts';

/** Bytes of the commitment to the HPKE key. */
export const COMMITMENT_BYTES = 32;
/** Smallest and largest log2 of a stream's chunk size. */
export const MIN_CHUNK_LOG2 = 10;
export const MAX_CHUNK_LOG2 = 24;

const MODE_OFFSET = PREAMBLE_BYTES;
const FORM_OFFSET = MODE_OFFSET + 1;
const SUITE_OFFSET = FORM_OFFSET + 1;
const RECIPIENT_OFFSET = SUITE_OFFSET + 6;
const SENDER_OFFSET = RECIPIENT_OFFSET + KEY_THUMBPRINT_BYTES;

const MODE_BASE = 0;
const MODE_SIGNED = 1;
const FORM_MESSAGE = 0;

/** The suite, in the order of the header. */
const SUITE = concat(
  uintBytes(ML_KEM_1024.hpkeId, 2),
  uintBytes(HKDF_SHA512.hpkeId, 2),
  uintBytes(AES_256_GCM.hpkeId, 2),
);

/** The domain of HPKE's info and exports and of the signature. */
export const ENVELOPE_DOMAIN: Uint8Array = utf8('mwrasp-crypto/envelope/v1');

/** What the fixed part of a header says, unauthenticated. */
export interface EnvelopeHeader {
  /** Key id (JWK thumbprint, base64url) of the key that can open it. */
  readonly recipient: string;
  /** Key id of the key that signed it, when it is signed. */
  readonly sender?: string;
  /** Plaintext bytes a chunk, when the body is a stream. */
  readonly chunkSizeBytes?: number;
  /** Bytes before the body. */
  readonly headerBytes: number;
}

/** The parts of everything before the body; views of one buffer. */
export interface HeaderParts {
  /** Preamble to key ids. */
  readonly prefix: Uint8Array;
  readonly recipient: Uint8Array;
  readonly sender: Uint8Array | undefined;
  /** Log2 of the chunk size; undefined for a message. */
  readonly chunkLog2: number | undefined;
  readonly enc: Uint8Array;
  readonly commitment: Uint8Array;
  readonly signature: Uint8Array | undefined;
}

/**
 * Writes preamble to key ids.
 *
 * @param recipient - The recipient's key id, 32 bytes.
 * @param sender - The sender's, in signed mode.
 * @param chunkLog2 - Log2 of the chunk size, for a stream.
 */
export function writePrefix(
  recipient: Uint8Array,
  sender: Uint8Array | undefined,
  chunkLog2: number | undefined,
): Uint8Array {
  const out = new Uint8Array(SENDER_OFFSET + (sender?.length ?? 0));
  writePreamble(out, 'E');
  out[MODE_OFFSET] = sender === undefined ? MODE_BASE : MODE_SIGNED;
  out[FORM_OFFSET] = chunkLog2 ?? FORM_MESSAGE;
  out.set(SUITE, SUITE_OFFSET);
  out.set(recipient, RECIPIENT_OFFSET);
  if (sender !== undefined) out.set(sender, SENDER_OFFSET);
  return out;
}

/** Bytes that {@link headerLength} needs to see. */
export const HEADER_PEEK_BYTES: number = RECIPIENT_OFFSET;

/**
 * How many bytes come before the body; checks everything but the key ids on the way.
 *
 * @param argument - The argument's name, for the error.
 * @param head - At least {@link HEADER_PEEK_BYTES} of the envelope, if it is one.
 * @throws {@link InputError} `ERR_INPUT_FORMAT` when it is no envelope.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for another version or suite.
 */
export function headerLength(argument: string, head: Uint8Array): number {
  checkPreamble(argument, head, 'E');
  if (head.length < HEADER_PEEK_BYTES) {
    throw new InputError('ERR_INPUT_FORMAT', argument, 'a whole envelope header', `${head.length} bytes`);
  }
  for (let offset = 0; offset < SUITE.length; offset += 2) {
    if (readUint16(head, SUITE_OFFSET + offset) !== readUint16(SUITE, offset)) {
      throw new UnsupportedError(
        'ERR_UNSUPPORTED_VERSION',
        `${argument} has another HPKE suite; this release has ML-KEM-1024, HKDF-SHA512, AES-256-GCM`,
      );
    }
  }
  const mode = head[MODE_OFFSET] as number;
  if (mode !== MODE_BASE && mode !== MODE_SIGNED) {
    throw new InputError('ERR_INPUT_FORMAT', argument, 'an envelope of mode 0 or 1', `mode ${mode}`);
  }
  const form = head[FORM_OFFSET] as number;
  if (form !== FORM_MESSAGE && (form < MIN_CHUNK_LOG2 || form > MAX_CHUNK_LOG2)) {
    throw new InputError('ERR_INPUT_FORMAT', argument, 'an envelope of a known form', `form ${form}`);
  }
  const signedBytes = mode === MODE_SIGNED ? KEY_THUMBPRINT_BYTES + ML_DSA_87.signatureBytes : 0;
  return SENDER_OFFSET + ML_KEM_1024.ciphertextBytes + COMMITMENT_BYTES + signedBytes;
}

/**
 * Takes everything before the body apart.
 *
 * @param argument - The argument's name, for the error.
 * @param bytes - An envelope, or as much of it as comes before the body.
 * @throws {@link InputError} `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function readParts(argument: string, bytes: Uint8Array): HeaderParts {
  const length = headerLength(argument, bytes);
  if (bytes.length < length) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      argument,
      `a header of ${length} bytes`,
      `${bytes.length} bytes`,
    );
  }
  const signed = bytes[MODE_OFFSET] === MODE_SIGNED;
  const form = bytes[FORM_OFFSET] as number;
  const prefixBytes = SENDER_OFFSET + (signed ? KEY_THUMBPRINT_BYTES : 0);
  const encEnd = prefixBytes + ML_KEM_1024.ciphertextBytes;
  const commitmentEnd = encEnd + COMMITMENT_BYTES;
  return {
    prefix: bytes.subarray(0, prefixBytes),
    recipient: bytes.subarray(RECIPIENT_OFFSET, SENDER_OFFSET),
    sender: signed ? bytes.subarray(SENDER_OFFSET, prefixBytes) : undefined,
    chunkLog2: form === FORM_MESSAGE ? undefined : form,
    enc: bytes.subarray(prefixBytes, encEnd),
    commitment: bytes.subarray(encEnd, commitmentEnd),
    signature: signed ? bytes.subarray(commitmentEnd, length) : undefined,
  };
}

/**
 * Reads an envelope's header without opening anything: which key opens it, which key signed it. The answer is not
 * authenticated before the envelope opens.
 *
 * @param head - An envelope, or its first 6303 bytes.
 * @returns Key ids, form and length of the header.
 * @throws {@link InputError} `ERR_INPUT_TYPE`; `ERR_INPUT_FORMAT` when it is no envelope or not enough of it.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for another version or suite.
 * @example const key = keys.get(readHeader(bytes).recipient);
 */
export function readHeader(head: Uint8Array): EnvelopeHeader {
  checkBytes('head', head);
  const { recipient, sender, chunkLog2 } = readParts('head', head);
  return {
    recipient: toBase64Url(recipient),
    ...(sender === undefined ? {} : { sender: toBase64Url(sender) }),
    ...(chunkLog2 === undefined ? {} : { chunkSizeBytes: 2 ** chunkLog2 }),
    headerBytes: headerLength('head', head),
  };
}
