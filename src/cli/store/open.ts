/**
 * Keystores as commands open them. No secret stands on the command line.
 *
 * @module
 */
import { KeyStoreError } from '@mwrasp/crypto';
import { type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import { type Command, Option } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { isInteractive } from '../prompt.ts';
import { Progress } from '../terminal.ts';
import { PASSPHRASE_VARIABLE, passphraseSource } from './passphrase.ts';
import { addPinOptions, isPinMissing, type PinOptions, pinSource, withAskedPin } from './pin.ts';
import { locate, STORE_VARIABLE, type StorePlace } from './place.ts';
import { inOurWords } from './words.ts';

/** Options that name and unlock a keystore. */
export interface StoreOptions extends PinOptions {
  readonly store?: string;
  readonly passphraseFile?: string;
  readonly keyFile?: string;
}

/** Adds the options that name and unlock a keystore; of commands that are about keystores, the environment names it too. */
export function addStoreOptions(command: Command, isAboutStores: boolean): Command {
  const store = new Option('--store <url>', 'the keystore: a folder, or a file: or pkcs11: URL');
  command.addOption(isAboutStores ? store.env(STORE_VARIABLE) : store);
  command
    .option(
      '--passphrase-file <file>',
      `what unlocks it: its passphrase in a file, or - for standard input (env: ${PASSPHRASE_VARIABLE})`,
    )
    .option('--key-file <file>', 'what unlocks it: a file of 32 random bytes');
  return addPinOptions(command);
}

async function openFileStore(place: StorePlace, options: StoreOptions, create: boolean): Promise<Keystore> {
  const { passphraseFile, keyFile } = options;
  const ways = [passphraseFile !== undefined, keyFile !== undefined, place.unlocksItself];
  if (ways.filter(Boolean).length > 1) {
    throw new CliError(
      EXIT.usage,
      'one thing unlocks a keystore: --passphrase-file, --key-file, or key-file in its URL',
    );
  }
  if (pinSource(options) !== undefined) {
    throw new CliError(EXIT.usage, 'a PIN is for keystores in tokens, whose URL begins with pkcs11:');
  }
  if (place.unlocksItself) return await openKeystore(place.url, { create });
  if (keyFile !== undefined) return await openKeystore(place.url, { create, keyFile });
  return await openWithPassphrase(place, passphraseFile, create);
}

async function openWithPassphrase(
  { url, folder }: StorePlace,
  passphraseFile: string | undefined,
  create: boolean,
): Promise<Keystore> {
  const read = passphraseSource(passphraseFile, folder, create);
  let bytes: Uint8Array | undefined;
  let progress: Progress | undefined;
  try {
    // A function: nobody is asked for the passphrase of a store that is not there, or has none.
    return await openKeystore(url, {
      create,
      passphrase: async () => {
        bytes ??= await read();
        progress ??= new Progress('deriving the key from the passphrase');
        return bytes;
      },
    });
  } finally {
    progress?.[Symbol.dispose]();
    bytes?.fill(0);
  }
}

async function openTokenStore(place: StorePlace, options: StoreOptions, create: boolean): Promise<Keystore> {
  if (options.passphraseFile !== undefined || options.keyFile !== undefined) {
    throw new CliError(
      EXIT.usage,
      'a keystore in a token is unlocked by its PIN: --pin-file FILE or --pin-env NAME',
    );
  }
  const pin = pinSource(options);
  try {
    return await openKeystore(place.url, { create, ...(pin === undefined ? {} : { pin }) });
  } catch (error) {
    if (!isPinMissing(error)) throw error;
    if (isInteractive())
      return await withAskedPin((asked) => openKeystore(place.url, { create, pin: asked }));
    const message = error.message.replace('options.pin', '--pin-file FILE or --pin-env NAME');
    throw new KeyStoreError(error.code, message, { cause: error });
  }
}

/**
 * Opens a keystore.
 *
 * @param create - Whether it is made; otherwise it must be there.
 * @returns The store, the caller's to close.
 */
export async function openStore(
  place: StorePlace,
  options: StoreOptions,
  create: boolean,
): Promise<Keystore> {
  try {
    if (place.backend === 'pkcs11') return await openTokenStore(place, options, create);
    return await openFileStore(place, options, create);
  } catch (error) {
    throw inOurWords(error);
  }
}

/** Does work with a keystore that is there. */
export async function withStore<T>(
  options: StoreOptions,
  work: (keystore: Keystore) => Promise<T>,
): Promise<T> {
  const keystore = await openStore(locate(options.store), options, false);
  try {
    return await work(keystore);
  } finally {
    await keystore.close();
  }
}

/** Refuses options that unlock a keystore where none is named: what they were meant for would not be used. */
export function refuseUnlockAlone({ store, passphraseFile, keyFile, pinFile, pinEnv }: StoreOptions): void {
  if (store !== undefined) return;
  const given = Object.entries({
    '--passphrase-file': passphraseFile,
    '--key-file': keyFile,
    '--pin-file': pinFile,
    '--pin-env': pinEnv,
  }).find(([, value]) => value !== undefined);
  if (given !== undefined)
    throw new CliError(EXIT.usage, `${given[0]} unlocks a keystore: name it by --store`);
}
