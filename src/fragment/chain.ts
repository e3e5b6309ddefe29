/**
 * The epoch keys of a vault or of one side of a session: a one-way chain whose keys live in slots that are zeroed when
 * their time is over.
 *
 * One SHA3-512 over the chain key and the epoch's number gives the epoch's message key and the next chain key; the old
 * chain key is overwritten. A later chain key reveals no earlier message key.
 *
 * Who only opens what it sealed itself passes over epochs in which nothing was sealed: {@link EpochChain.jumpTo}. Who
 * receives cannot know what was sealed, so it must never hold a chain key from which the key of an epoch that is over
 * could be derived. {@link EpochChain.stepTo} takes every epoch in turn, ahead of time: then the keys to come lie in slots
 * that die by themselves, though this thread is blocked, and the chain key itself dies with the first epoch that has none.
 *
 * @module
 */
import { allocateSecret, uintBytes, wipe } from '../bytes.ts';
import { systemClock } from '../clock.ts';
import { derive, derivedBuffer, KEY_BYTES, LABELS } from './kdf.ts';
import { CAUSE, type Cause, type Ending, type Slot } from './slab.ts';
import type { Wiper } from './wiper.ts';

/** Where the parts of an epoch's slot begin. */
const ENCRYPTION_OFFSET = KEY_BYTES;

const NO_INFO = new Uint8Array(0);

/** The keys of one epoch. */
export class EpochKey {
  readonly epoch: number;
  /** When they have to be zero, on the system's monotonic clock. */
  readonly dueMs: number;
  readonly slot: Slot;
  /** Until when a copy was held by an operation that the end of the key came into; 0 when none was. */
  heldMs = 0;
  #commitment: Uint8Array | undefined;

  constructor(epoch: number, dueMs: number, slot: Slot) {
    this.epoch = epoch;
    this.dueMs = dueMs;
    this.slot = slot;
  }

  /** Whether they live, and every read before this call was of them whole. */
  isAlive(): boolean {
    return this.slot.isAlive();
  }

  /** Tells that an operation has wiped its copy of a key. */
  letGo(): void {
    if (!this.isAlive()) this.heldMs = systemClock.monotonicMs();
  }

  /** What commits to the message key; public. Undefined when the key is gone. */
  commitment(): Uint8Array | undefined {
    this.#commitment ??= this.#derive();
    return this.#commitment;
  }

  /**
   * Copies the encryption key.
   *
   * @param out - 32 bytes, for the caller to wipe.
   * @returns Whether the key is alive and the copy whole.
   */
  copyEncryption(out: Uint8Array): boolean {
    return this.commitment() !== undefined && this.slot.copy(out, ENCRYPTION_OFFSET);
  }

  /** The same with the message key. */
  copyMessage(out: Uint8Array): boolean {
    return this.slot.copy(out);
  }

  /** Encryption key and commitment come from the message key when they are first needed. */
  #derive(): Uint8Array | undefined {
    const messageKey = allocateSecret(KEY_BYTES);
    const derived = derivedBuffer();
    try {
      if (!this.slot.copy(messageKey)) return undefined;
      derive(messageKey, LABELS.keys, NO_INFO, derived);
      const alive = this.slot.write(derived.subarray(0, KEY_BYTES), ENCRYPTION_OFFSET);
      return alive ? derived.slice(KEY_BYTES) : undefined;
    } finally {
      wipe(messageKey, derived);
    }
  }
}

/** What a chain tells of an epoch whose keys are gone. */
export interface Gone extends Ending {
  readonly epoch: number;
}

/** A chain of epoch keys. */
export class EpochChain {
  readonly #wiper: Wiper;
  readonly #ttlMs: number;
  readonly #chainSlot: Slot;
  /** Epochs that have a slot, oldest first. */
  readonly #keys = new Map<number, EpochKey>();
  #next = 0;

  /**
   * @param wiper - Who zeroes the slots.
   * @param chainKey - 32 bytes; copied, and the caller's to wipe.
   * @param ttlMs - Time to live of what is sealed: the wiper being later than this destroys the chain.
   */
  constructor(wiper: Wiper, chainKey: Uint8Array, ttlMs: number) {
    this.#wiper = wiper;
    this.#ttlMs = ttlMs;
    this.#chainSlot = wiper.take();
    this.#chainSlot.publish(chainKey, Number.POSITIVE_INFINITY, ttlMs);
    wiper.notice(Number.POSITIVE_INFINITY);
  }

  /** The newest epoch that has, or had, a key; −1 before the first. */
  get newest(): number {
    return this.#next - 1;
  }

