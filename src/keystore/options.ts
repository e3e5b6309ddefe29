/**
 * What the options of every backend have in common.
 *
 * @module
 */
import { isBytes, readFrom } from '../bytes.ts';
import { type Clock, checkClock } from '../clock.ts';
import { isSecretBytes, SecretBytes } from '../secret.ts';
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
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 */
export function holdOptions<T extends object>(given: T, secrets: readonly string[]): HeldOptions<T> {
  const options = readFrom('options', 'an options object', () => ({ ...given })) as Record<string, unknown>;
  const copies: SecretBytes[] = [];
  for (const name of secrets) {
    const value = options[name];
    // What is neither, or was disposed, is for the backend to refuse.
    const bytes = isSecretBytes(value) && !value.disposed ? value.expose() : value;
    if (!isBytes(bytes)) continue;
    const copy = SecretBytes.from(bytes);
    copies.push(copy);
    options[name] = copy;
  }
  return {
    options: options as T,
    dispose: () => {
      for (const copy of copies) copy.dispose();
    },
  };
}
