/**
 * `keystore list`: which keys are in a store.
 *
 * @module
 */
import type { KeyInfo } from '@mwrasp/crypto/keystore';
import type { Command } from 'commander';
import { FIRST_KEY, nextCommand } from '../../store/next.ts';
import { addStoreOptions, type StoreOptions, withStore } from '../../store/open.ts';
import { locate } from '../../store/place.ts';
import { print, table } from '../../terminal.ts';

interface Options extends StoreOptions {
  readonly json?: boolean;
}

/** An instant, to the second. */
function showTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function format(keys: readonly KeyInfo[]): string {
  return table(
    keys.map(({ ref, algorithm, state, custody, keyId, createdAtMs }) => [
      ref.name,
      String(ref.generation),
      algorithm,
      state,
      custody,
      keyId,
      showTime(createdAtMs),
    ]),
    ['left', 'right', 'left', 'left', 'left', 'left', 'left'],
    ['name', 'generation', 'algorithm', 'state', 'custody', 'key id', 'made'],
  );
}

async function run(options: Options, command: Command): Promise<void> {
  const keys = await withStore(options, (keystore) => keystore.list());
  const { backend, folder } = locate(options.store);
  print(options.json, { backend, folder, keys }, () =>
    keys.length > 0 ? format(keys) : `no keys; make one: ${nextCommand(FIRST_KEY, options, command)}`,
  );
}

/** Adds the command. */
export function addList(keystore: Command): void {
  const command = keystore.command('list').description('list all keys of a keystore, by name and generation');
  addStoreOptions(command, true).option('--json', 'print one JSON object').action(run);
}
