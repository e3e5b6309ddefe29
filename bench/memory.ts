/**
 * How much memory a call allocates, as far as JavaScript sees it: objects on the heap, and array buffers beside it. What
 * native code allocates for itself, and what WebAssembly does inside its own memory, does not show.
 *
 * @module
 */
import { collector } from './garbage.ts';

/** Bytes that one call allocates. */
export interface Memory {
  readonly heapBytes: number;
  readonly bufferBytes: number;
}

/** Batches of several calls; a call that fills a batch alone is measured once. */
const BATCHES = 3;

/**
 * Measures what a call allocates. A collection in the middle of a batch hides a part of it, never adds to it: the largest
 * of some batches counts.
 *
 * @param run - Makes some calls, a batch.
 * @param calls - How many that are.
 */
export async function measureMemory(run: () => unknown, calls: number): Promise<Memory | null> {
  const gc = collector();
  if (gc === undefined) return null;
  let [heapBytes, bufferBytes] = [0, 0];
  for (let batch = 0; batch < (calls > 1 ? BATCHES : 1); batch++) {
    gc('major');
    const before = process.memoryUsage();
    await run();
    const after = process.memoryUsage();
    heapBytes = Math.max(heapBytes, (after.heapUsed - before.heapUsed) / calls);
    bufferBytes = Math.max(bufferBytes, (after.external - before.external) / calls);
  }
  return { heapBytes: Math.round(heapBytes), bufferBytes: Math.round(bufferBytes) };
}
