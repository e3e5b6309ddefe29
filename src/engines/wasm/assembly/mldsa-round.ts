/**
 * Rounding (FIPS 204 §7.4): Power2Round, Decompose, hints; and the norms. Four coefficients at a time, without a division
 * and without a branch.
 *
 * HighBits counts in 2·γ2 = 523 776 = 2^9·1023. For 0 ≤ r < q let u = ⌊(r + γ2 − 1)/2^9⌋ ≤ 16 879; then
 *
 *     ⌊(r + γ2 − 1)/(2·γ2)⌋ = ⌊u/1023⌋ = ⌊(u + 1)·1025/2^20⌋.
 *
 * Write u = 1023·k + s, 0 ≤ s ≤ 1022, k ≤ 16. As 1023·1025 = 2^20 − 1, the product is k·2^20 + (s + 1)·1025 − k, where
 * 0 < 1025 − 16 ≤ (s + 1)·1025 − k ≤ 2^20 − 1. This k is r₁, and r₀ = r − k·2·γ2 lies in −γ2 < r₀ ≤ γ2; k = 16 is the border
 * case r − r₀ = q − 1 of algorithm 36, where r₁ becomes 0 and r₀ one less.
 */
import { canonical, fold23, loadLow23, Q } from './mldsa-field';
import { BETA, D, GAMMA1, GAMMA2, POLY_BYTES, W1_PACKED_BYTES } from './mldsa-params';

/** HighBits of 0 ≤ r < q before the border case: 0 to 16. */
// @ts-ignore: decorator
@inline
export function highBits(r: v128): v128 {
  // ⌊(r + γ2 − 1 + 2^9)/2^9⌋ = u + 1 < 2^15: as halves of words, (u + 1, 0).
  const u = i32x4.shr_s(i32x4.add(r, i32x4.splat(GAMMA2 - 1 + 512)), 9);
  return i32x4.shr_s(i32x4.dot_i16x8_s(u, i32x4.splat(1025)), 20);
}

/** r₀ of algorithm 36 (Decompose), where `k` is {@link highBits} of r. */
// @ts-ignore: decorator
@inline
export function lowBits(r: v128, k: v128): v128 {
  // k·2·γ2 = k·2^19 − k·2^9; and one less in the border case, where the bit of 16 is set.
  const multiple = i32x4.sub(i32x4.shl(k, 19), i32x4.shl(k, 9));
  return i32x4.sub(i32x4.sub(r, multiple), i32x4.shr_s(k, 4));
}

