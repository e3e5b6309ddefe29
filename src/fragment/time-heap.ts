/**
 * What is due next, of any number of things: a binary heap by time.
 *
 * Times and things lie in two arrays, and no entry is an object of its own: ten thousand sessions make as many entries a
 * second, which live long enough to be taken for old objects, and would be collected late.
 *
 * @module
 */

/** Something that is due at a time that may change. */
export interface Timed {
  /** When its entry says that it is due; infinite when it has none. The heap's owner keeps it. */
  entryMs: number;
}

/** Entries, the earliest first. One that does not hold any more stays until its turn comes, and is passed over then. */
export class TimeHeap<T extends Timed> {
  readonly #times: number[] = [];
  readonly #values: T[] = [];

  /** The earliest whose entry holds; undefined when there is none. */
  get first(): T | undefined {
    for (;;) {
      const value = this.#values[0];
      if (value === undefined || value.entryMs === this.#times[0]) return value;
      this.pop();
    }
  }

  /** Enters something at a time, in place of the entry that it had. */
  push(atMs: number, value: T): void {
    value.entryMs = atMs;
    const [times, values] = [this.#times, this.#values];
    let at = times.push(atMs) - 1;
    values.push(value);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((times[parent] as number) <= atMs) break;
      times[at] = times[parent] as number;
      values[at] = values[parent] as T;
      at = parent;
    }
    times[at] = atMs;
    values[at] = value;
  }

  /** Lets go of the earliest, which has no entry then. */
  pop(): void {
    const [times, values] = [this.#times, this.#values];
    const first = values[0];
    if (first !== undefined && first.entryMs === times[0]) first.entryMs = Number.POSITIVE_INFINITY;
    const lastMs = times.pop() as number;
    const last = values.pop() as T;
    const { length } = times;
    if (length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length && (times[right] as number) < (times[child] as number)) child = right;
      if ((times[child] as number) >= lastMs) break;
      times[at] = times[child] as number;
      values[at] = values[child] as T;
      at = child;
    }
    times[at] = lastMs;
    values[at] = last;
  }

  /** Lets go of everything. */
  clear(): void {
    for (const value of this.#values) value.entryMs = Number.POSITIVE_INFINITY;
    this.#times.length = 0;
    this.#values.length = 0;
  }
}
