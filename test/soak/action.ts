/**
 * What a soak does, again and again: an action that has to succeed, or one that has to fail.
 *
 * @module
 */
import type { Draw } from '../differential/draw.ts';

/** One thing to do. */
export interface Action {
  readonly name: string;
  /** How often, in comparison with the others. */
  readonly weight: number;
  /** Whether it has to fail. */
  readonly fails: boolean;
  run(draw: Draw): void | Promise<void>;
}

/** An action that has to succeed. */
export function does(name: string, weight: number, run: Action['run']): Action {
  return { name, weight, fails: false, run };
}

/** An action that has to end with an exception. */
export function fails(name: string, weight: number, run: Action['run']): Action {
  return { name, weight, fails: true, run };
}

/** Says that a result is not what it should be: no failure that is expected. */
export class WrongResult extends Error {}

/** Checks a result. */
export function check(what: string, holds: boolean): void {
  if (!holds) throw new WrongResult(what);
}

/** Whether two byte strings are the same. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Runs a call with another random generator. */
export function withRandom(fill: (out: Uint8Array) => void, run: () => void): void {
  const source = globalThis.crypto;
  source.getRandomValues = ((out: Uint8Array) => {
    fill(out);
    return out;
  }) as typeof source.getRandomValues;
  try {
    run();
  } finally {
    // The one of the prototype again.
    Reflect.deleteProperty(source, 'getRandomValues');
  }
}

/** Keys in use, a bounded number: a new one takes the place of another, which is disposed of or left to the collector. */
export class Pool<T extends { dispose(): void }> {
  readonly #size: number;
  readonly #make: (draw: Draw) => T;
  readonly #keys: T[] = [];

  constructor(size: number, make: (draw: Draw) => T) {
    this.#size = size;
    this.#make = make;
  }

  /** A key; mostly one that was used before. */
  take(draw: Draw): T {
    const index = draw.below(this.#size);
    const known = this.#keys[index];
    if (known !== undefined && !draw.chance(10)) return known;
    if (draw.chance(2)) known?.dispose();
    const key = this.#make(draw);
    this.#keys[index] = key;
    return key;
  }

  /** A key that nobody else has. */
  make(draw: Draw): T {
    return this.#make(draw);
  }

  /** Disposes of all. */
  clear(): void {
    for (const key of this.#keys) key?.dispose();
    this.#keys.length = 0;
  }
}
