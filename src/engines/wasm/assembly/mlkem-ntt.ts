/**
 * The number-theoretic transform of FIPS 203 §4.3 and its inverse, in place, on 256 coefficients of 16 bits.
 *
 * Eight coefficients lie in a vector. Layers of length 128 to 8 combine whole vectors; those of length 4 and 2 combine parts
 * of vectors, which two shuffles bring face to face.
 */
import { multiply, reduce } from './mlkem-field';
import { INVERSE_ZETAS_2, INVERSE_ZETAS_4, ZETAS, ZETAS_2, ZETAS_4 } from './mlkem-tables';

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return i16x8.add(a, b);
}

// @ts-ignore: decorator
@inline
function subtract(a: v128, b: v128): v128 {
  return i16x8.sub(a, b);
}

/** a times the factor number i of {@link ZETAS}. */
// @ts-ignore: decorator
@inline
function byZeta(a: v128, i: usize): v128 {
  return multiply(a, v128.load16_splat(ZETAS + 4 * i), v128.load16_splat(ZETAS + 4 * i, 2));
}

/** a times a vector of factors, which its companions follow. */
// @ts-ignore: decorator
@inline
function byVector(a: v128, factors: usize): v128 {
  return multiply(a, v128.load(factors), v128.load(factors, 16));
}

/** The lower halves of two vectors, and the upper ones. */
// @ts-ignore: decorator
@inline
function lowerHalves(a: v128, b: v128): v128 {
  return i64x2.shuffle(a, b, 0, 2);
}

// @ts-ignore: decorator
@inline
function upperHalves(a: v128, b: v128): v128 {
  return i64x2.shuffle(a, b, 1, 3);
}

/** Of 32-bit parts a₀ a₁ a₂ a₃ and b₀ b₁ b₂ b₃: a₀ b₀ a₂ b₂. */
// @ts-ignore: decorator
@inline
function evenParts(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, i64x2.shl(b, 32), 0, 5, 2, 7);
}

/** Of the same: a₁ b₁ a₃ b₃. */
// @ts-ignore: decorator
@inline
function oddParts(a: v128, b: v128): v128 {
  return i32x4.shuffle(i64x2.shr_u(a, 32), b, 0, 5, 2, 7);
}

/** Of the same: a₀ a₂ b₀ b₂, and a₁ a₃ b₁ b₃. */
// @ts-ignore: decorator
@inline
function evenThenEven(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function oddThenOdd(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 1, 3, 5, 7);
}

/** Of the same: a₀ b₀ a₁ b₁, and a₂ b₂ a₃ b₃. */
// @ts-ignore: decorator
@inline
function lowerParts(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 4, 1, 5);
}

// @ts-ignore: decorator
@inline
function upperParts(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 2, 6, 3, 7);
}

/**
 * FIPS 203 Algorithm 9.
 *
 * A layer adds to a coefficient at most 0.5 q + 0.0508 times the bound before it ({@link multiply}). From q at the
 * beginning: 1.56 q, 2.13 q, 2.74 q, 3.38 q, 4.05 q, 4.76 q and at the end 5.5 q = 18 310. Nothing has to be reduced.
 */
export function ntt(f: usize): void {
  nttLong(f);
  for (let block: usize = 0; block < 8; block++) nttShort(f + 64 * block, block);
}

