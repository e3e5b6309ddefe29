/**
 * The memory of one chain: its chain key, and a ring of slots with the keys of the epochs that are alive or come next.
 *
 * A block lies in a page that two threads share. While it is ACTIVE, the keeper alone ratchets, fills and zeroes slots; the
 * thread that uses the keys reads them, and keeps in each slot what it derived from the slot's key. In every other state the
 * block belongs to the thread that uses it. Whoever wrote a key looks afterwards whether the block or the slot is still
 * what it was, and takes the key back if not; so whatever two threads do at once, nothing outlives its end.
 *
 * Every word is read and written by Atomics, which are sequentially consistent: a reader that finds the same generation
 * before and after a copy has a copy of one whole key.
 *
 * @module
 */
import { allocateSecret, utf8, wipe } from '../../bytes.ts';
import type { HashEngine } from '../../engines/engine.ts';

/** What a block is used for now. */
export const STATE = { free: 0, active: 1, asleep: 2, dead: 3, released: 4 } as const;

/** Why a chain's keys were destroyed before their time, by the number that stands in the block. */
export const DEATHS = [
  'disposed',
  'retired',
  'late',
  'clock-step',
  'wiper-ended',
  'wiper-stalled',
  'clock-failed',
] as const;

/** Why a chain's keys were destroyed before their time. */
export type ChainDeath = (typeof DEATHS)[number];

const KEY_WORDS = 8;
/** Bytes of a chain key and of each other key. */
export const KEY_BYTES = 32;
/** What `lastUse` says of a block that fell asleep: no epoch. */
export const SLEEPS = -1;

// Words of the header.
const STATE_AT = 0;
const DEATH_AT = 1;
const LAST_USE_AT = 2;
const OLDEST_AT = 3;
const NEXT_AT = 4;
const MOVED_AT = 5;
const DESTROYED_AT = 6;
const MAX_LAG_AT = 7;
const RETIRED_AT = 8;
const SLEEPY_AT = 9;
const TIMES_AT = 10;
const CHAIN_KEY_AT = 18;
const SLOTS_AT = 26;

// Words of a slot.
const GENERATION_AT = 0;
const EPOCH_AT = 1;
const MESSAGE_KEY_AT = 2;
const DERIVED_AT = MESSAGE_KEY_AT + KEY_WORDS;
const SLOT_WORDS = DERIVED_AT + KEY_WORDS;

/** Microseconds of a millisecond, the unit of what is measured in 32-bit words. */
const US = 1000;

/** Bytes of a block, a multiple of 8. */
export function blockBytes(slots: number): number {
  return 4 * (SLOTS_AT + slots * SLOT_WORDS);
}

/** When epochs of a chain begin and end, milliseconds of the monotonic clock. */
export interface Times {
  /** The start of epoch 0, when the block was filled. */
  readonly startMs: number;
  readonly epochMs: number;
  /** From an epoch's start to the death of its key. */
  readonly lifeMs: number;
  /** A key that dies later than this after its time takes the whole chain with it. */
  readonly graceMs: number;
}

const DOMAIN = /* @__PURE__ */ utf8('mwrasp-crypto/fragment/v1/ratchet');
/** Domain, epoch (4), chain key (32): fits one block of the sponge. */
const RATCHET_BYTES = DOMAIN.length + 4 + KEY_BYTES;

const input = /* @__PURE__ */ allocateSecret(RATCHET_BYTES);
const output = /* @__PURE__ */ allocateSecret(2 * KEY_BYTES);
const outputWords = /* @__PURE__ */ new Int32Array(output.buffer);

/** One chain's part of a page. */
export class Block {
  readonly id: number;
  readonly slots: number;
  readonly #words: Int32Array;
  readonly #times: Float64Array;
  readonly #chainKey: Uint8Array;

