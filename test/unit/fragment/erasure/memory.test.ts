import { describe, expect, it } from 'vitest';
import { multiply } from '../../../../src/fragment/erasure/blocks.ts';
import { encodeParity, reconstruct } from '../../../../src/fragment/erasure/index.ts';
import type { Kernel } from '../../../../src/fragment/erasure/kernel.ts';
import { interpolation } from '../../../../src/fragment/erasure/matrix.ts';
import { range } from '../../../support/numbers.ts';
import { KERNELS, noise } from './support.ts';

/** Everything a kernel has in memory, but its tables and the matrix: those are public. */
function isClean({ blocks }: Kernel): boolean {
  return blocks.every((byte) => byte === 0);
}

/** Where in a whole memory eight bytes of some data stand, whatever their place in it. */
function tracesOf(data: Uint8Array, { blocks }: Kernel): number {
  const memory = Buffer.from(blocks.buffer);
  let traces = 0;
  for (let at = 0; at + 8 <= data.length; at += 8) {
    if (memory.includes(data.subarray(at, at + 8))) traces++;
  }
  return traces;
}

/** A kernel that tells what its memory held when it worked. */
function watched(kernel: Kernel, data: Uint8Array) {
  const seen: number[] = [];
  const multiplyAsBefore = kernel.multiply;
  const watching: Kernel = {
    ...kernel,
    multiply: (...args) => {
      multiplyAsBefore(...args);
      seen.push(tracesOf(data, kernel));
    },
  };
  return { watching, seen };
}

describe.each(KERNELS)('the memory of the kernel "$name"', (kernel) => {
  it('holds the data while a call works, and nothing of it afterwards', () => {
    const data = noise(4 * 1000);
    const { watching, seen } = watched(kernel, data);
    const parity = new Uint8Array(2 * 1000);
    encodeParity(data, 4, 6, parity, watching);
    expect(seen).toEqual([500]);
    expect(tracesOf(data, kernel) + tracesOf(parity, kernel)).toBe(0);
    expect(isClean(kernel)).toBe(true);
  });

  it.each([1, 63, 64, 65, 5000, 2 ** 20])('is clean after %i bytes, either way', (length) => {
    for (const [k, n] of [
      [1, 3],
      [4, 6],
      [5, 6],
      [100, 255],
    ] as const) {
      const data = noise(length);
      const pieceBytes = Math.ceil(length / k);
      const parity = new Uint8Array((n - k) * pieceBytes);
      encodeParity(data, k, n, parity, kernel);
      expect(isClean(kernel)).toBe(true);
      const part = (from: Uint8Array, i: number) => from.subarray(i * pieceBytes, (i + 1) * pieceBytes);
      const pieces = range(0, n).map((i) => (i < k ? part(data, i) : part(parity, i - k)));
      reconstruct([undefined, ...pieces.slice(1)], k, n, pieceBytes, data, kernel);
      expect(isClean(kernel)).toBe(true);
    }
  });

  it('is clean after a call that failed on its way', () => {
    const failing: Kernel = {
      ...kernel,
      multiply: () => {
        throw new Error('on the way');
      },
    };
    expect(() => encodeParity(noise(4000), 4, 6, new Uint8Array(2000), failing)).toThrow('on the way');
    expect(isClean(kernel)).toBe(true);
    // A piece whose buffer goes away in mid-course.
    const gone = noise(100_000);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    multiply(kernel, interpolation([0], [1]), [gone], [new Uint8Array(100)], 100);
    expect(isClean(kernel)).toBe(true);
  });
});