/** Layers of length 128, 64 and 32: eight vectors, 32 coefficients apart, at a time. */
// @ts-ignore: decorator
@inline
function nttLong(f: usize): void {
  for (let at = f; at < f + 64; at += 16) {
    let v0 = v128.load(at);
    let v1 = v128.load(at, 64);
    let v2 = v128.load(at, 128);
    let v3 = v128.load(at, 192);
    let v4 = v128.load(at, 256);
    let v5 = v128.load(at, 320);
    let v6 = v128.load(at, 384);
    let v7 = v128.load(at, 448);
    let t = byZeta(v4, 1);
    v4 = subtract(v0, t), v0 = add(v0, t);
    t = byZeta(v5, 1);
    v5 = subtract(v1, t), v1 = add(v1, t);
    t = byZeta(v6, 1);
    v6 = subtract(v2, t), v2 = add(v2, t);
    t = byZeta(v7, 1);
    v7 = subtract(v3, t), v3 = add(v3, t);
    t = byZeta(v2, 2);
    v2 = subtract(v0, t), v0 = add(v0, t);
    t = byZeta(v3, 2);
    v3 = subtract(v1, t), v1 = add(v1, t);
    t = byZeta(v6, 3);
    v6 = subtract(v4, t), v4 = add(v4, t);
    t = byZeta(v7, 3);
    v7 = subtract(v5, t), v5 = add(v5, t);
    t = byZeta(v1, 4);
    v128.store(at, add(v0, t)), v128.store(at, subtract(v0, t), 64);
    t = byZeta(v3, 5);
    v128.store(at, add(v2, t), 128), v128.store(at, subtract(v2, t), 192);
    t = byZeta(v5, 6);
    v128.store(at, add(v4, t), 256), v128.store(at, subtract(v4, t), 320);
    t = byZeta(v7, 7);
    v128.store(at, add(v6, t), 384), v128.store(at, subtract(v6, t), 448);
  }
}

/** Layers of length 16, 8, 4 and 2 of 32 coefficients. */
// @ts-ignore: decorator
@inline
function nttShort(at: usize, block: usize): void {
  let v0 = v128.load(at);
  let v1 = v128.load(at, 16);
  let v2 = v128.load(at, 32);
  let v3 = v128.load(at, 48);
  let t = byZeta(v2, 8 + block);
  v2 = subtract(v0, t), v0 = add(v0, t);
  t = byZeta(v3, 8 + block);
  v3 = subtract(v1, t), v1 = add(v1, t);
  t = byZeta(v1, 16 + 2 * block);
  v1 = subtract(v0, t), v0 = add(v0, t);
  t = byZeta(v3, 17 + 2 * block);
  v3 = subtract(v2, t), v2 = add(v2, t);
  nttTail(at, v0, v1, 2 * block);
  nttTail(at + 32, v2, v3, 2 * block + 1);
}

/** Layers of length 4 and 2 of 16 coefficients, and the store. */
// @ts-ignore: decorator
@inline
function nttTail(at: usize, v0: v128, v1: v128, pair: usize): void {
  const x = lowerHalves(v0, v1);
  let t = byVector(upperHalves(v0, v1), ZETAS_4 + 32 * pair);
  const lower = add(x, t);
  const upper = subtract(x, t);
  const y = evenParts(lower, upper);
  t = byVector(oddParts(lower, upper), ZETAS_2 + 32 * pair);
  const even = add(y, t);
  const odd = subtract(y, t);
  v128.store(at, lowerParts(even, odd));
  v128.store(at, upperParts(even, odd), 16);
}

/**
 * FIPS 203 Algorithm 10, with a factor of 2¹⁶, which takes back that of one Montgomery reduction.
 *
 * A layer doubles the sums and multiplies the differences. From at most 2.75 q at the beginning: sums of 5.5 q, which are
 * reduced to 0.59 q, and differences of at most 0.78 q; then sums of 1.56 q, 3.12 q and 6.24 q, which are reduced to 0.6 q
 * beside differences of at most 0.82 q; then 1.64 q, 3.28 q and 6.56 q, which the last layer multiplies: 0.84 q.
 */
export function inverseNtt(f: usize): void {
  for (let block: usize = 0; block < 8; block++) inverseShort(f + 64 * block, block);
  inverseLong(f);
}

