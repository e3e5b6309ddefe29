/**
 * Products of a matrix with pieces of data over GF(2^8), 16 bytes at a time.
 *
 * A product with a constant is two table look-ups, one for each half of a byte, and `i8x16.swizzle` looks 16 bytes up
 * at once in a table of 16 that lies in a register: the time of no instruction depends on the data, which may be
 * plaintext. The coefficients are public.
 *
 *     0x00000  8 KiB     for each coefficient c: its products with 0, 1 … 15, and with 0, 16 … 240
 *     0x02000  16 KiB    the matrix, row by row; 127 · 128 is the most that a code of 255 pieces has
 *     0x08000            blocks of the pieces that go in, then of those that come out; the caller zeroes them
 */

/** x^8 + x^4 + x^3 + x^2 + 1, the polynomial of the field. */
const POLYNOMIAL: u32 = 0x11d;

const TABLES: usize = 0;
/** Bytes of the two tables of a coefficient. */
const TABLE_BYTES: usize = 32;

/** Where the matrix lies. */
export const COEFFICIENTS: usize = 0x2000;
/** Where the blocks lie, up to the end of the memory. */
export const BLOCKS: usize = 0x8000;

/** The product of two elements of the field, below 256 both. */
function product(a: u32, b: u32): u32 {
  let sum: u32 = 0;
  for (let bit = 7; bit >= 0; bit--) {
    sum = (sum << 1) ^ ((sum >> 7) * POLYNOMIAL);
    sum ^= ((b >> bit) & 1) * a;
  }
  return sum;
}

/** Fills the tables; before the first product, once. */
export function start(): void {
  let at = TABLES;
  for (let c: u32 = 0; c < 256; c++, at += TABLE_BYTES) {
    for (let half: u32 = 0; half < 16; half++) {
      store<u8>(at + half, product(c, half));
      store<u8>(at + half, product(c, half << 4), 16);
    }
  }
}

/** Where the tables of the coefficient at `at` lie. */
// @ts-ignore: decorator
@inline
function tablesOf(at: usize): usize {
  return TABLES + <usize>load<u8>(at) * TABLE_BYTES;
}

/** Sixteen products, from the lower and the upper halves of the bytes. */
// @ts-ignore: decorator
@inline
function products(lowTable: v128, highTable: v128, low: v128, high: v128): v128 {
  return v128.xor(i8x16.swizzle(lowTable, low), i8x16.swizzle(highTable, high));
}

/** Two rows of the matrix: each byte is taken apart once for both. */
// @ts-ignore: decorator
@inline
function pair(rowA: usize, rowB: usize, inputs: usize, stride: usize, length: usize, out: usize): void {
  for (let at: usize = 0; at < length; at += 32) {
    let a0 = i8x16.splat(0);
    let a1 = i8x16.splat(0);
    let b0 = i8x16.splat(0);
    let b1 = i8x16.splat(0);
    let input = BLOCKS + at;
    for (let j: usize = 0; j < inputs; j++, input += stride) {
      const tableA = tablesOf(rowA + j);
      const tableB = tablesOf(rowB + j);
      const lowA = v128.load(tableA);
      const highA = v128.load(tableA, 16);
      const lowB = v128.load(tableB);
      const highB = v128.load(tableB, 16);
      const x0 = v128.load(input);
      const x1 = v128.load(input, 16);
      const low0 = v128.and(x0, i8x16.splat(15));
      const high0 = i8x16.shr_u(x0, 4);
      const low1 = v128.and(x1, i8x16.splat(15));
      const high1 = i8x16.shr_u(x1, 4);
      a0 = v128.xor(a0, products(lowA, highA, low0, high0));
      a1 = v128.xor(a1, products(lowA, highA, low1, high1));
      b0 = v128.xor(b0, products(lowB, highB, low0, high0));
      b1 = v128.xor(b1, products(lowB, highB, low1, high1));
    }
    v128.store(out + at, a0);
    v128.store(out + at, a1, 16);
    v128.store(out + stride + at, b0);
    v128.store(out + stride + at, b1, 16);
  }
}

/** One row. */
// @ts-ignore: decorator
@inline
function single(row: usize, inputs: usize, stride: usize, length: usize, out: usize): void {
  for (let at: usize = 0; at < length; at += 64) {
    let sum0 = i8x16.splat(0);
    let sum1 = i8x16.splat(0);
    let sum2 = i8x16.splat(0);
    let sum3 = i8x16.splat(0);
    let input = BLOCKS + at;
    for (let j: usize = 0; j < inputs; j++, input += stride) {
      const table = tablesOf(row + j);
      const low = v128.load(table);
      const high = v128.load(table, 16);
      const x0 = v128.load(input);
      const x1 = v128.load(input, 16);
      const x2 = v128.load(input, 32);
      const x3 = v128.load(input, 48);
      sum0 = v128.xor(sum0, products(low, high, v128.and(x0, i8x16.splat(15)), i8x16.shr_u(x0, 4)));
      sum1 = v128.xor(sum1, products(low, high, v128.and(x1, i8x16.splat(15)), i8x16.shr_u(x1, 4)));
      sum2 = v128.xor(sum2, products(low, high, v128.and(x2, i8x16.splat(15)), i8x16.shr_u(x2, 4)));
      sum3 = v128.xor(sum3, products(low, high, v128.and(x3, i8x16.splat(15)), i8x16.shr_u(x3, 4)));
    }
    v128.store(out + at, sum0);
    v128.store(out + at, sum1, 16);
    v128.store(out + at, sum2, 32);
    v128.store(out + at, sum3, 48);
  }
}

/**
 * Multiplies the matrix with the first `inputs` blocks into the `outputs` blocks behind them.
 *
 * @param inputs - Columns of the matrix, at least 1.
 * @param outputs - Rows of the matrix.
 * @param stride - Bytes from one block to the next, a multiple of 64; all blocks lie inside the memory.
 * @param length - How many bytes of each block count, at most `stride`; up to the next multiple of 64 what stands
 *   behind them is multiplied too.
 */
export function multiply(inputs: usize, outputs: usize, stride: usize, length: usize): void {
  let row = COEFFICIENTS;
  let out = BLOCKS + inputs * stride;
  for (; outputs >= 2; outputs -= 2) {
    pair(row, row + inputs, inputs, stride, length, out);
    row += 2 * inputs;
    out += 2 * stride;
  }
  if (outputs == 1) single(row, inputs, stride, length, out);
}
