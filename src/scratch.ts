/**
 * Memory for what is there for one operation only: it is used again and again, as making an array that native code may look at
 * takes longer than to seal a short message. Lent bytes belong to one borrower; they are wiped when they come back.
 *
 * @module
 */

/** What is lent from what is kept; longer arrays are made and let go. */
const SLAB_BYTES = 16_384;

/** More are not kept: as many operations as there usually are at once. */
const MAX_FREE = 16;

const free: ArrayBuffer[] = [];

/**
 * Lends bytes, of any content.
 *
 * @param length - How many.
 * @returns An array to be given to {@link giveBack} and not used after that. Native code may keep its address until then.
 */
export function borrow(length: number): Uint8Array<ArrayBuffer> {
  if (length > SLAB_BYTES) return new Uint8Array(new ArrayBuffer(length));
  return new Uint8Array(free.pop() ?? new ArrayBuffer(SLAB_BYTES), 0, length);
}

/** Wipes what was lent and takes it back. */
export function giveBack(bytes: Uint8Array<ArrayBuffer>): void {
  bytes.fill(0);
  const { buffer } = bytes;
  if (buffer.byteLength === SLAB_BYTES && free.length < MAX_FREE) free.push(buffer);
}
