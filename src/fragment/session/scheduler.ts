/**
 * One timer for any number of ends of sessions: it fires when the first of them is due.
 *
 * @module
 */
import { systemClock } from '../../clock.ts';
import { type Timed, TimeHeap } from '../time-heap.ts';

/** Something that is due at a time that may change. */
export interface Due extends Timed {
  readonly nextDueMs: number;
  /** Does what is due; must not throw. */
  run(): void;
}

/** Timers overflow past this. */
const MAX_DELAY_MS = 2 ** 30;

/** Runs what is due. */
export class Scheduler {
  /** An entry may be earlier than what it is about is due: that says so when its turn comes. */
  readonly #heap = new TimeHeap<Due>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  /** Takes something in, or notices that it is due at another time. */
  schedule(due: Due): void {
    const atMs = due.nextDueMs;
    // What is due later than its entry says is put off when the entry's turn comes.
    if (due.entryMs <= atMs) return;
    this.#heap.push(atMs, due);
    this.#arm();
  }

  /** Lets go of something. */
  remove(due: Due): void {
    due.entryMs = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    const { first } = this.#heap;
    if (first === undefined || first.entryMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = first.entryMs;
    const delayMs = Math.min(Math.max(0, Math.ceil(first.entryMs - systemClock.monotonicMs())), MAX_DELAY_MS);
    this.#timer = setTimeout(() => this.#fire(), delayMs);
    // A process that has nothing else to do may end: its memory goes with it.
    (this.#timer as { unref?(): void }).unref?.();
  }

  #fire(): void {
    this.#timerMs = Number.POSITIVE_INFINITY;
    const nowMs = systemClock.monotonicMs();
    for (let { first } = this.#heap; first !== undefined && first.entryMs <= nowMs; { first } = this.#heap) {
      this.#heap.pop();
      if (first.nextDueMs <= nowMs) first.run();
      else this.schedule(first);
    }
    this.#arm();
  }
}

/** The one of this process. */
export const scheduler: Scheduler = /* @__PURE__ */ new Scheduler();
