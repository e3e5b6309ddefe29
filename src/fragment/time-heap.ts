/**
 * What is due next, of any number of things: a binary heap by time.
 *
 * @module
 */

/** Something that is due at a time. */
export interface TimeEntry<T> {
  readonly atMs: number;
  readonly value: T;
}

/** Entries, the earliest first. One that does not hold any more stays until its turn comes: whoever takes it knows. */
export class TimeHeap<T> {
  readonly #heap: TimeEntry<T>[] = [];

  /** The earliest; undefined when there is none. */
  get first(): TimeEntry<T> | undefined {
    return this.#heap[0];
  }

  /** Takes something in. */
  push(atMs: number, value: T): void {
    const heap = this.#heap;
    const entry = { atMs, value };
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as TimeEntry<T>).atMs <= atMs) break;
      heap[at] = heap[parent] as TimeEntry<T>;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Lets go of the earliest. There must be one. */
  pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as TimeEntry<T>;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && (heap[right] as TimeEntry<T>).atMs < (heap[child] as TimeEntry<T>).atMs)
        child = right;
      if ((heap[child] as TimeEntry<T>).atMs >= last.atMs) break;
      heap[at] = heap[child] as TimeEntry<T>;
      at = child;
    }
    heap[at] = last;
  }

  /** Lets go of everything. */
  clear(): void {
    this.#heap.length = 0;
  }
}
