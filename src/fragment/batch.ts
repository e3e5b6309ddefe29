/**
 * Many messages in one: each behind its length, so that one pass of AES-GCM seals them all.
 *
 * @module
 */
import { allocate, checkArray, checkBytes, readUint32 } from '../bytes.ts';
import { MAX_MESSAGE_BYTES } from './format.ts';

const LENGTH_BYTES = 4;
/** Messages of a batch at most. */
const MAX_COUNT = 65_536;

/**
 * Packs messages into as few batches as hold them.
 *
 * @param argument - The argument's name, for the error.
 * @param messages - What the caller passed.
 * @param maxBytes - The longest batch.
 * @returns The batches, yours to wipe; none for no message.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`.
 */
export function pack(
  argument: string,
  messages: readonly Uint8Array[],
  maxBytes: number = MAX_MESSAGE_BYTES,
): Uint8Array[] {
  const most = maxBytes - LENGTH_BYTES;
  const checked = checkArray(argument, messages, 'an array of Uint8Array', (name, message) => {
    checkBytes(name, message, { max: most });
    return message;
  });
  const batches: Uint8Array[] = [];
  for (let from = 0; from < checked.length; ) {
    let bytes = 0;
    let to = from;
    for (; to < checked.length && to - from < MAX_COUNT; to++) {
      const more = LENGTH_BYTES + (checked[to] as Uint8Array).length;
      if (bytes + more > maxBytes) break;
      bytes += more;
    }
    batches.push(fill(allocate(bytes), checked, from, to));
    from = to;
  }
  return batches;
}

function fill(batch: Uint8Array, messages: readonly Uint8Array[], from: number, to: number): Uint8Array {
  let at = 0;
  for (let i = from; i < to; i++) {
    const message = messages[i] as Uint8Array;
    const { length } = message;
    batch[at] = length >>> 24;
    batch[at + 1] = length >>> 16;
    batch[at + 2] = length >>> 8;
    batch[at + 3] = length;
    batch.set(message, at + LENGTH_BYTES);
    at += LENGTH_BYTES + length;
  }
  return batch;
}

/**
 * The messages of a batch: parts of it, not copies.
 *
 * @param batch - What {@link pack} made.
 * @param out - Where they are added.
 * @returns False when it is no batch; it was authentic, so its sender made it wrong.
 */
export function unpack(batch: Uint8Array, out: Uint8Array[]): boolean {
  let at = 0;
  while (at < batch.length) {
    if (at + LENGTH_BYTES > batch.length) return false;
    const length = readUint32(batch, at);
    at += LENGTH_BYTES;
    if (length > batch.length - at) return false;
    out.push(batch.subarray(at, at + length));
    at += length;
  }
  return true;
}
