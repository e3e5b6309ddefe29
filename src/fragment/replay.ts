/**
 * Which messages of which epoch were given away already: a bit each.
 *
 * @module
 */

/** Most message numbers of an epoch that are remembered, by default: 128 KiB an epoch at worst. */
export const DEFAULT_MAX_NUMBERS: number = 2 ** 20;

/** Numbers that a bitmap has room for at first. */
const FIRST_NUMBERS = 1024;

/** Remembers message numbers. */
export class ReplayWindow {
  readonly #maxNumbers: number;
  readonly #seen = new Map<number, Uint8Array>();

  /** @param maxNumbers - Numbers of an epoch from here on are taken for seen: whoever seals may not use them. */
  constructor(maxNumbers: number = DEFAULT_MAX_NUMBERS) {
    this.#maxNumbers = maxNumbers;
  }

  /** Whether a message was marked before, or cannot be. */
  has(epoch: number, number: number): boolean {
    if (number >= this.#maxNumbers) return true;
    const bits = this.#seen.get(epoch);
    return (((bits?.[number >>> 3] ?? 0) >>> (number & 7)) & 1) === 1;
  }

  /**
   * Marks a message. Only for what was authentic: what is forged must not make a good message fail.
   *
   * @returns Whether it is the first time.
   */
  mark(epoch: number, number: number): boolean {
    if (this.has(epoch, number)) return false;
    const at = number >>> 3;
    let bits = this.#seen.get(epoch) ?? new Uint8Array(FIRST_NUMBERS / 8);
    if (at >= bits.length) {
      // Twice as many, so that growing is rare, but never more than there may be.
      const larger = new Uint8Array(Math.min(Math.ceil(this.#maxNumbers / 8), 2 * (at + 1)));
      larger.set(bits);
      bits = larger;
    }
    bits[at] = (bits[at] as number) | (1 << (number & 7));
    this.#seen.set(epoch, bits);
    return true;
  }

  /** Forgets epochs whose keys are gone: nothing of them opens again. */
  forgetBefore(epoch: number): void {
    for (const known of this.#seen.keys()) {
      if (known < epoch) this.#seen.delete(known);
    }
  }

  /** Bytes that it takes. */
  get bytes(): number {
    let sum = 0;
    for (const bits of this.#seen.values()) sum += bits.length;
    return sum;
  }
}
