/**
 * Fragments of format version 0, which earlier releases wrote: told what they are, opened by nobody, as their keys are gone.
 *
 * @module
 */
import { readUint32, toHex } from '../bytes.ts';
import { InputError } from '../errors.ts';
import type { FragmentInfo } from './inspect.ts';

const HEADER_BYTES = 79;
const TAG_BYTES = 16;

/**
 * Reads the header of a fragment of version 0.
 *
 * @throws {@link InputError} `ERR_INPUT_FORMAT`.
 */
export function inspectVersion0(fragment: Uint8Array): FragmentInfo {
  const byteAt = (offset: number) => fragment[offset] as number;
  const [threshold, total, index] = [byteAt(24), byteAt(25), byteAt(26)];
  const isWhole = fragment.length >= HEADER_BYTES + TAG_BYTES && threshold > 0 && index < total;
  if (!isWhole) {
    throw new InputError('ERR_INPUT_FORMAT', 'fragment', 'a whole fragment', `${fragment.length} bytes`);
  }
  return {
    version: 0,
    id: toHex(fragment.subarray(4, 20)),
    epoch: readUint32(fragment, 20),
    number: byteAt(73) * 2 ** 32 + readUint32(fragment, 74),
    threshold,
    total,
    index,
    secrecy: 'normal',
    content: 'message',
    ttlMs: readUint32(fragment, 27),
    messageBytes: readUint32(fragment, 31),
    headerBytes: HEADER_BYTES,
  };
}
