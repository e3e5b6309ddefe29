/**
 * The number-theoretic transform of ML-DSA and its inverse (FIPS 204 §7.5, algorithms 41 and 42), on 256 signed
 * 32-bit coefficients, four at a time.
 *
 * Both run in two passes over the polynomial, three layers and five, whose coefficients stay in locals within a pass. In the
 * last two layers of the transform (the first two of its inverse) the partners lie in one vector, so two vectors are
 * shuffled into one of partners and one of their partners.
 */
import {
  fold23, loadFold13, loadHalf, loadLow13, loadLow23, multiply, multiplyBiased, Q, storePrepared,
} from './mldsa-field';
import { NTT_TABLES } from './mldsa-memory';
import { POLY_BYTES } from './mldsa-params';

/** The 512th root of unity, FIPS 204 §2.5. */
const ZETA: i64 = 1753;
/** 256^−1 modulo q (algorithm 42, step 21). */
const INVERSE_OF_256: i64 = 8347681;

/** Prepared twiddles of blocks 1 to 63, a word `low` and a word `high` each: the six layers across vectors. */
const ACROSS_BYTES: usize = 64 * 8;
/** Those of the two layers within vectors, for each of 32 pairs of vectors: low and high of layer 7, of layer 8. */
const WITHIN_BYTES: usize = 32 * 64;

const FORWARD: usize = NTT_TABLES;
const FORWARD_WITHIN: usize = FORWARD + ACROSS_BYTES;
const INVERSE: usize = FORWARD_WITHIN + WITHIN_BYTES;
const INVERSE_WITHIN: usize = INVERSE + ACROSS_BYTES;
/** The factors of the last layer of the inverse: of the sum, then of the difference. */
const LAST: usize = INVERSE_WITHIN + WITHIN_BYTES;

/** (base^exponent) mod q, of public numbers. */
function power(base: i64, exponent: u32): i64 {
  let result: i64 = 1;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) result = (result * base) % Q;
    base = (base * base) % Q;
  }
  return result;
}

/** ζ^brv(m), the root of block m (algorithm 41, step 7), or its inverse. */
function root(m: u32, inverse: bool): i64 {
  let reversed: u32 = 0;
  for (let bit: u32 = 0; bit < 8; bit++) reversed |= ((m >> bit) & 1) << (7 - bit);
  return power(ZETA, inverse ? 512 - reversed : reversed);
}

/** Makes the tables of one direction. */
function makeTable(across: usize, within: usize, inverse: bool): void {
  for (let m: u32 = 1; m < 64; m++) storePrepared(root(m, inverse), across + 8 * m, across + 8 * m + 4);
  for (let pair: u32 = 0; pair < 32; pair++) {
    const at = within + 64 * pair;
    for (let lane: u32 = 0; lane < 4; lane++) {
      // Layer 7: lanes u, u, v, v of two blocks. Layer 8: the blocks of u₀, v₀, u₂, v₂.
      const place = at + 4 * lane;
      storePrepared(root(64 + 2 * pair + (lane >> 1), inverse), place, place + 16);
      storePrepared(root(128 + 4 * pair + 2 * (lane & 1) + (lane >> 1), inverse), place + 32, place + 48);
    }
  }
}

/** Makes the tables of this file; called once. */
export function makeNttTables(): void {
  makeTable(FORWARD, FORWARD_WITHIN, false);
  makeTable(INVERSE, INVERSE_WITHIN, true);
  // What comes in is a product that lacks a factor of 2^13 (mldsa-matrix.ts).
  const scale = (INVERSE_OF_256 << 13) % Q;
  storePrepared(scale, LAST, LAST + 4);
  storePrepared((scale * root(1, true)) % Q, LAST + 8, LAST + 12);
}

/** Lanes 0 and 1 of both. */
// @ts-ignore: decorator
@inline
function firstHalves(u: v128, v: v128): v128 {
  return v128.shuffle<i32>(u, v, 0, 1, 4, 5);
}

