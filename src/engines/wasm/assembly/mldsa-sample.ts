/**
 * Pseudorandom polynomials (FIPS 204 §7.3): the matrix A, the secrets s1 and s2, the mask y and the challenge c. Three
 * computations of SHAKE run at a time.
 *
 * Rejection shows which candidates were refused, and nothing of those that were accepted: they are independent. A is public
 * anyway; for s1 and s2 it is what FIPS 204 itself does. The challenge follows from c̃ alone: it is public once a signature is
 * out; of an attempt that is rejected, the order of accesses within 256 bytes depends on it, as in FIPS 204's algorithm.
 */
import { keccakF1600 } from './keccak';
import { keccakF1600x3 } from './keccak-x3';
import { STATE, STATES } from './memory';
import { BYTE_MOVES, WORD_MOVES } from './mldsa-memory';
import { COLUMNS, CTILDE_BYTES, GAMMA1, POLY_BYTES, ROWS, TAU, Z_PACKED_BYTES } from './mldsa-params';
import { Q } from './mldsa-field';
import {
  hash, isBusyBeside, permutePair, seedX1, seedX2, SHAKE128_RATE, SHAKE256_RATE, SHAKE_SUFFIX, splitX2,
} from './sponge';

/** Entries of A. */
export const ENTRIES: usize = ROWS * COLUMNS;
/** Output of SHAKE128 for one of them: five blocks. */
const A_BYTES: usize = 5 * SHAKE128_RATE;
/** Room for the output of one of three computations, six blocks; loads reach beyond the end. */
export const STREAM_BYTES: usize = 6 * SHAKE128_RATE + 16;

/** Bytes of a polynomial of short coefficients, one byte each. */
export const SHORT_BYTES: usize = 256;
/** The same with room behind it, which {@link rejectBounded} writes to. */
export const SHORT_STRIDE: usize = 272;

/** Three bytes of each candidate: as a number, and as digits (mldsa-matrix.ts). */
const CANDIDATES: usize = memory.data<u8>([
  0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255,
  0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11,
], 16);

/** Coefficients by nibble (algorithm 15, η = 2): 2 − (nibble mod 5). */
const BY_NIBBLE: usize = memory.data<i8>([2, 1, 0, -1, -2, 2, 1, 0, -1, -2, 2, 1, 0, -1, -2, 0], 16);

/** Bytes of four coefficients of 20 bits: the even ones begin with a byte, the odd ones with half of one. */
const TWENTY_BITS: usize = memory.data<u8>([0, 1, 2, 255, 2, 3, 4, 255, 5, 6, 7, 255, 7, 8, 9, 255], 16);

/** Makes the tables of this file: for each set of accepted candidates, where the places are filled from. */
export function makeSampleTables(): void {
  for (let set: u32 = 0; set < 16; set++) {
    let place = WORD_MOVES + 16 * set;
    for (let i: u32 = 0; i < 4; i++) {
      if (((set >> i) & 1) == 0) continue;
      store<u32>(place, 0x03020100 + i * 0x04040404);
      place += 4;
    }
  }
  for (let set: u32 = 0; set < 256; set++) {
    let place = BYTE_MOVES + 8 * set;
    for (let i: u32 = 0; i < 8; i++) {
      if (((set >> i) & 1) == 0) continue;
      store<u8>(place, <u8>i);
      place += 1;
    }
  }
}

/** Appends those of four coefficients whose bits are set; returns where the next one goes. */
function appendAccepted(at: usize, digits: v128, accepted: i32): usize {
  v128.store(at, i8x16.swizzle(digits, v128.load(WORD_MOVES + 16 * accepted)));
  return at + 4 * popcnt(accepted);
}

/**
 * Algorithm 30 (RejNTTPoly) on bytes at hand: the first 256 candidates that are accepted, as digits.
 *
 * @param from - Candidates of three bytes each; loads reach four bytes beyond them.
 * @param bytes - Their length, a multiple of 24.
 * @param poly - The polynomial; up to 28 bytes behind it are overwritten.
 * @returns Whether there were 256.
 */
export function rejectUniform(from: usize, bytes: usize, poly: usize): bool {
  const asNumber = v128.load(CANDIDATES);
  const asDigits = v128.load(CANDIDATES, 16);
  const numberMask = i32x4.splat(0x7fffff);
  const digitMask = i32x4.splat(0x7ff00fff);
  const q = i32x4.splat(Q);
  const full = poly + POLY_BYTES;
  for (const end = from + bytes; from < end && poly < full; from += 24) {
    const first = v128.load(from);
    const second = v128.load(from, 12);
    const firstDigits = v128.and(i8x16.swizzle(first, asDigits), digitMask);
    const secondDigits = v128.and(i8x16.swizzle(second, asDigits), digitMask);
    const firstIn = i32x4.lt_s(v128.and(i8x16.swizzle(first, asNumber), numberMask), q);
    const secondIn = i32x4.lt_s(v128.and(i8x16.swizzle(second, asNumber), numberMask), q);
    if (i32x4.all_true(v128.and(firstIn, secondIn))) {
      v128.store(poly, firstDigits);
      v128.store(poly, secondDigits, 16);
      poly += 32;
    } else {
      poly = appendAccepted(poly, firstDigits, i32x4.bitmask(firstIn));
      poly = appendAccepted(poly, secondDigits, i32x4.bitmask(secondIn));
    }
  }
  return poly >= full;
}

