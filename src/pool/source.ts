/**
 * Where the items of an operation come from: any iterable, whose items are pulled one at a time.
 *
 * @module
 */
import { describe, isBytes, isObject, readFrom } from '../bytes.ts';
import { InputError } from '../errors.ts';

/** Many of something: an array, a set, a stream, a generator, at once or as they come. */
export type Many<T> = Iterable<T> | AsyncIterable<T>;

/** What an iterator gives; done when there is nothing more. */
export type Step<T> = { readonly done: true } | { readonly done: false; readonly value: T };

/** The next step, at once or later. */
type Pull<T> = () => Step<T> | Promise<Step<T>>;

/** Items that are pulled one after the other. */
export class ItemSource<T> {
  readonly #argument: string;
  readonly #expected: string;
  readonly #source: Many<T>;
  readonly #isAsync: boolean;
  /** How many items there are, when that is known. */
  readonly size: number | undefined;
  #iterator: Iterator<T> | AsyncIterator<T> | undefined;
  #ended = false;

  /**
   * @param argument - The argument's name, for errors.
   * @param expected - What it has to be, for errors.
   * @param source - What the caller passed.
   * @param size - How many items there are, where the source does not tell.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   */
  constructor(argument: string, expected: string, source: Many<T>, size?: number) {
    const kind = readFrom(argument, expected, () => kindOf(source));
    if (kind === undefined) throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(source));
    this.#argument = argument;
    this.#expected = expected;
    this.#source = source;
    this.#isAsync = kind === 'async';
    this.size = readFrom(argument, expected, () => (Array.isArray(source) ? source.length : size));
  }

  /**
   * The next item. The one before has to be there first.
   *
   * @throws What the source throws, as it is.
   * @throws {@link InputError} `ERR_INPUT_TYPE` when it gives no step of an iteration.
   */
  readonly pull: Pull<T> = () => {
    this.#iterator ??= this.#begin();
    const step = this.#iterator.next();
    return this.#isAsync
      ? Promise.resolve(step).then((settled) => this.#check(settled))
      : this.#check(step as IteratorResult<T>);
  };

  /** Lets the source clear up, when it did not come to its end. */
  close(): void {
    if (this.#ended || this.#iterator === undefined) return;
    this.#ended = true;
    try {
      // What goes wrong in it would hide why the operation ended.
      Promise.resolve(this.#iterator.return?.()).catch(() => {});
    } catch {
      // The same.
    }
  }

  #begin(): Iterator<T> | AsyncIterator<T> {
    return this.#isAsync
      ? (this.#source as AsyncIterable<T>)[Symbol.asyncIterator]()
      : (this.#source as Iterable<T>)[Symbol.iterator]();
  }

  #check(step: IteratorResult<T>): Step<T> {
    const checked = readFrom<Step<T> | undefined>(this.#argument, this.#expected, () => {
      if (!isObject(step)) return undefined;
      return step.done === true ? { done: true } : { done: false, value: step.value };
    });
    if (checked === undefined) {
      throw new InputError(
        'ERR_INPUT_TYPE',
        this.#argument,
        this.#expected,
        `a step that is ${describe(step)}`,
      );
    }
    if (checked.done) this.#ended = true;
    return checked;
  }
}

function kindOf(source: unknown): 'async' | 'sync' | undefined {
  if (!isObject(source) || isBytes(source)) return undefined;
  const isMethod = (name: PropertyKey) =>
    typeof (source as Record<PropertyKey, unknown>)[name] === 'function';
  if (isMethod(Symbol.asyncIterator)) return 'async';
  return isMethod(Symbol.iterator) ? 'sync' : undefined;
}
