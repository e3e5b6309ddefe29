/**
 * Hashes and HMAC-SHA3-512, one call each: SHA3-256, SHA3-512 and SHAKE (FIPS 202 §6), HMAC (FIPS 198-1 §4).
 *
 * Inputs lie at {@link WORK}. A computation in pieces keeps its state outside: it comes to {@link STATE} for each call and is
 * fetched from {@link OUT}.
 */
import { STATE_BYTES } from './keccak';
import { OUT, STATE, wipe, WORK } from './memory';
import { absorb, finish, hash, SHA3_512_RATE, SHA3_SUFFIX, squeeze } from './sponge';

/** What HMAC adds to each byte of the key, for the inner hash and for the outer one. */
const INNER_PAD: u64 = 0x3636363636363636;
const OUTER_PAD: u64 = 0x5c5c5c5c5c5c5c5c;

/** Hashes `length` bytes. */
export function hashOnce(rate: usize, suffix: u8, length: usize, outLength: usize): void {
  hash(STATE, rate, suffix, WORK, length, OUT, outLength);
  wipe(length);
}

/** Absorbs `length` bytes; returns how many of the current block are absorbed. The state is at OUT. */
export function hashUpdate(rate: usize, at: usize, length: usize): usize {
  at = absorb(STATE, rate, at, WORK, length);
  memory.copy(OUT, STATE, STATE_BYTES);
  wipe(length);
  return at;
}

/** Ends the message. The state is at OUT, and begins with the first block of output. */
export function hashFinish(rate: usize, at: usize, suffix: u8): void {
  finish(STATE, rate, at, suffix);
  memory.copy(OUT, STATE, STATE_BYTES);
  wipe(0);
}

/** Reads `outLength` bytes; returns how many of the current block are read. The state is at OUT, the bytes behind it. */
export function hashSqueeze(rate: usize, at: usize, outLength: usize): usize {
  at = squeeze(STATE, rate, at, OUT + STATE_BYTES, outLength);
  memory.copy(OUT, STATE, STATE_BYTES);
  wipe(0);
  return at;
}

/** Replaces a key that is longer than a block by its hash, and fills it up with zeros to a block; at {@link WORK}. */
function toBlock(keyLength: usize): void {
  if (keyLength > SHA3_512_RATE) {
    hash(STATE, SHA3_512_RATE, SHA3_SUFFIX, WORK, keyLength, WORK, 64);
    keyLength = 64;
  }
  memory.fill(WORK + keyLength, 0, SHA3_512_RATE - keyLength);
}

/** A state that absorbed the key block, with a pad: one permutation. */
function absorbKey(pad: u64): void {
  memory.fill(STATE, 0, STATE_BYTES);
  for (let i: usize = 0; i < SHA3_512_RATE; i += 8) store<u64>(WORK + i, load<u64>(WORK + i) ^ pad);
  absorb(STATE, SHA3_512_RATE, 0, WORK, SHA3_512_RATE);
}

/** Ends the inner hash at `at` of its block; its 64 bytes are at `out`. */
function digestTo(at: usize, out: usize): void {
  finish(STATE, SHA3_512_RATE, at, SHA3_SUFFIX);
  memory.copy(out, STATE, 64);
}

/**
 * HMAC of `length` bytes, which lie behind the key and behind the room that a short key leaves of a block.
 *
 * @returns Nothing; the 64 bytes are at OUT.
 */
export function hmacOnce(keyLength: usize, length: usize): void {
  const data = WORK + (keyLength > SHA3_512_RATE ? keyLength : SHA3_512_RATE);
  toBlock(keyLength);
  absorbKey(INNER_PAD);
  digestTo(absorb(STATE, SHA3_512_RATE, 0, data, length), OUT);
  absorbKey(INNER_PAD ^ OUTER_PAD);
  digestTo(absorb(STATE, SHA3_512_RATE, 0, OUT, 64), OUT);
  wipe(data + length - WORK);
}

/** Begins an HMAC in pieces: the inner state and behind it the outer one are at OUT. */
export function hmacStart(keyLength: usize): void {
  toBlock(keyLength);
  absorbKey(INNER_PAD);
  memory.copy(OUT, STATE, STATE_BYTES);
  absorbKey(INNER_PAD ^ OUTER_PAD);
  memory.copy(OUT + STATE_BYTES, STATE, STATE_BYTES);
  wipe(keyLength > SHA3_512_RATE ? keyLength : SHA3_512_RATE);
}

/** Ends an HMAC in pieces, of which the inner state is at STATE and the outer one at WORK; the 64 bytes are at OUT. */
export function hmacFinish(at: usize): void {
  digestTo(at, OUT);
  memory.copy(STATE, WORK, STATE_BYTES);
  digestTo(absorb(STATE, SHA3_512_RATE, 0, OUT, 64), OUT);
  wipe(STATE_BYTES);
}
