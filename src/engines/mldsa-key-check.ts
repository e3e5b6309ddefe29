/**
 * The check of an expanded ML-DSA-87 private key that noble does not do: does t0 follow from ρ, s1 and s2?
 *
 * A wrong t0 passes every other test, makes signatures that do not verify, and a chosen one can make the rejection loop
 * of signing practically endless. Not needed for keys that come as a seed.
 *
 * @module
 */
import { genCrystals, XOF128 } from '@noble/post-quantum/_crystals.js';
import { wipe } from '../bytes.ts';

/** FIPS 204 table 1 for ML-DSA-87, and §7.5 for the NTT. */
const N = 256;
const K = 8;
const L = 7;
const Q = 8380417;
const D = 13;
const ETA = 2;
const ROOT_OF_UNITY = 1753;
/** 256^-1 mod q. */
const INVERSE_OF_N = 8347681;

/** Layout of the private key, FIPS 204 algorithm 24: ρ (32), K (32), tr (64), s1, s2, t0. */
const S_POLY_BYTES = 96;
const S1_OFFSET = 128;
const S2_OFFSET = S1_OFFSET + L * S_POLY_BYTES;
const T0_OFFSET = S2_OFFSET + K * S_POLY_BYTES;

/** Offsets of the derived parts in an expanded key. */
export const ML_DSA_87_OFFSETS = { tr: 64, t0: T0_OFFSET } as const;

/** Arithmetic of polynomials and the coders of their coefficients. */
function makeTools() {
  const { NTT, mod, smod, bitsCoder } = genCrystals({
    newPoly: (n) => new Int32Array(n),
    N,
    Q,
    F: INVERSE_OF_N,
    ROOT_OF_UNITY,
    brvBits: 8,
    isKyber: false,
  });
  return {
    NTT,
    mod,
    smod,
    etaCoder: bitsCoder(3, { encode: (i) => ETA - i, decode: (i) => ETA - i }),
    t0Coder: bitsCoder(D, { encode: (i) => 2 ** (D - 1) - i, decode: (i) => 2 ** (D - 1) - i }),
  };
}

let made: ReturnType<typeof makeTools> | undefined;

/** Made for the first expanded key: most programs never meet one, and all of them import this. */
function tools(): ReturnType<typeof makeTools> {
  made ??= makeTools();
  return made;
}

/** Algorithm 30, RejNTTPoly, over a reader of SHAKE128 blocks whose length is a multiple of 3. */
function rejNttPoly(nextBlock: () => Uint8Array): Int32Array {
  const poly = new Int32Array(N);
  let filled = 0;
  while (filled < N) {
    const block = nextBlock();
    for (let i = 0; i + 3 <= block.length && filled < N; i += 3) {
      const [b0, b1, b2] = block.subarray(i, i + 3) as unknown as [number, number, number];
      const candidate = b0 | (b1 << 8) | ((b2 & 0x7f) << 16);
      if (candidate < Q) poly[filled++] = candidate;
    }
  }
  return poly;
}

/** `sum += a ∘ b`, coefficient by coefficient; 23-bit factors, so products are exact in a double. */
function multiplyAdd(sum: Int32Array, a: Int32Array, b: Int32Array): void {
  for (let i = 0; i < N; i++) {
    sum[i] = ((sum[i] as number) + (a[i] as number) * (b[i] as number)) % Q;
  }
}

/**
 * Recomputes the encoded t0 of an expanded key: `t = A·s1 + s2`, `t0 = t mod± 2^13` (FIPS 204 algorithm 6, steps 5–6).
 *
 * @param expandedKey - 4896 bytes.
 * @returns 3328 bytes, secret; the caller wipes them.
 */
export function deriveT0(expandedKey: Uint8Array): Uint8Array {
  const { NTT, mod, smod, etaCoder, t0Coder } = tools();
  const rho = XOF128(expandedKey.subarray(0, 32));
  const polyAt = (offset: number, index: number) =>
    etaCoder.decode(expandedKey.subarray(offset + index * S_POLY_BYTES, offset + (index + 1) * S_POLY_BYTES));
  const s1 = Array.from({ length: L }, (_, j) => NTT.encode(polyAt(S1_OFFSET, j)));
  const encoded = new Uint8Array(expandedKey.length - T0_OFFSET);
  const scratch: Int32Array[] = [...s1];
  for (let i = 0; i < K; i++) {
    const t: Int32Array = new Int32Array(N);
    for (let j = 0; j < L; j++) multiplyAdd(t, rejNttPoly(rho.get(j, i)), s1[j] as Int32Array);
    NTT.decode(t as Int32Array<ArrayBuffer>);
    const s2 = polyAt(S2_OFFSET, i);
    for (let c = 0; c < N; c++) {
      t[c] = smod(mod((t[c] as number) + (s2[c] as number)), 2 ** D);
    }
    const bytes = t0Coder.encode(t as Int32Array<ArrayBuffer>);
    encoded.set(bytes, i * bytes.length);
    wipe(bytes);
    scratch.push(t, s2);
  }
  rho.clean();
  for (const poly of scratch) poly.fill(0);
  return encoded;
}