/** Sixteen words from 0 to 127 as bytes. */
// @ts-ignore: decorator
@inline
function narrow(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/** Packs sixteen numbers of four bits (algorithm 28, w1Encode): 8 bytes. */
// @ts-ignore: decorator
@inline
function storeNibbles(to: usize, bytes: v128): void {
  const pairs = v128.and(v128.or(bytes, i16x8.shr_u(bytes, 4)), i16x8.splat(0xff));
  v128.store64_lane(to, i8x16.narrow_i16x8_u(pairs, pairs), 0);
}

/** What comes out of the inverse transform, |x| < 3.3·q, as 0 ≤ r < q. */
// @ts-ignore: decorator
@inline
function reduced(at: usize, low23: v128): v128 {
  return canonical(fold23(v128.load(at), low23));
}

/**
 * Algorithm 36 (Decompose) of w in signing: w0 takes the place of w.
 *
 * @param poly - A row of w, |x| < 3.3·q.
 * @param w1 - The high bits, a byte each.
 * @param packed - The high bits packed, 128 bytes.
 */
export function decompose(poly: usize, w1: usize, packed: usize): void {
  const low23 = loadLow23();
  for (const end = packed + W1_PACKED_BYTES; packed < end; packed += 8, poly += 64, w1 += 16) {
    const r0 = reduced(poly, low23);
    const r1 = reduced(poly + 16, low23);
    const r2 = reduced(poly + 32, low23);
    const r3 = reduced(poly + 48, low23);
    const k0 = highBits(r0);
    const k1 = highBits(r1);
    const k2 = highBits(r2);
    const k3 = highBits(r3);
    v128.store(poly, lowBits(r0, k0));
    v128.store(poly, lowBits(r1, k1), 16);
    v128.store(poly, lowBits(r2, k2), 32);
    v128.store(poly, lowBits(r3, k3), 48);
    const bytes = v128.and(narrow(k0, k1, k2, k3), i8x16.splat(15));
    v128.store(w1, bytes);
    storeNibbles(packed, bytes);
  }
}

/**
 * Algorithm 40 (UseHint) of a row of w′ in verifying, and algorithm 28 of the result: all is public.
 *
 * @param poly - A row of w′, |x| < 3.3·q.
 * @param hints - A byte each: 0xff for a hint, otherwise 0.
 * @param packed - 128 bytes.
 */
export function useHints(poly: usize, hints: usize, packed: usize): void {
  const low23 = loadLow23();
  const zero = i32x4.splat(0);
  for (const end = packed + W1_PACKED_BYTES; packed < end; packed += 8, poly += 64, hints += 16) {
    const r0 = reduced(poly, low23);
    const r1 = reduced(poly + 16, low23);
    const r2 = reduced(poly + 32, low23);
    const r3 = reduced(poly + 48, low23);
    const k0 = highBits(r0);
    const k1 = highBits(r1);
    const k2 = highBits(r2);
    const k3 = highBits(r3);
    // −1 where r₀ > 0; steps of +1 there and −1 elsewhere.
    const positive = narrow(
      i32x4.gt_s(lowBits(r0, k0), zero), i32x4.gt_s(lowBits(r1, k1), zero),
      i32x4.gt_s(lowBits(r2, k2), zero), i32x4.gt_s(lowBits(r3, k3), zero),
    );
    const step = i8x16.sub(i8x16.splat(-1), i8x16.add(positive, positive));
    const moved = i8x16.add(narrow(k0, k1, k2, k3), v128.and(step, v128.load(hints)));
    storeNibbles(packed, v128.and(moved, i8x16.splat(15)));
  }
}

/** Whether a coefficient, whose absolute values were collected in `largest`, reaches `bound`. */
// @ts-ignore: decorator
@inline
function reaches(largest: v128, bound: i32): bool {
  return v128.any_true(i32x4.ge_s(largest, i32x4.splat(bound)));
}

/** Whether ‖z‖∞ ≥ γ1 − β of an unpacked polynomial (algorithm 8, step 13). */
export function isLong(poly: usize): bool {
  let largest = i32x4.splat(0);
  for (const end = poly + POLY_BYTES; poly < end; poly += 16) {
    largest = i32x4.max_s(largest, i32x4.abs(v128.load(poly)));
  }
  return reaches(largest, GAMMA1 - BETA);
}

/**
 * z = y + c·s1 in place of y (algorithm 7, steps 18 and 20).
 *
 * All coefficients are made and compared before the answer, which is public: whether the attempt goes on.
 *
 * @param poly - A polynomial of y.
 * @param product - c·s1, 256 halves of words.
 * @returns Whether ‖z‖∞ ≥ γ1 − β.
 */
export function addProduct(poly: usize, product: usize): bool {
  let largest = i32x4.splat(0);
  for (const end = poly + POLY_BYTES; poly < end; poly += 32, product += 16) {
    const eight = v128.load(product);
    const a = i32x4.add(v128.load(poly), i32x4.extend_low_i16x8_s(eight));
    const b = i32x4.add(v128.load(poly, 16), i32x4.extend_high_i16x8_s(eight));
    v128.store(poly, a);
    v128.store(poly, b, 16);
    largest = i32x4.max_s(largest, i32x4.max_s(i32x4.abs(a), i32x4.abs(b)));
  }
  return reaches(largest, GAMMA1 - BETA);
}

/**
 * w0 − c·s2 in place of w0: r0 = LowBits(w − c·s2), wherever its norm is below γ2 − β (algorithm 7, steps 21 and 23).
 *
 * w ≡ w1·2·γ2 + w0 modulo q, so w − c·s2 ≡ w1·2·γ2 + v with v = w0 − c·s2 and |v| ≤ γ2 + β. Decompose finds this v, and w1,
 * where −γ2 < v ≤ γ2. Beyond, it finds a neighbour of w1 and r0 = v ∓ 2·γ2, nearer to 0 by one across the border of q, so
 * that |r0| ≥ γ2 − β; and for w1 = 0, v = −γ2, it finds v. So |v| < γ2 − β if and only if |r0| < γ2 − β, and then v = r0.
 *
 * @param poly - A row of w0.
 * @param product - c·s2, 256 halves of words.
 * @returns Whether ‖r0‖∞ ≥ γ2 − β: public, as above.
 */
export function subtractProduct(poly: usize, product: usize): bool {
  let largest = i32x4.splat(0);
  for (const end = poly + POLY_BYTES; poly < end; poly += 32, product += 16) {
    const eight = v128.load(product);
    const a = i32x4.sub(v128.load(poly), i32x4.extend_low_i16x8_s(eight));
    const b = i32x4.sub(v128.load(poly, 16), i32x4.extend_high_i16x8_s(eight));
    v128.store(poly, a);
    v128.store(poly, b, 16);
    largest = i32x4.max_s(largest, i32x4.max_s(i32x4.abs(a), i32x4.abs(b)));
  }
  return reaches(largest, GAMMA2 - BETA);
}

/** Four hints, −1 each: see {@link makeHints}; `isNotZero` is −1 where w1 is not 0. */
// @ts-ignore: decorator
@inline
function hintsOfFour(
  poly: usize, product: usize, isNotZero: v128,
  low23: v128, q: v128, half: v128, gamma2: v128, above: v128, zero: v128,
): v128 {
  // c·t0 mod± q: fold23 leaves it, or q more, and |c·t0| ≤ 245 760.
  const folded = fold23(v128.load(product), low23);
  const ct0 = i32x4.sub(folded, v128.and(q, i32x4.gt_s(folded, half)));
  // v + γ2: from 1 to 2·γ2 there is no hint, and at 0 there is none where w1 is 0.
  const v = i32x4.add(i32x4.add(v128.load(poly), ct0), gamma2);
  return v128.or(i32x4.gt_s(v, above), i32x4.lt_s(i32x4.add(v, isNotZero), zero));
}

/**
 * Algorithm 39 (MakeHint) of a row (algorithm 7, step 26): a hint where HighBits(w − c·s2 + c·t0) is not w1.
 *
 * v = r0 + c·t0, so w − c·s2 + c·t0 = w1·2·γ2 + v modulo q with |v| < 2·γ2 (|c·t0| ≤ τ·2^12 < γ2, |r0| < γ2 − β). Its high
 * bits are w1 where −γ2 < v ≤ γ2, and for w1 = 0 where v = −γ2 too: that is q − γ2, in the border case.
 *
 * @param poly - A row of r0.
 * @param product - The row of c·t0, |x| < 3.3·q.
 * @param w1 - The row's high bits, a byte each.
 * @param bits - Where 256 bits of hints go.
 * @returns How many hints there are.
 */
export function makeHints(poly: usize, product: usize, w1: usize, bits: usize): i32 {
  const low23 = loadLow23();
  const q = i32x4.splat(Q);
  const half = i32x4.splat(Q / 2);
  const gamma2 = i32x4.splat(GAMMA2);
  const above = i32x4.splat(2 * GAMMA2);
  const zero = i32x4.splat(0);
  let count = 0;
  for (const end = bits + 32; bits < end; bits += 1, poly += 32, product += 32, w1 += 8) {
    const eight = i16x8.ne(v128.load8x8_u(w1), zero);
    const first = hintsOfFour(poly, product, i32x4.extend_low_i16x8_s(eight), low23, q, half, gamma2, above, zero);
    const second = hintsOfFour(
      poly + 16, product + 16, i32x4.extend_high_i16x8_s(eight), low23, q, half, gamma2, above, zero,
    );
    const found = i32x4.bitmask(first) | (i32x4.bitmask(second) << 4);
    store<u8>(bits, found);
    count += popcnt(found);
  }
  return count;
}
