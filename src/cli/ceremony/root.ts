/**
 * Where commands get a root key from: a key file, or the custodians.
 *
 * @module
 */
import type { BackupKeyOptions } from '@mwrasp/crypto/backup';
import type { Command } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { readKeyFile } from '../key-file.ts';
import { gathered } from './custodians.ts';
import { type ShareOptions, withCombined } from './shares.ts';

/** Options that name what backups are sealed under. */
export interface RootOptions extends ShareOptions {
  readonly rootKeyFile?: string;
  readonly backupKeyFile?: string;
}

/** Adds the options that name shares. */
export function addShareOptions(command: Command): Command {
  return command
    .option('--transcript <file>', 'the transcript of the ceremony')
    .option(
      '--share <share=key>',
      "a share and its custodian's ML-KEM-1024 private key (a file, or store:URL#NAME); one for each custodian",
      gathered,
    );
}

/** Adds the options that name what backups are sealed under. */
export function addRootOptions(command: Command): Command {
  return addShareOptions(
    command
      .option('--root-key-file <file>', 'the root key of the ceremony, in a file of 32 bytes')
      .option('--backup-key-file <file>', 'the key of backups that follows from it, in a file of 32 bytes'),
  );
}

async function withFile<T>(path: string, work: (key: Uint8Array) => Promise<T>): Promise<T> {
  const key = await readKeyFile(path);
  try {
    return await work(key);
  } finally {
    key.fill(0);
  }
}

/** Whether any option says what a backup is sealed under. */
export function namesRoot({ rootKeyFile, backupKeyFile, transcript }: RootOptions): boolean {
  return [rootKeyFile, backupKeyFile, transcript].some((option) => option !== undefined);
}

/** Does work with what backups are sealed under. */
export async function withBackupKey<T>(
  options: RootOptions,
  work: (key: BackupKeyOptions) => Promise<T>,
): Promise<T> {
  const { rootKeyFile, backupKeyFile, transcript } = options;
  if ([rootKeyFile, backupKeyFile, transcript].filter((option) => option !== undefined).length !== 1) {
    throw new CliError(
      EXIT.usage,
      'what is the backup sealed under? give one of --backup-key-file FILE, --root-key-file FILE, --transcript FILE with --share',
    );
  }
  if (backupKeyFile !== undefined) return await withFile(backupKeyFile, (backupKey) => work({ backupKey }));
  if (rootKeyFile !== undefined) return await withFile(rootKeyFile, (rootKey) => work({ rootKey }));
  return await withCombined(options, (rootKey) => work({ rootKey }));
}
