/**
 * Which kernel does the arithmetic: WebAssembly where the runtime has its SIMD and lets it compile, elsewhere plain
 * JavaScript.
 *
 * @module
 */
import type { Kernel } from './kernel.ts';
import { portableKernel } from './kernel-portable.ts';
import { wasmKernel } from './kernel-wasm.ts';

let current: Kernel | undefined;

/** The best kernel that works here, made on first use; one a thread. */
export function bestKernel(): Kernel {
  current ??= wasmKernel() ?? portableKernel();
  return current;
}
