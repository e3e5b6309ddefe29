/** Byte forms of polynomials (FIPS 203 §4.2.1): Compress and Decompress, ByteEncode and ByteDecode, merged where both are due. */
import { canonical, Q, reduce } from './mlkem-field';
import { POLY } from './mlkem-memory';
import { unpack12 } from './mlkem-sample';

/**
 * Compress_d of eight coefficients: round(2ᵈ x / q) mod 2ᵈ, for |x| < 2 q.
 *
 * A quotient that is off by at most one comes from the approximation factor / 2¹⁵ of 2ᵈ / q; the true one leaves
 * |2ᵈ x − q · quotient| ≤ (q − 1) / 2 (q is odd: there are no ties), and the remainder, which is small, is right in 16 bits.
 * Taking x + q for x adds 2ᵈ, which is nothing modulo 2ᵈ.
 */
// @ts-ignore: decorator
@inline
function compress(x: v128, d: i16, factor: i16): v128 {
  const quotient = i16x8.q15mulr_sat_s(x, i16x8.splat(factor));
  const remainder = i16x8.sub(i16x8.shl(x, d), i16x8.mul(quotient, i16x8.splat(Q)));
  const tooSmall = i16x8.gt_s(remainder, i16x8.splat((Q - 1) / 2));
  const tooLarge = i16x8.lt_s(remainder, i16x8.splat(-(Q - 1) / 2));
  // The masks are −1 where they hold.
  const exact = i16x8.add(i16x8.sub(quotient, tooSmall), tooLarge);
  return v128.and(exact, i16x8.splat(((1 as i16) << d) - 1));
}

/** Decompress_d of eight numbers of d bits: round(q y / 2ᵈ) = (q · 2¹⁵⁻ᵈ y + 2¹⁴) >> 15, where 2¹⁵⁻ᵈ y is less than 2¹⁵. */
// @ts-ignore: decorator
@inline
function decompress(y: v128, d: i32): v128 {
  return i16x8.q15mulr_sat_s(i16x8.shl(y, 15 - d), i16x8.splat(Q));
}

/** Eight numbers of d bits, joined to two of 4d bits. */
// @ts-ignore: decorator
@inline
function join(numbers: v128, d: i32): v128 {
  const pairs = i32x4.dot_i16x8_s(numbers, i32x4.splat(1 | (1 << (16 + d))));
  const low = v128.and(pairs, i64x2.splat(0xffffffff));
  return v128.or(low, i64x2.shl(i64x2.shr_u(pairs, 32), 2 * d));
}

/** Two numbers of 4d bits, split into eight of d bits: what {@link join} undoes. */
// @ts-ignore: decorator
@inline
function split(first: u64, second: u64, d: i32): v128 {
  const quads = i64x2.replace_lane(i64x2.splat(first), 1, second);
  const pairMask: u64 = (1 << (2 * d)) - 1;
  const pairs = v128.or(
    v128.and(quads, i64x2.splat(pairMask)),
    v128.and(i64x2.shl(quads, 32 - 2 * d), i64x2.splat(pairMask << 32)),
  );
  const mask = (1 << d) - 1;
  return v128.or(
    v128.and(pairs, i32x4.splat(mask)),
    v128.and(i32x4.shl(pairs, 16 - d), i32x4.splat(mask << 16)),
  );
}

/** ByteEncode₁₁(Compress₁₁(f)), 352 bytes, for |f| < 2 q; one byte behind them is overwritten. */
export function compress11(polynomial: usize, out: usize): void {
  for (let end = polynomial + POLY; polynomial < end; polynomial += 16, out += 11) {
    // 2¹¹ · 2¹⁵ / q = 20 158.8: wrong by at most 0.04 for |x| < 2 q.
    const quads = join(compress(v128.load(polynomial), 11, 20159), 11);
    const second = i64x2.extract_lane(quads, 1);
    store<u64>(out, i64x2.extract_lane(quads, 0) | (second << 44));
    store<u32>(out, (second >> 20) as u32, 8);
  }
}