/** Lanes 2 and 3 of both. */
// @ts-ignore: decorator
@inline
function secondHalves(u: v128, v: v128): v128 {
  return v128.shuffle<i32>(u, v, 2, 3, 6, 7);
}

/** Lanes 0 and 2 of both. */
// @ts-ignore: decorator
@inline
function evenLanes(u: v128, v: v128): v128 {
  return v128.shuffle<i32>(u, v, 0, 2, 4, 6);
}

/** Lanes 1 and 3 of both. */
// @ts-ignore: decorator
@inline
function oddLanes(u: v128, v: v128): v128 {
  return v128.shuffle<i32>(u, v, 1, 3, 5, 7);
}

/** Lanes 0 of both, lanes 1 of both. */
// @ts-ignore: decorator
@inline
function interleaveFirst(u: v128, v: v128): v128 {
  return v128.shuffle<i32>(u, v, 0, 4, 1, 5);
}

/** Lanes 2 of both, lanes 3 of both. */
// @ts-ignore: decorator
@inline
function interleaveSecond(u: v128, v: v128): v128 {
  return v128.shuffle<i32>(u, v, 2, 6, 3, 7);
}

/** Layers 7 and 8 of the transform, of two neighbouring vectors with 2^15 added; stored without it. */
// @ts-ignore: decorator
@inline
function forwardWithin(
  at: usize, twiddles: usize, u: v128, v: v128, half: v128, low13: v128, fold13: v128,
): void {
  let a = firstHalves(u, v);
  let b = secondHalves(u, v);
  let t = multiplyBiased(b, v128.load(twiddles), v128.load(twiddles, 16), half, low13, fold13);
  b = i32x4.sub(a, t);
  a = i32x4.add(a, t);
  const even = evenLanes(a, b);
  const odd = oddLanes(a, b);
  t = multiplyBiased(odd, v128.load(twiddles, 32), v128.load(twiddles, 48), half, low13, fold13);
  const unbiased = i32x4.sub(even, half);
  b = i32x4.sub(unbiased, t);
  a = i32x4.add(unbiased, t);
  const first = interleaveFirst(a, b);
  const second = interleaveSecond(a, b);
  v128.store(at, firstHalves(first, second));
  v128.store(at, secondHalves(first, second), 16);
}

/**
 * Algorithm 41 (NTT) of the polynomial at `from`, to `poly`, which may be the same.
 *
 * Every coefficient carries 2^15 from the first load to the last layer, for {@link multiplyBiased}. Bounds: |x| < q comes
 * in and each of eight layers adds less than 3.26·q, so |x| < 27.1·q < 2^28 goes out.
 */
