/**
 * What was overwritten with zeros, for buffers that a test cannot get hold of.
 *
 * @module
 */
import { vi } from 'vitest';

/** Watches from here to `vi.restoreAllMocks()`: how many buffers that held exactly these bytes were zeroed. */
export function watchWipes(): (bytes: Uint8Array) => number {
  const wiped = new Map<string, number>();
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
  const fill = typedArray.fill;
  vi.spyOn(typedArray, 'fill').mockImplementation(function (this: Uint8Array, ...args) {
    if (args[0] === 0 && args.length === 1) {
      const held = Buffer.from(this).toString('hex');
      wiped.set(held, (wiped.get(held) ?? 0) + 1);
    }
    return fill.apply(this, args);
  });
  return (bytes) => wiped.get(Buffer.from(bytes).toString('hex')) ?? 0;
}
