/**
 * Results of many items: all at once, or as they come.
 *
 * @module
 */
import { InputError } from '../errors.ts';
import type { Conveyor } from './conveyor.ts';

/**
 * Results in the order of the items. `await` gives all of them in an array; `for await` gives them as they come, and pulls
 * further items from the source only as fast as they are taken.
 *
 * The work begins when the results are asked for, which is possible once: a second loop is an {@link InputError} with
 * `ERR_INPUT_STATE`. Leaving a loop early ends the work. When the work fails, it fails as a whole, and what was not taken
 * is wiped: there is no array of some of the results.
 */
export interface PoolResults<T> extends AsyncIterable<T>, PromiseLike<T[]> {}

/** Most results in one array. */
const MAX_COLLECTED = 2 ** 20;

/** Results of an operation that begins when they are asked for. */
export class LazyResults<I, T> implements PoolResults<T> {
  #conveyor: Conveyor<I, T> | undefined;
  readonly #argument: string;
  readonly #discard: (result: T) => void;
  #all: Promise<T[]> | undefined;

  /**
   * @param argument - What the items are called, for errors.
   * @param conveyor - Makes the results.
   * @param discard - Wipes a result that nobody will have.
   */
  constructor(argument: string, conveyor: Conveyor<I, T>, discard: (result: T) => void) {
    this.#argument = argument;
    this.#conveyor = conveyor;
    this.#discard = discard;
  }

  // biome-ignore lint/suspicious/noThenProperty: one call serves who wants an array and who wants a stream.
  then<A = T[], B = never>(
    onFulfilled?: ((results: T[]) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#all ??= this.#collect();
    return this.#all.then(onFulfilled, onRejected);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const conveyor = this.#begin();
    let results: T[] = [];
    try {
      for (let next = await conveyor.take(); next !== undefined; next = await conveyor.take()) {
        // The first one is taken off the end.
        results = next.reverse();
        for (let result = results.pop(); result !== undefined; result = results.pop()) {
          conveyor.throwIfFailed();
          yield result;
        }
      }
    } finally {
      conveyor.stop();
      results.forEach(this.#discard);
    }
  }

  async #collect(): Promise<T[]> {
    const conveyor = this.#begin();
    const all: T[] = [];
    try {
      for (let next = await conveyor.take(); next !== undefined; next = await conveyor.take()) {
        all.push(...next);
        if (all.length > MAX_COLLECTED) {
          throw new InputError(
            'ERR_INPUT_RANGE',
            this.#argument,
            `at most ${MAX_COLLECTED} for one array; iterate over the results instead`,
            'more',
          );
        }
      }
      return all;
    } catch (error) {
      all.forEach(this.#discard);
      throw error;
    } finally {
      conveyor.stop();
    }
  }

  #begin(): Conveyor<I, T> {
    const conveyor = this.#conveyor;
    if (conveyor === undefined) {
      throw new InputError(
        'ERR_INPUT_STATE',
        'results',
        'results that were not asked for',
        'those of a loop',
      );
    }
    this.#conveyor = undefined;
    return conveyor;
  }
}
