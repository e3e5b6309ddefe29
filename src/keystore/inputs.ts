/**
 * Reads what callers pass to a keystore.
 *
 * @module
 */
import { checkBytes, checkInteger, checkOptions, describe } from '../bytes.ts';
import { InputError } from '../errors.ts';
import { AES_256_GCM } from '../params.ts';
import { MAX_DATA_BYTES } from './data.ts';
import {
  type Custody,
  checkOneOf,
  type DataOptions,
  KEY_STATES,
  type KeystoreAlgorithm,
  type KeyUpdate,
} from './keystore.ts';

const EMPTY = new Uint8Array(0);

/** Options that have to be given. */
export function readOptions<K extends string>(
  options: unknown,
  known: readonly K[],
): { readonly [Name in K]?: unknown } {
  if (options === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'options', 'an options object', 'undefined');
  }
  return checkOptions('options', options as { readonly [Name in K]?: unknown }, known);
}

/** Options of work on data. */
export function readDataOptions(options: DataOptions | undefined): {
  aad: Uint8Array;
  requireCustody: Custody | undefined;
} {
  const { aad = EMPTY, requireCustody } = checkOptions('options', options, ['aad', 'requireCustody']);
  checkBytes('options.aad', aad, { max: MAX_DATA_BYTES });
  return { aad, requireCustody };
}

/** How often an AES key may seal; 0 for a key pair, which has no budget. */
export function readBudget(algorithm: KeystoreAlgorithm, maxUses: unknown): number {
  if (algorithm === AES_256_GCM.name) {
    const { maxRandomNonceUses } = AES_256_GCM;
    if (maxUses === undefined) return maxRandomNonceUses;
    checkInteger('options.maxUses', maxUses, 1, maxRandomNonceUses);
    return maxUses;
  }
  if (maxUses !== undefined) {
    throw new InputError(
      'ERR_INPUT_OPTION',
      'options.maxUses',
      'no budget for a key pair',
      describe(maxUses),
    );
  }
  return 0;
}

/** What is to be changed of a key. */
export function readUpdate(changes: KeyUpdate): KeyUpdate {
  const known = ['state', 'activatedAtMs', 'retiredAtMs', 'destroyAfterMs'] as const;
  if (changes === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'changes', 'an options object', 'undefined');
  }
  const { state, ...times } = checkOptions('changes', changes, known);
  if (state !== undefined) checkOneOf('changes.state', state, KEY_STATES);
  const update: Record<string, unknown> = state === undefined ? {} : { state };
  for (const [name, value] of Object.entries(times)) {
    if (value === undefined) continue;
    checkInteger(`changes.${name}`, value, 0, Number.MAX_SAFE_INTEGER);
    update[name] = value;
  }
  return update;
}

/** A boolean, or nothing. */
export function checkFlag(argument: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new InputError('ERR_INPUT_TYPE', argument, 'a boolean', describe(value));
  }
}
