/**
 * The memory that epoch secrets live in: pages of slots that two threads share, one that uses them and one that zeroes
 * them on time.
 *
 * A slot's state is one word: a generation, and below it free, live, dying or dead. Whoever zeroes a slot first takes it
 * from live to dying, then writes the zeros, then says dead; only dead slots are used again. Whoever reads a slot copies
 * it and then looks at the word again, so that a copy counts only when the zeroing had not begun when it was complete.
 *
 * Second looks are read-modify-write operations: a plain load would not keep the reads before it from being done after it
 * (Boehm, "Can seqlocks get along with programming language memory models?", MSPC 2012, section 4).
 *
 * @module
 */
import { wipe } from '../bytes.ts';

/** Bytes of a slot: message key and encryption key of an epoch, or a chain key. */
export const SLOT_BYTES = 64;
/** Slots of a page. */
export const PAGE_SLOTS = 256;

/** What a slot's word says, below its generation. */
export const STATE = { free: 0, live: 1, dying: 2, dead: 3 } as const;
/** Bits of the word that hold it. */
export const STATE_MASK = 3;
const GENERATION_STEP = 4;

/** Why a slot was zeroed. */
export const CAUSE = { due: 0, disposed: 1, late: 2, parted: 3, ended: 4, noClock: 5 } as const;
/** One of {@link CAUSE}. */
export type Cause = (typeof CAUSE)[keyof typeof CAUSE];

/** Where the parts of a page begin, in bytes. The wiping thread reads pages by the same numbers. */
export const PAGE_LAYOUT = {
  states: 0,
  causes: 4 * PAGE_SLOTS,
  dueMs: 8 * PAGE_SLOTS,
  ttlMs: 16 * PAGE_SLOTS,
  wipedMs: 24 * PAGE_SLOTS,
  keys: 32 * PAGE_SLOTS,
} as const;

/** Bytes of a page. */
export const PAGE_BYTES: number = PAGE_LAYOUT.keys + PAGE_SLOTS * SLOT_BYTES;

/** A page of slots, in memory that may be shared. Times are milliseconds on the monotonic clock of this thread. */
export class Page {
  readonly buffer: ArrayBufferLike;
  /** Generation and state of each slot; read and written with Atomics only. */
  readonly states: Int32Array;
  /** Why it was zeroed; as the times, written before a change of the word publishes it. */
  readonly causes: Int32Array;
  /** When it has to be zero. */
  readonly dueMs: Float64Array;
  /** The time to live of its owner: whoever is later than this destroys it, due or not. */
  readonly ttlMs: Float64Array;
  /** When it was zero. */
  readonly wipedMs: Float64Array;
  readonly keys: Uint8Array;

  /** @param buffer - {@link PAGE_BYTES} zero bytes. */
  constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer;
    this.states = new Int32Array(buffer, PAGE_LAYOUT.states, PAGE_SLOTS);
    this.causes = new Int32Array(buffer, PAGE_LAYOUT.causes, PAGE_SLOTS);
    this.dueMs = new Float64Array(buffer, PAGE_LAYOUT.dueMs, PAGE_SLOTS);
    this.ttlMs = new Float64Array(buffer, PAGE_LAYOUT.ttlMs, PAGE_SLOTS);
    this.wipedMs = new Float64Array(buffer, PAGE_LAYOUT.wipedMs, PAGE_SLOTS);
    this.keys = new Uint8Array(buffer, PAGE_LAYOUT.keys, PAGE_SLOTS * SLOT_BYTES);
  }

  /**
   * Zeroes a slot that is live.
   *
   * @param index - Which.
   * @param now - The time, asked for when the zeros are written.
   * @param cause - Why.
   * @returns Whether it was this call that did it.
   */
  wipe(index: number, now: () => number, cause: Cause): boolean {
    const word = Atomics.load(this.states, index);
    if ((word & STATE_MASK) !== STATE.live) return false;
    const dying = (word & ~STATE_MASK) | STATE.dying;
    if (Atomics.compareExchange(this.states, index, word, dying) !== word) return false;
    this.keys.fill(0, index * SLOT_BYTES, (index + 1) * SLOT_BYTES);
    this.causes[index] = cause;
    this.wipedMs[index] = now();
    Atomics.exchange(this.states, index, (word & ~STATE_MASK) | STATE.dead);
    return true;
  }
}

