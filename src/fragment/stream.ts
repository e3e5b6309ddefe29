/**
 * Streams through fragments: pieces of at most 1 MiB, each with a life of its own, sealed and opened in bounded memory.
 *
 * @module
 */
import { checkBytes, randomFill, wipe } from '../bytes.ts';
import { type ByteSource, Chunker, iterate } from '../chunks.ts';
import { ExpiredError, PqError, QuorumError } from '../errors.ts';
import { type FragmentHeader, ID_BYTES, readHeader, type StreamPosition } from './format.ts';
import type { Candidate } from './opener.ts';

/** Options of streams. */
export interface StreamOptions {
  /** Bytes of a piece, 1 to 2^20; 2^20 by default. */
  readonly pieceBytes?: number;
}

/** Anything that yields fragments, each as a whole. */
export type FragmentSource = ByteSource;

/** Fragments of later pieces that wait while one is missing, all together. */
const WINDOW_BYTES = 8 * 2 ** 20;

/**
 * Cuts a stream and seals each piece.
 *
 * @param seal - Makes the fragments of a piece; the piece is good until it returns.
 */
export async function* splitPieces(
  source: ByteSource,
  pieceBytes: number,
  seal: (piece: Uint8Array, position: StreamPosition) => Uint8Array[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const streamId = randomFill(new Uint8Array(ID_BYTES));
  const chunker = new Chunker(pieceBytes);
  let sequence = 0;
  try {
    for await (const part of iterate('source', source)) {
      for (const { bytes } of chunker.push(part)) {
        yield* seal(bytes, { streamId, sequence: sequence++, last: false });
      }
    }
    yield* seal(chunker.end().bytes, { streamId, sequence, last: true });
  } finally {
    chunker.dispose();
  }
}

/** What {@link joinStream} works with: the keys, and who knows their time. */
export interface JoinParts {
  isOurs(header: FragmentHeader): boolean;
  /** Throws when an epoch is over. */
  checkAlive(epoch: number): void;
  isAuthentic(candidate: Candidate): boolean;
  /** The piece that some authentic fragments give. */
  open(group: readonly Candidate[]): Uint8Array;
}

/** Pieces that wait for more of their fragments, or for an earlier piece. */
class Window {
  readonly #pieces = new Map<number, Map<number, Candidate>>();
  #bytes = 0;

  has(sequence: number, index: number): boolean {
    return this.#pieces.get(sequence)?.has(index) ?? false;
  }

  add(sequence: number, candidate: Candidate): void {
    const piece = this.#pieces.get(sequence) ?? new Map<number, Candidate>();
    piece.set(candidate.header.index, candidate);
    this.#pieces.set(sequence, piece);
    this.#bytes += candidate.fragment.length;
  }

  get isFull(): boolean {
    return this.#bytes > WINDOW_BYTES;
  }

  of(sequence: number): Candidate[] {
    return [...(this.#pieces.get(sequence)?.values() ?? [])];
  }

  drop(sequence: number): void {
    for (const { fragment } of this.of(sequence)) this.#bytes -= fragment.length;
    this.#pieces.delete(sequence);
  }
}

/** Puts the pieces of a stream together as their fragments come. */
export async function* joinStream(
  source: FragmentSource,
  parts: JoinParts,
): AsyncGenerator<Uint8Array, void, undefined> {
  const window = new Window();
  const joiner = new Joiner(parts, window);
  for await (const fragment of iterate('source', source)) {
    if (!joiner.take(fragment)) continue;
    for (let piece = joiner.next(); piece !== undefined; piece = joiner.next()) {
      try {
        yield piece;
      } catch (error) {
        wipe(piece);
        throw error;
      }
      if (joiner.ended) return;
    }
    if (window.isFull) break;
  }
  throw joiner.loss();
}

/** Decides what becomes of each fragment of a stream. */
class Joiner {
  readonly #parts: JoinParts;
  readonly #window: Window;
  #streamId: Uint8Array | undefined;
  #next = 0;
  #ended = false;
  #expiry: ExpiredError | undefined;

  constructor(parts: JoinParts, window: Window) {
    this.#parts = parts;
    this.#window = window;
  }

  /** Whether the last piece was given. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes a fragment if it is of use; what is not authentic takes no memory. */
  take(fragment: Uint8Array): boolean {
    checkBytes('source', fragment);
    const candidate = read(fragment);
    const stream = candidate?.header.stream;
    if (candidate === undefined || stream === undefined || !this.#parts.isOurs(candidate.header))
      return false;
    const { streamId, sequence } = stream;
    if (this.#streamId !== undefined && !isSame(this.#streamId, streamId)) return false;
    if (sequence < this.#next || this.#window.has(sequence, candidate.header.index)) return false;
    try {
      this.#parts.checkAlive(candidate.header.epoch);
      if (!this.#parts.isAuthentic(candidate)) return false;
    } catch (error) {
      if (error instanceof ExpiredError) this.#expiry = error;
      else if (!(error instanceof PqError) || error.code === 'ERR_INPUT_DISPOSED') throw error;
      return false;
    }
    this.#streamId ??= new Uint8Array(streamId);
    // What the source yielded may be used again.
    const copy = new Uint8Array(fragment);
    this.#window.add(sequence, { header: readHeader('fragment', copy), fragment: copy });
    return true;
  }

  /** The next piece, when enough of it is there. */
  next(): Uint8Array | undefined {
    const group = this.#window.of(this.#next);
    const first = group[0]?.header;
    if (this.#ended || first === undefined || group.length < first.threshold) return undefined;
    const piece = this.#parts.open(group);
    this.#window.drop(this.#next);
    this.#next++;
    this.#ended = first.stream?.last === true;
    return piece;
  }

  /** Why the next piece cannot be had. */
  loss(): PqError {
    const group = this.#window.of(this.#next);
    return this.#expiry ?? new QuorumError(group.length, group[0]?.header.threshold ?? 1);
  }
}

function read(fragment: Uint8Array): Candidate | undefined {
  try {
    return { header: readHeader('fragment', fragment), fragment };
  } catch (error) {
    if (error instanceof PqError) return undefined;
    throw error;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}
