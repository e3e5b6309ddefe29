/**
 * Fields of stored bytes, read one after the other.
 *
 * @module
 */
import { copySecret } from '../../bytes.ts';

/** It leaves a byte order mark where it stands: bytes that differ are texts that differ. */
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads fields; one that is not there is a `RangeError`, which the caller turns into an error that names the file. */
export class Reader {
  readonly #bytes: Uint8Array;
  #offset: number;

  /**
   * @param bytes - Not changed while it is read.
   * @param offset - Where to begin.
   */
  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  /** Where the next field begins. */
  get offset(): number {
    return this.#offset;
  }

  /** The next bytes, a copy with a buffer of its own. */
  take(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new RangeError('a field ends behind the bytes');
    // It may be a secret.
    const field = copySecret(this.#bytes.subarray(this.#offset, end));
    this.#offset = end;
    return field;
  }

  /** The next big-endian integer. */
  uint(sizeBytes: 1 | 2 | 4 | 8): number {
    const end = this.#offset + sizeBytes;
    if (end > this.#bytes.length) throw new RangeError('an integer ends behind the bytes');
    let value = 0;
    for (; this.#offset < end; this.#offset++) value = value * 256 + (this.#bytes[this.#offset] as number);
    if (!Number.isSafeInteger(value)) throw new RangeError('an integer is too large');
    return value;
  }

  /** The bytes that were read since an offset, a copy. */
  since(offset: number): Uint8Array {
    return this.#bytes.slice(offset, this.#offset);
  }

  /** The text of the next bytes, whose number stands before them in one byte. */
  text(): string {
    return decoder.decode(this.take(this.uint(1)));
  }

  /** As many items as a count says. The count may lie, so nothing is allocated ahead of them. */
  list<T>(count: number, read: (reader: Reader) => T): T[] {
    const items: T[] = [];
    for (let left = count; left > 0; left--) items.push(read(this));
    return items;
  }

  /** Refuses bytes that are left over. */
  end(): void {
    if (this.#offset !== this.#bytes.length) throw new RangeError('bytes are left over');
  }
}
