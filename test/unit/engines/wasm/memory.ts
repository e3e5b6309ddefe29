/**
 * What tests read of the linear memory.
 */
import { Absent } from '../../../../src/engines/engine.ts';
import { type Wasm, wasm } from '../../../../src/engines/wasm/instance.ts';

/** The instance of this process, which every runtime of the tests has. */
export function instance(): Wasm {
  const found = wasm();
  if (found instanceof Absent) throw new Error(found.reason);
  return found;
}

/** The region of secrets. */
export function secrets(): Uint8Array {
  const { exports } = instance();
  return instance().view(exports.SECRETS.value, exports.SECRETS_END.value - exports.SECRETS.value);
}

/** How many bytes of the region of secrets are not zero. */
export function leftBehind(): number {
  let count = 0;
  for (const byte of secrets()) if (byte !== 0) count++;
  return count;
}

/** Whether a byte string stands anywhere in the linear memory. */
export function isInMemory(bytes: Uint8Array): boolean {
  return Buffer.from(instance().memory.buffer).includes(bytes);
}
