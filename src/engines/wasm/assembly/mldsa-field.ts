/**
 * Arithmetic modulo q = 8380417 of ML-DSA (FIPS 204 §2.4, table 1), four coefficients at a time.
 *
 * A product is made of 16-bit halves, by `i32x4.dot_i16x8_s`: one instruction of one cycle on x86, where a product of 32-bit
 * lanes takes several. One factor x is a plain signed number below 2^29; the other, c, is prepared as two words:
 *
 *     x  = 2^16·x₁ + x₀,                    −2^15 ≤ x₀ < 2^15
 *     C₀ = 2^13·c mod± q, C₁ = 2^29·c mod± q, so that x·c·2^13 ≡ x₀·C₀ + x₁·C₁
 *     Cᵢ = 2^13·Hᵢ + Lᵢ,                    −2^12 ≤ Lᵢ < 2^12, |Hᵢ| ≤ 2^9
 *
 * The words are `low` (L₁, L₀) and `high` (H₁, H₀). Then x·c·2^13 ≡ 2^13·high + low with high = x₀·H₀ + x₁·H₁ and
 * low = x₀·L₀ + x₁·L₁, and since 2^13·(−1023) = 1 − q, what is left of low below 2^13 is divided exactly:
 *
 *     low·2^−13 ≡ ⌊low/2^13⌋ − 1023·(low mod 2^13).
 *
 * No step depends on the values: no branch, no index, no division.
 */

/** The modulus, 2^23 − 2^13 + 1. */
export const Q: i32 = 8380417;

/** Constants that callers load into locals: engines build a vector constant anew at each use. */
export const CONSTANTS: usize = memory.data<i32>([
  0x8000, 0x8000, 0x8000, 0x8000, // HALF: the low half of a word as a signed number
  0x1fff, 0x1fff, 0x1fff, 0x1fff, // LOW13
  -1023, -1023, -1023, -1023, // FOLD13: 2^−13
  0x7fffff, 0x7fffff, 0x7fffff, 0x7fffff, // LOW23
], 16);

/** 2^15 in each lane. */
// @ts-ignore: decorator
@inline
export function loadHalf(): v128 {
  return v128.load(CONSTANTS);
}

/** 2^13 − 1 in each lane. */
// @ts-ignore: decorator
@inline
export function loadLow13(): v128 {
  return v128.load(CONSTANTS, 16);
}

/** −1023, which is 2^−13 modulo q, in each lane. */
// @ts-ignore: decorator
@inline
export function loadFold13(): v128 {
  return v128.load(CONSTANTS, 32);
}

/** 2^23 − 1 in each lane. */
// @ts-ignore: decorator
@inline
export function loadLow23(): v128 {
  return v128.load(CONSTANTS, 48);
}

/**
 * The product of a prepared factor and x, where `biased` is x + 2^15 in each lane.
 *
 * Adding 2^15 carries into x₁ what taking x₀ as a signed number borrows; the upper bit of the lower half is then turned
 * over to get x₀ itself.
 *
 * Bounds, with |x| < 2^28 and so |x₁| ≤ 2^12: |high| ≤ 2^9·(2^15 + 2^12) = 18 874 368, |low| ≤ 2^12·(2^15 + 2^12), and
 *
 *     −3.26·q < −18 874 368 − 18 432 − 1023·8191 ≤ result ≤ 18 874 368 + 18 432 < 2.26·q.
 *
 * With |x| < 2^29 it is −3.51·q < result < 2.51·q in the same way.
 */
// @ts-ignore: decorator
@inline
export function multiplyBiased(
  biased: v128, low: v128, high: v128, half: v128, low13: v128, fold13: v128,
): v128 {
  const x = v128.xor(biased, half);
  return redc13(i32x4.dot_i16x8_s(x, low), i32x4.dot_i16x8_s(x, high), low13, fold13);
}

/** The same of x itself. */
// @ts-ignore: decorator
@inline
export function multiply(x: v128, low: v128, high: v128, half: v128, low13: v128, fold13: v128): v128 {
  return multiplyBiased(i32x4.add(x, half), low, high, half, low13, fold13);
}

/** high + low·2^−13 modulo q, for any low: between high − 2^18 − 1023·8191 and high + 2^18. */
// @ts-ignore: decorator
@inline
export function redc13(low: v128, high: v128, low13: v128, fold13: v128): v128 {
  return i32x4.add(
    i32x4.add(high, i32x4.shr_s(low, 13)),
    i32x4.dot_i16x8_s(v128.and(low, low13), fold13),
  );
}

/** x modulo q for any x, between −2^21 and 2^23 + 2^21: 2^23 ≡ 2^13 − 1, so ⌊x/2^23⌋ counts 2^13 − 1 times. */
// @ts-ignore: decorator
@inline
export function fold23(x: v128, low23: v128): v128 {
  const upper = i32x4.shr_s(x, 23);
  const lower = v128.and(x, low23);
  return i32x4.add(lower, i32x4.sub(i32x4.shl(upper, 13), upper));
}

/** The representative 0 ≤ r < q of x, for −q ≤ x < 2q. */
// @ts-ignore: decorator
@inline
export function canonical(x: v128): v128 {
  const q = i32x4.splat(Q);
  // Now −q ≤ r < q, then 0 ≤ r < q: an arithmetic shift spreads the sign.
  const r = i32x4.sub(x, v128.and(q, i32x4.ge_s(x, q)));
  return i32x4.add(r, v128.and(q, i32x4.shr_s(r, 31)));
}

/** x mod± q, of a public number. */
function centered(x: i64): i32 {
  const r = <i32>(x % Q);
  return r > Q / 2 ? r - Q : r;
}

/** Writes the words `low` and `high` of a public factor. */
export function storePrepared(factor: i64, low: usize, high: usize): void {
  const c0 = centered(factor << 13);
  const c1 = centered(((factor << 29) % Q));
  const l0 = (c0 << 19) >> 19;
  const l1 = (c1 << 19) >> 19;
  store<u32>(low, (l0 & 0xffff) | (l1 << 16));
  store<u32>(high, (((c0 - l0) >> 13) & 0xffff) | (((c1 - l1) >> 13) << 16));
}
