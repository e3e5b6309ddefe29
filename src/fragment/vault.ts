/**
 * Temporal fragmentation in one process: what a vault seals, nobody can open after its time to live, because the key is
 * gone.
 *
 * Time is cut into epochs; each has a key, which is zeroed when the epoch's start is one time to live ago, by a thread of
 * its own. Comparing with the clock only comes first: it spares work and gives the clearer error.
 *
 * @module
 */
import { checkBytes, checkInteger, checkInternal, checkOptions, describe, INTERNAL, wipe } from '../bytes.ts';
import { type ByteSource, iterate } from '../chunks.ts';
import { type Clock, checkClock } from '../clock.ts';
import { engine, registry } from '../engines/index.ts';
import { InputError } from '../errors.ts';
import { SecretHolder } from '../secret.ts';
import { pack, unpack } from './batch.ts';
import { Epochs } from './epochs.ts';
import type { VaultEvent } from './events.ts';
import { CONTENT, MAX_MESSAGE_BYTES, MAX_TTL_MS } from './format.ts';
import { type Gathered, gather } from './gather.ts';
import type { LagReport } from './lag.ts';
import {
  checkReassemble,
  checkShape,
  checkStreamShape,
  type ReassembleOptions,
  type SplitOptions,
  type SplitStreamOptions,
} from './options.ts';
import { type Message, sealMessage } from './seal.ts';
import { joinPieces, splitPieces } from './stream.ts';
import type { Wiper } from './wiper.ts';
import { theWiper } from './wiper-thread.ts';

/** Options of {@link TemporalVault.create}. */
export interface VaultOptions {
  /** How long a message can be opened, milliseconds: 20 to 60 000, 100 by default. */
  readonly ttlMs?: number;
  /**
   * Length of an epoch, milliseconds; at most half of `ttlMs`, a quarter of it by default. A message lives between
   * `ttlMs − epochMs` and `ttlMs`.
   */
  readonly epochMs?: number;
  /**
   * Where the time of deadlines comes from; the system's clocks by default. Keys die by the system's clock anyway, so that
   * another clock can only make a life shorter.
   */
  readonly clock?: Clock;
}

/** An epoch may end while a message is being sealed; the next one has its whole length. */
const MAX_TRIES = 3;

const NAMES: readonly string[] = ['a message', 'a batch', 'a piece of a stream'];

/** Seals data into fragments and opens them again while their key lives. */
export class TemporalVault extends SecretHolder {
  /** How long a message can be opened at most, milliseconds. */
  readonly ttlMs: number;
  /** Length of an epoch, milliseconds. */
  readonly epochMs: number;
  /**
   * What zeroes the keys: a thread of its own, on time though this one is blocked, or, where the runtime has no such
   * threads, a timer of this one.
   */
  readonly wipedBy: 'thread' | 'timer';
  readonly #epochs: Epochs;
  #disposed = false;

  private constructor(token: typeof INTERNAL, wiper: Wiper, ttlMs: number, epochMs: number, clock: Clock) {
    super();
    checkInternal(token, 'TemporalVault');
    this.ttlMs = ttlMs;
    this.epochMs = epochMs;
    this.wipedBy = wiper.wipedBy;
    this.#epochs = new Epochs(wiper, ttlMs, epochMs, clock);
  }

  /**
   * Makes a vault with keys of its own.
   *
   * @param options - Time to live, epoch length, clock.
   * @returns A vault, yours to dispose.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`.
   * @example using vault = await TemporalVault.create({ ttlMs: 100 });
   */
  static async create(options?: VaultOptions): Promise<TemporalVault> {
    const wanted = checkOptions('options', options, ['ttlMs', 'epochMs', 'clock']);
    const { ttlMs = 100 } = wanted;
    checkInteger('options.ttlMs', ttlMs, 20, MAX_TTL_MS);
    const { epochMs = Math.floor(ttlMs / 4) } = wanted;
    checkInteger('options.epochMs', epochMs, 5, Math.floor(ttlMs / 2));
    const clock = checkClock('options.clock', wanted.clock);
    // The self-tests of the engines run now, and not while the first message lives.
    registry.capable('hash', 'wiped-state');
    engine('aead');
    return new TemporalVault(INTERNAL, await theWiper(), ttlMs, epochMs, clock);
  }

