/**
 * What the options of every backend have in common.
 *
 * @module
 */
import { copyOptions, describe, isBytes } from '../bytes.ts';
import { type Clock, checkClock } from '../clock.ts';
import { InputError } from '../errors.ts';
import { exposeBytes, isSecretBytes, SecretBytes } from '../secret.ts';
import { CUSTODIES, type Custody, checkOneOf } from './keystore.ts';

/** Options that every backend takes. */
export interface CommonKeystoreOptions {
  /** Refuses to make or use keys with less than this. */
  readonly requireCustody?: Custody;
  /** Where time comes from; the system's clocks by default. */
  readonly clock?: Clock;
}

/** Names of all options of {@link CommonKeystoreOptions}, and `backend`. */
export const COMMON_OPTIONS = ['backend', 'requireCustody', 'clock'] as const;

/**
 * Checks what the options of every backend have in common.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`.
 */
export function checkCommonOptions({ requireCustody, clock }: CommonKeystoreOptions): {
  clock: Clock;
  requireCustody: Custody | undefined;
} {
  if (requireCustody !== undefined) checkOneOf('options.requireCustody', requireCustody, CUSTODIES);
  return { clock: checkClock('options.clock', clock), requireCustody };
}

/** Options whose secrets are copies. */
export interface HeldOptions<T> {
  readonly options: T;
  /** Wipes the copies. */
  dispose(): void;
}

/**
 * Copies options at the call, and what is secret in them: loading a backend takes a moment, in which the caller may wipe
 * what it gave.
 *
 * @param given - What the caller passed.
 * @param secrets - Names of options that may be bytes or secrets.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_DISPOSED`.
 */
export function holdOptions<T extends object>(given: T, secrets: readonly string[]): HeldOptions<T> {
  const options = copyOptions('options', given) as Record<string, unknown>;
  const copies: SecretBytes[] = [];
  const dispose = () => {
    for (const copy of copies) copy.dispose();
  };
  try {
    for (const name of secrets) {
      const value = options[name];
      // What is neither is for the backend to take or refuse.
      if (!isBytes(value) && !isSecretBytes(value)) continue;
      const copy = SecretBytes.from(exposeBytes(`options.${name}`, value));
      copies.push(copy);
      options[name] = copy;
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return { options: options as T, dispose };
}

/** What no system takes more of. */
const MAX_PATH_LENGTH = 4096;

/**
 * Checks a path.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`.
 */
export function checkPath(argument: string, path: unknown): asserts path is string {
  if (typeof path !== 'string' || path === '') {
    const got = path === '' ? 'an empty one' : describe(path);
    throw new InputError('ERR_INPUT_TYPE', argument, 'a path', got);
  }
  if (path.length > MAX_PATH_LENGTH || path.includes('\0')) {
    const expected = `a path of at most ${MAX_PATH_LENGTH} characters, none of them zero`;
    throw new InputError('ERR_INPUT_FORMAT', argument, expected, describe(path));
  }
}
