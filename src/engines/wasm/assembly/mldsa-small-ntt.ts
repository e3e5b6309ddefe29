/**
 * Products of a challenge c with s1 and s2, by a transform of its own that works on eight coefficients at a time.
 *
 * The coefficients of c·s1 and c·s2 lie between −β = −120 and β (c has τ = 60 coefficients ±1, s1 and s2 have |s| ≤ 2), so it
 * is enough to know them modulo any prime above 240. p = 7681 = 15·512 + 1 has the 512th roots of unity that a whole transform
 * modulo x^256 + 1 needs, and 4.26·p = 2^15. FIPS 204 defines the result of the product, not the way to it.
 *
 * A factor w modulo p is prepared as two halves of words, w itself, |w| ≤ p/2, and w′ = w·2^15/p rounded. With
 * `q15mulr`(a, w′) = ⌊(a·w′ + 2^14)/2^15⌋ = t there is |t − a·w/p| ≤ 1/2 + |a|/2^16, so
 *
 *     r = a·w − t·p ≡ a·w,    |r| ≤ p·(1/2 + |a|/2^16) ≤ p    for every |a| ≤ 2^15,
 *
 * and r is exact in 16 bits although its two terms are not.
 *
 * The order in the transformed domain is nobody's business but ours: within 64 coefficients, eight vectors of eight, it is
 * that of the transposed square.
 */
import { SMALL_NTT_TABLES } from './mldsa-memory';

/** The prime. */
const P: i32 = 7681;
/** A 512th root of unity modulo p: its 256th power is −1. */
const ROOT: i32 = 62;
/** 256^−1 modulo p. */
const INVERSE_OF_256: i32 = 7651;

/** Bytes of a transformed polynomial of s1 or s2. */
export const SMALL_BYTES: usize = 512;
/** Bytes of a transformed challenge: w and w′, vector by vector. */
export const SMALL_CHALLENGE_BYTES: usize = 1024;

/** Blocks 1 to 31 across vectors: w in eight lanes, w′ in eight lanes. Then seven twiddles of each of four squares. */
const ACROSS_BYTES: usize = 32 * 32;
const WITHIN_BYTES: usize = 4 * 7 * 32;
const FORWARD: usize = SMALL_NTT_TABLES;
const FORWARD_WITHIN: usize = FORWARD + ACROSS_BYTES;
const INVERSE: usize = FORWARD_WITHIN + WITHIN_BYTES;
const INVERSE_WITHIN: usize = INVERSE + ACROSS_BYTES;

/** p in eight lanes; what divides by 2^13; 2^15/p − 4, in units of 2^−15. */
const CONSTANTS: usize = memory.data<i16>([
  7681, 7681, 7681, 7681, 7681, 7681, 7681, 7681,
  4, 4, 4, 4, 4, 4, 4, 4,
  8720, 8720, 8720, 8720, 8720, 8720, 8720, 8720,
], 16);

/** base^exponent modulo p, of public numbers. */
function power(base: i32, exponent: u32): i32 {
  let result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) result = (result * base) % P;
    base = (base * base) % P;
  }
  return result;
}

/** Writes a lane of w and the lane of w′ 16 bytes behind it, of a public factor. */
function storePrepared(factor: i32, at: usize): void {
  const w = factor > P / 2 ? factor - P : factor;
  // Rounded: ⌊(2·w·2^15 + p)/(2·p)⌋, where a multiple of 2·p makes the dividend positive.
  const scaled = ((w << 16) + P + (P << 16)) / (2 * P) - (1 << 15);
  store<i16>(at, <i16>w);
  store<i16>(at, <i16>scaled, 16);
}

/** ψ^brv(m) of block m, or its inverse, times `scale`. */
function root(m: u32, inverse: bool, scale: i32): i32 {
  let reversed: u32 = 0;
  for (let bit: u32 = 0; bit < 8; bit++) reversed |= ((m >> bit) & 1) << (7 - bit);
  return (power(ROOT, inverse ? 512 - reversed : reversed) * scale) % P;
}

