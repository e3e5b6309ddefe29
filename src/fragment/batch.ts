/**
 * Many small messages as one: what costs at 256 bytes is the call of the cipher, not the cipher.
 *
 * Plaintext: number of messages (4), the length of each (4), then the messages, one behind the other.
 *
 * @module
 */
import { allocate, checkArray, checkBytes, readUint32, wipe } from '../bytes.ts';
import { AuthenticationError, InputError } from '../errors.ts';
import { MAX_MESSAGE_BYTES } from './format.ts';

const COUNT_BYTES = 4;
const LENGTH_BYTES = 4;

/** Most messages of a batch. */
export const MAX_BATCH = 65_536;

/**
 * Packs messages into one plaintext.
 *
 * @param messages - What the caller passed.
 * @returns The plaintext, for the caller to wipe.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`.
 */
export function pack(messages: readonly Uint8Array[]): Uint8Array {
  const parts = checkArray('messages', messages, 'an array of Uint8Array', (name, message) => {
    checkBytes(name, message);
    return message;
  });
  if (parts.length > MAX_BATCH) {
    throw new InputError('ERR_INPUT_LENGTH', 'messages', `at most ${MAX_BATCH}`, String(parts.length));
  }
  const headBytes = COUNT_BYTES + LENGTH_BYTES * parts.length;
  const bytes = parts.reduce((sum, { length }) => sum + length, headBytes);
  if (bytes > MAX_MESSAGE_BYTES) {
    const most = MAX_MESSAGE_BYTES - headBytes;
    throw new InputError(
      'ERR_INPUT_LENGTH',
      'messages',
      `at most ${most} bytes in ${parts.length} messages`,
      `${bytes - headBytes} bytes`,
    );
  }
  const out = allocate(bytes);
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  view.setUint32(0, parts.length);
  let at = headBytes;
  for (const [i, part] of parts.entries()) {
    view.setUint32(COUNT_BYTES + LENGTH_BYTES * i, part.length);
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * Takes a plaintext apart.
 *
 * @param plaintext - What {@link pack} made.
 * @returns The messages, parts of the plaintext's own memory.
 * @throws {@link AuthenticationError} when it is no batch: whoever sealed it did not keep to the format.
 */
export function unpack(plaintext: Uint8Array): Uint8Array[] {
  const refuse = (): never => {
    wipe(plaintext);
    throw new AuthenticationError();
  };
  if (plaintext.length < COUNT_BYTES) return refuse();
  const count = readUint32(plaintext, 0);
  let at = COUNT_BYTES + LENGTH_BYTES * count;
  if (count > MAX_BATCH || at > plaintext.length) return refuse();
  const messages: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const end = at + readUint32(plaintext, COUNT_BYTES + LENGTH_BYTES * i);
    if (end > plaintext.length) return refuse();
    messages.push(plaintext.subarray(at, end));
    at = end;
  }
  return at === plaintext.length ? messages : refuse();
}
