/**
 * The key schedule of the protocol: SHA3-512, HKDF over it, the ratchet of epochs, and the secrets of a handshake.
 */
import { keccakF1600, STATE_BYTES } from '../../../src/engines/wasm/assembly/keccak';
import { KEY_LABEL, RATCHET_LABEL, SESSION, SESSION_KEY_HASH, SESSION_LABEL, SESSION_RHO, WORK } from './memory';

/** Bytes of a block of SHA3-512. */
const RATE: usize = 72;

const STATE: usize = WORK;
/** Inner and outer state of HMAC under no salt, under the transcript, and under what was extracted. */
const NO_SALT: usize = WORK + 0x200;
const TRANSCRIPT_SALT: usize = WORK + 0x400;
const EXTRACTED: usize = WORK + 0x600;
const PAD: usize = WORK + 0x800;
/** Message of one block, with room behind it. */
const MESSAGE: usize = WORK + 0x900;
/** What came out: 64 bytes each. */
const PRK: usize = WORK + 0xa00;
/** Commitment and key of an epoch: what HKDF gave. */
export const OKM: usize = WORK + 0xa40;
/** Message key, and behind it the next chain key. */
const RATCHETED: usize = WORK + 0xa80;
const CHAIN_KEY: usize = WORK + 0xac0;
const SHARED: usize = WORK + 0xb00;

/** Adds a block's bytes to the state, ends the message there, and permutes. */
function finish(message: usize, length: usize): void {
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) store<u64>(STATE + i, load<u64>(STATE + i) ^ load<u64>(message + i));
  for (; i < length; i++) store<u8>(STATE + i, load<u8>(STATE + i) ^ load<u8>(message + i));
  store<u8>(STATE + length, load<u8>(STATE + length) ^ 6);
  store<u8>(STATE + RATE - 1, load<u8>(STATE + RATE - 1) ^ 0x80);
  keccakF1600(STATE);
}

/** SHA3-512 of less than a block. */
function hash(message: usize, length: usize): void {
  memory.fill(STATE, 0, STATE_BYTES);
  finish(message, length);
}

/** The two states of HMAC under a key of 64 bytes. */
function keyStates(key: usize, out: usize): void {
  for (let side: usize = 0; side < 2; side++) {
    const state = out + 0x100 * side;
    const pad: u8 = side == 0 ? 0x36 : 0x5c;
    memory.fill(state, 0, STATE_BYTES);
    for (let i: usize = 0; i < RATE; i++) store<u8>(state + i, (i < 64 ? load<u8>(key + i) : 0) ^ pad);
    keccakF1600(state);
  }
}

/** HMAC-SHA3-512 of less than a block; the result stands at the start of the state. */
function hmac(states: usize, message: usize, length: usize): void {
  memory.copy(STATE, states, STATE_BYTES);
  finish(message, length);
  memory.copy(PAD, STATE, 64);
  memory.copy(STATE, states + 0x100, STATE_BYTES);
  finish(PAD, 64);
}

/** HKDF-SHA3-512, its first 64 bytes, of 32 bytes under a salt and a label. */
function hkdf(secret: usize, salt: usize, label: usize): void {
  hmac(salt, secret, 32);
  memory.copy(PRK, STATE, 64);
  keyStates(PRK, EXTRACTED);
  const length = <usize>load<u32>(label);
  memory.copy(MESSAGE, label + 4, length);
  store<u8>(MESSAGE + length, 1);
  hmac(EXTRACTED, MESSAGE, length + 1);
  memory.copy(OKM, STATE, 64);
}

export function prepareSchedule(): void {
  memory.fill(PAD, 0, 64);
  keyStates(PAD, NO_SALT);
  keyStates(SESSION, TRANSCRIPT_SALT);
}

/** The first 8 bytes of the commitment of the epoch that a message key is for. */
export function commitmentOf(messageKey: usize): u64 {
  hkdf(messageKey, NO_SALT, KEY_LABEL);
  return load<u64>(OKM + 32);
}

/** One step of the ratchet; returns where the message key is, with the next chain key behind it. */
export function ratchet(chainKey: usize, epoch: u32): usize {
  const length = <usize>load<u32>(RATCHET_LABEL);
  memory.copy(MESSAGE, RATCHET_LABEL + 4, length);
  store<u32>(MESSAGE + length, bswap<u32>(epoch));
  memory.copy(MESSAGE + length + 4, chainKey, 32);
  hash(MESSAGE, length + 36);
  memory.copy(RATCHETED, STATE, 64);
  return RATCHETED;
}

/** Goes from a chain key of one epoch to the message key of a later one. */
export function walk(chainKey: usize, from: u32, to: u32): usize {
  memory.copy(CHAIN_KEY, chainKey, 32);
  let at = ratchet(CHAIN_KEY, from);
  for (let epoch = from + 1; epoch <= to; epoch++) {
    memory.copy(CHAIN_KEY, at + 32, 32);
    at = ratchet(CHAIN_KEY, epoch);
  }
  return at;
}

/** The first chain key that a shared secret gives in the recorded handshake. */
export function chainKeyOf(shared: usize): usize {
  hkdf(shared, TRANSCRIPT_SALT, SESSION_LABEL);
  memory.copy(SHARED, OKM, 32);
  return SHARED;
}

/** The shared secret that the encapsulation's randomness gives: the first half of SHA3-512(m ‖ H(ek)) (FIPS 203 §6.2). */
export function sharedSecretOf(randomness: usize): usize {
  memory.copy(MESSAGE, randomness, 32);
  memory.copy(MESSAGE + 32, SESSION_KEY_HASH, 32);
  hash(MESSAGE, 64);
  memory.copy(SHARED, STATE, 32);
  return SHARED;
}

/** Whether a seed d makes the recorded encapsulation key: ρ is the first half of SHA3-512(d ‖ k) (FIPS 203 §5.1). */
export function makesKey(seed: usize): bool {
  memory.copy(MESSAGE, seed, 32);
  store<u8>(MESSAGE + 32, 4);
  hash(MESSAGE, 33);
  return load<u64>(STATE) == load<u64>(SESSION_RHO) && load<u64>(STATE + 8) == load<u64>(SESSION_RHO + 8);
}
