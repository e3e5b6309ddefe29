/**
 * What instrumented sources count while an input runs: one byte a block of code, and the bytes they allocate.
 *
 * @module
 */

/** Most blocks that can be told apart; the sources have a quarter of that. */
export const MAX_BLOCKS = 2 ** 15;

/** Bytes that typed arrays were made with since {@link resetCounters}. */
let allocatedBytes = 0;

/** How often each block was entered, modulo 256. */
export const hits: Uint8Array = new Uint8Array(MAX_BLOCKS);

/** The names under which instrumented sources find these. */
export const HITS_NAME = '__mwraspFuzzHits';
export const ALLOCATE_NAME = '__mwraspFuzzAllocate';

Object.assign(globalThis, {
  [HITS_NAME]: hits,
  [ALLOCATE_NAME]: (wanted: unknown) => {
    if (typeof wanted === 'number') allocatedBytes += wanted;
    return wanted;
  },
});

/** Sets every counter to zero. */
export function resetCounters(blocks: number): void {
  hits.fill(0, 0, blocks);
  allocatedBytes = 0;
}

/** Bytes that were allocated since the last reset, as far as instrumented sources asked for them. */
export function allocated(): number {
  return allocatedBytes;
}

/** The bit of how often a block was entered: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more. */
const BUCKET = Uint8Array.from({ length: 256 }, (_, count) => {
  if (count < 4) return count === 0 ? 0 : 1 << (count - 1);
  if (count < 8) return 8;
  if (count < 16) return 16;
  if (count < 32) return 32;
  return count < 128 ? 64 : 128;
});

/** What was seen of the blocks so far. */
export class Coverage {
  readonly #seen = new Uint8Array(MAX_BLOCKS);
  readonly #words = new Uint32Array(hits.buffer);

  /** Whether the counters show a block, or a number of times, that was not there before; remembers it. */
  learn(blocks: number): boolean {
    let isNew = false;
    for (let word = 0; word < Math.ceil(blocks / 4); word++) {
      if (this.#words[word] === 0) continue;
      for (let i = 4 * word; i < 4 * word + 4; i++) {
        const bit = BUCKET[hits[i] as number] as number;
        if ((bit & ~(this.#seen[i] as number)) === 0) continue;
        this.#seen[i] = (this.#seen[i] as number) | bit;
        isNew = true;
      }
    }
    return isNew;
  }

  /** How many blocks were entered at least once. */
  get blocks(): number {
    return this.#seen.reduce((sum, bits) => sum + (bits === 0 ? 0 : 1), 0);
  }
}