  /**
   * Seals data into fragments, each under AES-256-GCM with the key of the present epoch.
   *
   * @param data - Up to 1 MiB.
   * @param options - How many fragments, how many are needed, and what else protects them.
   * @returns The fragments, which may be kept anywhere.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
   * `ERR_INPUT_DISPOSED`.
   * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET` when the vault has used up its 2^32 epochs, or an epoch its
   * 2^40 messages; `ERR_EXPIRED_CLOCK_ANOMALY` when the clock gives no number, or what destroys keys does not run.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` when the random generator fails.
   * @example const fragments = vault.split(data, { threshold: 4, total: 6 });
   */
  split(data: Uint8Array, options?: SplitOptions): Uint8Array[] {
    this.#checkLive();
    checkBytes('data', data, { max: MAX_MESSAGE_BYTES });
    const { threshold, total, secrecy, context } = checkShape(options);
    return this.#seal({ data, content: CONTENT.message, threshold, total, secrecy, context });
  }

  /**
   * Puts a message together again, if its key still lives.
   *
   * @param fragments - Fragments of one message, in any order, at least as many as are needed. Damaged and forged ones
   * among them do no harm; at most 1020.
   * @param options - The context that it was sealed with.
   * @returns The data.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`;
   * `ERR_INPUT_FORMAT` when none is a fragment, or not of a message; `ERR_INPUT_KEY` when they are another vault's, or of
   * two whole messages.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for fragments of another release.
   * @throws {@link QuorumError} when fragments are missing.
   * @throws {@link ExpiredError} `ERR_EXPIRED_DEADLINE` when the clock says so, `ERR_EXPIRED_EPOCH_GONE` when the key is
   * gone whatever the clock says, `ERR_EXPIRED_CLOCK_ANOMALY` when time was lost: then every key was destroyed.
   * @throws {@link AuthenticationError} when too few are as they were sealed, or the context is another.
   * @example const data = vault.reassemble(fragments);
   */
  reassemble(fragments: readonly Uint8Array[], options?: ReassembleOptions): Uint8Array {
    return this.#open(fragments, options, CONTENT.message);
  }

  /**
   * Seals many small messages as one: a tenth of the time a message, or less. They share one life, and are opened together.
   *
   * @param messages - Up to 65 536, together up to 1 MiB less 4 bytes and 4 for each.
   * @param options - As {@link split} takes them.
   * @returns The fragments of the batch.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
   * `ERR_INPUT_DISPOSED`.
   * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET`, `ERR_EXPIRED_CLOCK_ANOMALY` as {@link split}.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` when the random generator fails.
   * @example const fragments = vault.splitMany(positions);
   */
  splitMany(messages: readonly Uint8Array[], options?: SplitOptions): Uint8Array[] {
    this.#checkLive();
    const { threshold, total, secrecy, context } = checkShape(options);
    const data = pack(messages);
    try {
      return this.#seal({ data, content: CONTENT.batch, threshold, total, secrecy, context });
    } finally {
      wipe(data);
    }
  }

