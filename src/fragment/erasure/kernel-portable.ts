/**
 * The kernel of plain JavaScript: four bytes at a time, without tables, in a time that does not depend on the data.
 *
 * @module
 */
import { timesX } from './field.ts';
import { COEFFICIENT_BYTES, type Kernel } from './kernel.ts';

/** Small, so that it stays in the fast caches; 64 bytes are left for each of 255 pieces. */
const BLOCKS_BYTES = 65_536;

/** The lowest bit of each of the four bytes of a word. */
const BITS = 0x01010101;

/**
 * Adds the products of a coefficient with some words to other words. A byte times c is the sum of c · x^i over the
 * bits i that are set in the byte; with one bit of each byte in place, one multiplication by the byte c · x^i puts it
 * where a bit is set, and carries nothing over. Neither the order of the bytes in a word matters nor its sign.
 */
function addProducts(words: Int32Array, to: number, from: number, count: number, c0: number): void {
  const c1 = timesX(c0);
  const c2 = timesX(c1);
  const c3 = timesX(c2);
  const c4 = timesX(c3);
  const c5 = timesX(c4);
  const c6 = timesX(c5);
  const c7 = timesX(c6);
  for (let i = 0; i < count; i++) {
    const word = words[from + i] as number;
    const sum =
      Math.imul(word & BITS, c0) ^
      Math.imul((word >>> 1) & BITS, c1) ^
      Math.imul((word >>> 2) & BITS, c2) ^
      Math.imul((word >>> 3) & BITS, c3) ^
      Math.imul((word >>> 4) & BITS, c4) ^
      Math.imul((word >>> 5) & BITS, c5) ^
      Math.imul((word >>> 6) & BITS, c6) ^
      Math.imul((word >>> 7) & BITS, c7);
    words[to + i] = (words[to + i] as number) ^ sum;
  }
}

/** A new kernel. */
export function portableKernel(): Kernel {
  const coefficients = new Uint8Array(COEFFICIENT_BYTES);
  const blocks = new Uint8Array(BLOCKS_BYTES);
  const words = new Int32Array(blocks.buffer);
  return {
    name: 'portable',
    coefficients,
    blocks,
    multiply(inputs, outputs, stride, length) {
      const count = Math.ceil(length / 4);
      for (let row = 0; row < outputs; row++) {
        const to = ((inputs + row) * stride) / 4;
        words.fill(0, to, to + count);
        for (let j = 0; j < inputs; j++) {
          addProducts(words, to, (j * stride) / 4, count, coefficients[row * inputs + j] as number);
        }
      }
    },
  };
}
