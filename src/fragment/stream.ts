/**
 * Streams through fragments, in bounded memory: pieces, each a message with a life of its own.
 *
 * A piece says which stream it is of, which piece it is and whether it is the last, authenticated; so pieces that are
 * missing, repeated or of another stream, and an end that is not the end, are errors.
 *
 * @module
 */
import { equal, randomFill, wipe } from '../bytes.ts';
import { Chunker } from '../chunks.ts';
import { ExpiredError, InputError, QuorumError } from '../errors.ts';
import { type Arrival, Collector } from './collect.ts';
import type { Epochs } from './epochs.ts';
import { CONTENT, STREAM_ID_BYTES } from './format.ts';
import { Frames } from './frames.ts';
import type { Shape } from './options.ts';
import { ReplayWindow } from './replay.ts';
import type { Message } from './seal.ts';

/** The number of a piece has 32 bits. */
const MAX_PIECES = 2 ** 32;

/** Pieces that came before their turn and wait, at most. */
const MAX_EARLY = 32;

/**
 * Cuts a source into pieces and seals each when it is asked for.
 *
 * @param source - What the caller passed, as an iterable.
 * @param shape - How many fragments, and of what kind.
 * @param pieceSizeBytes - Plaintext bytes of a piece.
 * @param seal - Seals one.
 */
export async function* splitPieces(
  source: AsyncGenerator<Uint8Array>,
  shape: Shape,
  pieceSizeBytes: number,
  seal: (message: Message) => Uint8Array[],
): AsyncGenerator<Uint8Array> {
  const streamId = randomFill(new Uint8Array(STREAM_ID_BYTES));
  const chunker = new Chunker(pieceSizeBytes);
  let piece = 0;
  const sealed = (data: Uint8Array, last: boolean) => {
    if (piece >= MAX_PIECES) {
      throw new InputError('ERR_INPUT_LENGTH', 'source', 'at most 2^32 pieces', 'more');
    }
    return seal({ ...shape, data, content: CONTENT.piece, stream: { streamId, piece: piece++, last } });
  };
  try {
    for await (const bytes of source) {
      for (const chunk of chunker.push(bytes)) yield* sealed(chunk.bytes, false);
    }
    yield* sealed(chunker.end().bytes, true);
  } finally {
    chunker.dispose();
  }
}

/** Pieces of one stream on their way into order. */
class Order {
  readonly #early = new Map<number, Uint8Array>();
  #streamId: Uint8Array | undefined;
  #next = 0;
  #last: number | undefined;

  /** Whether every piece was given away. */
  get isEnded(): boolean {
    return this.#last !== undefined && this.#next > this.#last;
  }

  /** Pieces that were given away. */
  get count(): number {
    return this.#next;
  }

  /** Takes an authentic piece; false when it is of another stream, and then it is wiped. */
  add(streamId: Uint8Array, piece: number, last: boolean, data: Uint8Array): boolean {
    this.#streamId ??= streamId.slice();
    if (!equal(streamId, this.#streamId) || piece < this.#next || this.#early.has(piece)) {
      wipe(data);
      return false;
    }
    if (last) this.#last = piece;
    this.#early.set(piece, data);
    return true;
  }

  /** The next piece in order, if it is there. */
  take(): Uint8Array | undefined {
    const data = this.#early.get(this.#next);
    if (data !== undefined) this.#early.delete(this.#next++);
    return data;
  }

  get waiting(): number {
    return this.#early.size;
  }

  wipe(): void {
    wipe(...this.#early.values());
    this.#early.clear();
  }
}

/** Takes a message in that may be a piece of the stream. */
function takeIn(epochs: Epochs, order: Order, { fragment, data }: Arrival): void {
  try {
    // Opening took time: it counts when the data is given away.
    epochs.keyOf(fragment.epoch);
  } catch (error) {
    wipe(data);
    throw error;
  }
  if (fragment.content !== CONTENT.piece) {
    wipe(data);
    return;
  }
  const { streamId, piece, last } = fragment.stream;
  order.add(streamId, piece, last, data);
}

/**
 * Puts a stream together again: opens each piece when enough of its fragments are there, and gives them away in order.
 *
 * @param epochs - The vault's.
 * @param source - Fragments, in about the order in which they were made, or their bytes.
 * @param context - The application's context.
 * @param checkLive - Refuses a vault that was disposed.
 * @throws {@link ExpiredError} `ERR_EXPIRED_DEADLINE` when a piece was too late, `ERR_EXPIRED_CLOCK_ANOMALY`.
 * @throws {@link QuorumError} when pieces are missing.
 */
export async function* joinPieces(
  epochs: Epochs,
  source: AsyncGenerator<Uint8Array>,
  context: Uint8Array,
  checkLive: () => void,
): AsyncGenerator<Uint8Array> {
  const collector = new Collector(epochs, new ReplayWindow(), context);
  const order = new Order();
  const frames = new Frames();
  try {
    for await (const bytes of source) {
      for (const fragment of frames.push(bytes)) {
        checkLive();
        const arrival = collector.add(fragment);
        if (arrival !== undefined) takeIn(epochs, order, arrival);
        for (let next = order.take(); next !== undefined; next = order.take()) yield next;
        if (order.isEnded) return;
        if (order.waiting > MAX_EARLY) throw new QuorumError(order.count, order.count + 1);
      }
    }
  } finally {
    order.wipe();
  }
  if (collector.report.expired > 0) {
    throw new ExpiredError('ERR_EXPIRED_DEADLINE', `piece ${order.count} of the stream was too late`);
  }
  throw new QuorumError(order.count, order.count + 1);
}
