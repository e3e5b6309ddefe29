/**
 * `keys`: the lives of keys that are rotated.
 *
 * @module
 */
import type { Command } from 'commander';
import { addStatus } from './status.ts';

/** Adds the commands. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('look at the lives of keys that are rotated');
  addStatus(keys);
}
