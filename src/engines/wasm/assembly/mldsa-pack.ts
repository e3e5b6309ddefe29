/**
 * Keys and signatures as bytes (FIPS 204 §7.1 and §7.2), but for what mldsa-round.ts and mldsa-sample.ts pack and unpack as they go.
 */
import { canonical, fold23, loadLow23, Q } from './mldsa-field';
import {
  CTILDE_BYTES, D, ETA, GAMMA1, HINTS_OFFSET, OMEGA, POLY_BYTES, ROWS, S_PACKED_BYTES, T0_PACKED_BYTES, T1_PACKED_BYTES, Z_PACKED_BYTES,
} from './mldsa-params';
import { SHORT_BYTES } from './mldsa-sample';

/** Four coefficients of t1: bytes with the ten bits of each, and what brings them to the same place. */
const TEN_BITS: usize = memory.data<u8>([0, 1, 255, 255, 1, 2, 255, 255, 2, 3, 255, 255, 3, 4, 255, 255], 16);
const TEN_BITS_SCALE: usize = memory.data<i32>([64, 16, 4, 1], 16);

/** Eight coefficients of t0: bytes with the thirteen bits of each, from bit 13·i on, and what brings them to bit 7. */
const THIRTEEN_BITS: usize = memory.data<u8>([
  0, 1, 2, 255, 1, 2, 3, 255, 3, 4, 5, 255, 4, 5, 6, 255,
  6, 7, 8, 255, 8, 9, 10, 255, 9, 10, 11, 255, 11, 12, 13, 255,
], 16);
const THIRTEEN_BITS_SCALE: usize = memory.data<i32>([128, 4, 32, 1, 8, 64, 2, 16], 16);

/** The lower five bytes of both halves, next to each other. */
const FIVE_AND_FIVE: usize = memory.data<u8>(
  [0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 255, 255, 255, 255, 255, 255], 16,
);

/** Bytes of one byte's coefficients in s1 or s2, three bits each, two polynomial parts of eight at once. */
// @ts-ignore: decorator
@inline
function joinBits(x: v128, bits: i32, mask: i64): v128 {
  return v128.and(v128.or(x, i64x2.shr_u(x, bits)), i64x2.splat(mask));
}

/** Packs a polynomial of s1 or s2 (algorithm 17, BitPack, a = b = η): 96 bytes, and two more are overwritten. */
export function packShort(short: usize, to: usize): void {
  for (const end = to + S_PACKED_BYTES; to < end; to += 6, short += 16) {
    let x = i8x16.sub(i8x16.splat(<i8>ETA), v128.load(short));
    x = joinBits(x, 5, 0x003f003f003f003f);
    x = joinBits(x, 10, 0x00000fff00000fff);
    x = joinBits(x, 20, 0x0000000000ffffff);
    store<u32>(to, <u32>i64x2.extract_lane(x, 0));
    store<u32>(to, <u32>i64x2.extract_lane(x, 1), 3);
  }
}

/** The reverse of {@link joinBits}. */
// @ts-ignore: decorator
@inline
function partBits(x: v128, bits: i32, mask: i64): v128 {
  return v128.and(v128.or(x, i64x2.shl(x, bits)), i64x2.splat(mask));
}

/**
 * Unpacks a polynomial of s1 or s2 (algorithm 19, BitUnpack): one byte a coefficient. Two bytes behind the 96 are read.
 *
 * @returns The largest of what was packed, in each byte: more than 2·η, and no key was packed like that.
 */
export function unpackShort(from: usize, short: usize): v128 {
  const low24: u64 = 0xffffff;
  let largest = i8x16.splat(0);
  for (const end = from + S_PACKED_BYTES; from < end; from += 6, short += 16) {
    let x = i64x2.replace_lane(i64x2.splat(load<u32>(from) & low24), 1, load<u32>(from, 3) & low24);
    x = partBits(x, 20, 0x00000fff00000fff);
    x = partBits(x, 10, 0x003f003f003f003f);
    x = partBits(x, 5, 0x0707070707070707);
    largest = i8x16.max_u(largest, x);
    v128.store(short, i8x16.sub(i8x16.splat(<i8>ETA), x));
  }
  return largest;
}

/** A polynomial of one byte a coefficient as one of words. */
export function widen(short: usize, poly: usize): void {
  for (const end = poly + POLY_BYTES; poly < end; poly += 32, short += 8) {
    const eight = v128.load8x8_s(short);
    v128.store(poly, i32x4.extend_low_i16x8_s(eight));
    v128.store(poly, i32x4.extend_high_i16x8_s(eight), 16);
  }
}

/** The lower `bits` of words 0 and 2, and above them those of words 1 and 3. */
// @ts-ignore: decorator
@inline
function joinWords(x: v128, bits: i32): v128 {
  const lower = v128.and(x, i64x2.splat((1 << bits) - 1));
  const upper = v128.and(i64x2.shr_u(x, 32 - bits), i64x2.splat(((1 << bits) - 1) << bits));
  return v128.or(lower, upper);
}

/**
 * Algorithm 35 (Power2Round) of a row of t, both parts packed: t1 (algorithm 16, SimpleBitPack) and t0 (algorithm 17,
 * BitPack).
 *
 * t = t1·2^13 + t0 with −2^12 < t0 ≤ 2^12: t1 = ⌊(t + 2^12 − 1)/2^13⌋, and what is packed is
 * 2^12 − t0 = 2^13 − 1 − (t + 2^12 − 1 mod 2^13).
 *
 * @param poly - A·s1, |x| < 3.3·q.
 * @param short - s2, a byte a coefficient.
 * @param t1 - 320 bytes; three more are overwritten.
 * @param t0 - 416 bytes; three more are overwritten.
 */