/** How a slot ended. */
export interface Ending {
  readonly cause: Cause;
  /** From the moment it was due to the moment it was zero, milliseconds; 0 when it was zeroed before. */
  readonly lagMs: number;
}

/** One slot, in the hands of the thread that uses it. */
export class Slot {
  readonly #page: Page;
  readonly #index: number;
  /** Where its bytes begin in the page's: a view of its own would take more memory than they do. */
  readonly #from: number;
  /** What the word is while the present contents live. */
  #live: number = STATE.dead;
  #ending: Ending | undefined;

  constructor(page: Page, index: number) {
    this.#page = page;
    this.#index = index;
    this.#from = index * SLOT_BYTES;
  }

  /**
   * Fills a free slot and starts its life.
   *
   * @param secret - Its first bytes; the caller wipes them.
   * @param dueMs - When it has to be zero again.
   * @param ttlMs - Time to live of its owner.
   */
  publish(secret: Uint8Array, dueMs: number, ttlMs: number): void {
    const { keys, states, dueMs: dues, ttlMs: ttls } = this.#page;
    const index = this.#index;
    const word = Atomics.load(states, index);
    if ((word & STATE_MASK) !== STATE.free) throw new RangeError('the slot is not free');
    keys.set(secret, this.#from);
    dues[index] = dueMs;
    ttls[index] = ttlMs;
    this.#ending = undefined;
    this.#live = ((word + GENERATION_STEP) & ~STATE_MASK) | STATE.live;
    Atomics.exchange(states, index, this.#live);
  }

  /** Moves the time at which a live slot has to be zero. It may be zeroed at the old time all the same. */
  setDue(dueMs: number): void {
    this.#page.dueMs[this.#index] = dueMs;
  }

  /** When it has to be zero. */
  get dueMs(): number {
    return this.#page.dueMs[this.#index] as number;
  }

  /** Whether the contents live, and every read before this call was of them whole. */
  isAlive(): boolean {
    const live = this.#live;
    return Atomics.compareExchange(this.#page.states, this.#index, live, live) === live;
  }

  /**
   * Copies the first bytes of the slot.
   *
   * @param out - Where they go; zeroed again when the answer is false.
   * @param from - Where they begin.
   * @returns Whether the copy is whole.
   */
  copy(out: Uint8Array, from = 0): boolean {
    const { keys } = this.#page;
    const start = this.#from + from;
    for (let i = 0; i < out.length; i++) out[i] = keys[start + i] as number;
    if (this.isAlive()) return true;
    wipe(out);
    return false;
  }

  /**
   * Writes into a live slot. When its end comes meanwhile, what was written is zeroed again.
   *
   * @param secret - What to write; the caller wipes it.
   * @param offset - Where.
   * @returns Whether the slot still lives.
   */
  write(secret: Uint8Array, offset = 0): boolean {
    if (!this.isAlive()) return false;
    this.#page.keys.set(secret, this.#from + offset);
    if (this.isAlive()) return true;
    this.#zero();
    return false;
  }

  /** Zeroes the slot now. When the other thread is about to, both do: zeros do no harm. */
  wipe(now: () => number, cause: Cause): void {
    if (!this.#page.wipe(this.#index, now, cause) && !this.isFree()) this.#zero();
  }

  #zero(): void {
    this.#page.keys.fill(0, this.#from, this.#from + SLOT_BYTES);
  }

  /** Whether it has no contents and may be filled. */
  isFree(): boolean {
    return (Atomics.load(this.#page.states, this.#index) & STATE_MASK) === STATE.free;
  }

  /** How its contents ended; undefined while they live or the zeros are still being written. */
  get ending(): Ending | undefined {
    if (
      this.#ending === undefined &&
      Atomics.load(this.#page.states, this.#index) === (this.#live | STATE.dead)
    ) {
      const cause = this.#page.causes[this.#index] as Cause;
      const lagMs = (this.#page.wipedMs[this.#index] as number) - this.dueMs;
      this.#ending = { cause, lagMs: Math.max(0, lagMs) };
    }
    return this.#ending;
  }

  /** Makes a slot whose contents ended free for others; false while the zeros are still being written. */
  release(): boolean {
    if (this.isFree()) return true;
    const dead = this.#live | STATE.dead;
    const free = this.#live & ~STATE_MASK;
    return Atomics.compareExchange(this.#page.states, this.#index, dead, free) === dead;
  }
}
