/**
 * When to try again: at once, then after a time that doubles.
 *
 * @module
 */

/** The times of attempts that have no answer. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #failures = 0;
  /** When the next attempt may be made. */
  nextMs = 0;
  /** When the last one was made. */
  lastMs = Number.NEGATIVE_INFINITY;

  /**
   * @param firstMs - Wait after the first attempt.
   * @param maxMs - The longest wait.
   */
  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
  }

  /** Notes an attempt. */
  attempt(nowMs: number): void {
    this.lastMs = nowMs;
    this.nextMs = nowMs + Math.min(this.#firstMs * 2 ** this.#failures, this.#maxMs);
    if (this.#firstMs * 2 ** this.#failures < this.#maxMs) this.#failures++;
  }

  /** There was an answer: the next attempt may be made at once. */
  succeed(): void {
    this.restart(0);
  }

  /** The other end is there: the next attempt is made at this time, and what follows begins anew. */
  restart(atMs: number): void {
    this.#failures = 0;
    this.nextMs = atMs;
  }
}
