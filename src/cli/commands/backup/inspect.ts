/**
 * `backup inspect`: what a backup is, and with its key what is in it. `backup verify`: the same, and everything is checked.
 *
 * @module
 */
import { type BackupContent, type BackupInfo, inspectBackup, verifyBackup } from '@mwrasp/crypto/backup';
import type { Command } from 'commander';
import { readBackup } from '../../ceremony/backup-file.ts';
import { addRootOptions, namesRoot, type RootOptions, withBackupKey } from '../../ceremony/root.ts';
import { showRef } from '../../store/selector.ts';
import { colors, print, table } from '../../terminal.ts';

interface Options extends RootOptions {
  readonly json?: boolean;
}

function showTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function formatInfo({
  id,
  createdAtMs,
  revision,
  generations,
  leftOut,
  tombstones,
  keyId,
}: BackupInfo): string {
  return table(
    [
      ['backup', id],
      ['taken', showTime(createdAtMs)],
      ['revision', String(revision)],
      ['generations', String(generations)],
      ['left out', String(leftOut)],
      ['destroyed', String(tombstones)],
      ['sealed under', keyId],
    ],
    ['left', 'left'],
  );
}

function formatKeys({ keys, leftOutKeys }: BackupContent): string {
  const rows = keys.map(({ ref, algorithm, state, custody, destroyAfterMs, publicOnly }) => [
    showRef(ref),
    algorithm,
    publicOnly ? `${state}, public half` : state,
    custody,
    destroyAfterMs === undefined ? 'not decided' : showTime(destroyAfterMs),
  ]);
  const missing = leftOutKeys.map(({ ref, algorithm }) => [
    showRef(ref),
    algorithm,
    'LEFT OUT',
    'in-token',
    '-',
  ]);
  return table(
    [...rows, ...missing],
    ['left', 'left', 'left', 'left', 'left'],
    ['key', 'algorithm', 'state', 'custody', 'not restored from'],
  );
}

async function runInspect(file: string, options: Options): Promise<void> {
  const bytes = await readBackup(file);
  if (namesRoot(options)) return await show(file, bytes, options);
  const info = inspectBackup(bytes);
  print(options.json, { file, authenticated: false, ...info }, () => {
    return `${formatInfo(info)}\nnot authenticated: that takes its key (see backup verify)`;
  });
}

async function runVerify(file: string, options: Options): Promise<void> {
  await show(file, await readBackup(file), options);
}

async function show(file: string, bytes: Uint8Array, options: Options): Promise<void> {
  const content = await withBackupKey(options, (key) => verifyBackup(bytes, key));
  print(options.json, { file, authenticated: true, ...content }, () => {
    const verdict = colors.green('good backup: every byte is authentic, and every key fits its public half');
    return `${formatInfo(content)}\n\n${formatKeys(content)}\n\n${verdict}`;
  });
}

/** Adds the commands. */
export function addInspect(backup: Command): void {
  const inspect = backup
    .command('inspect')
    .description('say what a backup is; with its key, what is in it')
    .argument('<file>', 'the backup, or - for standard input');
  addRootOptions(inspect).option('--json', 'print one JSON object').action(runInspect);
  const verify = backup
    .command('verify')
    .description('check every byte and every key of a backup; exit code 1 when it is bad')
    .argument('<file>', 'the backup, or - for standard input');
  addRootOptions(verify).option('--json', 'print one JSON object').action(runVerify);
}
