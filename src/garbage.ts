/**
 * Has the memory of a stream's dead pieces freed while there is little of it.
 *
 * The bytes of an array of 64 KiB lie outside V8's heap and are freed when its young generation is collected, which happens
 * when that is full. A piece leaves a few hundred bytes in it, so tens of megabytes of dead pieces, the source's own among
 * them, would wait for a collection: over 100 MiB at worst, without a byte of it in use. Nothing but filling the young
 * generation makes V8 collect it; that takes an eighth of a millisecond, and the memory that comes back is still in the
 * cache, so that streams are no slower.
 *
 * @module
 */
import type * as NodeV8 from 'node:v8';
import { builtinModule } from './runtime.ts';

type V8 = Pick<typeof NodeV8, 'getHeapSpaceStatistics'>;

/**
 * Bytes of one stream from one collection to the next. Less is not better: what every collection finds alive adds up, and
 * makes V8 double the young generation.
 */
const COLLECT_EVERY_BYTES = 4 * 2 ** 20;

/** The same of all streams: two that are piped together need not collect twice as often. */
const COLLECT_EVERY_BYTES_OF_ALL = 2 * COLLECT_EVERY_BYTES;

/** Where the young generation was made larger than by default, memory matters less than the time to fill it. */
const MAX_FILL_BYTES = 8 * 2 ** 20;

const POINTER_BYTES = 8;

/** What fills the heap: copied, since an array that is only made and dropped is one that the compiler leaves out. */
const FILLER: readonly number[] = /* @__PURE__ */ Array.from({ length: 512 }, () => 0);
const FILLER_BYTES = FILLER.length * POINTER_BYTES;

/** Bytes until the young generation is full; 0 where nobody can tell. */
function youngBytesLeft(): number {
  try {
    const spaces = builtinModule<V8>('node:v8')?.getHeapSpaceStatistics();
    return spaces?.find((space) => space.space_name === 'new_space')?.space_available_size ?? 0;
  } catch {
    // A runtime on another engine may have the module and not the function.
    return 0;
  }
}

/** Collections so far, and the bytes of all streams since the last one. */
let collections = 0;
let allBytes = 0;

function collectYoung(): void {
  collections++;
  allBytes = 0;
  const fillBytes = Math.min(youngBytesLeft(), MAX_FILL_BYTES);
  for (let filled = 0; filled < fillBytes; filled += FILLER_BYTES) FILLER.slice();
}

/** Counts the bytes of one stream. Without effect on runtimes that do not run on V8 or do not show its heap. */
export class GarbageCount {
  #bytes = 0;
  #collections = collections;

  /**
   * Has the young generation collected when enough went through this stream, or through all of them, since it was last.
   *
   * @param bytes - How many bytes went through this stream.
   */
  add(bytes: number): void {
    if (this.#collections !== collections) {
      this.#collections = collections;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
    allBytes += bytes;
    if (this.#bytes >= COLLECT_EVERY_BYTES || allBytes >= COLLECT_EVERY_BYTES_OF_ALL) collectYoung();
  }
}
