/**
 * `keystore destroy`: the end of a key.
 *
 * @module
 */
import type { KeyInfo } from '@mwrasp/crypto/keystore';
import type { Command } from 'commander';
import { CliError, EXIT } from '../../exit.ts';
import { ask, isInteractive } from '../../prompt.ts';
import { addStoreOptions, type StoreOptions, withStore } from '../../store/open.ts';
import { readRef, showKey, showRef } from '../../store/selector.ts';
import { print } from '../../terminal.ts';

interface Options extends StoreOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Typing the key's name takes a second look; a yes does not. */
async function confirm(key: KeyInfo): Promise<void> {
  const name = showRef(key.ref);
  const answer = await ask(`${showKey(key)}\nNothing brings a key back. To destroy it, type ${name}: `);
  if (answer.trim() !== name) throw new CliError(EXIT.negative, `${name} was not destroyed`);
}

async function run(name: string, options: Options): Promise<void> {
  const ref = readRef(name);
  if (!options.yes && !isInteractive()) {
    throw new CliError(EXIT.usage, `nothing brings a key back: to destroy ${name}, say --yes`);
  }
  const key = await withStore(options, async (keystore) => {
    const info = await keystore.get(ref);
    if (!options.yes) await confirm(info);
    await keystore.destroy(ref);
    return info;
  });
  print(options.json, { destroyed: true, ref, algorithm: key.algorithm, keyId: key.keyId }, () => {
    return `destroyed ${showKey(key)}`;
  });
}

/** Adds the command. */
export function addDestroy(keystore: Command): void {
  const command = keystore
    .command('destroy')
    .description('destroy one generation of a key, for good')
    .argument('<key>', 'NAME@GENERATION');
  addStoreOptions(command, true)
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON object')
    .action(run);
}
