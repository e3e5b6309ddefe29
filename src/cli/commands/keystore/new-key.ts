/**
 * What `keystore generate` and `keystore import` have in common.
 *
 * @module
 */
import type { Custody, KeyInfo, NewKeyOptions } from '@mwrasp/crypto/keystore';
import { type Command, Option } from 'commander';
import { CliError, EXIT } from '../../exit.ts';
import { addStoreOptions, type StoreOptions } from '../../store/open.ts';
import { showKey } from '../../store/selector.ts';
import { print } from '../../terminal.ts';

/** Options of both. */
export interface NewKeyCommandOptions extends StoreOptions {
  readonly name: string;
  readonly requireCustody?: Custody;
  readonly maxUses?: string;
  readonly json?: boolean;
}

/** Adds the options of both. */
export function addNewKeyOptions(command: Command): Command {
  return addStoreOptions(
    command.requiredOption('--name <name>', "the key's name; a name that is there gets its next generation"),
    true,
  )
    .addOption(
      new Option('--require-custody <custody>', 'make no key that is kept less safely than this').choices([
        'in-token',
        'sealed',
        'memory',
      ]),
    )
    .option('--max-uses <number>', 'of an AES key: messages that may be sealed with it (default: 2^32)')
    .option('--json', 'print one JSON object');
}

/** The options of both, as the library takes them. */
export function readNewKeyOptions({ name, requireCustody, maxUses }: NewKeyCommandOptions): NewKeyOptions {
  if (maxUses !== undefined && !/^[0-9]{1,15}$/.test(maxUses)) {
    throw new CliError(EXIT.usage, `--max-uses: expected a whole number, got "${maxUses}"`);
  }
  return {
    name,
    ...(requireCustody === undefined ? {} : { requireCustody }),
    ...(maxUses === undefined ? {} : { maxUses: Number(maxUses) }),
  };
}

/** Tells of a key. */
export function printKey(json: boolean | undefined, key: KeyInfo, verb: string): void {
  print(json, key, () => `${verb} ${showKey(key)}`);
}
