/**
 * Temporal fragmentation in one process: what a vault seals, nobody can open after its time to live, because the key is
 * gone.
 *
 * Time is cut into epochs; each has a key, which a thread zeroes when the epoch's start is one time to live ago. Comparing
 * with the clock only comes first: it spares work and gives the clearer error.
 *
 * @module
 */
import {
  checkArray,
  checkBytes,
  checkInteger,
  checkInternal,
  checkOptions,
  describe,
  INTERNAL,
  randomFill,
  toHex,
  wipe,
} from '../bytes.ts';
import type { ByteSource } from '../chunks.ts';
import { type Clock, checkClock } from '../clock.ts';
import { engine, registry } from '../engines/index.ts';
import type { Signer } from '../envelope/index.ts';
import { AuthenticationError, InputError, PqError, QuorumError } from '../errors.ts';
import { SecretHolder } from '../secret.ts';
import type { SignPrivateKey } from '../sign/index.ts';
import { pack, unpack } from './batch.ts';
import { type FragmentEvent, hasSubscribers, publish } from './events.ts';
import { type Content, ID_BYTES, MAX_MESSAGE_BYTES, type Secrecy, type StreamPosition } from './format.ts';
import { countOf, type Group, gather } from './gather.ts';
import type { LagReport } from './lag.ts';
import { Opener } from './opener.ts';
import { contextHash, localParties, type Parties } from './parties.ts';
import { makeReceipt } from './receipt.ts';
import { Sealer, type SealPlan } from './sealer.ts';
import { startWiping, type WipedBy, type Wiping } from './slab/wiping.ts';
import { type FragmentSource, joinStream, type StreamOptions, splitPieces } from './stream.ts';
import { VaultKeys } from './vault-keys.ts';

/** Options of {@link TemporalVault.create}. */
export interface VaultOptions {
  /** How long a message can be opened, milliseconds: 20 to 60 000, 100 by default. */
  readonly ttlMs?: number;
  /**
   * Length of an epoch, milliseconds; at least 5 and a thousandth of `ttlMs`, at most half of it, a quarter by default. A
   * message lives between `ttlMs − epochMs` and `ttlMs`.
   */
  readonly epochMs?: number;
  /** Where the time of deadlines comes from; the system's clocks by default. Keys die by the system's clock anyway. */
  readonly clock?: Clock;
}

/** Options of {@link TemporalVault.reassemble}. */
export interface ReassembleOptions {
  /** What the message was split with: without the same bytes it does not open. Empty by default. */
  readonly context?: Uint8Array;
}

/** Options of {@link TemporalVault.split}. */
export interface SplitOptions extends ReassembleOptions {
  /** Fragments needed to reassemble, 1 to `total`; all of them by default. */
  readonly threshold?: number;
  /** Fragments made, 1 to 255; 1 by default. */
  readonly total?: number;
  /**
   * `'threshold'`: fewer than `threshold` fragments say nothing even to somebody who holds the epoch's key, for 64 bytes
   * more in each. `'normal'` by default: the key's death is what protects.
   */
  readonly secrecy?: Secrecy;
}

/** Options of {@link TemporalVault.splitStream}. */
export interface SplitStreamOptions extends SplitOptions, StreamOptions {}

const EMPTY = /* @__PURE__ */ new Uint8Array(0);
const SECRECIES: readonly unknown[] = ['normal', 'threshold'];
/** What no options mean. */
const WHOLE: SealPlan = {
  threshold: 1,
  total: 1,
  secrecy: 'normal',
  content: 'message',
  context: EMPTY,
};
const SPLIT_OPTIONS = ['threshold', 'total', 'secrecy', 'context'];
/** Longest context. */
const MAX_CONTEXT_BYTES = 65_536;

