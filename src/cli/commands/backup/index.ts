/**
 * `backup`: copies of keystores, sealed under the root key of a ceremony.
 *
 * @module
 */
import type { Command } from 'commander';
import { addCreate } from './create.ts';
import { addInspect } from './inspect.ts';
import { addRestore } from './restore.ts';

/** Adds the commands. */
export function addBackup(program: Command): void {
  const backup = program
    .command('backup')
    .description('back keystores up under the root key of a ceremony, and restore them');
  addCreate(backup);
  addInspect(backup);
  addRestore(backup);
}