/** The last bytes of ρ ‖ s ‖ r of entry number 7·r + s, and the suffix of SHAKE. */
// @ts-ignore: decorator
@inline
function entryTail(entry: usize): u64 {
  return (entry % COLUMNS) | ((entry / COLUMNS) << 8) | (<usize>SHAKE_SUFFIX << 16);
}

/** Permutes the states at STATES, and the one at STATE if there are three or a hash goes on there. */
// @ts-ignore: decorator
@inline
function permute(three: bool): void {
  if (three) keccakF1600x3();
  else permutePair();
}

/** Copies a block of output of the states to their streams. */
// @ts-ignore: decorator
@inline
function fetch(rate: usize, streams: usize, three: bool): void {
  splitX2(STATES, rate / 8, streams, streams + STREAM_BYTES);
  // Up to eight bytes too many, which the next block overwrites.
  if (three) for (let i: usize = 0; i < rate; i += 16) v128.store(streams + 2 * STREAM_BYTES + i, v128.load(STATE + i));
}

/** Two or three polynomials of what is in their streams: whether there was enough. */
// @ts-ignore: decorator
@inline
function rejectAll(streams: usize, bytes: usize, polys: usize, three: bool): bool {
  return rejectUniform(streams, bytes, polys)
    && rejectUniform(streams + STREAM_BYTES, bytes, polys + POLY_BYTES)
    && (!three || rejectUniform(streams + 2 * STREAM_BYTES, bytes, polys + 2 * POLY_BYTES));
}

/**
 * Two or three entries of algorithm 32 (ExpandA), row by row: two where a hash goes on beside (sponge.ts).
 *
 * Five blocks of SHAKE128 hold 280 candidates, of which each is refused with probability 2^−10: too few for 256 in one of
 * 2^100 polynomials. Six hold more than the 298 that FIPS 204 appendix C asks for, and end it.
 *
 * @param rho - ρ, 32 bytes.
 * @param matrix - A, 56 polynomials of digits; up to 28 bytes behind what is written are overwritten.
 * @param entry - The number of the first entry.
 * @param streams - Scratch, three times {@link STREAM_BYTES}.
 * @returns The number of the next entry.
 */
export function expandEntries(rho: usize, matrix: usize, entry: usize, streams: usize): usize {
  const left = ENTRIES - entry;
  const three = !isBusyBeside() && left != 2 && left != 4;
  const polys = matrix + entry * POLY_BYTES;
  seedX2(STATES, SHAKE128_RATE, rho, 4, entryTail(entry), entryTail(entry + 1));
  if (three) seedX1(STATE, SHAKE128_RATE, rho, 4, entryTail(entry + 2));
  let bytes: usize = 0;
  for (; bytes < A_BYTES; bytes += SHAKE128_RATE) {
    permute(three);
    fetch(SHAKE128_RATE, streams + bytes, three);
  }
  if (!rejectAll(streams, bytes, polys, three)) {
    permute(three);
    fetch(SHAKE128_RATE, streams + bytes, three);
    if (!rejectAll(streams, bytes + SHAKE128_RATE, polys, three)) unreachable();
  }
  return entry + (three ? 3 : 2);
}

/** Algorithm 32 (ExpandA): the whole matrix. Arguments as above. */
export function expandA(rho: usize, matrix: usize, streams: usize): void {
  for (let entry: usize = 0; entry < ENTRIES; ) entry = expandEntries(rho, matrix, entry, streams);
}

/**
 * Algorithm 31 (RejBoundedPoly) on bytes at hand, with algorithm 15 (CoeffFromHalfByte) for η = 2: appends accepted
 * nibbles, as coefficients of one byte, until there are 256 or no bytes.
 *
 * @param from - Nibbles, the lower one of a byte first.
 * @param bytes - Their bytes, a multiple of 4.
 * @param short - The polynomial; up to 7 bytes behind it are overwritten.
 * @param count - Coefficients it has already.
 * @returns Coefficients it has then; 256 and more are enough.
 */
