/**
 * The next command to type, with the options that this one had.
 *
 * @module
 */
import type { Command } from 'commander';
import { quote } from '../terminal.ts';
import type { StoreOptions } from './open.ts';
import { showStore } from './place.ts';

/**
 * A command for the same keystore.
 *
 * @param words - The command, and what stands behind it.
 * @param options - What names and unlocks the store.
 * @param command - The one that is running.
 */
export function nextCommand(words: string, options: StoreOptions, command: Command): string {
  const parts = [`mwrasp-crypto keystore ${words}`];
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) parts.push(`--${name} ${quote(value)}`);
  };
  // What the environment said, it goes on saying.
  const isFromEnvironment = command.getOptionValueSource('store') === 'env';
  if (!isFromEnvironment && options.store !== undefined) add('store', showStore(options.store));
  add('passphrase-file', options.passphraseFile);
  add('key-file', options.keyFile);
  add('pin-file', options.pinFile);
  add('pin-env', options.pinEnv);
  return parts.join(' ');
}

/** A first key, for whoever has an empty store. */
export const FIRST_KEY = 'generate ML-DSA-87 --name signer';
