/**
 * The epoch keys of a vault or of one end of a session.
 *
 * Time is cut into epochs, each with a key of its own, which is zeroed at its time by a thread that does nothing else. The
 * keys follow from each other one way: SHA3-512 over chain key and epoch gives the epoch's key and the next chain key. The
 * thread ratchets, also while nothing is sealed: a chain key that stayed behind would give the keys of epochs that are over.
 * A vault that nobody uses holds no keys at all, and begins with fresh random ones when it is used again.
 *
 * @module
 */
import { allocateSecret, randomFill, utf8, wipe } from '../bytes.ts';
import { systemClock } from '../clock.ts';
import type { PreparedAeadKey } from '../engines/engine.ts';
import { engine, registry } from '../engines/index.ts';
import { ExpiredError, InputError } from '../errors.ts';
import { AES_256_GCM } from '../params.ts';
import { type Block, type ChainDeath, KEY_BYTES, STATE } from './slab/block.ts';
import type { WipedBy, Wiping } from './slab/wiping.ts';
import { tap } from './tap.ts';

export type { ChainDeath } from './slab/block.ts';

/** Bytes of the commitment to an epoch's encryption key. */
export const COMMITMENT_BYTES = 32;
/** The last epoch that has a number. */
export const MAX_EPOCH: number = 2 ** 32 - 2;
/** Messages of an epoch: the number has 40 bits. */
const MAX_MESSAGES = 2 ** 40;

/** Keys of this much time to come are there before they are needed, so that a late thread delays nobody. */
const AHEAD_MS = 50;
const MIN_AHEAD = 2;
/** Epochs that may be passed over when a chain begins in the past: a second of work. */
const MAX_SKIP = 2 ** 20;
/** How long to wait for a thread that is putting a chain to sleep. */
const WAKE_TIMEOUT_MS = 100;

const EMPTY = /* @__PURE__ */ new Uint8Array(0);
const KEY_INFO = /* @__PURE__ */ utf8('mwrasp-crypto/fragment/v1/key');
const INNER_INFO = /* @__PURE__ */ utf8('mwrasp-crypto/fragment/v1/threshold');

/** Who uses a chain: it decides when keys die, and whether they sleep. */
export type ChainRole = 'local' | 'receiver' | 'sender';

/** What a chain is made of. */
export interface ChainOptions {
  readonly role: ChainRole;
  /** CK₀, 32 bytes, stays the caller's to wipe; a local chain draws its own. */
  readonly chainKey?: Uint8Array;
  /** When epoch 0 began, on the monotonic clock; may lie in the past. */
  readonly startMs: number;
  readonly epochMs: number;
  readonly ttlMs: number;
  /** Told when the keys died early; whoever uses a chain finds out in any case. */
  readonly onDead?: (death: ChainDeath) => void;
  /** Told of every epoch whose key was zeroed, while somebody listens to the events of this module. */
  readonly onDestroyed?: (epoch: number, lagMs: number) => void;
}

/** What an epoch's key is used through; valid until the work that it was given to returns. */
export interface EpochKey {
  readonly epoch: number;
  readonly cipher: PreparedAeadKey;
  readonly commitment: Uint8Array;
  /**
   * Key and commitment of the inner layer of a message.
   *
   * @param secret - The message's own secret.
   * @returns Cipher key (32) and commitment (32), yours to wipe.
   */
  inner(secret: Uint8Array): Uint8Array;
}

/** What was derived from a key: public, and good for one generation of its slot. */
interface Derived {
  readonly generation: number;
  readonly key: EpochKey;
}

const scratch = /* @__PURE__ */ allocateSecret(KEY_BYTES);
const scratchWords = /* @__PURE__ */ new Int32Array(scratch.buffer);
const messageKey = /* @__PURE__ */ allocateSecret(KEY_BYTES);
const messageKeyWords = /* @__PURE__ */ new Int32Array(messageKey.buffer);
/** Refers to the scratch, and keeps nothing of what was in it. */
let scratchCipher: PreparedAeadKey | undefined;

/** The keys of one chain. */
export class EpochChain {
  readonly role: ChainRole;
  readonly epochMs: number;
  readonly ttlMs: number;
  readonly #wiping: Wiping;
  readonly #block: Block;
  readonly #derived: (Derived | undefined)[];
  #startMs: number;
  #death: ChainDeath | undefined;
  #sealingEpoch = -1;
  #messages = 0;

