/** Sampling: the public matrix by rejection (FIPS 203 Algorithm 7), secrets and noise from a binomial distribution (Algorithm 8). */
import { keccakF1600x3 } from './keccak-x3';
import { STATE, STATES } from './memory';
import { Q } from './mlkem-field';
import { ENTRY, POLY, STREAM_A, STREAM_B } from './mlkem-memory';
import { PACKING } from './mlkem-tables';
import {
  isBusyBeside, permutePair, seedX1, seedX2, SHAKE128_RATE, SHAKE256_RATE, SHAKE_SUFFIX, splitX2,
} from './sponge';

/** Eight 12-bit numbers out of the first 12 of 16 bytes, in 16 bits each (FIPS 203 Algorithm 6, d = 12). */
// @ts-ignore: decorator
@inline
export function unpack12(bytes: v128): v128 {
  const spread = i8x16.shuffle(bytes, bytes, 0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11);
  return v128.or(
    v128.and(spread, i32x4.splat(0x0fff)),
    v128.and(i16x8.shr_u(spread, 4), i32x4.splat(0x0fff0000)),
  );
}

/** Stores the lanes of `numbers` whose bits are set. */
// @ts-ignore: decorator
@inline
function storeAccepted(at: usize, numbers: v128, accepted: i32): void {
  v128.store(at, i8x16.swizzle(numbers, v128.load(PACKING + 16 * accepted)));
}

/**
 * Steps 4 to 16 of Algorithm 7 on whole groups of 24 bytes: appends the numbers below q, until there are 256. Branches on
 * what it reads, which is public.
 *
 * @param count - Coefficients so far.
 * @returns Coefficients now; up to 15 beyond the 256th are of no meaning.
 */
export function appendBelowQ(polynomial: usize, count: i32, at: usize, end: usize): i32 {
  const q = i16x8.splat(Q);
  for (; at < end && count < 256; at += 24) {
    const first = unpack12(v128.load(at));
    const second = unpack12(v128.load(at, 12));
    // One byte a number: V8's form of i16x8.bitmask waits for the turn before.
    const below = i8x16.narrow_i16x8_s(i16x8.lt_s(first, q), i16x8.lt_s(second, q));
    const accepted = i8x16.bitmask(below);
    storeAccepted(polynomial + 2 * count, first, accepted & 0xff);
    storeAccepted(polynomial + 2 * (count + popcnt(accepted & 0xff)), second, accepted >> 8);
    count += popcnt(accepted);
  }
  return count;
}

/** What follows ρ in the seed of entry number 4i + j of the matrix, j ‖ i, and the suffix of SHAKE. */
// @ts-ignore: decorator
@inline
function entryTail(entry: usize): u64 {
  return (entry & 3) | ((entry >> 2) << 8) | ((SHAKE_SUFFIX as u64) << 16);
}

/**
 * How many of what is left to sample come next. Three take little more time than two, but not where the third state is
 * taken; and two and two are better than three and one.
 */
// @ts-ignore: decorator
@inline
function areThree(left: i32): bool {
  return !isBusyBeside() && left >= 3 && left != 4;
}

/** Two or three entries of the matrix, from number `entry` on. */
function sampleEntries(rho: usize, entry: usize, polynomials: usize, three: bool): void {
  seedX2(STATES, SHAKE128_RATE, rho, 4, entryTail(entry), entryTail(entry + 1));
  if (three) seedX1(STATE, SHAKE128_RATE, rho, 4, entryTail(entry + 2));
  let a = 0;
  let b = 0;
  let c = three ? 0 : 256;
  // Three times nearly always.
  while (a < 256 || b < 256 || c < 256) {
    if (three) keccakF1600x3();
    else permutePair();
    splitX2(STATES, 21, STREAM_A, STREAM_B);
    a = appendBelowQ(polynomials, a, STREAM_A, STREAM_A + SHAKE128_RATE);
    b = appendBelowQ(polynomials + ENTRY, b, STREAM_B, STREAM_B + SHAKE128_RATE);
    c = appendBelowQ(polynomials + 2 * ENTRY, c, STATE, STATE + SHAKE128_RATE);
  }
}

/** Entries of Â of Algorithms 13 and 14, which has 16, from number `entry` on and before number `end`. */
export function sampleMatrix(rho: usize, matrix: usize, entry: i32, end: i32): void {
  while (entry < end) {
    const three = areThree(end - entry);
    sampleEntries(rho, entry, matrix + (entry as usize) * ENTRY, three);
    entry += three ? 3 : 2;
  }
}

/** Algorithm 8 with η = 2: 128 bytes to 256 coefficients from −2 to 2. */
// @ts-ignore: decorator
@inline
function sampleBinomial(bytes: usize, polynomial: usize): void {
  const ones = i8x16.splat(0x55);
  const twos = i8x16.splat(0x33);
  const halfBytes = i8x16.splat(0x0f);
  for (let i: usize = 0; i < 128; i += 16) {
    const bits = v128.load(bytes + i);
    // Each two bits: x or y of a coefficient, 0 to 2.
    const sums = i8x16.add(v128.and(bits, ones), v128.and(i64x2.shr_u(bits, 1), ones));
    // Each four bits: 2 + x − y, 0 to 4.
    const x = i8x16.add(v128.and(sums, twos), i8x16.splat(0x22));
    const differences = i8x16.sub(x, v128.and(i64x2.shr_u(sums, 2), twos));
    const even = i8x16.sub(v128.and(differences, halfBytes), i8x16.splat(2));
    const odd = i8x16.sub(v128.and(i64x2.shr_u(differences, 4), halfBytes), i8x16.splat(2));
    const lower = i8x16.shuffle(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const upper = i8x16.shuffle(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const at = polynomial + 4 * i;
    v128.store(at, i16x8.extend_low_i8x16_s(lower));
    v128.store(at, i16x8.extend_high_i8x16_s(lower), 16);
    v128.store(at, i16x8.extend_low_i8x16_s(upper), 32);
    v128.store(at, i16x8.extend_high_i8x16_s(upper), 48);
  }
}

/** What follows the seed of PRF (§4.1), and the suffix of SHAKE. */
// @ts-ignore: decorator
@inline
function noiseTail(n: u64): u64 {
  return n | ((SHAKE_SUFFIX as u64) << 8);
}

/**
 * SamplePolyCBD(PRF(seed, n)) for n = 0 … count − 1, one polynomial behind the other. What follows the last one may be
 * overwritten.
 */
export function sampleNoise(seed: usize, count: i32, polynomials: usize): void {
  for (let n = 0; n < count; ) {
    const three = areThree(count - n);
    const at = polynomials + (n as usize) * POLY;
    seedX2(STATES, SHAKE256_RATE, seed, 4, noiseTail(n), noiseTail(n + 1));
    if (three) {
      seedX1(STATE, SHAKE256_RATE, seed, 4, noiseTail(n + 2));
      keccakF1600x3();
      sampleBinomial(STATE, at + 2 * POLY);
    } else {
      permutePair();
    }
    splitX2(STATES, 16, STREAM_A, STREAM_B);
    sampleBinomial(STREAM_A, at);
    sampleBinomial(STREAM_B, at + POLY);
    n += three ? 3 : 2;
  }
}