  /** Whether the chain key lives: without it there are no new epochs. */
  isAlive(): boolean {
    return this.#chainSlot.isAlive();
  }

  /** Why the chain key is gone; undefined while it lives. */
  get ending(): Ending | undefined {
    return this.#chainSlot.ending;
  }

  /** The keys of an epoch that has a slot, dead or alive. */
  find(epoch: number): EpochKey | undefined {
    return this.#keys.get(epoch);
  }

  /**
   * Moves the chain to an epoch; those passed over never have a key.
   *
   * @param epoch - Which; not older than the newest.
   * @param dueMs - When its keys have to be zero.
   * @returns Its keys; undefined when the chain is gone.
   */
  jumpTo(epoch: number, dueMs: number): EpochKey | undefined {
    if (epoch < this.#next) throw new RangeError('a chain does not go back');
    return this.#step(epoch, dueMs);
  }

  /**
   * Moves the chain through every epoch up to one.
   *
   * @param epoch - The last to get keys.
   * @param dueMsOf - When the keys of an epoch have to be zero.
   * @param keepFrom - Epochs before this one are passed over without ever having a slot.
   * @returns Whether the chain lives.
   */
  stepTo(epoch: number, dueMsOf: (epoch: number) => number, keepFrom = 0): boolean {
    while (this.#next <= epoch) {
      const kept = this.#next >= keepFrom;
      if (!(kept ? this.#step(this.#next, dueMsOf(this.#next)) : this.#skip())) return false;
    }
    // The chain key gives the next epoch's key first, so it may live as long as that, and no longer.
    this.#chainSlot.setDue(dueMsOf(this.#next));
    this.#wiper.notice(dueMsOf(this.#next));
    return this.isAlive();
  }

  /** Zeroes the keys of an epoch and all before it. */
  destroyUpTo(epoch: number, cause: Cause = CAUSE.due): void {
    for (const key of this.#keys.values()) {
      if (key.epoch <= epoch) key.slot.wipe(systemClock.monotonicMs, cause);
    }
  }

  /** Zeroes the keys that are due. */
  destroyDue(nowMs: number): void {
    for (const { dueMs, slot } of this.#keys.values()) {
      if (dueMs <= nowMs) slot.wipe(systemClock.monotonicMs, CAUSE.due);
    }
  }

  /** The oldest keys that have a slot: the first to be due. */
  get oldest(): EpochKey | undefined {
    const [oldest] = this.#keys.values();
    return oldest;
  }

  /** Zeroes everything; the chain is over. */
  destroy(cause: Cause): void {
    this.#chainSlot.wipe(systemClock.monotonicMs, cause);
    for (const { slot } of this.#keys.values()) slot.wipe(systemClock.monotonicMs, cause);
  }

  /** Gives back the slots whose keys are gone, and says how they went. */
  collect(): Gone[] {
    const gone: Gone[] = [];
    for (const { epoch, slot, dueMs, heldMs } of this.#keys.values()) {
      const { ending } = slot;
      if (ending === undefined) continue;
      gone.push({ epoch, cause: ending.cause, lagMs: Math.max(ending.lagMs, heldMs - dueMs) });
      this.#keys.delete(epoch);
      this.#wiper.give(slot);
    }
    return gone;
  }

  /** Gives back every slot, after {@link destroy}. */
  release(): void {
    for (const { slot } of this.#keys.values()) this.#wiper.give(slot);
    this.#keys.clear();
    this.#wiper.give(this.#chainSlot);
  }

  #step(epoch: number, dueMs: number): EpochKey | undefined {
    const derived = derivedBuffer();
    try {
      if (!this.#ratchet(epoch, derived)) return undefined;
      const slot = this.#wiper.take();
      slot.publish(derived.subarray(0, KEY_BYTES), dueMs, this.#ttlMs);
      this.#wiper.notice(dueMs);
      const key = new EpochKey(epoch, dueMs, slot);
      this.#keys.set(epoch, key);
      return key;
    } finally {
      wipe(derived);
    }
  }

  #skip(): boolean {
    const derived = derivedBuffer();
    try {
      return this.#ratchet(this.#next, derived);
    } finally {
      wipe(derived);
    }
  }

  /** Message key and next chain key; the latter overwrites the one it comes from. */
  #ratchet(epoch: number, derived: Uint8Array): boolean {
    const chainKey = allocateSecret(KEY_BYTES);
    try {
      if (!this.#chainSlot.copy(chainKey)) return false;
      derive(chainKey, LABELS.epoch, uintBytes(epoch, 4), derived);
      this.#next = epoch + 1;
      return this.#chainSlot.write(derived.subarray(KEY_BYTES));
    } finally {
      wipe(chainKey);
    }
  }
}
