/**
 * One timer for any number of ends of sessions: it fires when the first of them is due.
 *
 * @module
 */
import { systemClock } from '../../clock.ts';

/** Something that is due at a time that may change. */
export interface Due {
  readonly nextDueMs: number;
  /** Does what is due; must not throw. */
  run(): void;
}

interface Entry {
  readonly atMs: number;
  readonly due: Due;
}

/** Timers overflow past this. */
const MAX_DELAY_MS = 2 ** 30;

/** Runs what is due. */
export class Scheduler {
  /** A heap by time. An entry may be out of date: what it is about says so when its turn comes. */
  readonly #heap: Entry[] = [];
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
    this.#push({ atMs, due });
    this.#arm();
  }

  /** Lets go of something. */
  remove(due: Due): void {
    this.#members.delete(due);
  }

  #arm(): void {
    const first = this.#heap[0];
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
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= nowMs; first = this.#heap[0]) {
      this.#pop();
      // An entry that another one replaced, or whose subject is gone.
      if (this.#members.get(first.due) !== first.atMs) continue;
      this.#members.set(first.due, Number.POSITIVE_INFINITY);
      if (first.due.nextDueMs <= nowMs) first.due.run();
      else this.schedule(first.due);
    }
    this.#arm();
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as Entry).atMs <= entry.atMs) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && (heap[right] as Entry).atMs < (heap[child] as Entry).atMs) child = right;
      if ((heap[child] as Entry).atMs >= last.atMs) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
  }
}

/** The one of this process. */
export const scheduler: Scheduler = /* @__PURE__ */ new Scheduler();
