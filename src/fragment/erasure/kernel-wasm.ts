/**
 * The kernel of WebAssembly SIMD; its source is in `assembly/`.
 *
 * @module
 */
import { decodeBase64 } from '../../bytes.ts';
import { WASM_BASE64 } from './binary.ts';
import { COEFFICIENT_BYTES, type Kernel } from './kernel.ts';

/** What the module exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly COEFFICIENTS: WebAssembly.Global;
  readonly BLOCKS: WebAssembly.Global;
  start(): void;
  multiply: Kernel['multiply'];
}

/** A new kernel; undefined where the runtime has no WebAssembly or no SIMD in it, or lets nobody compile it. */
export function wasmKernel(): Kernel | undefined {
  let exports: Exports;
  try {
    // Below 4096 bytes: browsers compile no more than that while the main thread waits.
    const module = new WebAssembly.Module(decodeBase64(WASM_BASE64));
    exports = new WebAssembly.Instance(module).exports as unknown as Exports;
  } catch {
    return undefined;
  }
  const { memory, COEFFICIENTS, BLOCKS, start, multiply } = exports;
  start();
  return {
    name: 'wasm',
    // The memory never grows, so its buffer stays.
    coefficients: new Uint8Array(memory.buffer, COEFFICIENTS.value, COEFFICIENT_BYTES),
    blocks: new Uint8Array(memory.buffer, BLOCKS.value),
    multiply,
  };
}
