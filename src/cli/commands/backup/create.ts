/**
 * `backup create`: a copy of a keystore, sealed.
 *
 * @module
 */
import { createBackup } from '@mwrasp/crypto/backup';
import type { Command } from 'commander';
import { addRootOptions, type RootOptions, withBackupKey } from '../../ceremony/root.ts';
import { checkOutput, STANDARD_STREAM, writeOutput } from '../../files.ts';
import { refuseJsonOnStdout } from '../../options.ts';
import { addStoreOptions, type StoreOptions, withStore } from '../../store/open.ts';
import { showRef } from '../../store/selector.ts';
import { print } from '../../terminal.ts';

interface Options extends StoreOptions, RootOptions {
  readonly output: string;
  readonly requireAll?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

async function run(options: Options): Promise<void> {
  const { output, force, json } = options;
  refuseJsonOnStdout(options);
  await checkOutput(output, force);
  const { bytes, content } = await withBackupKey(options, (key) =>
    withStore(options, (keystore) =>
      createBackup(keystore, { ...key, requireAll: options.requireAll ?? false }),
    ),
  );
  await writeOutput(output, [bytes], { force, secret: true });
  if (output === STANDARD_STREAM) return;
  print(json, { output, ...content }, () => {
    const lines = [
      `backed up ${content.generations} generations, revision ${content.revision}, to ${output}`,
    ];
    for (const { ref, algorithm } of content.leftOutKeys) {
      lines.push(`left out ${showRef(ref)} (${algorithm}): it never leaves its token`);
    }
    return lines.join('\n');
  });
}

/** Adds the command. */
export function addCreate(backup: Command): void {
  const command = backup.command('create').description('back a keystore up while it is in use');
  addRootOptions(addStoreOptions(command, true))
    .requiredOption('-o, --output <file>', 'where the backup goes, or - for standard output')
    .option('--require-all', 'fail when a key cannot be backed up, as it never leaves its token')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print one JSON object')
    .action(run);
}
