/**
 * Streams of bytes, whatever they come as, cut into chunks of one size.
 *
 * @module
 */
import { checkBytes, describe, isBytes, isObject, readFrom } from './bytes.ts';
import { InputError } from './errors.ts';
import { GarbageCount } from './garbage.ts';

/** The part of a web `ReadableStream` that is needed, so that types work without the DOM library. */
export interface WebByteStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(reason?: unknown): Promise<void>;
    releaseLock(): void;
  };
}

/** Anything that yields bytes: a Node stream, a web stream, an async or plain iterable of `Uint8Array`. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | WebByteStream;

function isMethod(object: object, name: PropertyKey): boolean {
  return typeof (object as Record<PropertyKey, unknown>)[name] === 'function';
}

/** Reads a web stream; gives it up when the reader stops early. */
async function* readWebStream(stream: WebByteStream): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        ended = true;
        return;
      }
      yield value as Uint8Array;
    }
  } finally {
    if (!ended) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

/**
 * Makes one kind of iterable of any source.
 *
 * @param argument - The argument's name, for the error.
 * @param source - What the caller passed.
 * @throws {@link InputError} `ERR_INPUT_TYPE` when it is no source, or for a piece that is no Uint8Array.
 */
export function iterate(argument: string, source: ByteSource): AsyncGenerator<Uint8Array> {
  const expected = 'a stream or an iterable of Uint8Array';
  const kind = readFrom(argument, expected, () => {
    if (!isObject(source) || isBytes(source)) return undefined;
    if (isMethod(source, Symbol.asyncIterator) || isMethod(source, Symbol.iterator)) return 'iterable';
    return isMethod(source, 'getReader') ? 'web' : undefined;
  });
  if (kind === undefined) throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(source));
  return checkPieces(
    argument,
    kind === 'web' ? readWebStream(source as WebByteStream) : (source as Iterable<Uint8Array>),
  );
}

async function* checkPieces(
  argument: string,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    checkBytes(argument, piece);
    yield piece;
  }
}

/** One chunk; `last` is set on the final one, and only there. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

/**
 * Cuts pushed pieces into chunks of exactly `size` bytes; only the last one may be shorter, and it is empty only when
 * nothing was pushed at all. Holds back one chunk, so that the last one is known to be the last.
 *
 * The bytes of a chunk are valid until the next chunk is asked for.
 */
export class Chunker {
  readonly #buffer: Uint8Array;
  readonly #garbage = new GarbageCount();
  #filled = 0;

  /** @param size - Bytes a chunk. */
  constructor(size: number) {
    this.#buffer = new Uint8Array(size);
  }

  /**
   * Takes a piece of any size.
   *
   * @param piece - The next bytes; read while the result is iterated, not kept afterwards.
   * @returns The chunks that are now known not to be the last.
   */
  *push(piece: Uint8Array): Generator<Chunk> {
    const size = this.#buffer.length;
    let offset = 0;
    while (offset < piece.length) {
      if (this.#filled === size) {
        this.#filled = 0;
        this.#garbage.add(size);
        yield { bytes: this.#buffer, last: false };
      }
      // Whole chunks inside the piece are handed on without a copy, except the one that might be the last.
      while (this.#filled === 0 && piece.length - offset > size) {
        this.#garbage.add(size);
        yield { bytes: piece.subarray(offset, offset + size), last: false };
        offset += size;
      }
      const take = Math.min(size - this.#filled, piece.length - offset);
      this.#buffer.set(piece.subarray(offset, offset + take), this.#filled);
      this.#filled += take;
      offset += take;
    }
  }

  /** The last chunk. */
  end(): Chunk {
    return { bytes: this.#buffer.subarray(0, this.#filled), last: true };
  }

  /** Wipes the bytes held back. */
  dispose(): void {
    this.#buffer.fill(0);
  }
}
