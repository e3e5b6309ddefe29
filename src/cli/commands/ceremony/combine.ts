/**
 * `ceremony combine`: custodians meet, and the root key is there again.
 *
 * @module
 */
import { backupKeyOf } from '@mwrasp/crypto/backup';
import { type FileKeystore, openKeystore } from '@mwrasp/crypto/keystore';
import { type Command, Option } from 'commander';
import { gathered } from '../../ceremony/custodians.ts';
import { addShareOptions } from '../../ceremony/root.ts';
import { type ShareOptions, withCombined } from '../../ceremony/shares.ts';
import { CliError, EXIT } from '../../exit.ts';
import { checkOutput, STANDARD_STREAM } from '../../files.ts';
import { writeKeyFile } from '../../key-file.ts';
import { newestManifest } from '../../store/folder.ts';
import { addStoreOptions, openStore, refuseUnlockAlone, type StoreOptions } from '../../store/open.ts';
import { locate } from '../../store/place.ts';
import { print, table } from '../../terminal.ts';

interface Options extends ShareOptions, StoreOptions {
  readonly output?: string;
  readonly backupKey?: string;
  readonly initStore?: string;
  readonly rekey?: boolean;
  readonly json?: boolean;
}

/** A folder for a new keystore. */
async function checkInit(folder: string): Promise<string> {
  const place = locate(folder);
  if (place.backend !== 'file' || place.unlocksItself) {
    throw new CliError(EXIT.usage, '--init-store: expected a folder');
  }
  if ((await newestManifest(place.folder)) !== undefined) {
    throw new CliError(EXIT.usage, `--init-store: there is a keystore at ${place.folder}`);
  }
  return place.url;
}

async function checkFile(path: string): Promise<void> {
  if (path === STANDARD_STREAM)
    throw new CliError(EXIT.usage, 'a key goes into a file of its own, and nowhere else');
  await checkOutput(path, false);
}

/** Refuses, before anybody is asked for a share, what cannot be done with the key. */
async function check(options: Options): Promise<void> {
  const { output, backupKey, initStore, rekey } = options;
  const uses = [output, backupKey, initStore, rekey].filter((use) => use !== undefined);
  if (uses.length === 0) {
    throw new CliError(
      EXIT.usage,
      'what for? give --output FILE, --backup-key FILE, --init-store FOLDER, or --rekey with --store',
    );
  }
  for (const path of [output, backupKey]) if (path !== undefined) await checkFile(path);
  if (initStore !== undefined) await checkInit(initStore);
  if (rekey && locate(options.store).backend !== 'file') {
    throw new CliError(EXIT.usage, '--rekey is for keystores in folders: a token keeps its own root key');
  }
  if (!rekey && options.store !== undefined) throw new CliError(EXIT.usage, '--store is for --rekey');
  refuseUnlockAlone(options);
}

async function useKey(rootKey: Uint8Array, options: Options): Promise<void> {
  const { output, backupKey, initStore, rekey } = options;
  if (initStore !== undefined) {
    await (await openKeystore(await checkInit(initStore), { rootKey, create: true })).close();
  }
  if (rekey) {
    const keystore = (await openStore(locate(options.store), options, false)) as FileKeystore;
    try {
      await keystore.rekey({ rootKey });
    } finally {
      await keystore.close();
    }
  }
  if (backupKey !== undefined) {
    using derived = backupKeyOf(rootKey);
    await writeKeyFile(backupKey, derived.expose());
  }
  if (output !== undefined) await writeKeyFile(output, rootKey);
}

async function run(options: Options): Promise<void> {
  await check(options);
  await withCombined(options, (rootKey) => useKey(rootKey, options));
  const { output, backupKey, initStore, rekey, store } = options;
  const done = Object.entries({
    'root key': output,
    'key of backups': backupKey,
    'made keystore': initStore,
    're-keyed': rekey ? store : undefined,
  }).flatMap(([what, where]) => (where === undefined ? [] : [[what, where]]));
  const result = {
    ...(output === undefined ? {} : { rootKeyFile: output }),
    ...(backupKey === undefined ? {} : { backupKeyFile: backupKey }),
    ...(initStore === undefined ? {} : { keystore: initStore }),
    ...(rekey ? { rekeyed: store } : {}),
  };
  print(options.json, result, () => table(done, ['left', 'left']));
}

/** Adds the command. */
export function addCombine(ceremony: Command): void {
  const command = ceremony
    .command('combine')
    .description('put the root key together again; without --share, the shares are asked for');
  addShareOptions(command)
    .option('--custodian <name=file>', 'a signing key that you know: NAME=SIGNER.pub; all of them', gathered)
    .option('--output <file>', 'write the root key to a new file that only you can read')
    .option('--backup-key <file>', 'write the key of backups that follows from it to such a file')
    .option('--init-store <folder>', 'make a keystore under it, and write the key nowhere')
    .addOption(new Option('--rekey', 'seal the keystore that --store names under it'));
  addStoreOptions(command, false).option('--json', 'print one JSON object').action(run);
}
