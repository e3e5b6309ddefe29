/**
 * The adversary's arithmetic, in WebAssembly: what `assembly/` tries with every 32 bytes of a dump.
 *
 * @module
 */
import { compileWasm } from '../../scripts/compile-wasm.mjs';

/** As `assembly/memory.ts` has them. */
const SBOX = 0x10000;
const TARGETS = 0x20000;
const TARGET_BYTES = 64;
const SESSION = 0x28000;
const RATCHET_LABEL = 0x29000;
const KEY_LABEL = 0x29100;
const SESSION_LABEL = 0x29200;
const HITS = 0x2a000;
const DATA = 0x900000;

/** Bytes that are scanned at once. */
export const PIECE_BYTES: number = 2 ** 22;
/** Pieces overlap, so that no schedule lies between two. */
export const OVERLAP_BYTES = 64;
const PAGES = Math.ceil((DATA + PIECE_BYTES + 4096) / 65_536);

const KINDS = [
  '',
  'message key',
  'chain key',
  'encryption key',
  'AES key schedule',
  'KEM shared secret',
  'KEM randomness',
  'KEM seed',
] as const;

/** What somebody knows of a fragment who recorded it, and knows its plaintext. */
export interface Target {
  readonly epoch: number;
  /** 32 bytes, from the header. */
  readonly commitment: Uint8Array;
  /** The first counter block of the message: nonce and 2. */
  readonly counterBlock: Uint8Array;
  /** Ciphertext and plaintext of the first 16 bytes, added. */
  readonly keystream: Uint8Array;
}

/** What was recorded of a handshake. */
export interface Handshake {
  readonly transcript: Uint8Array;
  readonly encapsulationKey: Uint8Array;
  /** SHA3-256 of it. */
  readonly keyHash: Uint8Array;
}

/** What a window turned out to be. */
export interface Hit {
  readonly kind: string;
  readonly epoch: number;
  readonly offset: number;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  prepare(targets: number, withSession: number): void;
  scan(length: number): void;
  hitCount(): number;
  triedCount(): number;
  scheduleCount(): number;
}

/** The S-box of FIPS 197 §5.1.1: the inverse in GF(2^8), and an affine map. */
function sbox(): Uint8Array {
  const out = new Uint8Array(256);
  let p = 1;
  let q = 1;
  do {
    p = (p ^ (p << 1) ^ (p & 0x80 ? 0x11b : 0)) & 255;
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q &= 255;
    if (q & 0x80) q ^= 0x09;
    const turn = (places: number) => ((q << places) | (q >> (8 - places))) & 255;
    out[p] = q ^ turn(1) ^ turn(2) ^ turn(3) ^ turn(4) ^ 0x63;
  } while (p !== 1);
  out[0] = 0x63;
  return out;
}

/** Compiles it. */
export async function compileKernel(): Promise<WebAssembly.Module> {
  const { bytes } = await compileWasm({ folder: 'test/adversary', pages: PAGES });
  return new WebAssembly.Module(Uint8Array.from(bytes));
}

/** Tries memory. */
export class Kernel {
  readonly #exports: Exports;
  readonly #bytes: Uint8Array;
  #hits = 0;

  /**
   * @param module - Compiled.
   * @param targets - In the order of their epochs, one an epoch.
   * @param handshake - When there was one.
   */
  constructor(module: WebAssembly.Module, targets: readonly Target[], handshake?: Handshake) {
    this.#exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    const bytes = new Uint8Array(this.#exports.memory.buffer);
    this.#bytes = bytes;
    const view = new DataView(bytes.buffer);
    bytes.set(sbox(), SBOX);
    for (const [i, { epoch, commitment, counterBlock, keystream }] of targets.entries()) {
      const at = TARGETS + TARGET_BYTES * i;
      view.setUint32(at, epoch, true);
      bytes.set(commitment.subarray(0, 8), at + 8);
      bytes.set(counterBlock, at + 16);
      bytes.set(keystream, at + 32);
    }
    for (const [at, text] of [
      [RATCHET_LABEL, 'mwrasp-crypto/fragment/v1/ratchet'],
      [KEY_LABEL, 'mwrasp-crypto/fragment/v1/key'],
      [SESSION_LABEL, 'mwrasp-crypto/tf1/keys'],
    ] as const) {
      view.setUint32(at, text.length, true);
      bytes.set(Buffer.from(text), at + 4);
    }
    if (handshake !== undefined) {
      bytes.set(handshake.transcript, SESSION);
      bytes.set(handshake.keyHash, SESSION + 64);
      bytes.set(handshake.encapsulationKey.subarray(-32), SESSION + 96);
    }
    this.#exports.prepare(targets.length, handshake === undefined ? 0 : 1);
  }

  /** Tries a piece; returns what was found in it. */
  scan(piece: Uint8Array): Hit[] {
    // What follows the piece in memory must not look like a part of it.
    this.#bytes.fill(0, DATA + piece.length, DATA + piece.length + OVERLAP_BYTES);
    this.#bytes.set(piece, DATA);
    this.#exports.scan(piece.length);
    const view = new DataView(this.#bytes.buffer);
    const found: Hit[] = [];
    for (; this.#hits < this.#exports.hitCount(); this.#hits++) {
      const at = HITS + 12 * this.#hits;
      found.push({
        kind: KINDS[view.getUint32(at, true)] as string,
        epoch: view.getUint32(at + 4, true),
        offset: view.getUint32(at + 8, true),
      });
    }
    return found;
  }

  /** Windows that were tried. */
  get tried(): number {
    return this.#exports.triedCount() >>> 0;
  }

  /** Schedules of AES-256 that were found, of whatever key. */
  get schedules(): number {
    return this.#exports.scheduleCount() >>> 0;
  }
}