export function ntt(from: usize, poly: usize): void {
  const half = loadHalf();
  const low13 = loadLow13();
  const fold13 = loadFold13();
  let t: v128;
  for (let at = poly, end = poly + 128; at < end; at += 16, from += 16) {
    let a0 = i32x4.add(v128.load(from), half);
    let a1 = i32x4.add(v128.load(from, 128), half);
    let a2 = i32x4.add(v128.load(from, 256), half);
    let a3 = i32x4.add(v128.load(from, 384), half);
    let a4 = v128.load(from, 512);
    let a5 = v128.load(from, 640);
    let a6 = v128.load(from, 768);
    let a7 = v128.load(from, 896);
    // Layer 1, distance 128.
    t = multiply(a4, v128.load32_splat(FORWARD, 8), v128.load32_splat(FORWARD, 12), half, low13, fold13);
    a4 = i32x4.sub(a0, t);
    a0 = i32x4.add(a0, t);
    t = multiply(a5, v128.load32_splat(FORWARD, 8), v128.load32_splat(FORWARD, 12), half, low13, fold13);
    a5 = i32x4.sub(a1, t);
    a1 = i32x4.add(a1, t);
    t = multiply(a6, v128.load32_splat(FORWARD, 8), v128.load32_splat(FORWARD, 12), half, low13, fold13);
    a6 = i32x4.sub(a2, t);
    a2 = i32x4.add(a2, t);
    t = multiply(a7, v128.load32_splat(FORWARD, 8), v128.load32_splat(FORWARD, 12), half, low13, fold13);
    a7 = i32x4.sub(a3, t);
    a3 = i32x4.add(a3, t);
    // Layer 2, distance 64.
    t = multiplyBiased(a2, v128.load32_splat(FORWARD, 16), v128.load32_splat(FORWARD, 20), half, low13, fold13);
    a2 = i32x4.sub(a0, t);
    a0 = i32x4.add(a0, t);
    t = multiplyBiased(a3, v128.load32_splat(FORWARD, 16), v128.load32_splat(FORWARD, 20), half, low13, fold13);
    a3 = i32x4.sub(a1, t);
    a1 = i32x4.add(a1, t);
    t = multiplyBiased(a6, v128.load32_splat(FORWARD, 24), v128.load32_splat(FORWARD, 28), half, low13, fold13);
    a6 = i32x4.sub(a4, t);
    a4 = i32x4.add(a4, t);
    t = multiplyBiased(a7, v128.load32_splat(FORWARD, 24), v128.load32_splat(FORWARD, 28), half, low13, fold13);
    a7 = i32x4.sub(a5, t);
    a5 = i32x4.add(a5, t);
    // Layer 3, distance 32.
    t = multiplyBiased(a1, v128.load32_splat(FORWARD, 32), v128.load32_splat(FORWARD, 36), half, low13, fold13);
    v128.store(at, i32x4.add(a0, t));
    v128.store(at, i32x4.sub(a0, t), 128);
    t = multiplyBiased(a3, v128.load32_splat(FORWARD, 40), v128.load32_splat(FORWARD, 44), half, low13, fold13);
    v128.store(at, i32x4.add(a2, t), 256);
    v128.store(at, i32x4.sub(a2, t), 384);
    t = multiplyBiased(a5, v128.load32_splat(FORWARD, 48), v128.load32_splat(FORWARD, 52), half, low13, fold13);
    v128.store(at, i32x4.add(a4, t), 512);
    v128.store(at, i32x4.sub(a4, t), 640);
    t = multiplyBiased(a7, v128.load32_splat(FORWARD, 56), v128.load32_splat(FORWARD, 60), half, low13, fold13);
    v128.store(at, i32x4.add(a6, t), 768);
    v128.store(at, i32x4.sub(a6, t), 896);
  }
  let layer4 = FORWARD + 8 * 8;
  let layer5 = FORWARD + 16 * 8;
  let layer6 = FORWARD + 32 * 8;
  let within = FORWARD_WITHIN;
  for (let at = poly, end = poly + POLY_BYTES; at < end; at += 128) {
    let a0 = v128.load(at);
    let a1 = v128.load(at, 16);
    let a2 = v128.load(at, 32);
    let a3 = v128.load(at, 48);
    let a4 = v128.load(at, 64);
    let a5 = v128.load(at, 80);
    let a6 = v128.load(at, 96);
    let a7 = v128.load(at, 112);
    // Layer 4, distance 16.
    t = multiplyBiased(a4, v128.load32_splat(layer4), v128.load32_splat(layer4, 4), half, low13, fold13);
    a4 = i32x4.sub(a0, t);
    a0 = i32x4.add(a0, t);
    t = multiplyBiased(a5, v128.load32_splat(layer4), v128.load32_splat(layer4, 4), half, low13, fold13);
    a5 = i32x4.sub(a1, t);
    a1 = i32x4.add(a1, t);
    t = multiplyBiased(a6, v128.load32_splat(layer4), v128.load32_splat(layer4, 4), half, low13, fold13);
    a6 = i32x4.sub(a2, t);
    a2 = i32x4.add(a2, t);
    t = multiplyBiased(a7, v128.load32_splat(layer4), v128.load32_splat(layer4, 4), half, low13, fold13);
    a7 = i32x4.sub(a3, t);
    a3 = i32x4.add(a3, t);
    // Layer 5, distance 8.
    t = multiplyBiased(a2, v128.load32_splat(layer5), v128.load32_splat(layer5, 4), half, low13, fold13);
    a2 = i32x4.sub(a0, t);
    a0 = i32x4.add(a0, t);
    t = multiplyBiased(a3, v128.load32_splat(layer5), v128.load32_splat(layer5, 4), half, low13, fold13);
    a3 = i32x4.sub(a1, t);
    a1 = i32x4.add(a1, t);
    t = multiplyBiased(a6, v128.load32_splat(layer5, 8), v128.load32_splat(layer5, 12), half, low13, fold13);
    a6 = i32x4.sub(a4, t);
    a4 = i32x4.add(a4, t);
    t = multiplyBiased(a7, v128.load32_splat(layer5, 8), v128.load32_splat(layer5, 12), half, low13, fold13);
    a7 = i32x4.sub(a5, t);
    a5 = i32x4.add(a5, t);
    // Layer 6, distance 4, and what is within vectors.
    t = multiplyBiased(a1, v128.load32_splat(layer6), v128.load32_splat(layer6, 4), half, low13, fold13);
    a1 = i32x4.sub(a0, t);
    a0 = i32x4.add(a0, t);
    forwardWithin(at, within, a0, a1, half, low13, fold13);
    t = multiplyBiased(a3, v128.load32_splat(layer6, 8), v128.load32_splat(layer6, 12), half, low13, fold13);
    a3 = i32x4.sub(a2, t);
    a2 = i32x4.add(a2, t);
    forwardWithin(at + 32, within + 64, a2, a3, half, low13, fold13);
    t = multiplyBiased(a5, v128.load32_splat(layer6, 16), v128.load32_splat(layer6, 20), half, low13, fold13);
    a5 = i32x4.sub(a4, t);
    a4 = i32x4.add(a4, t);
    forwardWithin(at + 64, within + 128, a4, a5, half, low13, fold13);
    t = multiplyBiased(a7, v128.load32_splat(layer6, 24), v128.load32_splat(layer6, 28), half, low13, fold13);
    a7 = i32x4.sub(a6, t);
    a6 = i32x4.add(a6, t);
    forwardWithin(at + 96, within + 192, a6, a7, half, low13, fold13);
    layer4 += 8;
    layer5 += 16;
    layer6 += 32;
    within += 256;
  }
}

