/** Tables of ML-KEM, computed once at the start: powers of ζ, and how rejection sampling packs what it accepts. */
import { TABLES } from './memory';
import { companion, Q } from './mlkem-field';

/** 256 byte shuffles: number i moves the 16-bit lanes whose bits are set in i to the front. */
export const PACKING: usize = TABLES;
/** ζ^BitRev₇(i) and its companion, 16 bits each, for i = 0 … 127 (FIPS 203 §4.3 and appendix A). */
export const ZETAS: usize = PACKING + 256 * 16;
/**
 * Factors of the layers of length 4 and 2, as vectors: for each 16 coefficients a vector of factors and one of companions.
 * Lanes 4i … 4i + 3 of the layer of length 4 have one factor, lanes 2i and 2i + 1 of that of length 2.
 */
export const ZETAS_4: usize = ZETAS + 128 * 4;
export const ZETAS_2: usize = ZETAS_4 + 16 * 32;
/** The same of the inverse transform. */
export const INVERSE_ZETAS_4: usize = ZETAS_2 + 16 * 32;
export const INVERSE_ZETAS_2: usize = INVERSE_ZETAS_4 + 16 * 32;
/** 1 at the even places and ζ^(2 BitRev₇(i) + 1) at place 2i + 1: for each 8 coefficients a vector and its companions. */
export const GAMMAS: usize = INVERSE_ZETAS_2 + 16 * 32;
export const TABLES_END: usize = GAMMAS + 32 * 32;

/** From 0 … q − 1 to the representative of least absolute value. */
function centered(a: i32): i32 {
  const q = Q as i32;
  return a > q / 2 ? a - q : a;
}

/** ζ^exponent mod q, ζ = 17. */
function power(exponent: i32): i32 {
  let result = 1;
  for (let i = 0; i < exponent; i++) result = (17 * result) % (Q as i32);
  return centered(result);
}

/** BitRev₇ of FIPS 203 §2.3. */
function bitReverse7(i: i32): i32 {
  let reversed = 0;
  for (let bit = 0; bit < 7; bit++) reversed |= ((i >> bit) & 1) << (6 - bit);
  return reversed;
}

function storeLane(table: usize, vector: i32, lane: i32, factor: i32): void {
  const at = table + 32 * vector + 2 * lane;
  store<i16>(at, factor as i16);
  store<i16>(at + 16, companion(factor) as i16);
}

/** The factor that was stored in {@link ZETAS}. */
function zeta(i: i32): i32 {
  return load<i16>(ZETAS + 4 * i);
}

function fillZetas(): void {
  for (let i = 0; i < 128; i++) {
    const factor = power(bitReverse7(i));
    store<i16>(ZETAS + 4 * i, factor as i16);
    store<i16>(ZETAS + 4 * i + 2, companion(factor) as i16);
  }
  for (let vector = 0; vector < 16; vector++) {
    for (let lane = 0; lane < 8; lane++) {
      const group4 = 2 * vector + (lane >> 2);
      const group2 = 4 * vector + (lane >> 1);
      storeLane(ZETAS_4, vector, lane, zeta(32 + group4));
      storeLane(ZETAS_2, vector, lane, zeta(64 + group2));
      storeLane(INVERSE_ZETAS_4, vector, lane, zeta(63 - group4));
      storeLane(INVERSE_ZETAS_2, vector, lane, zeta(127 - group2));
    }
  }
  for (let i = 0; i < 128; i++) {
    storeLane(GAMMAS, i >> 2, 2 * (i & 3), 1);
    storeLane(GAMMAS, i >> 2, 2 * (i & 3) + 1, power(2 * bitReverse7(i) + 1));
  }
}

function fillPacking(): void {
  for (let accepted = 0; accepted < 256; accepted++) {
    let at = PACKING + 16 * accepted;
    for (let lane = 0; lane < 8; lane++) {
      if (((accepted >> lane) & 1) == 0) continue;
      store<u16>(at, ((2 * lane) | ((2 * lane + 1) << 8)) as u16);
      at += 2;
    }
  }
}

/** Fills the tables. */
export function kemTables(): void {
  fillZetas();
  fillPacking();
}
