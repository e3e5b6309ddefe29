/**
 * What is fuzzed: one reader of bytes that may come from anywhere.
 *
 * @module
 */
import { PqError } from '../../src/errors.ts';

/** One reader. */
export interface Target {
  /** As it is called on the command line, and its folder in `corpus/`. */
  readonly name: string;
  /** Longest input. */
  readonly maxBytes: number;
  /** Real encodings to begin with. */
  readonly seeds: readonly Uint8Array[];
  /** Words that mean something to it. */
  readonly words?: readonly Uint8Array[];
  /** Codes of errors that its documentation names. */
  readonly refusals: readonly string[];
  /** Names of other errors that its documentation names: of readers inside the library, whose callers catch them. */
  readonly internalErrors?: readonly string[];
  /** Most bytes that it may allocate for an input, beside 64 KiB and 16 times its length. */
  readonly allocates?: number;
  /**
   * Reads an input. What the documentation promises of what was read is checked here with {@link must}; errors that are
   * documented are thrown on.
   */
  run(input: Uint8Array): unknown;
}

/** A promise was broken: not an error of the library, whatever a target says it may throw. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

/** Checks a promise. */
export function must(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new BrokenPromise(promise);
}

/** Longest message of an error: what came must not stand in it. */
const MAX_MESSAGE_LENGTH = 1000;

/** Says what is wrong with an error that an input led to; undefined when it is one that is documented. */
export function objection(target: Target, error: unknown): string | undefined {
  if (error instanceof PqError) {
    if (!target.refusals.includes(error.code)) return `${error.name} ${error.code}: ${error.message}`;
    const isLong = error.message.length > MAX_MESSAGE_LENGTH;
    return isLong ? `a message of ${error.message.length} characters (${error.code})` : undefined;
  }
  if (!(error instanceof Error)) return `no error was thrown, but a ${typeof error}`;
  if (!(error instanceof BrokenPromise) && target.internalErrors?.includes(error.name)) return undefined;
  return `${error.name}: ${error.message.slice(0, MAX_MESSAGE_LENGTH)}`;
}

/** Most bytes that a target may allocate for an input. */
export function allocationBound({ allocates = 0 }: Target, inputBytes: number): number {
  return 2 ** 16 + 16 * inputBytes + allocates;
}