/** The first two layers of the inverse, of two neighbouring vectors; the results take their places. */
// @ts-ignore: decorator
@inline
function inverseWithin(
  at: usize, twiddles: usize, half: v128, low13: v128, fold13: v128,
): void {
  const u = v128.load(at);
  const v = v128.load(at, 16);
  let a = firstHalves(u, v);
  let b = secondHalves(u, v);
  const even = evenLanes(a, b);
  const odd = oddLanes(a, b);
  a = i32x4.add(even, odd);
  b = multiply(i32x4.sub(even, odd), v128.load(twiddles, 32), v128.load(twiddles, 48), half, low13, fold13);
  const first = interleaveFirst(a, b);
  const second = interleaveSecond(a, b);
  a = i32x4.add(first, second);
  b = multiply(i32x4.sub(first, second), v128.load(twiddles), v128.load(twiddles, 16), half, low13, fold13);
  v128.store(at, firstHalves(a, b));
  v128.store(at, secondHalves(a, b), 16);
}

/**
 * Algorithm 42 (the inverse of the NTT) in place, times 2^13, which what comes in lacks.
 *
 * Bounds: −2^21 ≤ x < 2^23 + 2^21 comes in, as fold23 gives it, and sums double: |x| < 2.51·q after the first layer, where
 * products are below 3.27·q; 6.6·q, 13.1·q, 26.2·q and 52.3·q < 2^29 after the next four. There the sums are folded, which
 * leaves no more than the 3.6·q of products of differences below 2^29. Three more layers give 7.2·q, 14.4·q and 28.8·q
 * < 2^28, all of which are multiplied at last: −3.26·q < x < 2.26·q goes out.
 */
