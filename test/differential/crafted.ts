/**
 * Signatures of ML-DSA-87 that are right but for one thing: whoever gives a public key with t1 = 0 signs without a private key,
 * for then w′ = A·z − c·t1·2^d does not depend on the challenge. So z may be what no signer would ever give, and the hints may
 * be packed as none would pack them, and the challenge fits all the same: only the check in question stands in the way.
 *
 * @module
 */
import { genCrystals, XOF128 } from '@noble/post-quantum/_crystals.js';
import { concat } from '../../src/bytes.ts';
import { ML_DSA_87 } from '../../src/params.ts';
import type { Draw } from './draw.ts';
import { shake256 } from './raw.ts';

/** FIPS 204 table 1 for ML-DSA-87. */
const N = 256;
const K = 8;
const L = 7;
const Q = 8380417;
const OMEGA = 75;
const GAMMA1 = 2 ** 19;
const GAMMA2 = (Q - 1) / 32;
/** γ1 − β: what no coefficient of z may reach. */
export const Z_BOUND: number = GAMMA1 - 120;

const CHALLENGE_BYTES = 64;
const Z_BYTES = 640 * L;
/** Where the hints begin in a signature. */
export const HINTS: number = CHALLENGE_BYTES + Z_BYTES;
/** Where the ends of the rows begin in the hints. */
export const ENDS: number = OMEGA;

const { NTT, bitsCoder } = genCrystals({
  newPoly: (n) => new Int32Array(n),
  N,
  Q,
  F: 8347681,
  ROOT_OF_UNITY: 1753,
  brvBits: 8,
  isKyber: false,
});
const mod = (x: number) => ((x % Q) + Q) % Q;
/** FIPS 204 algorithm 17: γ1 − z in 20 bits. */
const zCoder = bitsCoder(20, { encode: (z) => GAMMA1 - z, decode: (z) => GAMMA1 - z });
const w1Coder = bitsCoder(4, { encode: (w) => w, decode: (w) => w });

/** Algorithm 30, RejNTTPoly, for row i and column j of the matrix. */
function matrixPoly(rho: Uint8Array, i: number, j: number): Int32Array {
  const next = XOF128(rho).get(j, i);
  const poly = new Int32Array(N);
  for (let filled = 0; filled < N; ) {
    const block = next();
    for (let at = 0; at + 3 <= block.length && filled < N; at += 3) {
      const [b0, b1, b2] = block.subarray(at, at + 3) as unknown as [number, number, number];
      const candidate = b0 | (b1 << 8) | ((b2 & 0x7f) << 16);
      if (candidate < Q) poly[filled++] = candidate;
    }
  }
  return poly;
}

/** Algorithm 40, UseHint. */
function useHint(hint: boolean, w: number): number {
  const r = mod(w);
  let low = r % (2 * GAMMA2);
  if (low > GAMMA2) low -= 2 * GAMMA2;
  const isTop = r - low === Q - 1;
  const high = isTop ? 0 : (r - low) / (2 * GAMMA2);
  if (isTop) low -= 1;
  if (!hint) return high;
  return (high + (low > 0 ? 1 : 15)) % 16;
}

/** What {@link Forger.sign} makes. */
export interface Crafted {
  readonly message: Uint8Array;
  readonly context: Uint8Array;
  readonly signature: Uint8Array;
}

/** Where the hints of each row are. */
export type Hints = readonly (readonly number[])[];

/** A public key of which whoever knows it is the signer. */
export class Forger {
  /** 2592 bytes: ρ, and t1 = 0. */
  readonly publicBytes: Uint8Array;
  readonly #matrix: readonly (readonly Int32Array[])[];

  /** @param rho - 32 bytes. */
  constructor(rho: Uint8Array) {
    this.publicBytes = concat(rho, new Uint8Array(ML_DSA_87.publicKeyBytes - rho.length));
    this.#matrix = Array.from({ length: K }, (_, i) =>
      Array.from({ length: L }, (_column, j) => matrixPoly(rho, i, j)),
    );
  }

  /**
   * Makes the signature that has this z and these hints.
   *
   * @param z - Seven polynomials, of coefficients from −γ1 + 1 to γ1.
   * @param hints - What the packed hints mean to who does not check them.
   * @param packed - 83 bytes.
   */
  sign(draw: Draw, z: readonly Int32Array[], hints: Hints, packed: Uint8Array): Crafted {
    const message = draw.bytes(draw.below(100));
    const context = draw.bytes(draw.chance(2) ? 0 : draw.below(256));
    const tr = shake256(ML_DSA_87.trBytes, this.publicBytes);
    const mu = shake256(ML_DSA_87.muBytes, tr, Uint8Array.of(0, context.length), context, message);
    const challenge = shake256(CHALLENGE_BYTES, mu, ...this.#commitment(z, hints));
    const signature = concat(challenge, ...z.map((poly) => zCoder.encode(Int32Array.from(poly))), packed);
    return { message, context, signature };
  }

  /** The packed w1′. */
  #commitment(z: readonly Int32Array[], hints: Hints): Uint8Array[] {
    const transformed = z.map((poly) => NTT.encode(Int32Array.from(poly, mod)));
    return this.#matrix.map((row, i) => {
      const w = new Int32Array(N);
      for (const [j, a] of row.entries()) {
        const factor = transformed[j] as Int32Array;
        for (let c = 0; c < N; c++) {
          w[c] = ((w[c] as number) + (a[c] as number) * (factor[c] as number)) % Q;
        }
      }
      NTT.decode(w);
      const hinted = new Set(hints[i]);
      return w1Coder.encode(w.map((value, c) => useHint(hinted.has(c), value)));
    });
  }
}

/** A z whose coefficients are all within the bound. */
export function drawZ(draw: Draw): Int32Array[] {
  const bytes = draw.bytes(Z_BYTES);
  return Array.from({ length: L }, (_, j) => {
    const poly = zCoder.decode(bytes.subarray(640 * j, 640 * (j + 1)));
    return poly.map((value) => Math.max(-Z_BOUND + 1, Math.min(Z_BOUND - 1, value)));
  });
}

/** Hints of `count` places in all, in ascending order in each row. */
export function drawHints(draw: Draw, count: number): number[][] {
  const rows = Array.from({ length: K }, () => new Set<number>());
  const only = draw.chance(8) ? draw.below(K) : undefined;
  for (let placed = 0; placed < count; ) {
    const row = rows[only ?? draw.below(K)] as Set<number>;
    const place = draw.chance(16) ? draw.pick([0, 255]) : draw.below(N);
    if (row.has(place)) continue;
    row.add(place);
    placed++;
  }
  return rows.map((row) => [...row].sort((a, b) => a - b));
}

/** Algorithm 20, HintBitPack. */
export function packHints(hints: Hints): Uint8Array {
  const packed = new Uint8Array(OMEGA + K);
  let index = 0;
  for (const [i, row] of hints.entries()) {
    for (const place of row) packed[index++] = place;
    packed[ENDS + i] = index;
  }
  return packed;
}
