/**
 * Pieces of any length through the memory of a kernel, a block of each at a time.
 *
 * @module
 */
import { BLOCK_ALIGNMENT, type Kernel } from './kernel.ts';
import type { Matrix } from './matrix.ts';

/**
 * How far the blocks of the pieces lie apart: as much as the memory has room for, and no more than the pieces need.
 *
 * @param roomBytes - What the memory has for blocks.
 * @param pieces - How many pieces share it.
 * @param length - Bytes of a piece, 1 or more.
 */
export function strideOf(roomBytes: number, pieces: number, length: number): number {
  const whole = Math.ceil(length / BLOCK_ALIGNMENT);
  const most = Math.floor(roomBytes / pieces / BLOCK_ALIGNMENT);
  // An odd number of cache lines, so that what the pieces have at one place is not all in one set of the cache.
  return (whole <= most ? whole : most - 1 + (most % 2)) * BLOCK_ALIGNMENT;
}

/** Puts a part of a piece into a block, and zeros behind its end. */
function fill(blocks: Uint8Array, to: number, piece: Uint8Array, at: number, length: number): void {
  const end = Math.min(at + length, piece.length);
  const taken = Math.max(end - at, 0);
  if (taken > 0) blocks.set(taken === piece.length ? piece : piece.subarray(at, end), to);
  if (taken < length) blocks.fill(0, to + taken, to + length);
}

/**
 * Multiplies a matrix with pieces. Whatever happens, nothing of them stays in the kernel's memory.
 *
 * @param kernel - Whose memory and arithmetic to use.
 * @param matrix - Public.
 * @param inputs - As many pieces as the matrix has columns; one that is shorter than `length` counts as filled up
 *   with zeros.
 * @param outputs - As many as it has rows, filled as far as each reaches, at most `length`. They may lie in one
 *   buffer with the inputs, beside them.
 * @param length - Bytes of a piece.
 */
export function multiply(
  kernel: Kernel,
  matrix: Matrix,
  inputs: readonly Uint8Array[],
  outputs: readonly Uint8Array[],
  length: number,
): void {
  if (length === 0 || outputs.length === 0) return;
  const { blocks } = kernel;
  const pieces = inputs.length + outputs.length;
  const stride = strideOf(blocks.length, pieces, length);
  kernel.coefficients.set(matrix.coefficients);
  try {
    for (let at = 0; at < length; at += stride) {
      const part = Math.min(stride, length - at);
      for (let j = 0; j < inputs.length; j++) fill(blocks, j * stride, inputs[j] as Uint8Array, at, part);
      kernel.multiply(inputs.length, outputs.length, stride, part);
      for (let row = 0; row < outputs.length; row++) {
        const output = outputs[row] as Uint8Array;
        const from = (inputs.length + row) * stride;
        const wanted = Math.min(part, output.length - at);
        if (wanted > 0) output.set(blocks.subarray(from, from + wanted), at);
      }
    }
  } finally {
    blocks.fill(0, 0, pieces * stride);
  }
}
