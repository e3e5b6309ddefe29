/**
 * The sponge of FIPS 202 §4 over one state and over two, with the padding of SHA-3 and SHAKE (§6).
 *
 * Lengths and offsets are public; the bytes may be secret.
 */
import { keccakF1600, keccakF1600x2, STATE2_BYTES, STATE_BYTES } from './keccak';
import { keccakF1600x3 } from './keccak-x3';
import { STATE, STATES } from './memory';

/** Bytes of a block: 200 less twice the strength. */
export const SHAKE128_RATE: usize = 168;
export const SHAKE256_RATE: usize = 136;
export const SHA3_256_RATE: usize = 136;
export const SHA3_512_RATE: usize = 72;
/** That of the hashes which go on beside others: SHA3-256 and SHAKE256. */
const BESIDE_RATE: usize = 136;

/** §6.1 and §6.2: the bits behind the message, and the first bit of the padding. */
export const SHA3_SUFFIX: u8 = 0x06;
export const SHAKE_SUFFIX: u8 = 0x1f;

/** Adds bytes to a part of a state. */
// @ts-ignore: decorator
@inline
function addBytes(to: usize, from: usize, length: usize): void {
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) store<u64>(to + i, load<u64>(to + i) ^ load<u64>(from + i));
  for (; i < length; i++) store<u8>(to + i, load<u8>(to + i) ^ load<u8>(from + i));
}

/**
 * Absorbs bytes.
 *
 * @param state - The state, zero at the beginning.
 * @param rate - Bytes of a block.
 * @param at - Bytes of the current block absorbed so far, less than `rate`.
 * @returns The same after this call.
 */
export function absorb(state: usize, rate: usize, at: usize, data: usize, length: usize): usize {
  while (length > 0) {
    const room = rate - at;
    const taken = length < room ? length : room;
    addBytes(state + at, data, taken);
    data += taken;
    length -= taken;
    at += taken;
    if (at == rate) {
      keccakF1600(state);
      at = 0;
    }
  }
  return at;
}

/** Ends the message and permutes: the first block of output is in the state. */
export function finish(state: usize, rate: usize, at: usize, suffix: u8): void {
  store<u8>(state + at, load<u8>(state + at) ^ suffix);
  store<u8>(state + rate - 1, load<u8>(state + rate - 1) ^ 0x80);
  keccakF1600(state);
}

/**
 * Reads output.
 *
 * @param at - Bytes of the current block read so far; `rate` is fine.
 * @returns The same after this call.
 */
export function squeeze(state: usize, rate: usize, at: usize, out: usize, length: usize): usize {
  while (length > 0) {
    if (at == rate) {
      keccakF1600(state);
      at = 0;
    }
    const rest = rate - at;
    const taken = length < rest ? length : rest;
    memory.copy(out, state + at, taken);
    out += taken;
    length -= taken;
    at += taken;
  }
  return at;
}

/** A whole hash or extendable output: zeroes the state, absorbs, squeezes, and leaves the state as it then is. */
export function hash(
  state: usize, rate: usize, suffix: u8, data: usize, length: usize, out: usize, outLength: usize,
): void {
  memory.fill(state, 0, STATE_BYTES);
  finish(state, rate, absorb(state, rate, 0, data, length), suffix);
  squeeze(state, rate, 0, out, outLength);
}

/**
 * Puts two messages of one block into two states, with the padding of SHAKE: they share a prefix of whole lanes and differ in
 * what follows. One permutation later the states begin with the first blocks of output.
 *
 * @param states - 25 pairs of lanes.
 * @param prefix - What the messages share.
 * @param lanes - Its length in lanes of 8 bytes.
 * @param first - The last one to seven bytes of the first message, and behind them the suffix 0x1f.
 * @param second - The same of the second one.
 */
export function seedX2(states: usize, rate: usize, prefix: usize, lanes: usize, first: u64, second: u64): void {
  memory.fill(states, 0, STATE2_BYTES);
  for (let i: usize = 0; i < lanes; i++) v128.store(states + 16 * i, v128.load64_splat(prefix + 8 * i));
  store<u64>(states + 16 * lanes, first);
  store<u64>(states + 16 * lanes, second, 8);
  const last = states + 2 * rate - 16;
  v128.store(last, v128.xor(v128.load(last), i64x2.splat(0x8000000000000000)));
}

