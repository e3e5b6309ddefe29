/**
 * `ceremony`: M-of-N custody of a root key.
 *
 * @module
 */
import type { Command } from 'commander';
import { addCombine } from './combine.ts';
import { addCreate } from './create.ts';
import { addTranscript } from './transcript.ts';
import { addVerify } from './verify.ts';

/** Adds the commands. */
export function addCeremony(program: Command): void {
  const ceremony = program
    .command('ceremony')
    .description('split a root key among custodians, and put it together again');
  addCreate(ceremony);
  addVerify(ceremony);
  addCombine(ceremony);
  addTranscript(ceremony);
}
