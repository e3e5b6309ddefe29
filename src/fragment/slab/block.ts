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
import type { Timed } from '../time-heap.ts';

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
const nextChainKey = /* @__PURE__ */ new Uint8Array(output.buffer, KEY_BYTES);

/** The memory of a page, as its blocks see it: views of their own would be larger than they are. */
export interface PageViews {
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly bytes: Uint8Array;
}

/** One chain's part of a page. */
export class Block implements Timed {
  /** The keeper's: when it looks at the block again. */
  entryMs = Number.POSITIVE_INFINITY;
  readonly id: number;
  readonly slots: number;
  readonly #page: PageViews;
  /** The block's first word in the page. */
  readonly #base: number;

  /**
   * @param id - Its number among all blocks.
   * @param page - The page.
   * @param byteOffset - Where the block begins, a multiple of 8.
   * @param slots - How many keys it holds.
   */
  constructor(id: number, page: PageViews, byteOffset: number, slots: number) {
    this.id = id;
    this.slots = slots;
    this.#page = page;
    this.#base = byteOffset / 4;
  }

  get state(): number {
    return this.#load(STATE_AT);
  }

  set state(state: number) {
    this.#store(STATE_AT, state);
  }

  /** Why it is dead, when it is. */
  get death(): ChainDeath | undefined {
    return this.state === STATE.dead ? DEATHS[this.#load(DEATH_AT)] : undefined;
  }

  /** The oldest epoch that has a slot; its key dies next. */
  get oldest(): number {
    return this.#load(OLDEST_AT) >>> 0;
  }

  /** Keys that were zeroed at their time. */
  get destroyed(): number {
    return this.#load(DESTROYED_AT);
  }

  /** The longest that a key was late. */
  get maxLagMs(): number {
    return this.#load(MAX_LAG_AT) / US;
  }

  get graceMs(): number {
    return this.#time(3);
  }

  /** When the oldest key dies. */
  get dueMs(): number {
    return this.startOf(this.oldest) + this.#time(2);
  }

  /** The epoch that begins last before a moment; below 0 before epoch 0. */
  epochAt(nowMs: number): number {
    return Math.floor((nowMs - this.#time(0) + this.movedMs) / this.#time(1));
  }

  /** When an epoch began, or will. */
  startOf(epoch: number): number {
    return this.#time(0) - this.movedMs + epoch * this.#time(1);
  }

  /** How much earlier epoch 0 began than was thought when the block was filled. */
  get movedMs(): number {
    return this.#load(MOVED_AT) / US;
  }

  /** Makes epoch 0 begin earlier; false when that is more than can be counted. */
  move(byMs: number): boolean {
    const movedUs = this.#load(MOVED_AT) + Math.ceil(byMs * US);
    if (movedUs > 2 ** 31 - 1) return false;
    this.#store(MOVED_AT, movedUs);
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
    const { startMs, epochMs, lifeMs, graceMs } = times;
    this.#page.doubles.set([startMs, epochMs, lifeMs, graceMs], (this.#base + TIMES_AT) / 2);
    this.#store(MOVED_AT, 0);
    this.#store(RETIRED_AT, 0);
    this.#store(SLEEPY_AT, sleepy ? 1 : 0);
    this.#store(LAST_USE_AT, first | 0);
    this.#store(OLDEST_AT, first | 0);
    this.#store(NEXT_AT, (first - skip) | 0);
    this.#page.bytes.set(chainKey, this.#chainKeyAt);
    for (let i = 0; i < skip; i++) this.#ratchet(hash, undefined);
    while (this.#room() > 0) this.#fillNext(hash);
  }

  /** Zeroes the oldest epoch's key and moves on; only the keeper calls it. */
  destroyOldest(): void {
    const epoch = this.oldest;
    this.#zeroSlot(this.#slotAt(epoch));
    this.#store(OLDEST_AT, (epoch + 1) | 0);
  }

  /** Notes how late that was. */
  noteLag(lagMs: number): void {
    Atomics.add(this.#page.words, this.#base + DESTROYED_AT, 1);
    const lagUs = Math.min(Math.round(lagMs * US), 2 ** 31 - 1);
    if (lagUs > this.#load(MAX_LAG_AT)) this.#store(MAX_LAG_AT, lagUs);
  }

  /** Fills the slots that are free with the keys of the epochs to come; only the keeper calls it. */
  refill(hash: HashEngine): void {
    while (this.#room() > 0 && this.#load(RETIRED_AT) === 0) this.#fillNext(hash);
    // Whoever made it anything but active while it was filled zeroed it before the last key came.
    if (this.state !== STATE.active) this.zero();
  }

  /**
   * Lets a block sleep none of whose living keys was used, if it is one that may; only the keeper calls it.
   *
   * @returns Whether it sleeps. There are no keys in it then.
   */
  fallAsleep(): boolean {
    if (this.#load(SLEEPY_AT) === 0) return false;
    const lastUse = this.#load(LAST_USE_AT);
    if (lastUse >>> 0 >= this.oldest) return false;
    // Whoever uses an epoch writes so first: one of both sees the other.
    if (Atomics.compareExchange(this.#page.words, this.#base + LAST_USE_AT, lastUse, SLEEPS) !== lastUse)
      return false;
    this.zero();
    Atomics.compareExchange(this.#page.words, this.#base + STATE_AT, STATE.active, STATE.asleep);
    return true;
  }

  /** Says that an epoch's key is about to be used; false when the block sleeps, or is about to. */
  use(epoch: number): boolean {
    if (this.#load(LAST_USE_AT) === (epoch | 0)) return true;
    return Atomics.exchange(this.#page.words, this.#base + LAST_USE_AT, epoch | 0) !== SLEEPS;
  }

  /** No further epoch gets a key; the keeper does the rest. */
  retire(): void {
    this.#store(RETIRED_AT, 1);
  }

  /** Whether {@link retire} was called. */
  get retired(): boolean {
    return this.#load(RETIRED_AT) === 1;
  }

  /** Zeroes what a retired chain does not need: its chain key, and the keys of epochs after one. */
  dropAfter(epoch: number): void {
    this.#zeroChainKey();
    const next = this.#load(NEXT_AT) >>> 0;
    for (let e = Math.max(epoch + 1, this.oldest); e < next; e++) this.#zeroSlot(this.#slotAt(e));
    if (next > epoch + 1) this.#store(NEXT_AT, (epoch + 1) | 0);
  }

  /** Whether no epoch has a key. */
  get isEmpty(): boolean {
    return this.#room() >= this.slots;
  }

  /** Zeroes every key for good. Further calls change nothing but zero once more. */
  die(death: ChainDeath): void {
    const state = this.state;
    if (state === STATE.active || state === STATE.asleep) {
      this.#store(DEATH_AT, DEATHS.indexOf(death));
      Atomics.compareExchange(this.#page.words, this.#base + STATE_AT, state, STATE.dead);
    }
    this.zero();
  }

  /** Zeroes every key. */
  zero(): void {
    this.#zeroChainKey();
    for (let slot = 0; slot < this.slots; slot++) this.#zeroSlot(this.#base + SLOTS_AT + slot * SLOT_WORDS);
  }

  /** A block that is free has counted nothing. */
  forget(): void {
    this.#store(DESTROYED_AT, 0);
    this.#store(MAX_LAG_AT, 0);
  }

  /** The generation of an epoch's key; 0 when it has none, or none any more. */
  generation(epoch: number): number {
    const at = this.#slotAt(epoch);
    const generation = Atomics.load(this.#page.words, at + GENERATION_AT);
    if ((generation & 1) === 0 || Atomics.load(this.#page.words, at + EPOCH_AT) !== (epoch | 0)) return 0;
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
    for (let i = 0; i < KEY_WORDS; i++)
      Atomics.store(this.#page.words, at + DERIVED_AT + i, key[i] as number);
    if (Atomics.load(this.#page.words, at + GENERATION_AT) === generation) return true;
    for (let i = 0; i < KEY_WORDS; i++) Atomics.store(this.#page.words, at + DERIVED_AT + i, 0);
    return false;
  }

  get #chainKeyAt(): number {
    return 4 * (this.#base + CHAIN_KEY_AT);
  }

  #zeroChainKey(): void {
    this.#page.bytes.fill(0, this.#chainKeyAt, this.#chainKeyAt + KEY_BYTES);
  }

  #load(at: number): number {
    return Atomics.load(this.#page.words, this.#base + at);
  }

  #store(at: number, value: number): void {
    Atomics.store(this.#page.words, this.#base + at, value);
  }

  /** Start, length of an epoch, life of a key, grace, milliseconds. */
  #time(which: number): number {
    return this.#page.doubles[(this.#base + TIMES_AT) / 2 + which] as number;
  }

  #copy(at: number, from: number, generation: number, out: Int32Array): boolean {
    const { words } = this.#page;
    for (let i = 0; i < KEY_WORDS; i++) out[i] = Atomics.load(words, at + from + i);
    return Atomics.load(words, at + GENERATION_AT) === generation;
  }

  #slotAt(epoch: number): number {
    return this.#base + SLOTS_AT + (epoch % this.slots) * SLOT_WORDS;
  }

  /** Slots without a key. */
  #room(): number {
    return this.slots - ((this.#load(NEXT_AT) >>> 0) - this.oldest);
  }

  #zeroSlot(at: number): void {
    const { words } = this.#page;
    const generation = Atomics.load(words, at + GENERATION_AT);
    // First the generation: a reader that still finds the old one has read everything before.
    if ((generation & 1) === 1) Atomics.store(words, at + GENERATION_AT, (generation + 1) | 0);
    for (let i = MESSAGE_KEY_AT; i < SLOT_WORDS; i++) Atomics.store(words, at + i, 0);
  }

  #fillNext(hash: HashEngine): void {
    const epoch = this.#load(NEXT_AT) >>> 0;
    this.#ratchet(hash, this.#slotAt(epoch));
  }

  /** SHA3-512(domain ‖ epoch ‖ chain key) = message key ‖ next chain key. */
  #ratchet(hash: HashEngine, at: number | undefined): void {
    const { words, bytes } = this.#page;
    const epoch = this.#load(NEXT_AT) >>> 0;
    try {
      input.set(DOMAIN);
      for (let i = 0; i < 4; i++) input[DOMAIN.length + i] = epoch >>> (24 - 8 * i);
      for (let i = 0; i < KEY_BYTES; i++)
        input[DOMAIN.length + 4 + i] = bytes[this.#chainKeyAt + i] as number;
      hash.sha3_512(input, output);
      bytes.set(nextChainKey, this.#chainKeyAt);
      this.#store(NEXT_AT, (epoch + 1) | 0);
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