/** Layers of length 2, its sums reduced, and 4 of 16 coefficients. */
// @ts-ignore: decorator
@inline
function inverseTail(at: usize, pair: usize): void {
  const v0 = v128.load(at);
  const v1 = v128.load(at, 16);
  const x = evenThenEven(v0, v1);
  const y = oddThenOdd(v0, v1);
  const even = reduce(add(x, y));
  const odd = byVector(subtract(y, x), INVERSE_ZETAS_2 + 32 * pair);
  const lower = evenParts(even, odd);
  const upper = oddParts(even, odd);
  const sums = add(lower, upper);
  const differences = byVector(subtract(upper, lower), INVERSE_ZETAS_4 + 32 * pair);
  v128.store(at, lowerHalves(sums, differences));
  v128.store(at, upperHalves(sums, differences), 16);
}

/** Layers of length 8 and 16, the sums of the latter reduced, of 32 coefficients. */
// @ts-ignore: decorator
@inline
function inverseShort(at: usize, block: usize): void {
  inverseTail(at, 2 * block);
  inverseTail(at + 32, 2 * block + 1);
  let v0 = v128.load(at);
  let v1 = v128.load(at, 16);
  let v2 = v128.load(at, 32);
  let v3 = v128.load(at, 48);
  let t = subtract(v1, v0);
  v0 = add(v0, v1), v1 = byZeta(t, 31 - 2 * block);
  t = subtract(v3, v2);
  v2 = add(v2, v3), v3 = byZeta(t, 30 - 2 * block);
  v128.store(at, reduce(add(v0, v2)));
  v128.store(at, reduce(add(v1, v3)), 16);
  v128.store(at, byZeta(subtract(v2, v0), 15 - block), 32);
  v128.store(at, byZeta(subtract(v3, v1), 15 - block), 48);
}

/** 2¹⁶ · 128⁻¹ mod q. */
const SCALE: i16 = 512;
/** The same times ζ^BitRev₇(1) = −1600. */
const SCALE_ZETA: i16 = -266;

// @ts-ignore: decorator
@inline
function scale(a: v128): v128 {
  return multiply(a, i16x8.splat(SCALE), i16x8.splat(5040));
}

// @ts-ignore: decorator
@inline
function scaleByZeta(a: v128): v128 {
  return multiply(a, i16x8.splat(SCALE_ZETA), i16x8.splat(-2618));
}

/** Layers of length 32, 64 and 128, the last with the factor: eight vectors, 32 coefficients apart, at a time. */
// @ts-ignore: decorator
@inline
function inverseLong(f: usize): void {
  for (let at = f; at < f + 64; at += 16) {
    let v0 = v128.load(at);
    let v1 = v128.load(at, 64);
    let v2 = v128.load(at, 128);
    let v3 = v128.load(at, 192);
    let v4 = v128.load(at, 256);
    let v5 = v128.load(at, 320);
    let v6 = v128.load(at, 384);
    let v7 = v128.load(at, 448);
    let t = subtract(v1, v0);
    v0 = add(v0, v1), v1 = byZeta(t, 7);
    t = subtract(v3, v2);
    v2 = add(v2, v3), v3 = byZeta(t, 6);
    t = subtract(v5, v4);
    v4 = add(v4, v5), v5 = byZeta(t, 5);
    t = subtract(v7, v6);
    v6 = add(v6, v7), v7 = byZeta(t, 4);
    t = subtract(v2, v0);
    v0 = add(v0, v2), v2 = byZeta(t, 3);
    t = subtract(v3, v1);
    v1 = add(v1, v3), v3 = byZeta(t, 3);
    t = subtract(v6, v4);
    v4 = add(v4, v6), v6 = byZeta(t, 2);
    t = subtract(v7, v5);
    v5 = add(v5, v7), v7 = byZeta(t, 2);
    v128.store(at, scale(add(v0, v4)));
    v128.store(at, scale(add(v1, v5)), 64);
    v128.store(at, scale(add(v2, v6)), 128);
    v128.store(at, scale(add(v3, v7)), 192);
    v128.store(at, scaleByZeta(subtract(v4, v0)), 256);
    v128.store(at, scaleByZeta(subtract(v5, v1)), 320);
    v128.store(at, scaleByZeta(subtract(v6, v2)), 384);
    v128.store(at, scaleByZeta(subtract(v7, v3)), 448);
  }
}
