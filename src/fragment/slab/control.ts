/**
 * What the two threads tell each other beside the blocks: a ring with the blocks that changed, when the keeper last
 * looked, how late keys died.
 *
 * @module
 */
import { LAG_WORDS, LagHistogram } from '../lag.ts';

/** Blocks that can change before the keeper looks; after more it looks at all. */
const RING = 1024;

// Words.
const HEAD_AT = 0;
const STOP_AT = 1;
const TICK_AT = 2;
const PAGES_AT = 3;
const EVENTS_AT = 4;
const WAKE_AT = 5;
const WAKES_AT_ALL_AT = 6;
const RING_AT = 8;
const LAG_AT = RING_AT + RING;

/** Bytes of the memory. */
export const CONTROL_BYTES: number = 4 * (LAG_AT + LAG_WORDS);

/** The memory that both threads look at. */
export class Control {
  readonly buffer: ArrayBufferLike;
  readonly lag: LagHistogram;
  readonly #words: Int32Array;

  /** @param buffer - {@link CONTROL_BYTES}, zeros at first. */
  constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.lag = new LagHistogram(this.#words.subarray(LAG_AT));
  }

  /**
   * Says that a block changed, and wakes the keeper unless it wakes by itself soon enough: waking it costs as much as half a
   * handshake.
   *
   * @param byMs - When the keeper must have seen it; at once by default.
   */
  changed(id: number, byMs: number = Number.NEGATIVE_INFINITY): void {
    const head = Atomics.load(this.#words, HEAD_AT);
    Atomics.store(this.#words, RING_AT + ((head >>> 0) % RING), id);
    // A keeper that is about to sleep finds that this is not what it saw, and does not.
    Atomics.store(this.#words, HEAD_AT, (head + 1) | 0);
    if (byMs !== Number.POSITIVE_INFINITY && !this.#wakesBy(byMs)) Atomics.notify(this.#words, HEAD_AT);
  }

  /** Whether the keeper wakes by itself by a time, or is awake. */
  #wakesBy(byMs: number): boolean {
    if (Atomics.load(this.#words, WAKES_AT_ALL_AT) === 0 || byMs === Number.NEGATIVE_INFINITY) return false;
    return (((Math.floor(byMs) | 0) - Atomics.load(this.#words, WAKE_AT)) | 0) >= 0;
  }

  /** How many changes there were. */
  get head(): number {
    return Atomics.load(this.#words, HEAD_AT);
  }

  /** The blocks that changed since; undefined when they are too many to tell. */
  changesSince(tail: number, head: number): number[] | undefined {
    const count = (head - tail) >>> 0;
    if (count > RING / 2) return undefined;
    return Array.from({ length: count }, (_, i) => {
      return Atomics.load(this.#words, RING_AT + (((tail + i) >>> 0) % RING));
    });
  }

  /** Sleeps until it is woken after a change past `head`, or the time is over. Not for a thread that may not wait. */
  sleep(head: number, forMs: number, nowMs: number): void {
    const wakes = forMs !== Number.POSITIVE_INFINITY;
    if (wakes) Atomics.store(this.#words, WAKE_AT, Math.ceil(nowMs + forMs) | 0);
    Atomics.store(this.#words, WAKES_AT_ALL_AT, wakes ? 1 : 0);
    Atomics.wait(this.#words, HEAD_AT, head, forMs);
  }

  /** Ends the thread. */
  stop(): void {
    Atomics.store(this.#words, STOP_AT, 1);
    Atomics.add(this.#words, HEAD_AT, 1);
    Atomics.notify(this.#words, HEAD_AT);
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, STOP_AT) === 1;
  }

  /** When the keeper last looked, in whole milliseconds that wrap. */
  ticked(nowMs: number): void {
    Atomics.store(this.#words, TICK_AT, Math.floor(nowMs) | 0);
  }

  /** Milliseconds since the keeper last looked. */
  sinceTickMs(nowMs: number): number {
    return ((Math.floor(nowMs) | 0) - Atomics.load(this.#words, TICK_AT)) | 0;
  }

  /** Pages that the keeper has. */
  get pages(): number {
    return Atomics.load(this.#words, PAGES_AT);
  }

  set pages(pages: number) {
    Atomics.store(this.#words, PAGES_AT, pages);
  }

  /** Whether somebody wants to be told of every key that dies. */
  get wantsEvents(): boolean {
    return Atomics.load(this.#words, EVENTS_AT) === 1;
  }

  set wantsEvents(wanted: boolean) {
    Atomics.store(this.#words, EVENTS_AT, wanted ? 1 : 0);
  }
}
