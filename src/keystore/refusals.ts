/**
 * Why an operation with a key is refused.
 *
 * @module
 */
import { InputError, KeyStoreError } from '../errors.ts';
import type { KeyRef, KeyState } from './keystore.ts';

/** There is no such key, or no more. */
export function notFound(ref: KeyRef): KeyStoreError {
  return new KeyStoreError(
    'ERR_KEYSTORE_NOT_FOUND',
    `there is no key "${ref.name}", generation ${ref.generation}, in this store`,
  );
}

/** The key is there, and is for something else. */
export function wrongAlgorithm(ref: KeyRef, wanted: string): InputError {
  return new InputError('ERR_INPUT_ALGORITHM', 'key', wanted, `"${ref.name}", which is for another`);
}

/** Only the public half is left. */
export function publicOnly({ name, generation }: KeyRef): KeyStoreError {
  return new KeyStoreError(
    'ERR_KEYSTORE_STATE',
    `of key "${name}", generation ${generation}, only the public half is left`,
  );
}

/** The key's state does not allow it. */
export function wrongState({ ref, state }: { ref: KeyRef; state: KeyState }, what: string): KeyStoreError {
  return new KeyStoreError(
    'ERR_KEYSTORE_STATE',
    `key "${ref.name}", generation ${ref.generation}, is ${state}: it cannot ${what}`,
  );
}
