/**
 * Temporal fragmentation in one process: what a vault seals, nobody can open after its time to live, because the key is
 * gone.
 *
 * Time is cut into epochs; each has a key, which is zeroed when the epoch's start is one time to live ago. Comparing
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
  equal,
  INTERNAL,
  randomFill,
  utf8,
  wipe,
} from '../bytes.ts';
import { type Clock, checkClock, systemClock } from '../clock.ts';
import { engine, registry } from '../engines/index.ts';
import { AuthenticationError, ExpiredError, InputError, QuorumError, UnsupportedError } from '../errors.ts';
import { AES_256_GCM } from '../params.ts';
import { SecretHolder } from '../secret.ts';
import { EpochChain } from './chain.ts';
import {
  COMMITMENT_BYTES,
  type FragmentHeader,
  HEADER_BYTES,
  MAX_MESSAGE_BYTES,
  NONCE_RANDOM_BYTES,
  pieceRange,
  readHeader,
  VAULT_ID_BYTES,
  writeHeader,
} from './format.ts';
import { LagRecorder, type LagReport } from './lag.ts';

/** Options of {@link TemporalVault.create}. */
export interface VaultOptions {
  /** How long a message can be opened, milliseconds: 20 to 60 000, 100 by default. */
  readonly ttlMs?: number;
  /**
   * Length of an epoch, milliseconds; at most half of `ttlMs`, a quarter of it by default. A message lives between
   * `ttlMs − epochMs` and `ttlMs`.
   */
  readonly epochMs?: number;
  /** Where the time of deadlines comes from; the system's clocks by default. Keys die by the system's clock anyway. */
  readonly clock?: Clock;
}

/** Options of {@link TemporalVault.split}. */
export interface SplitOptions {
  /** Fragments needed to reassemble; the same as `total` in this release. */
  readonly threshold?: number;
  /** Fragments to make, 1 to 255; 1 by default. */
  readonly total?: number;
}

const KEY_INFO = utf8('mwrasp-crypto/fragment/v0/key');
const EMPTY = new Uint8Array(0);
/** The message number has 40 bits. */
const MAX_MESSAGES_PER_EPOCH = 2 ** 40;
const MAX_EPOCH = 2 ** 32 - 1;

interface EpochKey {
  readonly encryption: Uint8Array;
  readonly commitment: Uint8Array;
}

/** Seals data into fragments and opens them again while their key lives. */
export class TemporalVault extends SecretHolder {
  /** How long a message can be opened at most, milliseconds. */
  readonly ttlMs: number;
  /** Length of an epoch, milliseconds. */
  readonly epochMs: number;
  readonly #clock: Clock;
  readonly #chain: EpochChain;
  readonly #vaultId = randomFill(new Uint8Array(VAULT_ID_BYTES));
  readonly #lag = new LagRecorder();
  /** Start of epoch 0, on the caller's clock and on the system's. */
  readonly #startMs: number;
  readonly #systemStartMs: number;
  /** When the key of each epoch that has one dies at the latest, on the system's clock; oldest first. */
  readonly #dueMs = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #messages = 0;
  #disposed = false;

  private constructor(token: typeof INTERNAL, ttlMs: number, epochMs: number, clock: Clock) {
    super();
    checkInternal(token, 'TemporalVault');
    this.ttlMs = ttlMs;
    this.epochMs = epochMs;
    this.#clock = clock;
    // Epochs of one time to live, the one that begins while the oldest is about to end, and one for a late timer.
    this.#chain = new EpochChain(Math.ceil(ttlMs / epochMs) + 2);
    this.#startMs = nowMs(clock);
    this.#systemStartMs = systemClock.monotonicMs();
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
    checkInteger('options.ttlMs', ttlMs, 20, 60_000);
    const { epochMs = Math.floor(ttlMs / 4) } = wanted;
    checkInteger('options.epochMs', epochMs, 5, Math.floor(ttlMs / 2));
    const clock = checkClock('options.clock', wanted.clock);
    // The self-tests of the engines run now, and not while the first message lives.
    registry.capable('hash', 'wiped-state');
    engine('aead');
    return new TemporalVault(INTERNAL, ttlMs, epochMs, clock);
  }

