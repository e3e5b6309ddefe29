import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const NAMES = ['hash', 'kem', 'sign'] as const;

/** The engine as a process that starts has it. */
async function fresh() {
  const { wasmEngine } = await import('../../../../src/engines/wasm/index.ts');
  const { loadWasm } = await import('../../../../src/engines/wasm/instance.ts');
  const { Absent } = await import('../../../../src/engines/engine.ts');
  return { wasmEngine, loadWasm, Absent };
}

beforeEach(() => {
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the instance', () => {
  it('is made at the first use, not at import, and once', async () => {
    const compile = vi.spyOn(WebAssembly, 'Module');
    const { wasmEngine, Absent } = await fresh();
    expect(compile).not.toHaveBeenCalled();
    for (const name of NAMES) expect(wasmEngine[name]()).not.toBeInstanceOf(Absent);
    expect(wasmEngine.kem()).toBe(wasmEngine.kem());
    expect(compile).toHaveBeenCalledTimes(1);
  });

  it('has no AES-256-GCM, and says so without being made', async () => {
    const compile = vi.spyOn(WebAssembly, 'Module');
    const { wasmEngine } = await fresh();
    expect(wasmEngine.aead()).toMatchObject({ reason: expect.stringContaining('AES-256-GCM') });
    expect(compile).not.toHaveBeenCalled();
  });

  it('is absent where there is no WebAssembly', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    const { wasmEngine, loadWasm } = await fresh();
    expect(wasmEngine.kem()).toMatchObject({ reason: 'this runtime has no WebAssembly' });
    expect(await loadWasm()).toBe(false);
  });

  it('is absent where it may not be compiled, until it was loaded', async () => {
    vi.spyOn(WebAssembly, 'Module').mockImplementation(function refuse() {
      throw new WebAssembly.CompileError('disallowed by embedder');
    });
    const { wasmEngine, loadWasm, Absent } = await fresh();
    for (const name of NAMES) {
      expect(wasmEngine[name]()).toMatchObject({ reason: expect.stringContaining('disallowed by embedder') });
    }
    expect(await loadWasm()).toBe(true);
    for (const name of NAMES) expect(wasmEngine[name]()).not.toBeInstanceOf(Absent);
    expect(await loadWasm()).toBe(true);
  });

  it('is absent for good where it may not be compiled at all', async () => {
    vi.spyOn(WebAssembly, 'Module').mockImplementation(function refuse() {
      throw new WebAssembly.CompileError('no');
    });
    vi.spyOn(WebAssembly, 'instantiate').mockRejectedValue(new WebAssembly.CompileError('no'));
    const { wasmEngine, loadWasm, Absent } = await fresh();
    expect(await loadWasm()).toBe(false);
    expect(wasmEngine.hash()).toBeInstanceOf(Absent);
  });

  it.each(['fromBase64', 'Buffer', 'atob'] as const)('is decoded by %s', async (decoder) => {
    const Bytes = globalThis.Uint8Array as unknown as { fromBase64?: unknown };
    const own = Object.getOwnPropertyDescriptor(Bytes, 'fromBase64');
    const realBuffer = Buffer;
    const fromBase64 = vi.fn((text: string) => Uint8Array.from(realBuffer.from(text, 'base64')));
    Object.defineProperty(Bytes, 'fromBase64', {
      value: decoder === 'fromBase64' ? fromBase64 : undefined,
      configurable: true,
      writable: true,
    });
    if (decoder === 'atob') vi.stubGlobal('Buffer', undefined);
    const atobSpy = vi.spyOn(globalThis, 'atob');
    try {
      const { wasmEngine, Absent } = await fresh();
      expect(wasmEngine.kem()).not.toBeInstanceOf(Absent);
      expect(fromBase64).toHaveBeenCalledTimes(decoder === 'fromBase64' ? 1 : 0);
      expect(atobSpy).toHaveBeenCalledTimes(decoder === 'atob' ? 1 : 0);
    } finally {
      if (own === undefined) delete Bytes.fromBase64;
      else Object.defineProperty(Bytes, 'fromBase64', own);
    }
  });
});
