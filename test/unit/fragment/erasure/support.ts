/**
 * Both kernels, and the code written a second time, in another way than src/ has it: powers of the points and
 * elimination instead of interpolation.
 *
 * @module
 */
import type { Kernel } from '../../../../src/fragment/erasure/kernel.ts';
import { portableKernel } from '../../../../src/fragment/erasure/kernel-portable.ts';
import { wasmKernel } from '../../../../src/fragment/erasure/kernel-wasm.ts';
import { makeField } from '../../../support/gf256.ts';
import { range } from '../../../support/numbers.ts';

/** Every kernel, each with a memory of its own. */
export const KERNELS: readonly Kernel[] = [wasmKernel() as Kernel, portableKernel()];

/** Bytes that look random and are the same in every run. */
export function noise(length: number, seed = 1): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

const { product, power, solve } = makeField(0x11d);

export { product };

/** The pieces at some points, from k others: first the polynomials' coefficients, then their values. */
export function interpolate(known: ReadonlyMap<number, Uint8Array>, points: readonly number[]): Uint8Array[] {
  const k = known.size;
  const powers = [...known.keys()].map((x) => range(0, k).map((exponent) => power(x, exponent)));
  const coefficients = solve(powers, [...known.values()]) as Uint8Array[];
  return points.map((x) =>
    (coefficients[0] as Uint8Array).map((_, at) =>
      coefficients.reduce((sum, row, exponent) => sum ^ product(row[at] as number, power(x, exponent)), 0),
    ),
  );
}
