/**
 * `keystore init`: a new keystore.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import { KeyStoreError } from '@mwrasp/crypto';
import type { Command } from 'commander';
import { CliError, EXIT } from '../../exit.ts';
import { KEY_FILE_BYTES, writeKeyFile } from '../../key-file.ts';
import { newestManifest } from '../../store/folder.ts';
import { FIRST_KEY, nextCommand } from '../../store/next.ts';
import { addStoreOptions, openStore, type StoreOptions } from '../../store/open.ts';
import { locate, type StorePlace } from '../../store/place.ts';
import { print, table } from '../../terminal.ts';

interface Options extends StoreOptions {
  readonly newKeyFile?: string;
  readonly json?: boolean;
}

/** Makes a key file that only its owner can read. */
async function makeKeyFile(path: string): Promise<void> {
  const key = crypto.getRandomValues(new Uint8Array(KEY_FILE_BYTES));
  try {
    await writeKeyFile(path, key);
  } finally {
    key.fill(0);
  }
}

/** Makes the store, and its key file where one is wanted: both or none. */
async function make(place: StorePlace, options: Options): Promise<void> {
  const { newKeyFile } = options;
  if (newKeyFile === undefined) {
    await (await openStore(place, options, true)).close();
    return;
  }
  const others = [options.keyFile, options.passphraseFile].filter((other) => other !== undefined);
  if (place.backend !== 'file' || place.unlocksItself || others.length > 0) {
    throw new CliError(
      EXIT.usage,
      '--new-key-file is for a keystore in a folder, and nothing else unlocks it then',
    );
  }
  await makeKeyFile(newKeyFile);
  try {
    await (await openStore(place, { ...options, keyFile: newKeyFile }, true)).close();
  } catch (error) {
    // Once there is a store, its key is not to be lost.
    if ((await newestManifest(place.folder).catch(() => '')) === undefined)
      await rm(newKeyFile, { force: true });
    throw error;
  }
}

function unlockOf(place: StorePlace, { newKeyFile, keyFile }: Options): 'pin' | 'key-file' | 'passphrase' {
  if (place.backend === 'pkcs11') return 'pin';
  return place.unlocksItself || newKeyFile !== undefined || keyFile !== undefined ? 'key-file' : 'passphrase';
}

async function run(options: Options, command: Command): Promise<void> {
  const place = locate(options.store);
  if ((await newestManifest(place.folder)) !== undefined) {
    throw new KeyStoreError(
      'ERR_KEYSTORE_EXISTS',
      `there is a keystore at ${place.folder}; see what is in it: ${nextCommand('list', options, command)}`,
    );
  }
  await make(place, options);
  const { backend, folder } = place;
  const { newKeyFile } = options;
  const result = {
    backend,
    folder,
    unlock: unlockOf(place, options),
    ...(newKeyFile === undefined ? {} : { newKeyFile }),
    next: nextCommand(
      FIRST_KEY,
      newKeyFile === undefined ? options : { ...options, keyFile: newKeyFile },
      command,
    ),
  };
  print(options.json, result, () => {
    const rows = [[backend === 'file' ? 'made keystore' : 'made keystore, beside its token', folder]];
    if (newKeyFile !== undefined) rows.push(['made key file', newKeyFile]);
    rows.push(['unlocked by', result.unlock.replace('-', ' ')], ['next', result.next]);
    return table(rows, ['left', 'left']);
  });
}

/** Adds the command. */
export function addInit(keystore: Command): void {
  const command = keystore.command('init').description('make a keystore, in a new folder or in a token');
  addStoreOptions(command, true)
    .option(
      '--new-key-file <file>',
      'make a file of 32 random bytes, which only you can read, that unlocks it',
    )
    .option('--json', 'print one JSON object')
    .action(run);
}