  /**
   * Seals data into fragments, each under AES-256-GCM with the key of the present epoch.
   *
   * @param data - Up to 1 MiB.
   * @param options - How many fragments.
   * @returns The fragments; all of them are needed. They may be kept anywhere.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
   * `ERR_INPUT_DISPOSED`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` for a threshold below the total.
   * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET` when the vault has used up its 2^32 epochs, or an epoch its
   * 2^40 messages; `ERR_EXPIRED_CLOCK_ANOMALY` when the clock gives no number.
   * @example const fragments = vault.split(data, { threshold: 3, total: 3 });
   */
  split(data: Uint8Array, options?: SplitOptions): Uint8Array[] {
    this.#checkLive();
    checkBytes('data', data, { max: MAX_MESSAGE_BYTES });
    const wanted = checkOptions('options', options, ['threshold', 'total']);
    const { total = 1 } = wanted;
    checkInteger('options.total', total, 1, 255);
    const { threshold = total } = wanted;
    checkInteger('options.threshold', threshold, 1, total);
    if (threshold !== total) {
      throw new UnsupportedError(
        'ERR_UNSUPPORTED_OPERATION',
        `this release needs every fragment: threshold ${threshold} must be the same as total ${total}`,
      );
    }
    const epoch = this.#enterEpoch();
    if (this.#messages >= MAX_MESSAGES_PER_EPOCH) {
      throw new ExpiredError(
        'ERR_EXPIRED_USE_BUDGET',
        'this epoch has sealed 2^40 messages; wait for the next one',
      );
    }
    const number = this.#messages++;
    const random = randomFill(new Uint8Array(NONCE_RANDOM_BYTES));
    return this.#withKey(epoch, ({ encryption, commitment }) => {
      const cipher = engine('aead').prepareTransient(encryption);
      return Array.from({ length: total }, (_, index) => {
        const [start, end] = pieceRange(data.length, total, index);
        const out = new Uint8Array(HEADER_BYTES + (end - start) + AES_256_GCM.tagBytes);
        const header = out.subarray(0, HEADER_BYTES);
        const nonce = fragmentNonce(random, number, index);
        const { ttlMs } = this;
        writeHeader(header, {
          vaultId: this.#vaultId,
          epoch,
          threshold,
          total,
          index,
          ttlMs,
          messageBytes: data.length,
          commitment,
          nonce,
        });
        cipher.seal(nonce, header, data.subarray(start, end), out.subarray(HEADER_BYTES));
        return out;
      });
    });
  }

  /**
   * Puts a message together again, if its key still lives.
   *
   * @param fragments - All fragments of one message, in any order; one may come twice.
   * @returns The data.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`, `ERR_INPUT_DISPOSED`; `ERR_INPUT_KEY` when they are
   * another vault's, or of different messages.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for fragments of another release.
   * @throws {@link QuorumError} when fragments are missing.
   * @throws {@link ExpiredError} `ERR_EXPIRED_DEADLINE` when the clock says so, `ERR_EXPIRED_EPOCH_GONE` when the key is
   * gone whatever the clock says, `ERR_EXPIRED_CLOCK_ANOMALY` when the clock gives no number: that destroys every key.
   * @throws {@link AuthenticationError} when a fragment was changed.
   */
  reassemble(fragments: readonly Uint8Array[]): Uint8Array {
    this.#checkLive();
    const all = checkArray('fragments', fragments, 'an array of Uint8Array', (name, fragment) => {
      const header = readHeader(name, fragment as Uint8Array);
      return { header, fragment: fragment as Uint8Array };
    });
    const first = all[0]?.header;
    if (first === undefined) throw new QuorumError(0, 1);
    this.#checkSameMessage(
      first,
      all.map(({ header }) => header),
    );
    this.#checkAlive(first.epoch);
    const pieces = new Map(all.map(({ header, fragment }) => [header.index, fragment]));
    if (pieces.size < first.threshold) throw new QuorumError(pieces.size, first.threshold);
    const data = this.#withKey(first.epoch, (key) => openPieces(key, first, pieces));
    try {
      this.#checkAlive(first.epoch);
    } catch (error) {
      wipe(data);
      throw error;
    }
    return data;
  }

  /** How late keys were destroyed so far. */
  lag(): LagReport {
    return this.#lag.report();
  }

  /** Zeroes every key; nothing can be opened any more. Further calls do nothing. */
  override dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#chain.destroy();
    this.#dueMs.clear();
  }

  #checkLive(): void {
    if (this.#disposed) throw new InputError('ERR_INPUT_DISPOSED', 'vault', 'a live vault', 'a disposed one');
  }

  /** The present epoch, with its key in place. */
  #enterEpoch(): number {
    // Whichever clock is ahead: a caller's clock that stands still must not keep an epoch going.
    const elapsedMs = Math.max(this.#elapsedMs(), systemClock.monotonicMs() - this.#systemStartMs);
    this.#destroyDue(elapsedMs);
    const { newest } = this.#chain;
    // A newest key that is gone died early, after a clock went wrong: the next epoch begins early too.
    const first = this.#dueMs.has(newest) ? newest : newest + 1;
    const epoch = Math.max(first, Math.floor(elapsedMs / this.epochMs));
    if (epoch > MAX_EPOCH) {
      throw new ExpiredError('ERR_EXPIRED_USE_BUDGET', 'this vault has used up its epochs; make a new one');
    }
    if (epoch > newest) {
      this.#chain.advance(epoch);
      // One time to live after its start, and after this moment if a clock that is ahead says that the start is to come.
      const startMs = Math.min(this.#systemStartMs + epoch * this.epochMs, systemClock.monotonicMs());
      this.#dueMs.set(epoch, startMs + this.ttlMs);
      this.#messages = 0;
      this.#arm();
    }
    return epoch;
  }

  /** Milliseconds since the start of epoch 0 on the caller's clock. */
  #elapsedMs(): number {
    const elapsedMs = nowMs(this.#clock) - this.#startMs;
    if (Number.isFinite(elapsedMs)) return elapsedMs;
    this.#destroyUpTo(MAX_EPOCH);
    throw new ExpiredError(
      'ERR_EXPIRED_CLOCK_ANOMALY',
      'the clock gave no number, so every key was destroyed',
    );
  }

  /** Refuses an epoch whose time is over by the caller's clock, or whose key is gone whatever that clock says. */
  #checkAlive(epoch: number): void {
    const elapsedMs = this.#elapsedMs();
    this.#destroyDue(elapsedMs);
    if (elapsedMs >= epoch * this.epochMs + this.ttlMs) {
      throw new ExpiredError('ERR_EXPIRED_DEADLINE', `the time to live of ${this.ttlMs} ms is over`);
    }
    if (!this.#dueMs.has(epoch)) throw keyGone();
  }

  /** Zeroes what is due on the system's clock, or at a time on the caller's. */
  #destroyDue(elapsedMs = 0): void {
    const nowMs = systemClock.monotonicMs();
    let last = -1;
    for (const [epoch, dueMs] of this.#dueMs) {
      if (dueMs <= nowMs || epoch * this.epochMs + this.ttlMs <= elapsedMs) last = epoch;
    }
    this.#destroyUpTo(last);
  }

  /** Zeroes the keys of an epoch and all before it, and notes how late that was. */
  #destroyUpTo(epoch: number): void {
    for (const gone of this.#chain.destroyUpTo(epoch)) {
      this.#lag.record(Math.max(0, systemClock.monotonicMs() - (this.#dueMs.get(gone) ?? 0)));
      this.#dueMs.delete(gone);
    }
  }

  /** Sets the timer for the oldest key. Timers fire up to a millisecond early, so what is not due is set again. */
  #arm(): void {
    if (this.#timer !== undefined) return;
    const [dueMs] = this.#dueMs.values();
    if (dueMs === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#destroyDue();
        this.#arm();
      },
      Math.max(0, dueMs - systemClock.monotonicMs()),
    );
    // A process that has nothing else to do may end: its memory goes with it.
    (this.#timer as { unref?(): void }).unref?.();
  }

  #checkSameMessage(first: FragmentHeader, headers: readonly FragmentHeader[]): void {
    for (const [i, header] of headers.entries()) {
      if (!equal(header.vaultId, this.#vaultId)) {
        throw new InputError(
          'ERR_INPUT_KEY',
          `fragments[${i}]`,
          'a fragment of this vault',
          'one of another',
        );
      }
      const same =
        header.epoch === first.epoch &&
        header.total === first.total &&
        header.messageBytes === first.messageBytes &&
        equal(header.nonce.subarray(0, -1), first.nonce.subarray(0, -1));
      if (!same) {
        throw new InputError('ERR_INPUT_KEY', `fragments[${i}]`, 'a fragment of the same message', 'another');
      }
    }
  }

  /** Runs work with an epoch's keys in scratch buffers, and wipes them whatever happens. */
  #withKey<T>(epoch: number, work: (key: EpochKey) => T): T {
    const messageKey = new Uint8Array(AES_256_GCM.keyBytes);
    let derived: Uint8Array | undefined;
    try {
      if (!this.#chain.copyKey(epoch, messageKey)) throw keyGone();
      const length = AES_256_GCM.keyBytes + COMMITMENT_BYTES;
      derived = registry.capable('hash', 'wiped-state').hkdfSha3_512(messageKey, EMPTY, KEY_INFO, length);
      return work({
        encryption: derived.subarray(0, AES_256_GCM.keyBytes),
        commitment: derived.subarray(AES_256_GCM.keyBytes),
      });
    } finally {
      wipe(messageKey, derived);
    }
  }
}

