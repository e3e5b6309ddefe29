/**
 * What the library says of a keystore that does not open, as the command line says it.
 *
 * @module
 */
import { InputError, KeyStoreError } from '@mwrasp/crypto';
import { CliError, EXIT } from '../exit.ts';

/** By what a store is unlocked, by the beginning of the library's words for it. */
const UNLOCKED_BY: readonly (readonly [beginning: string, words: string])[] = [
  ['passphrase', 'a passphrase: --passphrase-file FILE'],
  ['keyFile', 'a key file: --key-file FILE'],
  ['rootKeystore', 'another keystore, which programs can do and the command line cannot'],
  ['rootKey', 'a root key: --key-file FILE that holds its 32 bytes'],
];

/** The error of opening a keystore, with what to do. */
export function inOurWords(error: unknown): unknown {
  if (error instanceof InputError && error.expected.endsWith('as the store was sealed')) {
    const words = UNLOCKED_BY.find(([beginning]) => error.expected.startsWith(beginning))?.[1];
    return new CliError(EXIT.usage, `this keystore is unlocked by ${words ?? error.expected}`);
  }
  if (error instanceof KeyStoreError && error.message.includes('another root key')) {
    const message = `${error.message}: was it the right passphrase, or key file?`;
    return new KeyStoreError(error.code, message, { cause: error });
  }
  return error;
}