/** Makes the tables of one direction. */
function makeTable(across: usize, within: usize, inverse: bool): void {
  for (let m: u32 = 0; m < 32; m++) {
    // The last layer of the inverse divides by 256; block 0, which there is not, holds the factor of the sums.
    const scale = inverse && m < 2 ? INVERSE_OF_256 : 1;
    const factor = root(m, inverse, scale);
    for (let lane: usize = 0; lane < 8; lane++) storePrepared(factor, across + 32 * m + 2 * lane);
  }
  // Lane l of square s is block 8·s + l of eight coefficients: twiddles of distance 4, of distance 2, of distance 1.
  for (let square: u32 = 0; square < 4; square++) {
    for (let lane: u32 = 0; lane < 8; lane++) {
      const block = 8 * square + lane;
      const at = within + 224 * square + 2 * lane;
      storePrepared(root(32 + block, inverse, 1), at);
      for (let i: u32 = 0; i < 2; i++) storePrepared(root(64 + 2 * block + i, inverse, 1), at + 32 * (1 + i));
      for (let i: u32 = 0; i < 4; i++) storePrepared(root(128 + 4 * block + i, inverse, 1), at + 32 * (3 + i));
    }
  }
}

/** Makes the tables of this file; called once. */
export function makeSmallNttTables(): void {
  makeTable(FORWARD, FORWARD_WITHIN, false);
  makeTable(INVERSE, INVERSE_WITHIN, true);
}

/** a times a prepared factor: |result| ≤ p·(1/2 + |a|/2^16). */
// @ts-ignore: decorator
@inline
function multiply(a: v128, w: v128, scaled: v128, p: v128): v128 {
  return i16x8.sub(i16x8.mul(a, w), i16x8.mul(i16x8.q15mulr_sat_s(a, scaled), p));
}

/** x modulo p: t = x/2^13 rounded, and |x − t·p| ≤ p/2 + |x|·(1 − p/2^13) < 3841 + |x|/16. */
// @ts-ignore: decorator
@inline
function reduce(x: v128, p: v128, four: v128): v128 {
  return i16x8.sub(x, i16x8.mul(i16x8.q15mulr_sat_s(x, four), p));
}

