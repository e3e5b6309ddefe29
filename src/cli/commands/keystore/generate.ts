/**
 * `keystore generate`: a new key, which nobody ever sees.
 *
 * @module
 */
import type { Command } from 'commander';
import { withStore } from '../../store/open.ts';
import { readAlgorithm } from '../../store/selector.ts';
import { addNewKeyOptions, type NewKeyCommandOptions, printKey, readNewKeyOptions } from './new-key.ts';

interface Options extends NewKeyCommandOptions {
  readonly ifAbsent?: boolean;
}

async function run(name: string, options: Options): Promise<void> {
  const algorithm = readAlgorithm(name);
  const wanted = { ...readNewKeyOptions(options), algorithm, ifAbsent: options.ifAbsent === true };
  const key = await withStore(options, (keystore) => keystore.generate(wanted));
  // With --if-absent it may have been there before, and only the store knows.
  printKey(options.json, key, options.ifAbsent ? 'there is' : 'made');
}

/** Adds the command. */
export function addGenerate(keystore: Command): void {
  const command = keystore
    .command('generate')
    .description('make a key in a keystore, where it stays')
    .argument('<algorithm>', 'ML-DSA-87 (signs), ML-KEM-1024 (opens envelopes) or AES-256-GCM (seals data)');
  addNewKeyOptions(command)
    .option('--if-absent', 'make none when the name has an active generation')
    .action(run);
}