  /**
   * Opens a batch.
   *
   * @param fragments - As {@link reassemble} takes them.
   * @param options - The context that it was sealed with.
   * @returns The messages in their order. They are parts of one buffer.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`,
   * `ERR_INPUT_FORMAT`, `ERR_INPUT_KEY` as {@link reassemble}.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for fragments of another release.
   * @throws {@link QuorumError} when fragments are missing.
   * @throws {@link ExpiredError} `ERR_EXPIRED_DEADLINE`, `ERR_EXPIRED_EPOCH_GONE`, `ERR_EXPIRED_CLOCK_ANOMALY` as
   * {@link reassemble}.
   * @throws {@link AuthenticationError} when too few are as they were sealed, or the context is another.
   */
  reassembleMany(fragments: readonly Uint8Array[], options?: ReassembleOptions): Uint8Array[] {
    return unpack(this.#open(fragments, options, CONTENT.batch));
  }

  /**
   * Cuts a stream into pieces and seals each of them when it is asked for; its life begins then.
   *
   * @param source - A Node stream, a web stream, or any iterable of `Uint8Array`.
   * @param options - As {@link split} takes them, and how large a piece is.
   * @returns The fragments, piece after piece, `total` of each.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
   * `ERR_INPUT_DISPOSED`.
   * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET`, `ERR_EXPIRED_CLOCK_ANOMALY` as {@link split}.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` when the random generator fails.
   * @throws What the source throws, as it is.
   * @example for await (const fragment of vault.splitStream(createReadStream('a'))) send(fragment);
   */
  splitStream(source: ByteSource, options?: SplitStreamOptions): AsyncGenerator<Uint8Array> {
    this.#checkLive();
    const pieces = iterate('source', source);
    const { pieceSizeBytes, ...shape } = checkStreamShape(options);
    return splitPieces(pieces, shape, pieceSizeBytes, (message) => {
      this.#checkLive();
      return this.#seal(message);
    });
  }

  /**
   * Puts a stream together again. That it is whole is known when the iteration ends without an error, and not before.
   *
   * @param source - The fragments, about in the order in which they were made: a piece may come up to 32 pieces before its
   * turn. Each by itself, or their bytes one behind the other, cut anywhere; in the latter form, damage to a header costs what
   * came with it. What is damaged, forged, repeated or of something else is passed over.
   * @param options - The context that it was sealed with.
   * @returns The pieces in order, as they are opened.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
   * @throws {@link ExpiredError} `ERR_EXPIRED_DEADLINE` when a piece was too late, `ERR_EXPIRED_CLOCK_ANOMALY`.
   * @throws {@link QuorumError} when pieces are missing.
   * @throws What the source throws, as it is.
   */
  reassembleStream(source: ByteSource, options?: ReassembleOptions): AsyncGenerator<Uint8Array> {
    this.#checkLive();
    const fragments = iterate('source', source);
    return joinPieces(this.#epochs, fragments, checkReassemble(options), () => this.#checkLive());
  }

  /** How late keys were destroyed so far. */
  lag(): LagReport {
    return this.#epochs.lag();
  }

  /**
   * Tells a listener what becomes of the keys: new epochs, destroyed ones, lost time. It runs soon after, not during, what
   * it is told of. The same goes to `node:diagnostics_channel`, channel `mwrasp-crypto:fragment`.
   *
   * @param listener - Called with each event.
   * @returns A function that ends it.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_DISPOSED`.
   */
  onEvent(listener: (event: VaultEvent) => void): () => void {
    this.#checkLive();
    if (typeof listener !== 'function') {
      throw new InputError('ERR_INPUT_TYPE', 'listener', 'a function', describe(listener));
    }
    return this.#epochs.listen(listener);
  }

  /** Zeroes every key; nothing can be opened any more. Further calls do nothing. */
  override dispose(): void {
    this.#disposed = true;
    this.#epochs.dispose();
  }

  #checkLive(): void {
    if (this.#disposed) throw new InputError('ERR_INPUT_DISPOSED', 'vault', 'a live vault', 'a disposed one');
  }

  #seal(message: Message): Uint8Array[] {
    for (let tries = 1; ; tries++) {
      const { channel, key, number } = this.#epochs.enter();
      const fragments = sealMessage(channel, key, number, message);
      if (fragments !== undefined) return fragments;
      if (tries === MAX_TRIES) throw this.#epochs.gone();
    }
  }

  #open(
    fragments: readonly Uint8Array[],
    options: ReassembleOptions | undefined,
    content: number,
  ): Uint8Array {
    this.#checkLive();
    const gathered = gather(this.#epochs, fragments, checkReassemble(options));
    try {
      checkContent(gathered, content);
      // Opening took time: it counts when the data is given away.
      this.#epochs.keyOf(gathered.fragment.epoch);
    } catch (error) {
      wipe(gathered.data);
      throw error;
    }
    return gathered.data;
  }
}

function checkContent({ fragment }: Gathered, content: number): void {
  if (fragment.content === content) return;
  throw new InputError(
    'ERR_INPUT_FORMAT',
    'fragments',
    `fragments of ${NAMES[content]}`,
    `of ${NAMES[fragment.content]}`,
  );
}