/** The time of a caller's clock, which may return anything; NaN when it is no number. */
function nowMs(clock: Clock): number {
  const now: unknown = clock.monotonicMs();
  return typeof now === 'number' ? now : Number.NaN;
}

function keyGone(): ExpiredError {
  return new ExpiredError('ERR_EXPIRED_EPOCH_GONE', 'the key of these fragments is gone');
}

/** 48 random bits, the 40-bit message number, the fragment's index. */
function fragmentNonce(random: Uint8Array, number: number, index: number): Uint8Array {
  const nonce = new Uint8Array(AES_256_GCM.nonceBytes);
  const view = new DataView(nonce.buffer);
  nonce.set(random);
  view.setUint8(NONCE_RANDOM_BYTES, Math.floor(number / 2 ** 32));
  view.setUint32(NONCE_RANDOM_BYTES + 1, number % 2 ** 32);
  view.setUint8(AES_256_GCM.nonceBytes - 1, index);
  return nonce;
}

/** Opens every piece into its place; releases nothing unless all are right. */
function openPieces(
  key: EpochKey,
  first: FragmentHeader,
  pieces: ReadonlyMap<number, Uint8Array>,
): Uint8Array {
  const data = new Uint8Array(first.messageBytes);
  const cipher = engine('aead').prepareTransient(key.encryption);
  for (const [index, fragment] of pieces) {
    const { commitment, nonce } = readHeader('fragments', fragment);
    const [start, end] = pieceRange(first.messageBytes, first.total, index);
    const header = fragment.subarray(0, HEADER_BYTES);
    const opened =
      equal(commitment, key.commitment) &&
      cipher.open(nonce, header, fragment.subarray(HEADER_BYTES), data.subarray(start, end));
    if (!opened) {
      wipe(data);
      throw new AuthenticationError();
    }
  }
  return data;
}
