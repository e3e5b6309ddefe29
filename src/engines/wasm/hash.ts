/**
 * SHA-3, HMAC and HKDF by the WebAssembly module. Every state that lies outside it is in memory that its owner wipes.
 *
 * @module
 */
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { allocateSecret, wipe } from '../../bytes.ts';
import type { DigestName, HashEngine, Hasher, Xof } from '../engine.ts';
import type { Wasm } from './instance.ts';

/** Bytes of a block, by capacity (FIPS 202 §6). */
const SHAKE128_RATE = 168;
const SHAKE256_RATE = 136;
const SHA3_256_RATE = 136;
const SHA3_512_RATE = 72;
const SHA3_SUFFIX = 0x06;
const SHAKE_SUFFIX = 0x1f;

const STATE_BYTES = 200;
const DIGEST_BYTES = 64;

/** What goes into the module at once, and what comes out of it. */
const PIECE_BYTES = 32768;
const OUT_BYTES = 4096;

/** RFC 5869 §2.3. */
const MAX_HKDF_BLOCKS = 255;

/** The hash engine on an instance of the module. */
export function createHash(wasm: Wasm): HashEngine {
  const { exports, memory } = wasm;
  const { hashFinish, hashOnce, hashSqueeze, hashUpdate, hmacFinish, hmacOnce, hmacStart } = exports;
  const input: number = exports.HASH_INPUT.value;
  const stateIn: number = exports.HASH_STATE.value;
  const out: number = exports.OUT.value;
  const stateOut = wasm.view(out, STATE_BYTES);
  const digestOut = wasm.view(out, DIGEST_BYTES);

  /** Runs what leaves the region of secrets zeroed when nothing is thrown. */
  function guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      wasm.wipeSecrets();
      throw error;
    }
  }

  /** Copies a result and zeroes it. */
  function fetch(result: Uint8Array, to: Uint8Array): void {
    to.set(result);
    result.fill(0);
  }

  /** Copies the first bytes of the results, as many as fit, and zeroes them. */
  function fetchFirst(offset: number, to: Uint8Array): void {
    fetch(wasm.view(out + offset, to.length), to);
  }

  /** A sponge whose state is ours. */
  class Sponge {
    readonly #rate: number;
    readonly #state: Uint8Array;
    /** Bytes of the current block that are absorbed or, after the end, read. */
    #at = 0;

    constructor(rate: number, state: Uint8Array = allocateSecret(STATE_BYTES)) {
      this.#rate = rate;
      this.#state = state;
    }

    absorb(data: Uint8Array): void {
      for (let offset = 0; offset < data.length; offset += PIECE_BYTES) {
        const piece = data.length <= PIECE_BYTES ? data : data.subarray(offset, offset + PIECE_BYTES);
        guarded(() => {
          memory.set(this.#state, stateIn);
          memory.set(piece, input);
          this.#at = hashUpdate(this.#rate, this.#at, piece.length);
          fetch(stateOut, this.#state);
        });
      }
    }

    finish(suffix: number): void {
      guarded(() => {
        memory.set(this.#state, stateIn);
        hashFinish(this.#rate, this.#at, suffix);
        fetch(stateOut, this.#state);
        this.#at = 0;
      });
    }

    squeeze(to: Uint8Array): void {
      for (let offset = 0; offset < to.length; offset += OUT_BYTES) {
        const piece = to.subarray(offset, offset + OUT_BYTES);
        guarded(() => {
          memory.set(this.#state, stateIn);
          this.#at = hashSqueeze(this.#rate, this.#at, piece.length);
          fetch(stateOut, this.#state);
          fetchFirst(STATE_BYTES, piece);
        });
      }
    }

    /** Ends an HMAC of which this is the inner hash. */
    finishHmac(outer: Uint8Array, to: Uint8Array): void {
      guarded(() => {
        memory.set(this.#state, stateIn);
        memory.set(outer, input);
        hmacFinish(this.#at);
        fetch(digestOut, to);
      });
    }

    wipe(): void {
      this.#state.fill(0);
    }
  }

  function hasher(rate: number, suffix: number): Hasher {
    const sponge = new Sponge(rate);
    return {
      update: (data) => sponge.absorb(data),
      digest(to) {
        try {
          sponge.finish(suffix);
          sponge.squeeze(to);
        } finally {
          sponge.wipe();
        }
      },
      dispose: () => sponge.wipe(),
    };
  }

  function hash(rate: number, suffix: number, data: Uint8Array, to: Uint8Array): void {
    if (data.length > PIECE_BYTES) {
      const pieces = hasher(rate, suffix);
      try {
        pieces.update(data);
        pieces.digest(to);
      } finally {
        pieces.dispose();
      }
      return;
    }
    try {
      memory.set(data, input);
      hashOnce(rate, suffix, data.length, to.length);
      to.set(to.length === DIGEST_BYTES ? digestOut : wasm.view(out, to.length));
      digestOut.fill(0);
    } catch (error) {
      wasm.wipeSecrets();
      throw error;
    }
  }

  function createHmac(key: Uint8Array): Hasher {
    const states = allocateSecret(2 * STATE_BYTES);
    // A key of any length: what is longer than a block is hashed to 64 bytes (FIPS 198-1 §4).
    const short = key.length > PIECE_BYTES ? allocateSecret(DIGEST_BYTES) : key;
    try {
      if (short !== key) hash(SHA3_512_RATE, SHA3_SUFFIX, key, short);
      guarded(() => {
        memory.set(short, input);
        hmacStart(short.length);
        fetchFirst(0, states);
      });
    } finally {
      if (short !== key) wipe(short);
    }
    const inner = new Sponge(SHA3_512_RATE, states.subarray(0, STATE_BYTES));
    const outer = states.subarray(STATE_BYTES);
    return {
      update: (data) => inner.absorb(data),
      digest(to) {
        try {
          inner.finishHmac(outer, to);
        } finally {
          wipe(states);
        }
      },
      dispose: () => wipe(states),
    };
  }

  function hmac(key: Uint8Array, data: Uint8Array, to: Uint8Array): void {
    if (key.length + data.length > PIECE_BYTES) {
      const pieces = createHmac(key);
      pieces.update(data);
      pieces.digest(to);
      return;
    }
    guarded(() => {
      memory.set(key, input);
      memory.set(data, input + Math.max(key.length, SHA3_512_RATE));
      hmacOnce(key.length, data.length);
      fetch(digestOut, to);
    });
  }

  /** RFC 5869 §2: one HMAC to extract, and one for each block. */
  function hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
    const okm = allocateSecret(length);
    // T(i − 1) ‖ info ‖ i, of which the first block has no T.
    const block = allocateSecret(DIGEST_BYTES + info.length + 1);
    const prk = allocateSecret(DIGEST_BYTES);
    const t = block.subarray(0, DIGEST_BYTES);
    try {
      hmac(salt, ikm, prk);
      block.set(info, DIGEST_BYTES);
      for (let i = 1; i <= MAX_HKDF_BLOCKS; i++) {
        const offset = (i - 1) * DIGEST_BYTES;
        if (offset >= length) break;
        block[block.length - 1] = i;
        hmac(prk, i === 1 ? block.subarray(DIGEST_BYTES) : block, t);
        okm.set(t.subarray(0, length - offset), offset);
      }
      return okm;
    } finally {
      wipe(block, prk);
    }
  }

  function xof(rate: number): Xof {
    const sponge = new Sponge(rate);
    let reading = false;
    return {
      update: (data) => sponge.absorb(data),
      squeeze(to) {
        if (!reading) sponge.finish(SHAKE_SUFFIX);
        reading = true;
        sponge.squeeze(to);
      },
      dispose: () => sponge.wipe(),
    };
  }

  function digestOf(rate: number, suffix: number, length: number): (data: Uint8Array) => Uint8Array {
    return (data) => {
      const to = new Uint8Array(length);
      hash(rate, suffix, data, to);
      return to;
    };
  }

  const digests: Record<DigestName, (data: Uint8Array) => Uint8Array> = {
    // Not ours: only thumbprints and the checks of other standards want SHA-2.
    'SHA-256': sha256,
    'SHA-512': sha512,
    'SHA3-256': digestOf(SHA3_256_RATE, SHA3_SUFFIX, 32),
    'SHA3-512': digestOf(SHA3_512_RATE, SHA3_SUFFIX, DIGEST_BYTES),
    'SHAKE256-512': digestOf(SHAKE256_RATE, SHAKE_SUFFIX, DIGEST_BYTES),
  };

  return {
    capabilities: new Set(['incremental-xof', 'wiped-state']),
    sha3_512: (data, to) => hash(SHA3_512_RATE, SHA3_SUFFIX, data, to),
    createSha3_512: () => hasher(SHA3_512_RATE, SHA3_SUFFIX),
    hmacSha3_512: hmac,
    createHmacSha3_512: createHmac,
    hkdfSha3_512: hkdf,
    digest: (name, data) => digests[name](data),
    createShake256: () => hasher(SHAKE256_RATE, SHAKE_SUFFIX),
    createXof: (bits) => xof(bits === 128 ? SHAKE128_RATE : SHAKE256_RATE),
  };
}
