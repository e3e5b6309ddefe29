/**
 * Products in the transformed domain: the matrix A and other public or long-lived polynomials, by polynomials of the
 * operation under way.
 *
 * The factors have two forms, which need no multiplication of 32-bit lanes (see mldsa-field.ts):
 *
 * - *digits* of 0 ≤ a < q, one word a coefficient: a = d₀ + 2^8·d₁ with d₀ = a mod 2^12 in the lower half and
 *   d₁ = 2^4·⌊a/2^12⌋ in the upper one, so that both are non-negative, d₀ < 2^12 and d₁ ≤ 2^4·2046 = 32 736;
 * - *operand* of |y| < 27.1·q, two words: Y₀ = y and Y₁ = 2^8·y mod q, |Y₁| < 3.26·q, each cut in Yᵢ = 2^13·Hᵢ + Lᵢ with
 *   0 ≤ Lᵢ < 2^13, so |H₀| ≤ 27 725 and |H₁| ≤ 3 336. First (L₁, L₀), then (H₁, H₀), vector by vector.
 *
 * a·y ≡ d₀·Y₀ + d₁·Y₁ = 2^13·high + low. Sums of seven such products, and an eighth that is subtracted, fit in 32 bits:
 *
 *     −(4095 + 32 736)·8191 ≤ low ≤ 7·(4095 + 32 736)·8191 = 2 111 779 047 < 2^31,
 *     |high| ≤ 8·(4095·27 725 + 32 736·3336) < 1.79·10^9,
 *
 * and redc13 adds less than 2^24 to high: below 2^31. So there is one reduction a coefficient of the result, which lacks a
 * factor of 2^13; the inverse transform puts it back.
 */
import {
  canonical, fold23, loadFold13, loadHalf, loadLow13, loadLow23, multiply, redc13, storePrepared,
} from './mldsa-field';
import { MATRIX_TABLE } from './mldsa-memory';
import { POLY_BYTES } from './mldsa-params';

/** Bytes of an operand of 256 coefficients. */
export const OPERAND_BYTES: usize = 2048;

/** The prepared factor 2^8. */
const TWO_POWER_8: usize = MATRIX_TABLE;

/** Makes the table of this file; called once. */
export function makeMatrixTable(): void {
  storePrepared(256, TWO_POWER_8, TWO_POWER_8 + 4);
}

/** Makes an operand of a polynomial whose coefficients are below 27.1·q. */
export function toOperand(poly: usize, operand: usize): void {
  const half = loadHalf();
  const low13 = loadLow13();
  const fold13 = loadFold13();
  const factorLow = v128.load32_splat(TWO_POWER_8);
  const factorHigh = v128.load32_splat(TWO_POWER_8, 4);
  const lowMask = i16x8.splat(0x1fff);
  for (let end = poly + POLY_BYTES; poly < end; poly += 16, operand += 32) {
    const y0 = v128.load(poly);
    const y1 = multiply(y0, factorLow, factorHigh, half, low13, fold13);
    // Halves of words: y0 keeps the lower ones, y1 comes into the upper ones.
    const low = v128.shuffle<i16>(y0, i32x4.shl(y1, 16), 0, 9, 2, 11, 4, 13, 6, 15);
    v128.store(operand, v128.and(low, lowMask));
    const high = v128.shuffle<i16>(i32x4.shr_s(y0, 13), i32x4.shl(y1, 3), 0, 9, 2, 11, 4, 13, 6, 15);
    v128.store(operand, high, 16);
  }
}

/** Makes digits, in place, of a polynomial: |x| < 2^31 is first reduced to 0 ≤ x < q. */
export function toDigits(poly: usize): void {
  const low23 = loadLow23();
  const mask = i32x4.splat(0x7ff00fff);
  for (const end = poly + POLY_BYTES; poly < end; poly += 16) {
    const x = canonical(fold23(v128.load(poly), low23));
    const digits = v128.shuffle<i16>(x, i32x4.shl(x, 8), 0, 9, 2, 11, 4, 13, 6, 15);
    v128.store(poly, v128.and(digits, mask));
  }
}

