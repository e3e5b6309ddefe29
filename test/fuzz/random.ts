/**
 * Random numbers that a seed gives again: sfc32 by Chris Doty-Humphrey, as PractRand has it.
 *
 * @module
 */

/** A generator of 32-bit numbers. */
export class Random {
  #a = 0x9e3779b9;
  #b = 0x243f6a88;
  #c: number;
  #counter = 1;

  /** @param seed - Any integer; the same one gives the same numbers. */
  constructor(seed: number) {
    this.#c = seed | 0;
    for (let i = 0; i < 16; i++) this.next();
  }

  /** 0 to 2^32 − 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** 0 to `end` − 1. */
  below(end: number): number {
    return Math.floor((this.next() / 2 ** 32) * end);
  }

  /** One of some. */
  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Small mostly, and up to `most`: a power of two is drawn first. */
  size(most: number): number {
    return Math.min(most, 1 + this.below(2 ** (1 + this.below(1 + Math.log2(Math.max(2, most))))));
  }
}
