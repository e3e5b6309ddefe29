/**
 * Sealing a message into fragments.
 *
 * @module
 */
import { allocate, allocateSecret, concat, randomFill, wipe } from '../bytes.ts';
import type { PreparedAeadKey } from '../engines/engine.ts';
import { drawNonce } from '../nonce.ts';
import { AES_256_GCM } from '../params.ts';
import type { EpochKey } from './chain.ts';
import type { Channel, Frame } from './channel.ts';
import { withCipher } from './cipher.ts';
import { encodeParity, splitSecret } from './codes.ts';
import {
  bytesPerPiece,
  headerBytes,
  NONCE_RANDOM_BYTES,
  OFFSET,
  SECRECY,
  SHARE_BYTES,
  type StreamField,
  writeHeader,
} from './format.ts';
import { InnerKey } from './inner.ts';

/** A message on its way into fragments. */
export interface Message {
  readonly data: Uint8Array;
  readonly content: number;
  readonly secrecy: number;
  readonly threshold: number;
  readonly total: number;
  readonly context: Uint8Array;
  readonly stream?: StreamField | undefined;
}

const NONCE = new Uint8Array(AES_256_GCM.nonceBytes);

/** 48 random bits, the 40-bit message number, 0 for the index: unique by its number, and still random in a clone. */
function fillNonce(number: number): void {
  drawNonce(NONCE);
  const low = number % 2 ** 32;
  NONCE[NONCE_RANDOM_BYTES] = Math.floor(number / 2 ** 32);
  NONCE[NONCE_RANDOM_BYTES + 1] = low >>> 24;
  NONCE[NONCE_RANDOM_BYTES + 2] = low >>> 16;
  NONCE[NONCE_RANDOM_BYTES + 3] = low >>> 8;
  NONCE[NONCE_RANDOM_BYTES + 4] = low;
  NONCE[AES_256_GCM.nonceBytes - 1] = 0;
}

/** The head of a message's fragments, in the buffer of its authenticated data. */
function writeHead(
  channel: Channel,
  epoch: number,
  commitment: Uint8Array,
  message: Message,
  secretCommitment: Uint8Array | undefined,
): Frame {
  const { secrecy, content, threshold, total, data, stream } = message;
  const frame = channel.frame(headerBytes(secrecy, content), message.context);
  const { id, ttlMs } = channel;
  writeHeader(frame.head, {
    secrecy,
    content,
    threshold,
    total,
    ttlMs,
    messageBytes: data.length,
    channel: id,
    epoch,
    nonce: NONCE,
    commitment,
    secretCommitment,
    stream,
  });
  return frame;
}

/** One fragment: the head as it stands with an index of its own, and the sealed piece. */
function sealPiece(
  cipher: PreparedAeadKey,
  { aad, head }: Frame,
  index: number,
  piece: Uint8Array,
): Uint8Array {
  const out = allocate(head.length + piece.length + AES_256_GCM.tagBytes);
  NONCE[AES_256_GCM.nonceBytes - 1] = index;
  aad[OFFSET.index] = index;
  out.set(head);
  cipher.seal(NONCE, aad, piece, out.subarray(head.length));
  return out;
}

/** Pieces of equal length: those of data, the last filled up with zeros, and those of parity. */
class Pieces implements Disposable {
  readonly #data: Uint8Array;
  readonly #threshold: number;
  readonly #pieceBytes: number;
  readonly #parity: Uint8Array;
  readonly #padded: Uint8Array;

  constructor(data: Uint8Array, threshold: number, total: number, pieceBytes: number) {
    this.#data = data;
    this.#threshold = threshold;
    this.#pieceBytes = pieceBytes;
    this.#parity = allocate((total - threshold) * pieceBytes);
    this.#padded = new Uint8Array(pieceBytes);
    if (this.#parity.length > 0) encodeParity(data, threshold, total, this.#parity);
  }

  /** Valid until the next call. */
  at(index: number): Uint8Array {
    const size = this.#pieceBytes;
    const parityAt = index - this.#threshold;
    if (parityAt >= 0) return this.#parity.subarray(parityAt * size, (parityAt + 1) * size);
    const piece = this.#data.subarray(index * size, (index + 1) * size);
    if (piece.length === size) return piece;
    this.#padded.fill(0);
    this.#padded.set(piece);
    return this.#padded;
  }

  [Symbol.dispose](): void {
    wipe(this.#parity, this.#padded);
  }
}

/** Every fragment of a message in the usual form: the pieces of the plaintext. */
function sealPlain(channel: Channel, key: EpochKey, message: Message): Uint8Array[] | undefined {
  const commitment = key.commitment();
  if (commitment === undefined) return undefined;
  const frame = writeHead(channel, key.epoch, commitment, message, undefined);
  if (message.total === 1) return withCipher(key, (cipher) => [sealPiece(cipher, frame, 0, message.data)]);
  return sealPieces(key, frame, message);
}

function sealPieces(key: EpochKey, frame: Frame, message: Message): Uint8Array[] | undefined {
  const { data, threshold, total } = message;
  using pieces = new Pieces(data, threshold, total, bytesPerPiece(SECRECY.epoch, data.length, threshold));
  return withCipher(key, (cipher) =>
    Array.from({ length: total }, (_, index) => sealPiece(cipher, frame, index, pieces.at(index))),
  );
}

/** The same in the threshold form: pieces of an inner ciphertext, each with a share of its secret. */
function sealThreshold(channel: Channel, key: EpochKey, message: Message): Uint8Array[] | undefined {
  const { threshold, total, data } = message;
  const commitment = key.commitment();
  if (commitment === undefined) return undefined;
  const secret = randomFill(allocateSecret(SHARE_BYTES));
  const shares = splitSecret(secret, threshold, total);
  const inner = InnerKey.derive(key, secret);
  wipe(secret);
  try {
    if (inner === undefined) return undefined;
    const frame = writeHead(channel, key.epoch, commitment, message, inner.commitment);
    const sealed = inner.seal(frame.aad, data);
    using pieces = new Pieces(
      sealed,
      threshold,
      total,
      bytesPerPiece(message.secrecy, data.length, threshold),
    );
    return withCipher(key, (cipher) =>
      shares.map(({ y }, index) => {
        const withShare = concat(pieces.at(index), y);
        const fragment = sealPiece(cipher, frame, index, withShare);
        wipe(withShare);
        return fragment;
      }),
    );
  } finally {
    inner?.wipe();
    for (const { y } of shares) wipe(y);
  }
}

/**
 * Seals a message into fragments.
 *
 * @param channel - The vault or session.
 * @param key - The keys of the present epoch.
 * @param number - Number of the message in its epoch, which nobody had before and nobody gets again.
 * @param message - What to seal; its numbers were checked.
 * @returns The fragments; undefined when the key's time came meanwhile.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` when the runtime has no generator or it fails.
 */
export function sealMessage(
  channel: Channel,
  key: EpochKey,
  number: number,
  message: Message,
): Uint8Array[] | undefined {
  fillNonce(number);
  const isPlain = message.secrecy === SECRECY.epoch;
  const fragments = isPlain ? sealPlain(channel, key, message) : sealThreshold(channel, key, message);
  return fragments !== undefined && key.isAlive() ? fragments : undefined;
}
