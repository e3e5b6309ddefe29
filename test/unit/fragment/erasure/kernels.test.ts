import { afterEach, describe, expect, it, vi } from 'vitest';
import { fromBase64 } from '../../../../src/bytes.ts';
import { WASM_BASE64 } from '../../../../src/fragment/erasure/binary.ts';
import { strideOf } from '../../../../src/fragment/erasure/blocks.ts';
import { COEFFICIENT_BYTES } from '../../../../src/fragment/erasure/kernel.ts';
import { wasmKernel } from '../../../../src/fragment/erasure/kernel-wasm.ts';
import { range } from '../../../support/numbers.ts';
import { KERNELS } from './support.ts';

/** The module as a runtime has it that has not chosen a kernel yet. */
async function freshBest() {
  vi.resetModules();
  const { bestKernel } = await import('../../../../src/fragment/erasure/kernels.ts');
  return bestKernel;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe('bestKernel', () => {
  it('is that of WebAssembly, and the same one every time', async () => {
    const best = await freshBest();
    expect(best().name).toBe('wasm');
    expect(best()).toBe(best());
  });

  it('is that of JavaScript where there is no WebAssembly', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(wasmKernel()).toBeUndefined();
    expect((await freshBest())().name).toBe('portable');
  });

  it('is that of JavaScript where WebAssembly has no SIMD, or nobody may compile it', async () => {
    const { CompileError } = WebAssembly;
    let asked = 0;
    class Module {
      constructor() {
        asked++;
        throw new CompileError('invalid value type 0x7b');
      }
    }
    vi.stubGlobal('WebAssembly', { Module });
    expect((await freshBest())().name).toBe('portable');
    expect(asked).toBe(1);
  });
});

describe('a kernel', () => {
  it('has a module that browsers compile on their main thread', () => {
    expect(fromBase64(WASM_BASE64).length).toBeLessThan(4096);
  });

  it.each(KERNELS)('has room for any matrix: "$name"', ({ coefficients }) => {
    expect(coefficients).toHaveLength(COEFFICIENT_BYTES);
    expect(Math.max(...range(1, 256).map((k) => k * (255 - k)))).toBeLessThanOrEqual(COEFFICIENT_BYTES);
  });

  it.each(KERNELS)('has room for a block of each piece: "$name"', ({ blocks }) => {
    for (const pieces of range(1, 256)) {
      for (const length of [1, 64, 65, 1000, 2 ** 20]) {
        const stride = strideOf(blocks.length, pieces, length);
        expect(stride % 64).toBe(0);
        expect(stride).toBeGreaterThan(0);
        expect(pieces * stride).toBeLessThanOrEqual(blocks.length);
        if (stride < length) expect((stride / 64) % 2).toBe(1);
      }
    }
  });
});