/**
 * Sum of products: a row of the matrix by a vector of seven operands, less one product more if wanted; times 2^−13, as the
 * inverse transform takes it.
 */
// @ts-ignore: decorator
@inline
function sumOfProducts(row: usize, operands: usize, out: usize, less: bool, digits: usize, operand: usize): void {
  const low13 = loadLow13();
  const fold13 = loadFold13();
  const low23 = loadLow23();
  for (let end = out + POLY_BYTES; out < end; out += 16) {
    let a = v128.load(row);
    let low = i32x4.dot_i16x8_s(a, v128.load(operands));
    let high = i32x4.dot_i16x8_s(a, v128.load(operands, 16));
    a = v128.load(row, 1024);
    low = i32x4.add(low, i32x4.dot_i16x8_s(a, v128.load(operands, 2048)));
    high = i32x4.add(high, i32x4.dot_i16x8_s(a, v128.load(operands, 2064)));
    a = v128.load(row, 2048);
    low = i32x4.add(low, i32x4.dot_i16x8_s(a, v128.load(operands, 4096)));
    high = i32x4.add(high, i32x4.dot_i16x8_s(a, v128.load(operands, 4112)));
    a = v128.load(row, 3072);
    low = i32x4.add(low, i32x4.dot_i16x8_s(a, v128.load(operands, 6144)));
    high = i32x4.add(high, i32x4.dot_i16x8_s(a, v128.load(operands, 6160)));
    a = v128.load(row, 4096);
    low = i32x4.add(low, i32x4.dot_i16x8_s(a, v128.load(operands, 8192)));
    high = i32x4.add(high, i32x4.dot_i16x8_s(a, v128.load(operands, 8208)));
    a = v128.load(row, 5120);
    low = i32x4.add(low, i32x4.dot_i16x8_s(a, v128.load(operands, 10240)));
    high = i32x4.add(high, i32x4.dot_i16x8_s(a, v128.load(operands, 10256)));
    a = v128.load(row, 6144);
    low = i32x4.add(low, i32x4.dot_i16x8_s(a, v128.load(operands, 12288)));
    high = i32x4.add(high, i32x4.dot_i16x8_s(a, v128.load(operands, 12304)));
    if (less) {
      a = v128.load(digits);
      low = i32x4.sub(low, i32x4.dot_i16x8_s(a, v128.load(operand)));
      high = i32x4.sub(high, i32x4.dot_i16x8_s(a, v128.load(operand, 16)));
      digits += 16;
      operand += 32;
    }
    v128.store(out, fold23(redc13(low, high, low13, fold13), low23));
    row += 16;
    operands += 32;
  }
}

/** Σ aⱼ·yⱼ of a row of seven polynomials of digits and seven operands. */
export function multiplyRow(row: usize, operands: usize, out: usize): void {
  sumOfProducts(row, operands, out, false, 0, 0);
}

/** The same less the product of `digits` and `operand`. */
export function multiplyRowLess(row: usize, operands: usize, out: usize, digits: usize, operand: usize): void {
  sumOfProducts(row, operands, out, true, digits, operand);
}

/** The product of a polynomial of digits and an operand. */
export function multiplyOne(digits: usize, operand: usize, out: usize): void {
  const low13 = loadLow13();
  const fold13 = loadFold13();
  const low23 = loadLow23();
  for (let end = out + POLY_BYTES; out < end; out += 16) {
    const a = v128.load(digits);
    const low = i32x4.dot_i16x8_s(a, v128.load(operand));
    const high = i32x4.dot_i16x8_s(a, v128.load(operand, 16));
    v128.store(out, fold23(redc13(low, high, low13, fold13), low23));
    digits += 16;
    operand += 32;
  }
}
