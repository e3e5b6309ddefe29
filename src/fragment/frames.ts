/**
 * Fragments out of a stream that brings them one by one, or as bytes that were cut anywhere on their way.
 *
 * @module
 */
import { concat } from '../bytes.ts';
import { PqError } from '../errors.ts';
import { type Fragment, headerBytes, OFFSET, readFragment, readHead } from './format.ts';

const EMPTY = new Uint8Array(0);

function attempt(read: () => Fragment): Fragment | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PqError) return undefined;
    throw error;
  }
}

/** Finds where fragments begin and end. Keeps at most one that is not whole. */
export class Frames {
  #rest: Uint8Array = EMPTY;

  /**
   * Takes what came.
   *
   * @param bytes - A whole fragment, or any part of a run of them. One that comes whole is found whatever came before; bytes
   * that cannot be the beginning of one are passed over.
   * @returns The fragments that are whole now.
   */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    if (attempt(() => readFragment('source', bytes)) !== undefined) {
      this.#rest = EMPTY;
      yield bytes;
      return;
    }
    let rest = this.#rest.length === 0 ? bytes : concat(this.#rest, bytes);
    for (let length = this.#lengthOf(rest); length <= rest.length; length = this.#lengthOf(rest)) {
      if (length > 0) yield rest.slice(0, length);
      rest = length > 0 ? rest.subarray(length) : EMPTY;
    }
    this.#rest = rest.slice();
  }

  /** Bytes of the fragment that begins here: infinite while nobody can tell, 0 when it is none. */
  #lengthOf(bytes: Uint8Array): number {
    if (bytes.length < OFFSET.extension) return Number.POSITIVE_INFINITY;
    const head = headerBytes(bytes[OFFSET.secrecy] as number, bytes[OFFSET.content] as number);
    if (bytes.length < head) return Number.POSITIVE_INFINITY;
    return attempt(() => readHead('source', bytes))?.length ?? 0;
  }
}
