/**
 * One timer for any number of ends of sessions: it fires when the first of them is due.
 *
 * @module
 */
import { systemClock } from '../../clock.ts';
import { TimeHeap } from '../time-heap.ts';

/** Something that is due at a time that may change. */
export interface Due {
  readonly nextDueMs: number;
  /** Does what is due; must not throw. */
  run(): void;
}

/** Timers overflow past this. */
const MAX_DELAY_MS = 2 ** 30;

/** Runs what is due. */
export class Scheduler {
  /** An entry may be out of date: what it is about says so when its turn comes. */
  readonly #heap = new TimeHeap<Due>();
  readonly #members = new Map<Due, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  /** Takes something in, or notices that it is due at another time. */
  schedule(due: Due): void {
    const atMs = due.nextDueMs;
    const known = this.#members.get(due);
    // What is due later than its entry says is put off when the entry's turn comes.
    if (known !== undefined && known <= atMs) return;
    this.#members.set(due, atMs);
    if (atMs === Number.POSITIVE_INFINITY) return;
    this.#heap.push(atMs, due);
    this.#arm();
  }

  /** Lets go of something. */
  remove(due: Due): void {
    this.#members.delete(due);
  }

  #arm(): void {
    const { first } = this.#heap;
    if (first === undefined || first.atMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = first.atMs;
    const delayMs = Math.min(Math.max(0, Math.ceil(first.atMs - systemClock.monotonicMs())), MAX_DELAY_MS);
    this.#timer = setTimeout(() => this.#fire(), delayMs);
    // A process that has nothing else to do may end: its memory goes with it.
    (this.#timer as { unref?(): void }).unref?.();
  }

  #fire(): void {
    this.#timerMs = Number.POSITIVE_INFINITY;
    const nowMs = systemClock.monotonicMs();
    for (let { first } = this.#heap; first !== undefined && first.atMs <= nowMs; { first } = this.#heap) {
      this.#heap.pop();
      const { atMs, value: due } = first;
      // An entry that another one replaced, or whose subject is gone.
      if (this.#members.get(due) !== atMs) continue;
      this.#members.set(due, Number.POSITIVE_INFINITY);
      if (due.nextDueMs <= nowMs) due.run();
      else this.schedule(due);
    }
    this.#arm();
  }
}

/** The one of this process. */
export const scheduler: Scheduler = /* @__PURE__ */ new Scheduler();
