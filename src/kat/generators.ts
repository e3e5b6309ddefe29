/**
 * The deterministic generators that published known answers draw their inputs from.
 *
 * @module
 */
import { wipe } from '../bytes.ts';
import { aes256Block } from '../engines/kat-primitives.ts';

const KEY_BYTES = 32;
const BLOCK_BYTES = 16;
const STATE_BYTES = KEY_BYTES + BLOCK_BYTES;

/**
 * The generator of NIST's PQC test vectors: CTR_DRBG of SP 800-90A with AES-256, without derivation function. Every
 * draw ends with an update, so one draw of 64 bytes and two of 32 differ.
 */
export class NistDrbg {
  readonly #key = new Uint8Array(KEY_BYTES);
  readonly #counter = new Uint8Array(BLOCK_BYTES);

  /** @param seed - 48 bytes. */
  constructor(seed: Uint8Array) {
    this.#update(seed);
  }

  /** Draws bytes. */
  random(sizeBytes: number): Uint8Array {
    const out = new Uint8Array(sizeBytes);
    for (let offset = 0; offset < sizeBytes; offset += BLOCK_BYTES) {
      out.set(this.#nextBlock().subarray(0, sizeBytes - offset), offset);
    }
    this.#update();
    return out;
  }

  #nextBlock(): Uint8Array {
    for (let i = BLOCK_BYTES - 1; i >= 0; i--) {
      const byte = ((this.#counter[i] as number) + 1) & 0xff;
      this.#counter[i] = byte;
      if (byte !== 0) break;
    }
    return aes256Block(this.#key, this.#counter);
  }

  #update(provided?: Uint8Array): void {
    const state = new Uint8Array(STATE_BYTES);
    for (let offset = 0; offset < STATE_BYTES; offset += BLOCK_BYTES) state.set(this.#nextBlock(), offset);
    if (provided !== undefined) {
      for (let i = 0; i < STATE_BYTES; i++) state[i] = (state[i] as number) ^ (provided[i] as number);
    }
    this.#key.set(state.subarray(0, KEY_BYTES));
    this.#counter.set(state.subarray(KEY_BYTES));
    wipe(state);
  }
}

/** Digits of π, the seed of SURF in test programs. */
const SURF_SEED = Uint32Array.from('31415926535897932384626433832795', Number);
const SURF_ROTATIONS = [5, 7, 9, 13];
const SURF_STATE_WORDS = 12;
const SURF_OUTPUT_WORDS = 8;

/**
 * D. J. Bernstein's SURF ("Simple Unpredictable Random Function") over a counter, as test programs use it in place of a
 * random generator: the low byte of each output word, the last word first.
 */
export class Surf {
  readonly #counter = new Uint32Array(SURF_STATE_WORDS);
  readonly #out = new Uint32Array(SURF_OUTPUT_WORDS);
  #left = 0;

  /** Draws bytes. */
  random(sizeBytes: number): Uint8Array {
    const bytes = new Uint8Array(sizeBytes);
    for (let i = 0; i < sizeBytes; i++) {
      if (this.#left === 0) this.#refill();
      bytes[i] = this.#out[--this.#left] as number;
    }
    return bytes;
  }

  #refill(): void {
    for (let i = 0; i < SURF_STATE_WORDS; i++) {
      const word = ((this.#counter[i] as number) + 1) >>> 0;
      this.#counter[i] = word;
      if (word !== 0) break;
    }
    const state = this.#counter.map((word, i) => word ^ (SURF_SEED[SURF_STATE_WORDS + i] as number));
    this.#out.set(SURF_SEED.subarray(SURF_SEED.length - SURF_OUTPUT_WORDS));
    let word = state[SURF_STATE_WORDS - 1] as number;
    let sum = 0;
    for (let round = 0; round < 32; round++) {
      sum = (sum + 0x9e3779b9) >>> 0;
      for (let i = 0; i < SURF_STATE_WORDS; i++) {
        const bits = SURF_ROTATIONS[i % 4] as number;
        const rotated = (word << bits) | (word >>> (32 - bits));
        const mixed = ((word ^ (SURF_SEED[i] as number)) + sum) ^ rotated;
        state[i] = (state[i] as number) + mixed;
        word = state[i] as number;
      }
      if (round % 16 === 15) this.#fold(state);
    }
    this.#left = SURF_OUTPUT_WORDS;
  }

  #fold(state: Uint32Array): void {
    for (let i = 0; i < SURF_OUTPUT_WORDS; i++) {
      this.#out[i] = (this.#out[i] as number) ^ (state[SURF_STATE_WORDS - SURF_OUTPUT_WORDS + i] as number);
    }
  }
}
