/**
 * The input of a job: byte strings one after the other in shared memory, each at the start of a word.
 *
 * @module
 */
import { type SharedMemory, wholeWords } from './memory.ts';

/** Takes byte strings in. */
export class BatchWriter {
  readonly #memory: SharedMemory;
  #bytes: Uint8Array;
  #used = 0;
  readonly #lengths: number[] = [];

  /**
   * @param memory - Where the bytes lie.
   * @param capacityBytes - Room to begin with.
   */
  constructor(memory: SharedMemory, capacityBytes: number) {
    this.#memory = memory;
    this.#bytes = memory.take(capacityBytes);
  }

  /** Bytes so far. */
  get sizeBytes(): number {
    return this.#used;
  }

  /** Copies a byte string in. */
  add(part: Uint8Array): void {
    this.#ensureRoom(wholeWords(part.length));
    this.#bytes.set(part, this.#used);
    this.#used += wholeWords(part.length);
    this.#lengths.push(part.length);
  }

  /** What was taken in; nothing may be added any more. The memory is the caller's to give back. */
  finish(): { readonly input: Uint8Array; readonly lengths: Uint32Array } {
    return { input: this.#bytes.subarray(0, this.#used), lengths: Uint32Array.from(this.#lengths) };
  }

  /** Wipes what was taken in. */
  dispose(): void {
    this.#memory.give(this.#bytes.subarray(0, this.#used));
  }

  #ensureRoom(more: number): void {
    if (this.#used + more <= this.#bytes.length) return;
    const larger = this.#memory.take(Math.max(this.#used + more, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#used));
    this.dispose();
    this.#bytes = larger;
  }
}

/** The byte strings of a batch again: views, not copies. */
export function partsOf(input: Uint8Array, lengths: Uint32Array): Uint8Array[] {
  let offset = 0;
  return Array.from(lengths, (length) => {
    const part = input.subarray(offset, offset + length);
    offset += wholeWords(length);
    return part;
  });
}
