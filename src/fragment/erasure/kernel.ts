/**
 * The arithmetic of the code: a matrix times blocks of pieces, in a memory of its own. All kernels give the same bytes.
 *
 * @module
 */

/** Bytes that may hold a matrix: 127 rows of 128 are the most that a code of 255 pieces has. */
export const COEFFICIENT_BYTES = 16_384;
/** Blocks begin at a multiple of this. */
export const BLOCK_ALIGNMENT = 64;

/** A memory and what multiplies in it. One call uses it at a time, and leaves its blocks zeroed. */
export interface Kernel {
  readonly name: 'wasm' | 'portable';
  /** Where the caller puts the matrix, row by row: {@link COEFFICIENT_BYTES}. It is public. */
  readonly coefficients: Uint8Array;
  /** Where the caller puts a block of each input, and finds one of each output behind them. */
  readonly blocks: Uint8Array;
  /**
   * Multiplies the matrix with the blocks.
   *
   * @param inputs - How many blocks go in, at least 1.
   * @param outputs - How many come out.
   * @param stride - Bytes from the beginning of one block to that of the next, a multiple of {@link BLOCK_ALIGNMENT}.
   * @param length - How many bytes of each block count, at most `stride`; what an output has behind them means nothing.
   */
  multiply(inputs: number, outputs: number, stride: number, length: number): void;
}
