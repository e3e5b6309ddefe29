/**
 * Parts of ML-DSA-87 in WebAssembly that the module does not export, compiled for tests, and the mathematics of FIPS 204
 * written down a second time, slowly.
 */
import { compileInternals, type Internals } from './internals.ts';

export const Q = 8380417;
export const GAMMA2 = 261888;

const ENTRY = `
import { mldsaTables } from './mldsa';
import { unpackShort as unpack } from './mldsa-pack';
export { multiplyOne, multiplyRow, multiplyRowLess, toDigits, toOperand } from './mldsa-matrix';
export { inverseNtt, ntt } from './mldsa-ntt';
export {
  packHints, packShort, packZ, roundAndPack, unpackHints, unpackT0, unpackT1, widen,
} from './mldsa-pack';
export { addProduct, decompose, isLong, makeHints, subtractProduct, useHints } from './mldsa-round';
export { expandA, expandMask, expandS, rejectUniform, sampleInBall, unpackZ } from './mldsa-sample';
export { multiplyShort, prepareChallenge, transformShort } from './mldsa-small-ntt';
/** Whether the polynomial was in range. */
export function unpackShort(from: usize, short: usize): bool {
  return !v128.any_true(i8x16.gt_u(unpack(from, short), i8x16.splat(4)));
}
mldsaTables();
`;

/** Compiles the parts. */
export function compileMldsa(): Promise<Internals> {
  return compileInternals(ENTRY);
}

/** x mod q. */
export function mod(x: number): number {
  return ((x % Q) + Q) % Q;
}

/** a·b mod q of 0 ≤ a, b < q: exact in two steps of 53 bits. */
export function multiply(a: number, b: number): number {
  return (((a * (b >>> 12)) % Q) * 4096 + a * (b & 4095)) % Q;
}

export function power(base: number, exponent: number): number {
  let result = 1;
  for (let rest = exponent, square = base; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

/** 2^−13 mod q, which products in the transformed domain carry. */
export const INVERSE_OF_2_13: number = power(8192, Q - 2);

/** FIPS 204 algorithm 41 by its definition: the values at the odd powers of ζ, in bit-reversed order. */
export function transform(poly: readonly number[]): number[] {
  const reverse = (m: number) =>
    Number.parseInt(m.toString(2).padStart(8, '0').split('').reverse().join(''), 2);
  return poly.map((_, i) => {
    const root = power(1753, 2 * reverse(i) + 1);
    return poly.reduceRight((sum, coefficient) => (multiply(sum, root) + mod(coefficient)) % Q, 0);
  });
}

/** The product of two polynomials modulo x^256 + 1. */
export function product(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  const sum = new Array<number>(256).fill(0);
  for (let i = 0; i < 256; i++) {
    for (let j = 0; j < 256; j++) {
      const place = (i + j) & 255;
      const term = (a[i] as number) * (b[j] as number);
      sum[place] = (sum[place] as number) + (i + j < 256 ? term : -term);
    }
  }
  return sum;
}

/** FIPS 204 algorithm 36 (Decompose) by its definition. */
export function decompose(r: number): { r1: number; r0: number } {
  const remainder = r % (2 * GAMMA2);
  const r0 = remainder > GAMMA2 ? remainder - 2 * GAMMA2 : remainder;
  return r - r0 === Q - 1 ? { r1: 0, r0: r0 - 1 } : { r1: (r - r0) / (2 * GAMMA2), r0 };
}

/** FIPS 204 algorithm 40 (UseHint) by its definition. */
export function useHint(hint: boolean, r: number): number {
  const { r1, r0 } = decompose(r);
  if (!hint) return r1;
  return (r1 + (r0 > 0 ? 1 : 15)) % 16;
}

/** FIPS 204 algorithm 35 (Power2Round) by its definition. */
export function power2Round(r: number): { r1: number; r0: number } {
  const remainder = r % 8192;
  const r0 = remainder > 4096 ? remainder - 8192 : remainder;
  return { r1: (r - r0) / 8192, r0 };
}

/** Number `index` of numbers of `width` bits. */
export function bitsAt(bytes: Uint8Array, width: number, index: number): number {
  let value = 0;
  for (let bit = 0; bit < width; bit++) {
    const at = index * width + bit;
    value |= (((bytes[at >> 3] as number) >> (at & 7)) & 1) << bit;
  }
  return value;
}

/** A reproducible sequence of numbers: 0 ≤ number < bound (Numerical Recipes' generator). */
export function numbers(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return (bound) => Math.floor(((next() * 2 ** 20 + next()) % 1) * bound);
}

/** 256 numbers. */
export function polynomial(coefficient: (index: number) => number): number[] {
  return Array.from({ length: 256 }, (_, index) => coefficient(index));
}
