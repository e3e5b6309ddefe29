/**
 * The one thing that is wanted of a place for fragments: keep them for a while, or do not.
 *
 * @module
 */
import { checkArray, checkBytes, checkInteger, describe, isBytes, toHex, utf8 } from '../../bytes.ts';
import { InputError } from '../../errors.ts';

/** What fragments are kept under: 1 to 256 bytes; a text stands for its UTF-8 bytes. */
export type FragmentId = string | Uint8Array;

/**
 * A place for fragments. It is not trusted: what comes back may be less, more, changed, late, or something else altogether,
 * and `reassemble` says what it is worth. Its time to live is housekeeping; what ends the data is the death of their key.
 *
 * @example
 * await store.put('reading-17', vault.split(data, { threshold: 4, total: 6 }), 100);
 * const again = vault.reassemble(await store.get('reading-17'));
 */
export interface FragmentStore {
  /**
   * Keeps fragments, in place of what was kept under this id.
   *
   * @param id - Of the message: from the sender, and not secret.
   * @param fragments - 1 to 255 of one message.
   * @param ttlMs - How long to keep them: 1 to 86 400 000. Longer than the fragments' own life is of no use.
   * @returns How many the store took.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`.
   * @throws {@link TransportError} `ERR_TRANSPORT_CLOSED`; `ERR_TRANSPORT_FULL` when there is no room; `ERR_TRANSPORT_IO`
   * when none could be kept.
   */
  put(id: FragmentId, fragments: readonly Uint8Array[], ttlMs: number): Promise<number>;
  /**
   * What is there, in any order.
   *
   * @param id - Of the message.
   * @returns New arrays; none when nothing is there, or it is too old.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`.
   * @throws {@link TransportError} `ERR_TRANSPORT_CLOSED`; `ERR_TRANSPORT_IO` when nothing could be asked.
   */
  get(id: FragmentId): Promise<Uint8Array[]>;
  /**
   * Keeps them no longer. This destroys nothing: whoever copied them has them.
   *
   * @param id - Of the message.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`.
   * @throws {@link TransportError} `ERR_TRANSPORT_CLOSED`, `ERR_TRANSPORT_IO`.
   */
  delete(id: FragmentId): Promise<void>;
  /** Lets go of what the store holds. Further calls do nothing. */
  close(): Promise<void>;
}

/** Most fragments of a message. */
export const MAX_FRAGMENTS = 255;

const MAX_ID_BYTES = 256;
const MAX_TTL_MS = 86_400_000;

/** Most bytes of a fragment in a store by default: a message of 1 MiB, and what stands around it. */
export const DEFAULT_MAX_FRAGMENT_BYTES: number = 2 ** 20 + 2 ** 16;

/**
 * Checks an id.
 *
 * @returns Its bytes in hexadecimal digits.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`.
 */
export function checkId(id: unknown): string {
  if (typeof id === 'string' && id.length > MAX_ID_BYTES) {
    throw new InputError('ERR_INPUT_LENGTH', 'id', `1 to ${MAX_ID_BYTES} bytes`, describe(id));
  }
  const bytes: unknown = typeof id === 'string' ? utf8(id) : id;
  if (!isBytes(bytes)) throw new InputError('ERR_INPUT_TYPE', 'id', 'a string or a Uint8Array', describe(id));
  checkBytes('id', bytes, { min: 1, max: MAX_ID_BYTES });
  return toHex(bytes);
}

/**
 * Checks what is to be kept.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`.
 */
export function checkFragments(fragments: unknown, maxFragmentBytes: number): Uint8Array[] {
  const checked = checkArray('fragments', fragments, 'an array of Uint8Array', (name, fragment) => {
    checkBytes(name, fragment, { max: maxFragmentBytes });
    return fragment;
  });
  if (checked.length === 0 || checked.length > MAX_FRAGMENTS) {
    const expected = `1 to ${MAX_FRAGMENTS} fragments`;
    throw new InputError('ERR_INPUT_LENGTH', 'fragments', expected, `an array of ${checked.length}`);
  }
  return checked;
}

/**
 * Checks a time to live.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`.
 */
export function checkTtl(ttlMs: unknown): asserts ttlMs is number {
  checkInteger('ttlMs', ttlMs, 1, MAX_TTL_MS);
}