/** Decompress₁₁(ByteDecode₁₁(bytes)). */
export function decompress11(bytes: usize, polynomial: usize): void {
  for (let end = polynomial + POLY; polynomial < end; polynomial += 16, bytes += 11) {
    const numbers = split(load<u64>(bytes) & 0xfffffffffff, load<u64>(bytes, 3) >> 20, 11);
    v128.store(polynomial, decompress(numbers, 11));
  }
}

/** ByteEncode₅(Compress₅(f)), 160 bytes, for |f| < 2 q; three bytes behind them are overwritten. */
export function compress5(polynomial: usize, out: usize): void {
  for (let end = polynomial + POLY; polynomial < end; polynomial += 16, out += 5) {
    // 2⁵ · 2¹⁵ / q = 314.98.
    const quads = join(compress(v128.load(polynomial), 5, 315), 5);
    store<u64>(out, i64x2.extract_lane(quads, 0) | (i64x2.extract_lane(quads, 1) << 20));
  }
}

/** Decompress₅(ByteDecode₅(bytes)). */
export function decompress5(bytes: usize, polynomial: usize): void {
  for (let end = polynomial + POLY; polynomial < end; polynomial += 16, bytes += 5) {
    const numbers = split(load<u32>(bytes) & 0xfffff, load<u32>(bytes, 1) >> 12, 5);
    v128.store(polynomial, decompress(numbers, 5));
  }
}

/** ByteEncode₁(Compress₁(f − g)), 32 bytes, for |f − g| < 2 q: a message out of noise. */
export function decodeMessage(f: usize, g: usize, out: usize): void {
  for (let i: usize = 0; i < POLY; i += 16) {
    const x = i16x8.sub(v128.load(f + i), v128.load(g + i));
    // 2 · 2¹⁵ / q = 19.7: wrong by at most 0.07 for |x| < 2 q.
    const bits = compress(x, 1, 20);
    store<u8>(out + (i >> 4), i16x8.bitmask(i16x8.shl(bits, 15)) as u8);
  }
}

/** Adds Decompress₁(ByteDecode₁(bytes)) and another polynomial to a polynomial: 0 or 1665 = (q + 1) / 2 for each bit. */
export function addMessage(polynomial: usize, noise: usize, bytes: usize): void {
  const places = i16x8(1, 2, 4, 8, 16, 32, 64, 128);
  for (let i: usize = 0; i < POLY; i += 16) {
    const bits = v128.and(v128.load8_splat(bytes + (i >> 4)), places);
    const message = v128.and(i16x8.eq(bits, places), i16x8.splat((Q + 1) / 2));
    const sum = i16x8.add(v128.load(polynomial + i), v128.load(noise + i));
    v128.store(polynomial + i, i16x8.add(sum, message));
  }
}

/** Adds a polynomial to another. */
export function addTo(polynomial: usize, other: usize): void {
  for (let i: usize = 0; i < POLY; i += 16) {
    v128.store(polynomial + i, i16x8.add(v128.load(polynomial + i), v128.load(other + i)));
  }
}

/** ByteEncode₁₂(f mod q), 384 bytes, for any f; four bytes behind them are overwritten. */
export function encode12(polynomial: usize, out: usize): void {
  for (let end = polynomial + POLY; polynomial < end; polynomial += 16, out += 12) {
    const numbers = canonical(reduce(v128.load(polynomial)));
    const pairs = i32x4.dot_i16x8_s(numbers, i32x4.splat(1 | (1 << 28)));
    v128.store(out, i8x16.shuffle(pairs, pairs, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15));
  }
}

/**
 * ByteDecode₁₂ of 384 bytes; four bytes behind them are read.
 *
 * @returns Whether every number is below q, as the modulus check of §7.2 asks. Numbers of a secret are: nobody asks.
 */
export function decode12(bytes: usize, polynomial: usize): bool {
  let tooLarge = i16x8.splat(0);
  for (let end = polynomial + POLY; polynomial < end; polynomial += 16, bytes += 12) {
    const numbers = unpack12(v128.load(bytes));
    v128.store(polynomial, numbers);
    tooLarge = v128.or(tooLarge, i16x8.ge_s(numbers, i16x8.splat(Q as i16)));
  }
  return !v128.any_true(tooLarge);
}