/** The same for one message and one state. */
export function seedX1(state: usize, rate: usize, prefix: usize, lanes: usize, last: u64): void {
  memory.fill(state, 0, STATE_BYTES);
  for (let i: usize = 0; i < lanes; i++) store<u64>(state + 8 * i, load<u64>(prefix + 8 * i));
  store<u64>(state + 8 * lanes, last);
  store<u8>(state + rate - 1, load<u8>(state + rate - 1) ^ 0x80);
}

/** Copies the first lanes of two states, to a place each. */
export function splitX2(states: usize, lanes: usize, first: usize, second: usize): void {
  let i: usize = 0;
  for (; i + 2 <= lanes; i += 2) {
    const a = v128.load(states + 16 * i);
    const b = v128.load(states + 16 * i, 16);
    v128.store(first + 8 * i, i64x2.shuffle(a, b, 0, 2));
    v128.store(second + 8 * i, i64x2.shuffle(a, b, 1, 3));
  }
  if (i < lanes) {
    store<u64>(first + 8 * i, load<u64>(states + 16 * i));
    store<u64>(second + 8 * i, load<u64>(states + 16 * i, 8));
  }
}

/**
 * A hash that goes on at {@link STATE} beside permutations of two states, in blocks of 136 bytes: where the rest of the message is,
 * how long it is, and where the output goes. No address, no hash.
 */
let besideData: usize = 0;
let besideLength: usize = 0;
let besideSuffix: u8 = 0;
let besideOut: usize = 0;
let besideOutLength: usize = 0;
/** How many blocks may still be taken before {@link finishBeside}. */
let besideBlocks: i32 = 0;

/** Begins a hash of at most 136 bytes (SHA3-256 or SHAKE256, by the suffix), which goes on in {@link permutePair}. */
export function beginBeside(data: usize, length: usize, suffix: u8, out: usize, outLength: usize = 32): void {
  memory.fill(STATE, 0, STATE_BYTES);
  besideData = data;
  besideLength = length;
  besideSuffix = suffix;
  besideOut = out;
  besideOutLength = outLength;
  besideBlocks = i32.MAX_VALUE;
}

/** Has only the first blocks taken before {@link finishBeside}: the rest of the message may come until then. */
export function limitBeside(blocks: i32): void {
  besideBlocks = blocks;
}

/** Whether such a hash is not at its end: the state at {@link STATE} is taken. */
export function isBusyBeside(): bool {
  return besideOut != 0;
}

/** Adds its next block, the last one with the padding. */
function addBlockBeside(): void {
  const taken = besideLength < BESIDE_RATE ? besideLength : BESIDE_RATE;
  addBytes(STATE, besideData, taken);
  if (taken < BESIDE_RATE) {
    store<u8>(STATE + taken, load<u8>(STATE + taken) ^ besideSuffix);
    store<u8>(STATE + BESIDE_RATE - 1, load<u8>(STATE + BESIDE_RATE - 1) ^ 0x80);
  }
}

/** After the permutation: goes to the next block, or ends. */
function nextBlockBeside(): void {
  if (besideLength < BESIDE_RATE) {
    memory.copy(besideOut, STATE, besideOutLength);
    besideOut = 0;
  } else {
    besideData += BESIDE_RATE;
    besideLength -= BESIDE_RATE;
  }
}

/** Permutes the two states at {@link STATES}, and beside them the third one if it is busy. */
export function permutePair(): void {
  if (!isBusyBeside() || besideBlocks == 0) {
    keccakF1600x2(STATES);
    return;
  }
  besideBlocks--;
  addBlockBeside();
  keccakF1600x3();
  nextBlockBeside();
}

/** Brings a hash to its end. */
export function finishBeside(): void {
  while (isBusyBeside()) {
    addBlockBeside();
    keccakF1600(STATE);
    nextBlockBeside();
  }
}
