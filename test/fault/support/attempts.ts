/**
 * Counts attempts to open around deadlines.
 *
 * @module
 */
import { expect } from 'vitest';
import { EpochChain } from '../../../src/fragment/chain.ts';

/** With this much time left, practically every attempt must succeed. */
const EARLY_MS = 25;

/** Attempts, by when they were made and what came of them. */
export class Attempts {
  #total = 0;
  #late = 0;
  #lateOpened = 0;
  #latestMs = Number.NEGATIVE_INFINITY;
  #early = 0;
  #earlyOpened = 0;
  #near = 0;
  #nearOpened = 0;

  /**
   * Notes one.
   *
   * @param enteredMs - When it began.
   * @param deadlineMs - When the life of the message was over.
   * @param opened - Whether it succeeded.
   */
  note(enteredMs: number, deadlineMs: number, opened: boolean): void {
    const leftMs = deadlineMs - enteredMs;
    this.#total += 1;
    if (opened) this.#latestMs = Math.max(this.#latestMs, -leftMs);
    if (leftMs <= 0) {
      this.#late += 1;
      if (opened) this.#lateOpened += 1;
    } else if (leftMs >= EARLY_MS) {
      this.#early += 1;
      if (opened) this.#earlyOpened += 1;
    } else {
      this.#near += 1;
      if (opened) this.#nearOpened += 1;
    }
  }

  /** How many there were. */
  get total(): number {
    return this.#total;
  }

  /** How long after its deadline the last success began; below 0 when it began before. */
  get latestMs(): number {
    return this.#latestMs;
  }

  /** Checks the figures: attempts there were, none opened after its deadline, and those with time left did. */
  check(least: number, share: number): void {
    expect(this.#total).toBeGreaterThanOrEqual(least);
    expect(this.#late).toBeGreaterThan(least / 20);
    expect(this.#lateOpened).toBe(0);
    this.checkEarly(share);
  }

  /** Checks those with time left alone: how many of them have to succeed. */
  checkEarly(share: number): void {
    expect(this.#early).toBeGreaterThan(0);
    expect(this.#earlyOpened / this.#early).toBeGreaterThanOrEqual(share);
  }

  toString(): string {
    const share = (opened: number, of: number) => `${opened} of ${of}`;
    return (
      `${this.#total} attempts; opened with ${EARLY_MS} ms or more left ${share(this.#earlyOpened, this.#early)}, ` +
      `with less ${share(this.#nearOpened, this.#near)}, after the deadline ${share(this.#lateOpened, this.#late)}; ` +
      `the last success began ${this.#latestMs.toFixed(3)} ms after its deadline`
    );
  }
}

/** Runs some work, and returns the chains of keys that were made in it and later. */
export async function watchChains<T>(work: (chains: readonly EpochChain[]) => Promise<T>): Promise<T> {
  const chains: EpochChain[] = [];
  const { create } = EpochChain;
  EpochChain.create = (...args) => {
    const chain = create.apply(EpochChain, args);
    chains.push(chain);
    return chain;
  };
  try {
    return await work(chains);
  } finally {
    EpochChain.create = create;
  }
}