  private constructor(wiping: Wiping, options: ChainOptions, slots: number) {
    const { role, epochMs, ttlMs, startMs } = options;
    this.role = role;
    this.epochMs = epochMs;
    this.ttlMs = ttlMs;
    this.#startMs = startMs;
    this.#wiping = wiping;
    this.#derived = new Array(slots);
    const { onDead, onDestroyed } = options;
    this.#block = wiping.take(slots, {
      ...(onDead === undefined ? {} : { onDead }),
      ...(onDestroyed === undefined ? {} : { onDestroyed }),
    });
  }

  /**
   * Begins a chain.
   *
   * @param wiping - Who zeroes its keys.
   * @throws {@link InputError} `ERR_INPUT_RANGE` when epoch 0 lies too far back.
   */
  static create(wiping: Wiping, options: ChainOptions): EpochChain {
    const { role, epochMs, ttlMs, startMs } = options;
    const now = Math.max(Math.floor((systemClock.monotonicMs() - startMs) / epochMs), 0);
    if (role !== 'local' && now > MAX_SKIP) {
      throw new InputError('ERR_INPUT_RANGE', 'startMs', `at most ${MAX_SKIP} epochs ago`, `${now} epochs`);
    }
    const alive = Math.ceil((role === 'sender' ? epochMs : ttlMs) / epochMs) + 1;
    const ahead = Math.max(MIN_AHEAD, Math.ceil(AHEAD_MS / epochMs));
    const chain = new EpochChain(wiping, options, alive + ahead);
    // A receiver must open what was sealed before it came to make the chain.
    const back = role === 'receiver' ? Math.min(Math.ceil(ttlMs / epochMs) - 1, now) : 0;
    const first = now - back;
    chain.#begin(options.chainKey, startMs, first, role === 'local' ? 0 : first);
    return chain;
  }

  /** How its keys are zeroed. */
  get wipedBy(): WipedBy {
    return this.#wiping.wipedBy;
  }

  /** Why its keys died before their time, when they did. */
  get death(): ChainDeath | undefined {
    return this.#death ?? this.#block.death;
  }

  /** Keys that were zeroed at their time. */
  get destroyed(): number {
    return this.#death === 'disposed' ? 0 : this.#block.destroyed;
  }

  /** The longest that one of its keys was late, milliseconds. */
  get maxLagMs(): number {
    return this.#death === 'disposed' ? 0 : this.#block.maxLagMs;
  }

  /** The epoch that began last; below 0 before epoch 0. */
  currentEpoch(nowMs: number = systemClock.monotonicMs()): number {
    return Math.floor((nowMs - this.#startMs) / this.epochMs);
  }

  /** When an epoch began, or begins. */
  startOf(epoch: number): number {
    return this.#startMs + epoch * this.epochMs;
  }

  /** When the key of an epoch is to die. */
  deadlineMs(epoch: number): number {
    return this.startOf(epoch) + (this.role === 'sender' ? this.epochMs : this.ttlMs);
  }

  /**
   * Counts epochs from an earlier moment on: for a sender that learns that the receiver's epochs are older than it knew,
   * and for a vault whose clock is ahead. Keys only die earlier for it.
   *
   * @param byMs - How much earlier, more than 0.
   * @returns False when that is so much that a new chain is needed.
   */
  moveStart(byMs: number): boolean {
    if (this.death !== undefined || !this.#block.move(byMs)) return false;
    this.#startMs -= byMs;
    this.#wiping.changed(this.#block, this.#block.dueMs);
    return true;
  }

  /**
   * Uses the key of an epoch.
   *
   * @param epoch - Which.
   * @param work - Gets the key; what it returns is returned if the key was whole and alive all the time.
   * @param undo - Wipes what the work made, when the key died under it.
   * @param nowMs - The time on the monotonic clock, for callers that have just read it: a reading takes 80 ns.
   * @throws {@link ExpiredError} `ERR_EXPIRED_EPOCH_GONE`, `ERR_EXPIRED_CLOCK_ANOMALY`.
   */
  withKey<T>(
    epoch: number,
    work: (key: EpochKey) => T,
    undo?: (made: T) => void,
    nowMs: number = systemClock.monotonicMs(),
  ): T {
    this.#checkAlive(nowMs);
    tap('before the key');
    const generation = this.#block.generation(epoch);
    if (generation === 0) throw this.#gone();
    tap('key found');
    let made: T;
    try {
      const key = this.#loadKey(epoch, generation);
      tap('ready');
      made = work(key);
    } finally {
      scratch.fill(0);
    }
    tap('work done');
    if (this.#block.generation(epoch) === generation) return made;
    undo?.(made);
    throw this.#gone();
  }

  /**
   * The epoch to seal in, with its key in place, and the number of a message in it.
   *
   * @param nowMs - The time on the monotonic clock.
   * @param wanted - Another epoch than the current one: that of a sender's own reckoning.
   * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET`, `ERR_EXPIRED_CLOCK_ANOMALY`.
   */
  takeNumber(nowMs: number, wanted?: number): { epoch: number; number: number } {
    this.#checkAlive(nowMs);
    const epoch = Math.max(wanted ?? this.currentEpoch(nowMs), this.#sealingEpoch, 0);
    if (epoch > MAX_EPOCH)
      throw new ExpiredError('ERR_EXPIRED_USE_BUDGET', 'these keys have used up their epochs');
    if (epoch !== this.#sealingEpoch) {
      this.#sealingEpoch = epoch;
      this.#messages = 0;
    }
    if (this.#messages >= MAX_MESSAGES) {
      throw new ExpiredError(
        'ERR_EXPIRED_USE_BUDGET',
        'this epoch has sealed 2^40 messages; wait for the next one',
      );
    }
    if (this.role === 'local' && !this.#block.use(epoch)) this.#wake(epoch);
    return { epoch, number: this.#messages++ };
  }

  /** Lets go of what was derived from keys that are gone: nothing secret, but half a kilobyte each. */
  forgetDead(): void {
    for (const [slot, known] of this.#derived.entries()) {
      if (known !== undefined && this.#block.generation(known.key.epoch) !== known.generation) {
        this.#derived[slot] = undefined;
      }
    }
  }

  /** Zeroes every key now, for good. */
  destroyAll(death: ChainDeath): void {
    if (this.#death !== undefined) return;
    this.#block.die(death);
    this.#death = this.#block.death ?? death;
    this.#wiping.changed(this.#block, Number.POSITIVE_INFINITY);
  }

  /** Ends the chain: its chain key and the keys of epochs that have not begun are zeroed at once, the others at their time. */
  retire(): void {
    if (this.death !== undefined) return;
    this.#block.retire();
    this.#wiping.changed(this.#block);
  }

  /** Zeroes every key and gives the memory back. Further calls do nothing. */
  dispose(): void {
    if (this.#death === 'disposed') return;
    this.#death = 'disposed';
    this.#wiping.release(this.#block);
  }

  /** Fills the block and hands it to the keeper. */
  #begin(given: Uint8Array | undefined, startMs: number, first: number, skip: number): void {
    const { epochMs, ttlMs } = this;
    const lifeMs = this.role === 'sender' ? epochMs : ttlMs;
    const hash = registry.capable('hash', 'wiped-state');
    const chainKey = given ?? randomFill(allocateSecret(KEY_BYTES));
    try {
      const times = { startMs, epochMs, lifeMs, graceMs: ttlMs };
      this.#block.fill(hash, times, chainKey, first, skip, this.role === 'local');
    } finally {
      if (given === undefined) wipe(chainKey);
    }
    this.#wiping.activate(this.#block);
  }

  /** Begins again with fresh keys, after the thread put the chain to sleep. */
  #wake(epoch: number): void {
    const untilMs = systemClock.monotonicMs() + WAKE_TIMEOUT_MS;
    while (this.#block.state === STATE.active) {
      if (systemClock.monotonicMs() > untilMs) {
        this.destroyAll('wiper-stalled');
        break;
      }
    }
    this.#checkAlive();
    this.#begin(undefined, this.#startMs, epoch, 0);
  }

  #checkAlive(nowMs: number = systemClock.monotonicMs()): void {
    this.#wiping.check(this.#block, nowMs);
    const { death } = this;
    if (death === undefined) return;
    this.#death ??= death;
    throw this.#gone();
  }

  #gone(): ExpiredError {
    const { death } = this;
    if (death === undefined || death === 'disposed' || death === 'retired') {
      return new ExpiredError('ERR_EXPIRED_EPOCH_GONE', 'the key of these fragments is gone');
    }
    return new ExpiredError(
      'ERR_EXPIRED_CLOCK_ANOMALY',
      `time went lost (${death}), so every key was destroyed`,
    );
  }

  /** Puts the encryption key into the scratch. */
  #loadKey(epoch: number, generation: number): EpochKey {
    const slot = epoch % this.#block.slots;
    const known = this.#derived[slot];
    if (known?.generation === generation) {
      const isWhole = this.#block.copyDerived(epoch, generation, scratchWords);
      tap('key copied');
      if (!isWhole) throw this.#gone();
      return known.key;
    }
    const key = this.#keyFor(epoch, generation, this.#derive(epoch, generation));
    this.#derived[slot] = { generation, key };
    return key;
  }

  #derive(epoch: number, generation: number): Uint8Array {
    let derived: Uint8Array | undefined;
    try {
      const isWhole = this.#block.copyMessageKey(epoch, generation, messageKeyWords);
      tap('key copied');
      if (!isWhole) throw this.#gone();
      const length = KEY_BYTES + COMMITMENT_BYTES;
      derived = registry.capable('hash', 'wiped-state').hkdfSha3_512(messageKey, EMPTY, KEY_INFO, length);
      scratch.set(derived.subarray(0, KEY_BYTES));
      tap('key derived');
      if (!this.#block.keepDerived(epoch, generation, scratchWords)) throw this.#gone();
      tap('key kept');
      return derived.slice(KEY_BYTES);
    } finally {
      wipe(messageKey, derived);
    }
  }

  #keyFor(epoch: number, generation: number, commitment: Uint8Array): EpochKey {
    scratchCipher ??= engine('aead').prepareTransient(scratch);
    return {
      epoch,
      cipher: scratchCipher,
      commitment,
      inner: (secret) => {
        try {
          if (!this.#block.copyMessageKey(epoch, generation, messageKeyWords)) throw this.#gone();
          const length = AES_256_GCM.keyBytes + COMMITMENT_BYTES;
          const hash = registry.capable('hash', 'wiped-state');
          return hash.hkdfSha3_512(messageKey, secret, INNER_INFO, length);
        } finally {
          wipe(messageKey);
        }
      },
    };
  }
}