export function roundAndPack(poly: usize, short: usize, t1: usize, t0: usize): void {
  const low23 = loadLow23();
  for (const end = poly + POLY_BYTES; poly < end; poly += 32, short += 8, t1 += 10, t0 += 13) {
    const eight = v128.load8x8_s(short);
    const a = shifted(v128.load(poly), i32x4.extend_low_i16x8_s(eight), low23);
    const b = shifted(v128.load(poly, 16), i32x4.extend_high_i16x8_s(eight), low23);
    store<u64>(t1, joinFour(i32x4.shr_u(a, D), 10));
    store<u64>(t1, joinFour(i32x4.shr_u(b, D), 10), 5);
    const mask = i32x4.splat((1 << D) - 1);
    const first = joinFour(v128.andnot(mask, a), 13);
    const second = joinFour(v128.andnot(mask, b), 13);
    store<u64>(t0, first | (second << 52));
    store<u64>(t0, second >> 12, 8);
  }
}

/** t + 2^12 − 1, where t is the sum of both modulo q, 0 ≤ t < q. */
// @ts-ignore: decorator
@inline
function shifted(product: v128, s2: v128, low23: v128): v128 {
  const t = canonical(i32x4.add(fold23(product, low23), s2));
  return i32x4.add(t, i32x4.splat((1 << (D - 1)) - 1));
}

/** Four numbers of `bits` bits behind each other. */
// @ts-ignore: decorator
@inline
function joinFour(x: v128, bits: i32): u64 {
  const pairs = joinWords(x, bits);
  return i64x2.extract_lane(pairs, 0) | (i64x2.extract_lane(pairs, 1) << (2 * bits));
}

/** Unpacks t1 (algorithm 18, SimpleBitUnpack) times 2^13: 320 bytes, and eleven more are read. */
export function unpackT1(from: usize, poly: usize): void {
  const spread = v128.load(TEN_BITS);
  const scale = v128.load(TEN_BITS_SCALE);
  const mask = i32x4.splat(0x3ff << D);
  for (const end = from + T1_PACKED_BYTES; from < end; from += 5, poly += 16) {
    // Ten bits from bit 6 on, and so from bit 13 on.
    const ten = i32x4.mul(i8x16.swizzle(v128.load(from), spread), scale);
    v128.store(poly, v128.and(i32x4.shl(ten, D - 6), mask));
  }
}

/** Unpacks t0 (algorithm 19, BitUnpack): 416 bytes, and three more are read. */
export function unpackT0(from: usize, poly: usize): void {
  const mask = i32x4.splat((1 << D) - 1);
  const middle = i32x4.splat(1 << (D - 1));
  for (const end = from + T0_PACKED_BYTES; from < end; from += 13, poly += 32) {
    const bytes = v128.load(from);
    const a = i32x4.mul(i8x16.swizzle(bytes, v128.load(THIRTEEN_BITS)), v128.load(THIRTEEN_BITS_SCALE));
    const b = i32x4.mul(i8x16.swizzle(bytes, v128.load(THIRTEEN_BITS, 16)), v128.load(THIRTEEN_BITS_SCALE, 16));
    v128.store(poly, i32x4.sub(middle, v128.and(i32x4.shr_u(a, 7), mask)));
    v128.store(poly, i32x4.sub(middle, v128.and(i32x4.shr_u(b, 7), mask)), 16);
  }
}

/** Packs a polynomial of z (algorithm 17, BitPack, a = γ1 − 1, b = γ1): 640 bytes, and six more are overwritten. */
export function packZ(poly: usize, to: usize): void {
  const gamma1 = i32x4.splat(GAMMA1);
  const together = v128.load(FIVE_AND_FIVE);
  for (const end = to + Z_PACKED_BYTES; to < end; to += 10, poly += 16) {
    const pairs = joinWords(i32x4.sub(gamma1, v128.load(poly)), 20);
    v128.store(to, i8x16.swizzle(pairs, together));
  }
}

/**
 * Algorithm 20 (HintBitPack) of hints that are at most ω.
 *
 * @param bits - 256 bits for each of eight rows.
 * @param to - 83 bytes.
 */
export function packHints(bits: usize, to: usize): void {
  memory.fill(to, 0, <usize>OMEGA + ROWS);
  let index: usize = 0;
  for (let row: usize = 0; row < ROWS; row++) {
    for (let at: usize = 0; at < 256; at += 64, bits += 8) {
      for (let rest = load<u64>(bits); rest != 0; rest &= rest - 1) {
        store<u8>(to + index++, <u8>(at + <usize>ctz(rest)));
      }
    }
    store<u8>(to + OMEGA + row, <u8>index);
  }
}

/**
 * Algorithm 21 (HintBitUnpack): a byte a coefficient, 0xff for a hint.
 *
 * @param from - 83 bytes.
 * @param hints - 2048 bytes.
 * @returns False where the algorithm returns ⊥.
 */
export function unpackHints(from: usize, hints: usize): bool {
  memory.fill(hints, 0, ROWS * SHORT_BYTES);
  const omega = <usize>OMEGA;
  let index: usize = 0;
  for (let row: usize = 0; row < ROWS; row++, hints += SHORT_BYTES) {
    const last = <usize>load<u8>(from + omega + row);
    if (last < index || last > omega) return false;
    for (const first = index; index < last; index++) {
      const place = load<u8>(from + index);
      if (index > first && load<u8>(from + index - 1) >= place) return false;
      store<u8>(hints + place, 0xff);
    }
  }
  for (; index < omega; index++) if (load<u8>(from + index) != 0) return false;
  return true;
}