function rejectBounded(from: usize, bytes: usize, short: usize, count: usize): usize {
  const nibble = i8x16.splat(15);
  const byNibble = v128.load(BY_NIBBLE);
  for (const end = from + bytes; from < end && count < 256; from += 4) {
    const four = v128.load32_zero(from);
    const lower = v128.and(four, nibble);
    const upper = v128.and(i16x8.shr_u(four, 4), nibble);
    const nibbles = v128.shuffle<u8>(lower, upper, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const accepted = i8x16.bitmask(i8x16.ne(nibbles, nibble)) & 0xff;
    const moves = v128.load64_zero(BYTE_MOVES + 8 * accepted);
    v128.store64_lane(short + count, i8x16.swizzle(i8x16.swizzle(byNibble, nibbles), moves), 0);
    count += popcnt(accepted);
  }
  return count;
}

/**
 * Algorithm 33 (ExpandS): s1 and s2, one byte a coefficient, {@link SHORT_STRIDE} bytes apart.
 *
 * @param seed - ρ′, 64 bytes.
 * @param shorts - 15 polynomials: seven of s1, eight of s2.
 * @param streams - Scratch, three times {@link STREAM_BYTES}.
 */
export function expandS(seed: usize, shorts: usize, streams: usize): void {
  const second = streams + STREAM_BYTES;
  for (let n: u64 = 0; n < ROWS + COLUMNS; n += 3, shorts += 3 * SHORT_STRIDE) {
    const tail = n | (<u64>SHAKE_SUFFIX << 16);
    seedX2(STATES, SHAKE256_RATE, seed, 8, tail, tail + 1);
    seedX1(STATE, SHAKE256_RATE, seed, 8, tail + 2);
    let a: usize = 0;
    let b: usize = 0;
    let c: usize = 0;
    do {
      keccakF1600x3();
      splitX2(STATES, SHAKE256_RATE / 8, streams, second);
      a = rejectBounded(streams, SHAKE256_RATE, shorts, a);
      b = rejectBounded(second, SHAKE256_RATE, shorts + SHORT_STRIDE, b);
      c = rejectBounded(STATE, SHAKE256_RATE, shorts + 2 * SHORT_STRIDE, c);
    } while (a < 256 || b < 256 || c < 256);
  }
}

/**
 * Four coefficients γ1 − v, where v has 20 bits (algorithm 19, BitUnpack, with a = γ1 − 1 and b = γ1).
 *
 * @param from - Ten bytes; six more are read.
 */
// @ts-ignore: decorator
@inline
function fourOfTwentyBits(from: usize, spread: v128, mask: v128, gamma1: v128): v128 {
  const wide = i8x16.swizzle(v128.load(from), spread);
  const v = v128.shuffle<i32>(wide, i32x4.shr_u(wide, 4), 0, 5, 2, 7);
  return i32x4.sub(gamma1, v128.and(v, mask));
}

/** Unpacks a polynomial of z or y: 640 bytes, and six more are read. */
export function unpackZ(from: usize, poly: usize): void {
  const spread = v128.load(TWENTY_BITS);
  const mask = i32x4.splat(0xfffff);
  const gamma1 = i32x4.splat(GAMMA1);
  for (const end = from + Z_PACKED_BYTES; from < end; from += 20, poly += 32) {
    v128.store(poly, fourOfTwentyBits(from, spread, mask, gamma1));
    v128.store(poly, fourOfTwentyBits(from + 10, spread, mask, gamma1), 16);
  }
}

/**
 * Three polynomials of algorithm 34 (ExpandMask).
 *
 * @param seed - ρ″, 64 bytes.
 * @param number - The number of the first one, κ + r.
 * @param polys - Where they go, behind each other.
 * @param streams - Scratch, three times {@link STREAM_BYTES}.
 */
export function expandMask(seed: usize, number: u32, polys: usize, streams: usize): void {
  const tail = <u64>number | (<u64>SHAKE_SUFFIX << 16);
  seedX2(STATES, SHAKE256_RATE, seed, 8, tail, tail + 1);
  seedX1(STATE, SHAKE256_RATE, seed, 8, tail + 2);
  for (let bytes: usize = 0; bytes < Z_PACKED_BYTES; bytes += SHAKE256_RATE) {
    keccakF1600x3();
    fetch(SHAKE256_RATE, streams + bytes, true);
  }
  for (let i: usize = 0; i < 3; i++) unpackZ(streams + i * STREAM_BYTES, polys + i * POLY_BYTES);
}

/**
 * Algorithm 29 (SampleInBall): the challenge, one byte a coefficient.
 *
 * @param seed - c̃, 64 bytes.
 * @param short - 256 bytes.
 */
export function sampleInBall(seed: usize, short: usize): void {
  hash(STATE, SHAKE256_RATE, SHAKE_SUFFIX, seed, CTILDE_BYTES, 0, 0);
  memory.fill(short, 0, SHORT_BYTES);
  let signs = load<u64>(STATE);
  let at: usize = 8;
  for (let i: usize = 256 - TAU; i < 256; i++) {
    let j: usize;
    do {
      if (at == SHAKE256_RATE) {
        keccakF1600(STATE);
        at = 0;
      }
      j = load<u8>(STATE + at++);
    } while (j > i);
    store<u8>(short + i, load<u8>(short + j));
    store<u8>(short + j, 1 - 2 * (<u8>signs & 1));
    signs >>= 1;
  }
}