/** Lanes 0 to 3, or 4 to 7, of both in turn. */
// @ts-ignore: decorator
@inline
function lower16(u: v128, v: v128): v128 {
  return v128.shuffle<i16>(u, v, 0, 8, 1, 9, 2, 10, 3, 11);
}
// @ts-ignore: decorator
@inline
function upper16(u: v128, v: v128): v128 {
  return v128.shuffle<i16>(u, v, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** The same of pairs of lanes. */
// @ts-ignore: decorator
@inline
function lower32(u: v128, v: v128): v128 {
  return v128.shuffle<i32>(u, v, 0, 4, 1, 5);
}
// @ts-ignore: decorator
@inline
function upper32(u: v128, v: v128): v128 {
  return v128.shuffle<i32>(u, v, 2, 6, 3, 7);
}

/** The same of halves. */
// @ts-ignore: decorator
@inline
function lower64(u: v128, v: v128): v128 {
  return v128.shuffle<i64>(u, v, 0, 2);
}
// @ts-ignore: decorator
@inline
function upper64(u: v128, v: v128): v128 {
  return v128.shuffle<i64>(u, v, 1, 3);
}

/**
 * Transforms 256 halves of words in place.
 *
 * Bounds: |x| ≤ 2 comes in; a layer takes B to B + p·(1/2 + B/2^16) at most: 3843, 8134, 12 928 and 18 284 after four layers;
 * reduced to 4984; then 9409, 14 353, 19 876 and 26 046 < 2^15. Reduced again: below 5469 goes out.
 */
export function smallNtt(halves: usize): void {
  const p = v128.load(CONSTANTS);
  const four = v128.load(CONSTANTS, 16);
  let t: v128;
  for (let at = halves, end = halves + 128; at < end; at += 16) {
    let a0 = v128.load(at);
    let a1 = v128.load(at, 128);
    let a2 = v128.load(at, 256);
    let a3 = v128.load(at, 384);
    // Layers 1 and 2, distances 128 and 64.
    t = multiply(a2, v128.load(FORWARD, 32), v128.load(FORWARD, 48), p);
    a2 = i16x8.sub(a0, t);
    a0 = i16x8.add(a0, t);
    t = multiply(a3, v128.load(FORWARD, 32), v128.load(FORWARD, 48), p);
    a3 = i16x8.sub(a1, t);
    a1 = i16x8.add(a1, t);
    t = multiply(a1, v128.load(FORWARD, 64), v128.load(FORWARD, 80), p);
    a1 = i16x8.sub(a0, t);
    a0 = i16x8.add(a0, t);
    t = multiply(a3, v128.load(FORWARD, 96), v128.load(FORWARD, 112), p);
    a3 = i16x8.sub(a2, t);
    a2 = i16x8.add(a2, t);
    v128.store(at, a0);
    v128.store(at, a1, 128);
    v128.store(at, a2, 256);
    v128.store(at, a3, 384);
  }
  let layer3 = FORWARD + 4 * 32;
  let layer4 = FORWARD + 8 * 32;
  let layer5 = FORWARD + 16 * 32;
  let within = FORWARD_WITHIN;
  for (let at = halves, end = halves + SMALL_BYTES; at < end; at += 128) {
    let a0 = v128.load(at);
    let a1 = v128.load(at, 16);
    let a2 = v128.load(at, 32);
    let a3 = v128.load(at, 48);
    let a4 = v128.load(at, 64);
    let a5 = v128.load(at, 80);
    let a6 = v128.load(at, 96);
    let a7 = v128.load(at, 112);
    // Layers 3 and 4, distances 32 and 16.
    t = multiply(a4, v128.load(layer3), v128.load(layer3, 16), p);
    a4 = i16x8.sub(a0, t);
    a0 = i16x8.add(a0, t);
    t = multiply(a5, v128.load(layer3), v128.load(layer3, 16), p);
    a5 = i16x8.sub(a1, t);
    a1 = i16x8.add(a1, t);
    t = multiply(a6, v128.load(layer3), v128.load(layer3, 16), p);
    a6 = i16x8.sub(a2, t);
    a2 = i16x8.add(a2, t);
    t = multiply(a7, v128.load(layer3), v128.load(layer3, 16), p);
    a7 = i16x8.sub(a3, t);
    a3 = i16x8.add(a3, t);
    t = multiply(a2, v128.load(layer4), v128.load(layer4, 16), p);
    a2 = i16x8.sub(a0, t);
    a0 = i16x8.add(a0, t);
    t = multiply(a3, v128.load(layer4), v128.load(layer4, 16), p);
    a3 = i16x8.sub(a1, t);
    a1 = i16x8.add(a1, t);
    t = multiply(a6, v128.load(layer4, 32), v128.load(layer4, 48), p);
    a6 = i16x8.sub(a4, t);
    a4 = i16x8.add(a4, t);
    t = multiply(a7, v128.load(layer4, 32), v128.load(layer4, 48), p);
    a7 = i16x8.sub(a5, t);
    a5 = i16x8.add(a5, t);
    a0 = reduce(a0, p, four);
    a1 = reduce(a1, p, four);
    a2 = reduce(a2, p, four);
    a3 = reduce(a3, p, four);
    a4 = reduce(a4, p, four);
    a5 = reduce(a5, p, four);
    a6 = reduce(a6, p, four);
    a7 = reduce(a7, p, four);
    // Layer 5, distance 8.
    t = multiply(a1, v128.load(layer5), v128.load(layer5, 16), p);
    a1 = i16x8.sub(a0, t);
    a0 = i16x8.add(a0, t);
    t = multiply(a3, v128.load(layer5, 32), v128.load(layer5, 48), p);
    a3 = i16x8.sub(a2, t);
    a2 = i16x8.add(a2, t);
    t = multiply(a5, v128.load(layer5, 64), v128.load(layer5, 80), p);
    a5 = i16x8.sub(a4, t);
    a4 = i16x8.add(a4, t);
    t = multiply(a7, v128.load(layer5, 96), v128.load(layer5, 112), p);
    a7 = i16x8.sub(a6, t);
    a6 = i16x8.add(a6, t);
    // Transposes the square of eight vectors.
    const b0 = lower16(a0, a1);
    const b1 = upper16(a0, a1);
    const b2 = lower16(a2, a3);
    const b3 = upper16(a2, a3);
    const b4 = lower16(a4, a5);
    const b5 = upper16(a4, a5);
    const b6 = lower16(a6, a7);
    const b7 = upper16(a6, a7);
    const c0 = lower32(b0, b2);
    const c1 = upper32(b0, b2);
    const c2 = lower32(b1, b3);
    const c3 = upper32(b1, b3);
    const c4 = lower32(b4, b6);
    const c5 = upper32(b4, b6);
    const c6 = lower32(b5, b7);
    const c7 = upper32(b5, b7);
    a0 = lower64(c0, c4);
    a1 = upper64(c0, c4);
    a2 = lower64(c1, c5);
    a3 = upper64(c1, c5);
    a4 = lower64(c2, c6);
    a5 = upper64(c2, c6);
    a6 = lower64(c3, c7);
    a7 = upper64(c3, c7);
    // Layers 6, 7 and 8, distances 4, 2 and 1.
    t = multiply(a4, v128.load(within), v128.load(within, 16), p);
    a4 = i16x8.sub(a0, t);
    a0 = i16x8.add(a0, t);
    t = multiply(a5, v128.load(within), v128.load(within, 16), p);
    a5 = i16x8.sub(a1, t);
    a1 = i16x8.add(a1, t);
    t = multiply(a6, v128.load(within), v128.load(within, 16), p);
    a6 = i16x8.sub(a2, t);
    a2 = i16x8.add(a2, t);
    t = multiply(a7, v128.load(within), v128.load(within, 16), p);
    a7 = i16x8.sub(a3, t);
    a3 = i16x8.add(a3, t);
    t = multiply(a2, v128.load(within, 32), v128.load(within, 48), p);
    a2 = i16x8.sub(a0, t);
    a0 = i16x8.add(a0, t);
    t = multiply(a3, v128.load(within, 32), v128.load(within, 48), p);
    a3 = i16x8.sub(a1, t);
    a1 = i16x8.add(a1, t);
    t = multiply(a6, v128.load(within, 64), v128.load(within, 80), p);
    a6 = i16x8.sub(a4, t);
    a4 = i16x8.add(a4, t);
    t = multiply(a7, v128.load(within, 64), v128.load(within, 80), p);
    a7 = i16x8.sub(a5, t);
    a5 = i16x8.add(a5, t);
    t = multiply(a1, v128.load(within, 96), v128.load(within, 112), p);
    a1 = i16x8.sub(a0, t);
    a0 = i16x8.add(a0, t);
    t = multiply(a3, v128.load(within, 128), v128.load(within, 144), p);
    a3 = i16x8.sub(a2, t);
    a2 = i16x8.add(a2, t);
    t = multiply(a5, v128.load(within, 160), v128.load(within, 176), p);
    a5 = i16x8.sub(a4, t);
    a4 = i16x8.add(a4, t);
    t = multiply(a7, v128.load(within, 192), v128.load(within, 208), p);
    a7 = i16x8.sub(a6, t);
    a6 = i16x8.add(a6, t);
    v128.store(at, reduce(a0, p, four));
    v128.store(at, reduce(a1, p, four), 16);
    v128.store(at, reduce(a2, p, four), 32);
    v128.store(at, reduce(a3, p, four), 48);
    v128.store(at, reduce(a4, p, four), 64);
    v128.store(at, reduce(a5, p, four), 80);
    v128.store(at, reduce(a6, p, four), 96);
    v128.store(at, reduce(a7, p, four), 112);
    layer3 += 32;
    layer4 += 64;
    layer5 += 128;
    within += 224;
  }
}

/** A polynomial of one byte a coefficient, |x| ≤ 2, transformed. */
export function transformShort(short: usize, halves: usize): void {
  for (let i: usize = 0; i < 256; i += 8) v128.store(halves + 2 * i, v128.load8x8_s(short + i));
  smallNtt(halves);
}

/**
 * A challenge transformed and prepared as a factor: c and c′ = c·2^15/p rounded. 2^15/p = 4 + 8720/2^15 less 2.1·10^−6, and
 * |c| < 5469, so c′ is right but for 1/2 + 0.012, and |c′| < 2^15.
 *
 * @param short - The challenge, one byte a coefficient.
 * @param prepared - {@link SMALL_CHALLENGE_BYTES}.
 * @param halves - Scratch, {@link SMALL_BYTES}.
 */
export function prepareChallenge(short: usize, prepared: usize, halves: usize): void {
  transformShort(short, halves);
  const factor = v128.load(CONSTANTS, 32);
  for (const end = halves + SMALL_BYTES; halves < end; halves += 16, prepared += 32) {
    const c = v128.load(halves);
    v128.store(prepared, c);
    v128.store(prepared, i16x8.add(i16x8.shl(c, 2), i16x8.q15mulr_sat_s(c, factor)), 16);
  }
}

/**
 * The product of a prepared challenge and a transformed polynomial of s1 or s2, transformed back: 256 halves of words
 * between −β and β.
 *
 * Bounds, with |s| < 5469: products are below p·(0.502 + 5469/2^16) < 4497. Sums double and products of differences stay
 * below p·(1/2 + |a|/2^16); sums are reduced in each second layer: 8994; 17 988, reduced to 4966, and products 5949; 11 898;
 * 23 796, reduced to 5328, and products 6630; 13 260; 26 520, reduced to 5499, and products 6949; 13 898; and in the last layer
 * sums and differences up to 27 796 are multiplied by 256^−1: below p·(1/2 + 27 796/2^16) < 7099. This is congruent to a
 * number between −120 and 120, and p less than 120 away from 0 only if it is that number.
 *
 * @param prepared - The challenge.
 * @param transformed - s.
 * @param out - {@link SMALL_BYTES}.
 */
export function multiplyShort(prepared: usize, transformed: usize, out: usize): void {
  const p = v128.load(CONSTANTS);
  const four = v128.load(CONSTANTS, 16);
  let t: v128;
  let layer3 = INVERSE + 4 * 32;
  let layer4 = INVERSE + 8 * 32;
  let layer5 = INVERSE + 16 * 32;
  let within = INVERSE_WITHIN;
  for (let at = out, end = out + SMALL_BYTES; at < end; at += 128) {
    let a0 = multiply(v128.load(transformed), v128.load(prepared), v128.load(prepared, 16), p);
    let a1 = multiply(v128.load(transformed, 16), v128.load(prepared, 32), v128.load(prepared, 48), p);
    let a2 = multiply(v128.load(transformed, 32), v128.load(prepared, 64), v128.load(prepared, 80), p);
    let a3 = multiply(v128.load(transformed, 48), v128.load(prepared, 96), v128.load(prepared, 112), p);
    let a4 = multiply(v128.load(transformed, 64), v128.load(prepared, 128), v128.load(prepared, 144), p);
    let a5 = multiply(v128.load(transformed, 80), v128.load(prepared, 160), v128.load(prepared, 176), p);
    let a6 = multiply(v128.load(transformed, 96), v128.load(prepared, 192), v128.load(prepared, 208), p);
    let a7 = multiply(v128.load(transformed, 112), v128.load(prepared, 224), v128.load(prepared, 240), p);
    // Layers 8, 7 and 6, distances 1, 2 and 4.
    t = i16x8.sub(a0, a1);
    a0 = i16x8.add(a0, a1);
    a1 = multiply(t, v128.load(within, 96), v128.load(within, 112), p);
    t = i16x8.sub(a2, a3);
    a2 = i16x8.add(a2, a3);
    a3 = multiply(t, v128.load(within, 128), v128.load(within, 144), p);
    t = i16x8.sub(a4, a5);
    a4 = i16x8.add(a4, a5);
    a5 = multiply(t, v128.load(within, 160), v128.load(within, 176), p);
    t = i16x8.sub(a6, a7);
    a6 = i16x8.add(a6, a7);
    a7 = multiply(t, v128.load(within, 192), v128.load(within, 208), p);
    t = i16x8.sub(a0, a2);
    a0 = reduce(i16x8.add(a0, a2), p, four);
    a2 = multiply(t, v128.load(within, 32), v128.load(within, 48), p);
    t = i16x8.sub(a1, a3);
    a1 = reduce(i16x8.add(a1, a3), p, four);
    a3 = multiply(t, v128.load(within, 32), v128.load(within, 48), p);
    t = i16x8.sub(a4, a6);
    a4 = reduce(i16x8.add(a4, a6), p, four);
    a6 = multiply(t, v128.load(within, 64), v128.load(within, 80), p);
    t = i16x8.sub(a5, a7);
    a5 = reduce(i16x8.add(a5, a7), p, four);
    a7 = multiply(t, v128.load(within, 64), v128.load(within, 80), p);
    t = i16x8.sub(a0, a4);
    a0 = i16x8.add(a0, a4);
    a4 = multiply(t, v128.load(within), v128.load(within, 16), p);
    t = i16x8.sub(a1, a5);
    a1 = i16x8.add(a1, a5);
    a5 = multiply(t, v128.load(within), v128.load(within, 16), p);
    t = i16x8.sub(a2, a6);
    a2 = i16x8.add(a2, a6);
    a6 = multiply(t, v128.load(within), v128.load(within, 16), p);
    t = i16x8.sub(a3, a7);
    a3 = i16x8.add(a3, a7);
    a7 = multiply(t, v128.load(within), v128.load(within, 16), p);
    // Transposes the square of eight vectors.
    const b0 = lower16(a0, a1);
    const b1 = upper16(a0, a1);
    const b2 = lower16(a2, a3);
    const b3 = upper16(a2, a3);
    const b4 = lower16(a4, a5);
    const b5 = upper16(a4, a5);
    const b6 = lower16(a6, a7);
    const b7 = upper16(a6, a7);
    const c0 = lower32(b0, b2);
    const c1 = upper32(b0, b2);
    const c2 = lower32(b1, b3);
    const c3 = upper32(b1, b3);
    const c4 = lower32(b4, b6);
    const c5 = upper32(b4, b6);
    const c6 = lower32(b5, b7);
    const c7 = upper32(b5, b7);
    a0 = lower64(c0, c4);
    a1 = upper64(c0, c4);
    a2 = lower64(c1, c5);
    a3 = upper64(c1, c5);
    a4 = lower64(c2, c6);
    a5 = upper64(c2, c6);
    a6 = lower64(c3, c7);
    a7 = upper64(c3, c7);
    // Layers 5, 4 and 3, distances 8, 16 and 32.
    t = i16x8.sub(a0, a1);
    a0 = reduce(i16x8.add(a0, a1), p, four);
    a1 = multiply(t, v128.load(layer5), v128.load(layer5, 16), p);
    t = i16x8.sub(a2, a3);
    a2 = reduce(i16x8.add(a2, a3), p, four);
    a3 = multiply(t, v128.load(layer5, 32), v128.load(layer5, 48), p);
    t = i16x8.sub(a4, a5);
    a4 = reduce(i16x8.add(a4, a5), p, four);
    a5 = multiply(t, v128.load(layer5, 64), v128.load(layer5, 80), p);
    t = i16x8.sub(a6, a7);
    a6 = reduce(i16x8.add(a6, a7), p, four);
    a7 = multiply(t, v128.load(layer5, 96), v128.load(layer5, 112), p);
    t = i16x8.sub(a0, a2);
    a0 = i16x8.add(a0, a2);
    a2 = multiply(t, v128.load(layer4), v128.load(layer4, 16), p);
    t = i16x8.sub(a1, a3);
    a1 = i16x8.add(a1, a3);
    a3 = multiply(t, v128.load(layer4), v128.load(layer4, 16), p);
    t = i16x8.sub(a4, a6);
    a4 = i16x8.add(a4, a6);
    a6 = multiply(t, v128.load(layer4, 32), v128.load(layer4, 48), p);
    t = i16x8.sub(a5, a7);
    a5 = i16x8.add(a5, a7);
    a7 = multiply(t, v128.load(layer4, 32), v128.load(layer4, 48), p);
    t = i16x8.sub(a0, a4);
    a0 = reduce(i16x8.add(a0, a4), p, four);
    a4 = multiply(t, v128.load(layer3), v128.load(layer3, 16), p);
    t = i16x8.sub(a1, a5);
    a1 = reduce(i16x8.add(a1, a5), p, four);
    a5 = multiply(t, v128.load(layer3), v128.load(layer3, 16), p);
    t = i16x8.sub(a2, a6);
    a2 = reduce(i16x8.add(a2, a6), p, four);
    a6 = multiply(t, v128.load(layer3), v128.load(layer3, 16), p);
    t = i16x8.sub(a3, a7);
    a3 = reduce(i16x8.add(a3, a7), p, four);
    a7 = multiply(t, v128.load(layer3), v128.load(layer3, 16), p);
    v128.store(at, a0);
    v128.store(at, a1, 16);
    v128.store(at, a2, 32);
    v128.store(at, a3, 48);
    v128.store(at, a4, 64);
    v128.store(at, a5, 80);
    v128.store(at, a6, 96);
    v128.store(at, a7, 112);
    transformed += 128;
    prepared += 256;
    layer3 += 32;
    layer4 += 64;
    layer5 += 128;
    within += 224;
  }
  for (let at = out, end = out + 128; at < end; at += 16) {
    let a0 = v128.load(at);
    let a1 = v128.load(at, 128);
    let a2 = v128.load(at, 256);
    let a3 = v128.load(at, 384);
    // Layers 2 and 1, distances 64 and 128, and 256^−1.
    t = i16x8.sub(a0, a1);
    a0 = i16x8.add(a0, a1);
    a1 = multiply(t, v128.load(INVERSE, 64), v128.load(INVERSE, 80), p);
    t = i16x8.sub(a2, a3);
    a2 = i16x8.add(a2, a3);
    a3 = multiply(t, v128.load(INVERSE, 96), v128.load(INVERSE, 112), p);
    t = i16x8.add(a0, a2);
    v128.store(at, multiply(t, v128.load(INVERSE), v128.load(INVERSE, 16), p));
    t = i16x8.sub(a0, a2);
    v128.store(at, multiply(t, v128.load(INVERSE, 32), v128.load(INVERSE, 48), p), 256);
    t = i16x8.add(a1, a3);
    v128.store(at, multiply(t, v128.load(INVERSE), v128.load(INVERSE, 16), p), 128);
    t = i16x8.sub(a1, a3);
    v128.store(at, multiply(t, v128.load(INVERSE, 32), v128.load(INVERSE, 48), p), 384);
  }
}