  /**
   * @param id - Its number among all blocks.
   * @param buffer - The page.
   * @param byteOffset - Where the block begins, a multiple of 8.
   * @param slots - How many keys it holds.
   */
  constructor(id: number, buffer: ArrayBufferLike, byteOffset: number, slots: number) {
    this.id = id;
    this.slots = slots;
    this.#words = new Int32Array(buffer, byteOffset, SLOTS_AT + slots * SLOT_WORDS);
    this.#times = new Float64Array(buffer, byteOffset + 4 * TIMES_AT, 4);
    this.#chainKey = new Uint8Array(buffer, byteOffset + 4 * CHAIN_KEY_AT, KEY_BYTES);
  }

  get state(): number {
    return Atomics.load(this.#words, STATE_AT);
  }

  set state(state: number) {
    Atomics.store(this.#words, STATE_AT, state);
  }

  /** Why it is dead, when it is. */
  get death(): ChainDeath | undefined {
    return this.state === STATE.dead ? DEATHS[Atomics.load(this.#words, DEATH_AT)] : undefined;
  }

  /** The oldest epoch that has a slot; its key dies next. */
  get oldest(): number {
    return Atomics.load(this.#words, OLDEST_AT) >>> 0;
  }

  /** Keys that were zeroed at their time. */
  get destroyed(): number {
    return Atomics.load(this.#words, DESTROYED_AT);
  }

  /** The longest that a key was late. */
  get maxLagMs(): number {
    return Atomics.load(this.#words, MAX_LAG_AT) / US;
  }

  get graceMs(): number {
    return this.#times[3] as number;
  }

  /** When the oldest key dies. */
  get dueMs(): number {
    const [startMs, epochMs, lifeMs] = this.#times as unknown as [number, number, number];
    return startMs - this.movedMs + this.oldest * epochMs + lifeMs;
  }

  /** The epoch that begins last before a moment; below 0 before epoch 0. */
  epochAt(nowMs: number): number {
    const [startMs, epochMs] = this.#times as unknown as [number, number];
    return Math.floor((nowMs - startMs + this.movedMs) / epochMs);
  }

  /** When an epoch began, or will. */
  startOf(epoch: number): number {
    const [startMs, epochMs] = this.#times as unknown as [number, number];
    return startMs - this.movedMs + epoch * epochMs;
  }

  /** How much earlier epoch 0 began than was thought when the block was filled. */
  get movedMs(): number {
    return Atomics.load(this.#words, MOVED_AT) / US;
  }

  /** Makes epoch 0 begin earlier; false when that is more than can be counted. */
  move(byMs: number): boolean {
    const movedUs = Atomics.load(this.#words, MOVED_AT) + Math.ceil(byMs * US);
    if (movedUs > 2 ** 31 - 1) return false;
    Atomics.store(this.#words, MOVED_AT, movedUs);
    return true;
  }

  /**
   * Begins a chain, or begins it again: the thread that uses the block does this before it makes it active.
   *
   * @param chainKey - CK₀, or that of `first` with `skip` 0; stays the caller's.
   * @param skip - Epochs to ratchet over, from epoch `first − skip` on.
   * @param first - The first epoch that gets a key.
   */
  fill(
    hash: HashEngine,
    times: Times,
    chainKey: Uint8Array,
    first: number,
    skip: number,
    sleepy: boolean,
  ): void {
    this.#times.set([times.startMs, times.epochMs, times.lifeMs, times.graceMs]);
    Atomics.store(this.#words, MOVED_AT, 0);
    Atomics.store(this.#words, RETIRED_AT, 0);
    Atomics.store(this.#words, SLEEPY_AT, sleepy ? 1 : 0);
    Atomics.store(this.#words, LAST_USE_AT, first | 0);
    Atomics.store(this.#words, OLDEST_AT, first | 0);
    Atomics.store(this.#words, NEXT_AT, (first - skip) | 0);
    this.#chainKey.set(chainKey);
    for (let i = 0; i < skip; i++) this.#ratchet(hash, undefined);
    while (this.#room() > 0) this.#fillNext(hash);
  }

  /** Zeroes the oldest epoch's key and moves on; only the keeper calls it. */
  destroyOldest(): void {
    const epoch = this.oldest;
    this.#zeroSlot(this.#slotAt(epoch));
    Atomics.store(this.#words, OLDEST_AT, (epoch + 1) | 0);
  }

  /** Notes how late that was. */
  noteLag(lagMs: number): void {
    Atomics.add(this.#words, DESTROYED_AT, 1);
    const lagUs = Math.min(Math.round(lagMs * US), 2 ** 31 - 1);
    if (lagUs > Atomics.load(this.#words, MAX_LAG_AT)) Atomics.store(this.#words, MAX_LAG_AT, lagUs);
  }

  /** Fills the slots that are free with the keys of the epochs to come; only the keeper calls it. */
  refill(hash: HashEngine): void {
    while (this.#room() > 0 && Atomics.load(this.#words, RETIRED_AT) === 0) this.#fillNext(hash);
    // Whoever made it anything but active while it was filled zeroed it before the last key came.
    if (this.state !== STATE.active) this.zero();
  }

  /**
   * Lets a block sleep none of whose living keys was used, if it is one that may; only the keeper calls it.
   *
   * @returns Whether it sleeps. There are no keys in it then.
   */
  fallAsleep(): boolean {
    if (Atomics.load(this.#words, SLEEPY_AT) === 0) return false;
    const lastUse = Atomics.load(this.#words, LAST_USE_AT);
    if (lastUse >>> 0 >= this.oldest) return false;
    // Whoever uses an epoch writes so first: one of both sees the other.
    if (Atomics.compareExchange(this.#words, LAST_USE_AT, lastUse, SLEEPS) !== lastUse) return false;
    this.zero();
    Atomics.compareExchange(this.#words, STATE_AT, STATE.active, STATE.asleep);
    return true;
  }

  /** Says that an epoch's key is about to be used; false when the block sleeps, or is about to. */
  use(epoch: number): boolean {
    if (Atomics.load(this.#words, LAST_USE_AT) === (epoch | 0)) return true;
    return Atomics.exchange(this.#words, LAST_USE_AT, epoch | 0) !== SLEEPS;
  }

  /** No further epoch gets a key; the keeper does the rest. */
  retire(): void {
    Atomics.store(this.#words, RETIRED_AT, 1);
  }

  /** Whether {@link retire} was called. */
  get retired(): boolean {
    return Atomics.load(this.#words, RETIRED_AT) === 1;
  }

  /** Zeroes what a retired chain does not need: its chain key, and the keys of epochs after one. */
  dropAfter(epoch: number): void {
    this.#chainKey.fill(0);
    const next = Atomics.load(this.#words, NEXT_AT) >>> 0;
    for (let e = Math.max(epoch + 1, this.oldest); e < next; e++) this.#zeroSlot(this.#slotAt(e));
    if (next > epoch + 1) Atomics.store(this.#words, NEXT_AT, (epoch + 1) | 0);
  }

  /** Whether no epoch has a key. */
  get isEmpty(): boolean {
    return this.#room() >= this.slots;
  }

  /** Zeroes every key for good. Further calls change nothing but zero once more. */
  die(death: ChainDeath): void {
    const state = this.state;
    if (state === STATE.active || state === STATE.asleep) {
      Atomics.store(this.#words, DEATH_AT, DEATHS.indexOf(death));
      Atomics.compareExchange(this.#words, STATE_AT, state, STATE.dead);
    }
    this.zero();
  }

  /** Zeroes every key. */
  zero(): void {
    this.#chainKey.fill(0);
    for (let slot = 0; slot < this.slots; slot++) this.#zeroSlot(SLOTS_AT + slot * SLOT_WORDS);
  }

  /** A block that is free has counted nothing. */
  forget(): void {
    Atomics.store(this.#words, DESTROYED_AT, 0);
    Atomics.store(this.#words, MAX_LAG_AT, 0);
  }

  /** The generation of an epoch's key; 0 when it has none, or none any more. */
  generation(epoch: number): number {
    const at = this.#slotAt(epoch);
    const generation = Atomics.load(this.#words, at + GENERATION_AT);
    if ((generation & 1) === 0 || Atomics.load(this.#words, at + EPOCH_AT) !== (epoch | 0)) return 0;
    return generation;
  }

  /** Copies an epoch's message key; false when the slot is not that generation any more, and then the copy is worthless. */
  copyMessageKey(epoch: number, generation: number, out: Int32Array): boolean {
    return this.#copy(this.#slotAt(epoch), MESSAGE_KEY_AT, generation, out);
  }

  /** The same for what was kept beside it. */
  copyDerived(epoch: number, generation: number, out: Int32Array): boolean {
    return this.#copy(this.#slotAt(epoch), DERIVED_AT, generation, out);
  }

  /** Keeps a key that was derived from an epoch's, and takes it back when that died meanwhile. */
  keepDerived(epoch: number, generation: number, key: Int32Array): boolean {
    const at = this.#slotAt(epoch);
    for (let i = 0; i < KEY_WORDS; i++) Atomics.store(this.#words, at + DERIVED_AT + i, key[i] as number);
    if (Atomics.load(this.#words, at + GENERATION_AT) === generation) return true;
    for (let i = 0; i < KEY_WORDS; i++) Atomics.store(this.#words, at + DERIVED_AT + i, 0);
    return false;
  }

  #copy(at: number, from: number, generation: number, out: Int32Array): boolean {
    const words = this.#words;
    for (let i = 0; i < KEY_WORDS; i++) out[i] = Atomics.load(words, at + from + i);
    return Atomics.load(words, at + GENERATION_AT) === generation;
  }

  #slotAt(epoch: number): number {
    return SLOTS_AT + (epoch % this.slots) * SLOT_WORDS;
  }

  /** Slots without a key. */
  #room(): number {
    return this.slots - ((Atomics.load(this.#words, NEXT_AT) >>> 0) - this.oldest);
  }

  #zeroSlot(at: number): void {
    const words = this.#words;
    const generation = Atomics.load(words, at + GENERATION_AT);
    // First the generation: a reader that still finds the old one has read everything before.
    if ((generation & 1) === 1) Atomics.store(words, at + GENERATION_AT, (generation + 1) | 0);
    for (let i = MESSAGE_KEY_AT; i < SLOT_WORDS; i++) Atomics.store(words, at + i, 0);
  }

  #fillNext(hash: HashEngine): void {
    const epoch = Atomics.load(this.#words, NEXT_AT) >>> 0;
    this.#ratchet(hash, this.#slotAt(epoch));
  }

  /** SHA3-512(domain ‖ epoch ‖ chain key) = message key ‖ next chain key. */
  #ratchet(hash: HashEngine, at: number | undefined): void {
    const words = this.#words;
    const epoch = Atomics.load(words, NEXT_AT) >>> 0;
    try {
      input.set(DOMAIN);
      for (let i = 0; i < 4; i++) input[DOMAIN.length + i] = epoch >>> (24 - 8 * i);
      input.set(this.#chainKey, DOMAIN.length + 4);
      hash.sha3_512(input, output);
      this.#chainKey.set(output.subarray(KEY_BYTES));
      Atomics.store(words, NEXT_AT, (epoch + 1) | 0);
      if (at === undefined) return;
      Atomics.store(words, at + EPOCH_AT, epoch | 0);
      for (let i = 0; i < KEY_WORDS; i++) {
        Atomics.store(words, at + MESSAGE_KEY_AT + i, outputWords[i] as number);
      }
      Atomics.store(words, at + GENERATION_AT, (Atomics.load(words, at + GENERATION_AT) + 1) | 0);
    } finally {
      wipe(input, output);
    }
  }
}
