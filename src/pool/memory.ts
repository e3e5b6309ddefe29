/**
 * Shared memory for jobs, used again and again: getting a quarter of a megabyte from the system and giving it back takes the
 * main thread as long as filling it.
 *
 * @module
 */
/**
 * Where each part of a job begins, in bytes: engines copy to and from shared memory byte by byte, five times as slowly, when
 * only one of both sides is at the start of a word.
 */
const WORD_BYTES = 8;

/** So many bytes and what is left of their last word. */
export function wholeWords(sizeBytes: number): number {
  return Math.ceil(sizeBytes / WORD_BYTES) * WORD_BYTES;
}

/** Zeroes the beginning of a piece: by words, as filling shared memory takes as long for a byte as for a word. */
export function wipeShared(bytes: Uint8Array): void {
  new Float64Array(bytes.buffer, bytes.byteOffset, wholeWords(bytes.length) / WORD_BYTES).fill(0);
}

const PAGE_BYTES = 4096;

/** What is larger is not kept. */
const MAX_KEPT_BYTES = 2 ** 21;

/** Pieces of memory that are zero and belong to nobody. */
export class SharedMemory {
  readonly #free: Uint8Array[] = [];
  readonly #maxKept: number;

  /** @param maxKept - How many pieces are kept. */
  constructor(maxKept: number) {
    this.#maxKept = maxKept;
  }

  /**
   * A piece that is zero.
   *
   * @param sizeBytes - At least so many bytes.
   */
  take(sizeBytes: number): Uint8Array {
    // By size, so that a small job does not take what a large one needs.
    const size = Math.max(PAGE_BYTES, 2 ** Math.ceil(Math.log2(sizeBytes)));
    const index = this.#free.findIndex((piece) => piece.length === size);
    const [found] = index < 0 ? [] : this.#free.splice(index, 1);
    return found ?? new Uint8Array(new SharedArrayBuffer(size));
  }

  /**
   * Wipes a piece and takes it back.
   *
   * @param bytes - All of it that was written to; it begins where the piece begins.
   * @param isWiped - Whether somebody else did that already.
   */
  give(bytes: Uint8Array, isWiped = false): void {
    if (!isWiped) wipeShared(bytes);
    const piece = new Uint8Array(bytes.buffer);
    if (piece.length > MAX_KEPT_BYTES) return;
    this.#free.push(piece);
    // The oldest goes: those of the sizes in use come back.
    if (this.#free.length > this.#maxKept) this.#free.shift();
  }
}