/** Seals data into fragments and opens them again while their key lives. */
export class TemporalVault extends SecretHolder {
  /** How long a message can be opened at most, milliseconds. */
  readonly ttlMs: number;
  /** Length of an epoch, milliseconds. */
  readonly epochMs: number;
  readonly #parties: Parties;
  readonly #keys: VaultKeys;
  readonly #opener: Opener;
  /** Of the chain in use. */
  #sealer: Sealer | undefined;
  readonly #listeners = new Set<(event: FragmentEvent) => void>();
  readonly #sinceMs = Date.now();
  #disposed = false;

  private constructor(token: typeof INTERNAL, wiping: Wiping, ttlMs: number, epochMs: number, clock: Clock) {
    super();
    checkInternal(token, 'TemporalVault');
    this.ttlMs = ttlMs;
    this.epochMs = epochMs;
    this.#parties = localParties(randomFill(new Uint8Array(ID_BYTES)));
    this.#opener = new Opener(this.#parties);
    this.#keys = new VaultKeys(
      wiping,
      { ttlMs, epochMs, clock },
      {
        onDestroyed: (epoch, lagMs) => this.#tell(() => ({ event: 'destroyed', id: this.id, epoch, lagMs })),
        onAnomaly: (reason) => this.#tell(() => ({ event: 'anomaly', id: this.id, reason })),
        onRecovered: (epoch) => this.#tell(() => ({ event: 'recovered', id: this.id, epoch })),
      },
    );
    if (hasSubscribers()) wiping.wantsEvents = true;
  }

  /**
   * Makes a vault with keys of its own. The first one of a process starts the thread that zeroes keys, which takes a tenth
   * of a second.
   *
   * @param options - Time to live, epoch length, clock.
   * @returns A vault, yours to dispose.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`.
   * @example using vault = await TemporalVault.create({ ttlMs: 100 });
   */
  static async create(options?: VaultOptions): Promise<TemporalVault> {
    const wanted = checkOptions('options', options, ['ttlMs', 'epochMs', 'clock']);
    const { ttlMs = 100 } = wanted;
    checkInteger('options.ttlMs', ttlMs, 20, 60_000);
    const { epochMs = Math.floor(ttlMs / 4) } = wanted;
    checkInteger('options.epochMs', epochMs, Math.max(5, Math.ceil(ttlMs / 1000)), Math.floor(ttlMs / 2));
    const clock = checkClock('options.clock', wanted.clock);
    // The self-tests of the engines run now, and not while the first message lives.
    registry.capable('hash', 'wiped-state');
    engine('aead');
    engine('hash');
    return new TemporalVault(INTERNAL, await startWiping(), ttlMs, epochMs, clock);
  }

  /** Id of the vault, which its fragments carry: 32 hexadecimal digits. */
  get id(): string {
    return toHex(this.#parties.id);
  }

  /**
   * How keys are zeroed: by a `'thread'` of its own, on time even while the main thread is blocked, or, in a runtime without
   * threads that share memory, by a `'timer'`.
   */
  get wipedBy(): WipedBy {
    return this.#keys.wiping.wipedBy;
  }

  /**
   * Seals data into fragments, each under AES-256-GCM with the key of the present epoch.
   *
   * @param data - Up to 1 MiB.
   * @param options - How many fragments, how many of them are needed, what they are bound to.
   * @returns The fragments. They may be kept anywhere.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
   * `ERR_INPUT_DISPOSED`.
   * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET` when the vault has used up its 2^32 epochs, or an epoch its
   * 2^40 messages; `ERR_EXPIRED_CLOCK_ANOMALY` when the clock gives no number, or time goes lost meanwhile;
   * `ERR_EXPIRED_EPOCH_GONE` when the keys of the next epochs are not there in time.
   * @example const fragments = vault.split(data, { threshold: 4, total: 6 });
   */
  split(data: Uint8Array, options?: SplitOptions): Uint8Array[] {
    this.#checkLive();
    checkBytes('data', data, { max: MAX_MESSAGE_BYTES });
    const plan =
      options === undefined ? WHOLE : readPlan(checkOptions('options', options, SPLIT_OPTIONS), 'message');
    return this.#seal(data, plan);
  }

  /**
   * Puts a message together again, if its key still lives.
   *
   * @param fragments - As many fragments of one message as are needed, or more, in any order. One may come twice; one that
   *   was damaged, forged or is another message's counts as missing.
   * @param options - The context that the message was split with.
   * @returns The data.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_LENGTH`, `ERR_INPUT_DISPOSED`;
   * `ERR_INPUT_FORMAT` when none is a fragment; `ERR_INPUT_KEY` when all are another vault's, when they are of a batch or
   * a stream, or when two messages are whole in them.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for fragments of another release.
   * @throws {@link QuorumError} when fragments are missing.
   * @throws {@link ExpiredError} `ERR_EXPIRED_DEADLINE` when the clock says so, `ERR_EXPIRED_EPOCH_GONE` when the key is
   * gone whatever the clock says, `ERR_EXPIRED_CLOCK_ANOMALY` when time went lost.
   * @throws {@link AuthenticationError} when too many were changed, or the context is another.
   */
  reassemble(fragments: readonly Uint8Array[], options?: ReassembleOptions): Uint8Array {
    this.#checkLive();
    const context =
      options === undefined ? EMPTY : readContext(checkOptions('options', options, ['context']));
    return this.#open('fragments', fragments, context, 'message');
  }

  /**
   * Seals many messages at once: several times as fast for short ones, as they share their fragments.
   *
   * @param messages - Any number of messages, each shorter than 1 MiB.
   * @param options - As for {@link split}.
   * @returns Sets of fragments, each of up to 1 MiB of messages; usually one.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
   * `ERR_INPUT_DISPOSED`.
   * @throws {@link ExpiredError} as {@link TemporalVault.split} does: `ERR_EXPIRED_USE_BUDGET`, `ERR_EXPIRED_CLOCK_ANOMALY`,
   * `ERR_EXPIRED_EPOCH_GONE`.
   * @example const sets = vault.splitMany(readings, { threshold: 2, total: 3 });
   */
  splitMany(messages: readonly Uint8Array[], options?: SplitOptions): Uint8Array[][] {
    this.#checkLive();
    const plan = readPlan(checkOptions('options', options, SPLIT_OPTIONS), 'batch');
    const batches = pack('messages', messages);
    try {
      return batches.map((batch) => this.#seal(batch, plan));
    } finally {
      wipe(...batches);
    }
  }

  /**
   * Gives the messages of {@link splitMany} again.
   *
   * @param sets - Fragments of each set, enough of them.
   * @param options - The context that they were split with.
   * @returns The messages in their order. Those of a set are parts of one buffer.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_LENGTH`, `ERR_INPUT_FORMAT`, `ERR_INPUT_KEY`,
   * `ERR_INPUT_DISPOSED`, as {@link TemporalVault.reassemble} does.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for fragments of another release.
   * @throws {@link QuorumError} when fragments are missing.
   * @throws {@link ExpiredError} `ERR_EXPIRED_DEADLINE`, `ERR_EXPIRED_EPOCH_GONE`, `ERR_EXPIRED_CLOCK_ANOMALY`.
   * @throws {@link AuthenticationError} when too many were changed, or the context is another.
   */
  reassembleMany(sets: readonly (readonly Uint8Array[])[], options?: ReassembleOptions): Uint8Array[] {
    this.#checkLive();
    const context = readContext(checkOptions('options', options, ['context']));
    const messages: Uint8Array[] = [];
    const batches: Uint8Array[] = [];
    try {
      checkArray('sets', sets, 'an array of sets of fragments', (name, set) => {
        const batch = this.#open(name, set as readonly Uint8Array[], context, 'batch');
        batches.push(batch);
        if (!unpack(batch, messages)) throw new AuthenticationError();
      });
      return messages;
    } catch (error) {
      wipe(...batches);
      throw error;
    }
  }

  /**
   * Seals a stream of any length in constant memory: it is cut into pieces, each with a life of its own.
   *
   * @param source - A Node stream, a web stream, or an iterable of `Uint8Array`.
   * @param options - As for {@link split}, and the size of the pieces.
   * @returns The fragments of one piece after the other, `total` of each.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
   * `ERR_INPUT_DISPOSED`.
   * @throws {@link ExpiredError} as {@link TemporalVault.split} does: `ERR_EXPIRED_USE_BUDGET`, `ERR_EXPIRED_CLOCK_ANOMALY`,
   * `ERR_EXPIRED_EPOCH_GONE`.
   * @throws What the source throws.
   * @example for await (const fragment of vault.splitStream(file, { threshold: 4, total: 6 })) await bus.send(fragment);
   */
  splitStream(source: ByteSource, options?: SplitStreamOptions): AsyncGenerator<Uint8Array, void, undefined> {
    this.#checkLive();
    const wanted = checkOptions('options', options, [...SPLIT_OPTIONS, 'pieceBytes']);
    const { pieceBytes = MAX_MESSAGE_BYTES } = wanted;
    checkInteger('options.pieceBytes', pieceBytes, 1, MAX_MESSAGE_BYTES);
    const plan = readPlan(wanted, 'stream');
    return splitPieces(source, pieceBytes, (piece, stream: StreamPosition) => {
      this.#checkLive();
      return this.#seal(piece, { ...plan, stream });
    });
  }

  /**
   * Gives a stream again while it arrives.
   *
   * @param source - The fragments of {@link splitStream}, lost, damaged, repeated and out of order as they may be: a piece
   *   waits for enough of its fragments while no more than 8 MiB of later ones have come.
   * @param options - The context that it was split with.
   * @returns The pieces in their order; the stream ends after its last one, or fails.
   * @throws {@link QuorumError} when a piece cannot be had any more, or the end is missing.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_LENGTH`, `ERR_INPUT_FORMAT`, `ERR_INPUT_KEY`,
   * `ERR_INPUT_DISPOSED`, as {@link TemporalVault.reassemble} does.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for fragments of another release.
   * @throws {@link ExpiredError} `ERR_EXPIRED_DEADLINE`, `ERR_EXPIRED_EPOCH_GONE`, `ERR_EXPIRED_CLOCK_ANOMALY` when a
   * piece came too late.
   * @throws {@link AuthenticationError} when too many were changed, or the context is another.
   * @throws What the source throws.
   */
  reassembleStream(
    source: FragmentSource,
    options?: ReassembleOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    this.#checkLive();
    const context = readContext(checkOptions('options', options, ['context']));
    return joinStream(source, {
      isOurs: (header) => this.#opener.isOurs(header),
      checkAlive: (epoch) => {
        this.#checkLive();
        this.#keys.checkAlive(epoch);
      },
      isAuthentic: (candidate) => {
        const { chain } = this.#keys;
        return chain.withKey(candidate.header.epoch, (key) =>
          this.#opener.isAuthentic(key, candidate, contextHash(context)),
        );
      },
      open: (group) => this.#openGroup(group, context),
    });
  }

  /** How late keys were destroyed so far: those of every vault and session of this process, as one thread zeroes them. */
  lag(): LagReport {
    return this.#keys.wiping.lag();
  }

  /**
   * A signed statement of how many keys of this vault were destroyed and how late the latest was: a claim by this host, not
   * a proof.
   *
   * @param signer - An ML-DSA-87 signer: a private key, or one of a keystore.
   * @returns The receipt, for `verifyReceipt`.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_DISPOSED`; `ERR_INPUT_LENGTH` when the signer gives no signature.
   * @throws What the signer throws.
   */
  async receipt(signer: SignPrivateKey | Signer): Promise<Uint8Array> {
    this.#checkLive();
    const { destroyed, maxLagMs } = this.#keys.history;
    return makeReceipt(signer, {
      id: this.#parties.id,
      ttlMs: this.ttlMs,
      epochMs: this.epochMs,
      wipedBy: this.wipedBy,
      destroyed,
      maxLagMs,
      newestEpoch: Math.max(this.#keys.chain.currentEpoch(), 0),
      sinceMs: this.#sinceMs,
      untilMs: Date.now(),
    });
  }

  /**
   * Has a function told of every key that dies, of anomalies and of the recovery from them, as `diagnostics_channel` does.
   *
   * @param listener - Called later, never within a call of the vault.
   * @returns Takes it back.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_DISPOSED`.
   */
  onEvent(listener: (event: FragmentEvent) => void): () => void {
    this.#checkLive();
    if (typeof listener !== 'function') {
      throw new InputError('ERR_INPUT_TYPE', 'listener', 'a function', describe(listener));
    }
    this.#listeners.add(listener);
    this.#keys.wiping.wantsEvents = true;
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Zeroes every key; nothing can be opened any more. Further calls do nothing. */
  override dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#keys.dispose();
  }

  #checkLive(): void {
    if (this.#disposed) throw new InputError('ERR_INPUT_DISPOSED', 'vault', 'a live vault', 'a disposed one');
  }

  #tell(make: () => FragmentEvent): void {
    publish(make);
    if (this.#listeners.size === 0) return;
    const event = make();
    for (const listener of this.#listeners) queueMicrotask(() => listener(event));
  }

  #seal(data: Uint8Array, plan: SealPlan): Uint8Array[] {
    const chain = this.#keys.prepare();
    if (this.#sealer?.chain !== chain) this.#sealer = new Sealer(chain, this.#parties);
    return this.#sealer.seal(data, plan);
  }

  /** Opens the one message that is whole among some fragments. */
  #open(name: string, fragments: readonly Uint8Array[], context: Uint8Array, content: Content): Uint8Array {
    let data: Uint8Array | undefined;
    let problem: PqError | undefined;
    for (const group of gather(name, fragments, this.#opener)) {
      let opened: Uint8Array;
      try {
        opened = this.#openGroup(group, context);
      } catch (error) {
        // A forged group must not make a good one fail; of several problems, the largest group's counts.
        if (!(error instanceof PqError)) throw error;
        problem ??= error;
        continue;
      }
      if (data !== undefined) {
        wipe(data, opened);
        throw new InputError('ERR_INPUT_KEY', name, 'fragments of one message', 'those of two');
      }
      data = opened;
      const found = (group[0] as Group[number]).header.content;
      if (found !== content) {
        wipe(data);
        throw new InputError('ERR_INPUT_KEY', name, `fragments of a ${content}`, `those of a ${found}`);
      }
    }
    if (data === undefined) throw problem ?? new QuorumError(0, 1);
    return data;
  }

  /** Opens the fragments of one message, while its key lives. */
  #openGroup(group: Group, context: Uint8Array): Uint8Array {
    const { epoch, threshold } = (group[0] as Group[number]).header;
    const nowMs = this.#keys.checkAlive(epoch);
    const count = countOf(group);
    if (count < threshold) throw new QuorumError(count, threshold);
    const opened = this.#keys.chain.withKey(
      epoch,
      (key) => this.#opener.open(key, group, contextHash(context)),
      (made) => {
        if ('data' in made) wipe(made.data);
      },
      nowMs,
    );
    if (!('data' in opened)) throw new AuthenticationError();
    try {
      this.#keys.checkAlive(epoch);
    } catch (error) {
      wipe(opened.data);
      throw error;
    }
    return opened.data;
  }
}

function readContext({ context = EMPTY }: ReassembleOptions): Uint8Array {
  checkBytes('options.context', context, { max: MAX_CONTEXT_BYTES });
  return context;
}

function readPlan(wanted: SplitOptions, content: Content): SealPlan {
  const { total = 1, secrecy = 'normal' } = wanted;
  checkInteger('options.total', total, 1, 255);
  const { threshold = total } = wanted;
  checkInteger('options.threshold', threshold, 1, total);
  if (!SECRECIES.includes(secrecy)) {
    throw new InputError('ERR_INPUT_OPTION', 'options.secrecy', "'normal' or 'threshold'", describe(secrecy));
  }
  return { threshold, total, secrecy, content, context: readContext(wanted) };
}