export function inverseNtt(poly: usize): void {
  const half = loadHalf();
  const low13 = loadLow13();
  const fold13 = loadFold13();
  const low23 = loadLow23();
  let t: v128;
  let layer6 = INVERSE + 32 * 8;
  let layer5 = INVERSE + 16 * 8;
  let layer4 = INVERSE + 8 * 8;
  let within = INVERSE_WITHIN;
  for (let at = poly, end = poly + POLY_BYTES; at < end; at += 128) {
    inverseWithin(at, within, half, low13, fold13);
    inverseWithin(at + 32, within + 64, half, low13, fold13);
    inverseWithin(at + 64, within + 128, half, low13, fold13);
    inverseWithin(at + 96, within + 192, half, low13, fold13);
    let a0 = v128.load(at);
    let a1 = v128.load(at, 16);
    let a2 = v128.load(at, 32);
    let a3 = v128.load(at, 48);
    let a4 = v128.load(at, 64);
    let a5 = v128.load(at, 80);
    let a6 = v128.load(at, 96);
    let a7 = v128.load(at, 112);
    // Layer 6, distance 4.
    t = i32x4.sub(a0, a1);
    a0 = i32x4.add(a0, a1);
    a1 = multiply(t, v128.load32_splat(layer6), v128.load32_splat(layer6, 4), half, low13, fold13);
    t = i32x4.sub(a2, a3);
    a2 = i32x4.add(a2, a3);
    a3 = multiply(t, v128.load32_splat(layer6, 8), v128.load32_splat(layer6, 12), half, low13, fold13);
    t = i32x4.sub(a4, a5);
    a4 = i32x4.add(a4, a5);
    a5 = multiply(t, v128.load32_splat(layer6, 16), v128.load32_splat(layer6, 20), half, low13, fold13);
    t = i32x4.sub(a6, a7);
    a6 = i32x4.add(a6, a7);
    a7 = multiply(t, v128.load32_splat(layer6, 24), v128.load32_splat(layer6, 28), half, low13, fold13);
    // Layer 5, distance 8.
    t = i32x4.sub(a0, a2);
    a0 = i32x4.add(a0, a2);
    a2 = multiply(t, v128.load32_splat(layer5), v128.load32_splat(layer5, 4), half, low13, fold13);
    t = i32x4.sub(a1, a3);
    a1 = i32x4.add(a1, a3);
    a3 = multiply(t, v128.load32_splat(layer5), v128.load32_splat(layer5, 4), half, low13, fold13);
    t = i32x4.sub(a4, a6);
    a4 = i32x4.add(a4, a6);
    a6 = multiply(t, v128.load32_splat(layer5, 8), v128.load32_splat(layer5, 12), half, low13, fold13);
    t = i32x4.sub(a5, a7);
    a5 = i32x4.add(a5, a7);
    a7 = multiply(t, v128.load32_splat(layer5, 8), v128.load32_splat(layer5, 12), half, low13, fold13);
    // Layer 4, distance 16.
    t = i32x4.sub(a0, a4);
    v128.store(at, fold23(i32x4.add(a0, a4), low23));
    v128.store(at, multiply(t, v128.load32_splat(layer4), v128.load32_splat(layer4, 4), half, low13, fold13), 64);
    t = i32x4.sub(a1, a5);
    v128.store(at, fold23(i32x4.add(a1, a5), low23), 16);
    v128.store(at, multiply(t, v128.load32_splat(layer4), v128.load32_splat(layer4, 4), half, low13, fold13), 80);
    t = i32x4.sub(a2, a6);
    v128.store(at, fold23(i32x4.add(a2, a6), low23), 32);
    v128.store(at, multiply(t, v128.load32_splat(layer4), v128.load32_splat(layer4, 4), half, low13, fold13), 96);
    t = i32x4.sub(a3, a7);
    v128.store(at, fold23(i32x4.add(a3, a7), low23), 48);
    v128.store(at, multiply(t, v128.load32_splat(layer4), v128.load32_splat(layer4, 4), half, low13, fold13), 112);
    layer6 += 32;
    layer5 += 16;
    layer4 += 8;
    within += 256;
  }
  for (let at = poly, end = poly + 128; at < end; at += 16) {
    let a0 = v128.load(at);
    let a1 = v128.load(at, 128);
    let a2 = v128.load(at, 256);
    let a3 = v128.load(at, 384);
    let a4 = v128.load(at, 512);
    let a5 = v128.load(at, 640);
    let a6 = v128.load(at, 768);
    let a7 = v128.load(at, 896);
    // Layer 3, distance 32.
    t = i32x4.sub(a0, a1);
    a0 = i32x4.add(a0, a1);
    a1 = multiply(t, v128.load32_splat(INVERSE, 32), v128.load32_splat(INVERSE, 36), half, low13, fold13);
    t = i32x4.sub(a2, a3);
    a2 = i32x4.add(a2, a3);
    a3 = multiply(t, v128.load32_splat(INVERSE, 40), v128.load32_splat(INVERSE, 44), half, low13, fold13);
    t = i32x4.sub(a4, a5);
    a4 = i32x4.add(a4, a5);
    a5 = multiply(t, v128.load32_splat(INVERSE, 48), v128.load32_splat(INVERSE, 52), half, low13, fold13);
    t = i32x4.sub(a6, a7);
    a6 = i32x4.add(a6, a7);
    a7 = multiply(t, v128.load32_splat(INVERSE, 56), v128.load32_splat(INVERSE, 60), half, low13, fold13);
    // Layer 2, distance 64.
    t = i32x4.sub(a0, a2);
    a0 = i32x4.add(a0, a2);
    a2 = multiply(t, v128.load32_splat(INVERSE, 16), v128.load32_splat(INVERSE, 20), half, low13, fold13);
    t = i32x4.sub(a1, a3);
    a1 = i32x4.add(a1, a3);
    a3 = multiply(t, v128.load32_splat(INVERSE, 16), v128.load32_splat(INVERSE, 20), half, low13, fold13);
    t = i32x4.sub(a4, a6);
    a4 = i32x4.add(a4, a6);
    a6 = multiply(t, v128.load32_splat(INVERSE, 24), v128.load32_splat(INVERSE, 28), half, low13, fold13);
    t = i32x4.sub(a5, a7);
    a5 = i32x4.add(a5, a7);
    a7 = multiply(t, v128.load32_splat(INVERSE, 24), v128.load32_splat(INVERSE, 28), half, low13, fold13);
    // Layer 1, distance 128, and 256^−1.
    t = i32x4.add(a0, a4);
    v128.store(at, multiply(t, v128.load32_splat(LAST), v128.load32_splat(LAST, 4), half, low13, fold13));
    t = i32x4.sub(a0, a4);
    v128.store(at, multiply(t, v128.load32_splat(LAST, 8), v128.load32_splat(LAST, 12), half, low13, fold13), 512);
    t = i32x4.add(a1, a5);
    v128.store(at, multiply(t, v128.load32_splat(LAST), v128.load32_splat(LAST, 4), half, low13, fold13), 128);
    t = i32x4.sub(a1, a5);
    v128.store(at, multiply(t, v128.load32_splat(LAST, 8), v128.load32_splat(LAST, 12), half, low13, fold13), 640);
    t = i32x4.add(a2, a6);
    v128.store(at, multiply(t, v128.load32_splat(LAST), v128.load32_splat(LAST, 4), half, low13, fold13), 256);
    t = i32x4.sub(a2, a6);
    v128.store(at, multiply(t, v128.load32_splat(LAST, 8), v128.load32_splat(LAST, 12), half, low13, fold13), 768);
    t = i32x4.add(a3, a7);
    v128.store(at, multiply(t, v128.load32_splat(LAST), v128.load32_splat(LAST, 4), half, low13, fold13), 384);
    t = i32x4.sub(a3, a7);
    v128.store(at, multiply(t, v128.load32_splat(LAST, 8), v128.load32_splat(LAST, 12), half, low13, fold13), 896);
  }
}
