/**
 * `backup restore`: the keys of a backup are in a keystore again.
 *
 * @module
 */
import { type DropReason, type RestoreResult, restoreBackup } from '@mwrasp/crypto/backup';
import type { KeyRef } from '@mwrasp/crypto/keystore';
import type { Command } from 'commander';
import { readBackup } from '../../ceremony/backup-file.ts';
import { gathered } from '../../ceremony/custodians.ts';
import { addRootOptions, type RootOptions, withBackupKey } from '../../ceremony/root.ts';
import { addStoreOptions, openStore, type StoreOptions } from '../../store/open.ts';
import { locate } from '../../store/place.ts';
import { showRef } from '../../store/selector.ts';
import { print } from '../../terminal.ts';

interface Options extends StoreOptions, RootOptions {
  readonly newer?: readonly string[];
  readonly json?: boolean;
}

const REASONS: Readonly<Record<DropReason, string>> = {
  expired: 'its time is over',
  destroyed: 'the store has destroyed it',
  'newer-backup': 'a newer backup does not hold it any more',
};

function format({ restored, dropped, kept, leftOut }: RestoreResult): string {
  const refs = (list: readonly { readonly ref: KeyRef }[]) => list.map(({ ref }) => showRef(ref)).join(', ');
  return [
    `restored ${restored.length} generations${restored.length === 0 ? '' : `: ${refs(restored)}`}`,
    ...dropped.map(({ ref, why }) => `did not bring back ${showRef(ref)}: ${REASONS[why]}`),
    ...kept.map((ref) => `left ${showRef(ref)} as the store has it`),
    ...leftOut.map(({ ref }) => `not in the backup: ${showRef(ref)}, which never left its token`),
  ].join('\n');
}

async function run(file: string, options: Options): Promise<void> {
  const place = locate(options.store);
  const bytes = await readBackup(file);
  const newer: Uint8Array[] = [];
  for (const path of options.newer ?? []) newer.push(await readBackup(path));
  const result = await withBackupKey(options, async (key) => {
    const keystore = await openStore(place, options, true);
    try {
      return await restoreBackup(bytes, keystore, { ...key, newer });
    } finally {
      await keystore.close();
    }
  });
  print(options.json, { file, ...result }, () => format(result));
}

/** Adds the command. */
export function addRestore(backup: Command): void {
  const command = backup
    .command('restore')
    .description(
      'restore a backup into a keystore, which is made where there is none; what was destroyed stays gone',
    )
    .argument('<file>', 'the backup, or - for standard input');
  addRootOptions(addStoreOptions(command, true))
    .option(
      '--newer <file>',
      'a newer backup of the same keystore: what it does not hold stays gone',
      gathered,
    )
    .option('--json', 'print one JSON object')
    .action(run);
}
