/**
 * Messages on a stream of bytes: the length in four bytes, big-endian, then the message.
 *
 * @module
 */
import { readUint32, uintBytes } from '../../bytes.ts';
import { TransportError } from '../../errors.ts';

/** Bytes before each message. */
export const FRAME_HEADER_BYTES = 4;

/** Room for a message at first; it grows with what has arrived, so that a length alone costs nothing. */
const FIRST_ROOM_BYTES = 2 ** 16;

/** A message as it goes out, in one new array. */
export function writeFrame(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + message.length);
  frame.set(uintBytes(message.length, 4));
  frame.set(message, FRAME_HEADER_BYTES);
  return frame;
}

/** Finds the messages in pieces of a stream, however it was cut. */
export class FrameReader {
  readonly #maxMessageBytes: number;
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #length = 0;
  #room: Uint8Array = new Uint8Array(0);
  #filled = 0;

  /** @param maxMessageBytes - Longer messages are refused at their length. */
  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Whether the stream would end in the middle of a message. */
  get isInside(): boolean {
    return this.#headerBytes > 0;
  }

  /**
   * Reads on.
   *
   * @param piece - What came, which is copied.
   * @param take - Gets each message as soon as it is whole; returns whether to read on.
   * @throws {@link TransportError} `ERR_TRANSPORT_FRAME` for a length beyond the maximum: what follows cannot be read.
   */
  read(piece: Uint8Array, take: (message: Uint8Array) => boolean): void {
    for (let offset = 0; offset < piece.length; ) {
      offset = this.#isHeaderWhole ? this.#readBody(piece, offset) : this.#readHeader(piece, offset);
      if (this.#isHeaderWhole && this.#filled === this.#length && !take(this.#message())) return;
    }
  }

  get #isHeaderWhole(): boolean {
    return this.#headerBytes === FRAME_HEADER_BYTES;
  }

  #readHeader(piece: Uint8Array, offset: number): number {
    const part = piece.subarray(offset, offset + FRAME_HEADER_BYTES - this.#headerBytes);
    this.#header.set(part, this.#headerBytes);
    this.#headerBytes += part.length;
    if (this.#isHeaderWhole) {
      this.#length = readUint32(this.#header, 0);
      if (this.#length > this.#maxMessageBytes) {
        throw new TransportError(
          'ERR_TRANSPORT_FRAME',
          `the other end announced a message of ${this.#length} bytes, and ${this.#maxMessageBytes} are allowed`,
        );
      }
      this.#room = new Uint8Array(Math.min(this.#length, FIRST_ROOM_BYTES));
    }
    return offset + part.length;
  }

  #readBody(piece: Uint8Array, offset: number): number {
    const part = piece.subarray(offset, offset + this.#length - this.#filled);
    const needed = this.#filled + part.length;
    if (needed > this.#room.length) {
      const larger = new Uint8Array(Math.min(this.#length, Math.max(needed, 2 * this.#room.length)));
      larger.set(this.#room.subarray(0, this.#filled));
      this.#room = larger;
    }
    this.#room.set(part, this.#filled);
    this.#filled = needed;
    return offset + part.length;
  }

  #message(): Uint8Array {
    const message = this.#room;
    this.#room = new Uint8Array(0);
    this.#headerBytes = 0;
    this.#filled = 0;
    return message;
  }
}
