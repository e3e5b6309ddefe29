/**
 * AES-256 (FIPS 197), one block under a key; by tables, as an adversary has nothing to hide.
 */
import { ROUND_TABLE, SBOX } from './memory';

/** Fills the table of S-box times (2, 1, 1, 3). */
export function prepareAes(): void {
  for (let i: usize = 0; i < 256; i++) {
    const s = <u32>load<u8>(SBOX + i);
    const twice = (s << 1) ^ ((s >> 7) * 0x11b);
    store<u32>(ROUND_TABLE + 4 * i, (twice << 24) | (s << 16) | (s << 8) | (twice ^ s));
  }
}

// @ts-ignore: decorator
@inline
export function substitute(word: u32): u32 {
  return (
    (<u32>load<u8>(SBOX + (word >>> 24)) << 24) |
    (<u32>load<u8>(SBOX + ((word >>> 16) & 255)) << 16) |
    (<u32>load<u8>(SBOX + ((word >>> 8) & 255)) << 8) |
    <u32>load<u8>(SBOX + (word & 255))
  );
}

/** The schedule of a key: 60 words, at `out`. */
export function expand(key: usize, out: usize): void {
  for (let i: usize = 0; i < 8; i++) store<u32>(out + 4 * i, bswap<u32>(load<u32>(key + 4 * i)));
  let constant: u32 = 0x01000000;
  for (let i: usize = 8; i < 60; i++) {
    let word = load<u32>(out + 4 * i - 4);
    if (i % 8 == 0) {
      word = substitute(rotl<u32>(word, 8)) ^ constant;
      constant <<= 1;
    } else if (i % 8 == 4) word = substitute(word);
    store<u32>(out + 4 * i, load<u32>(out + 4 * i - 32) ^ word);
  }
}

// @ts-ignore: decorator
@inline
function column(a: u32, b: u32, c: u32, d: u32, key: u32): u32 {
  return (
    load<u32>(ROUND_TABLE + 4 * (a >>> 24)) ^
    rotr<u32>(load<u32>(ROUND_TABLE + 4 * ((b >>> 16) & 255)), 8) ^
    rotr<u32>(load<u32>(ROUND_TABLE + 4 * ((c >>> 8) & 255)), 16) ^
    rotr<u32>(load<u32>(ROUND_TABLE + 4 * (d & 255)), 24) ^
    key
  );
}

// @ts-ignore: decorator
@inline
function lastColumn(a: u32, b: u32, c: u32, d: u32, key: u32): u32 {
  const word = (a & 0xff000000) | (b & 0xff0000) | (c & 0xff00) | (d & 0xff);
  return substitute(word) ^ key;
}

/** Whether a block encrypts to another one. */
export function encryptsTo(schedule: usize, block: usize, expected: usize): bool {
  let a = bswap<u32>(load<u32>(block)) ^ load<u32>(schedule);
  let b = bswap<u32>(load<u32>(block + 4)) ^ load<u32>(schedule + 4);
  let c = bswap<u32>(load<u32>(block + 8)) ^ load<u32>(schedule + 8);
  let d = bswap<u32>(load<u32>(block + 12)) ^ load<u32>(schedule + 12);
  for (let round: usize = 1; round < 14; round++) {
    const key = schedule + 16 * round;
    const e = column(a, b, c, d, load<u32>(key));
    const f = column(b, c, d, a, load<u32>(key + 4));
    const g = column(c, d, a, b, load<u32>(key + 8));
    d = column(d, a, b, c, load<u32>(key + 12));
    a = e;
    b = f;
    c = g;
  }
  const key = schedule + 224;
  return (
    lastColumn(a, b, c, d, load<u32>(key)) == bswap<u32>(load<u32>(expected)) &&
    lastColumn(b, c, d, a, load<u32>(key + 4)) == bswap<u32>(load<u32>(expected + 4)) &&
    lastColumn(c, d, a, b, load<u32>(key + 8)) == bswap<u32>(load<u32>(expected + 8)) &&
    lastColumn(d, a, b, c, load<u32>(key + 12)) == bswap<u32>(load<u32>(expected + 12))
  );
}
