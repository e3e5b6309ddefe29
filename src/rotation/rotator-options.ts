/**
 * What a rotator is told.
 *
 * @module
 */
import { checkInteger, checkOptions, describe, randomFill, readFrom, toHex } from '../bytes.ts';
import { type Clock, checkClock } from '../clock.ts';
import { InputError } from '../errors.ts';
import { type StoreAccess, storeAccess } from '../keystore/access.ts';
import {
  checkName,
  checkOneOf,
  KEYSTORE_ALGORITHMS,
  type Keystore,
  type KeystoreAlgorithm,
} from '../keystore/keystore.ts';
import { checkLeaseProvider, checkLeaseRequest, type LeaseProvider, MemoryLeaseProvider } from './lease.ts';
import { checkPolicy, type RotationPolicy } from './policy.ts';

/** A key that is rotated. */
export interface RotatedKey {
  readonly algorithm: KeystoreAlgorithm;
  /** What differs from the policy of all keys. */
  readonly policy?: Partial<RotationPolicy>;
}

/** Options of {@link createRotator}. */
export interface RotatorOptions {
  /** The store; stays the caller's to close, after the rotator was stopped. */
  readonly keystore: Keystore;
  /** The keys, by name. Those that are not there are made. */
  readonly keys: Readonly<Record<string, RotatedKey>>;
  /** What differs from `DEFAULT_ROTATION_POLICY`, for all keys. */
  readonly policy?: Partial<RotationPolicy>;
  /** Where the right to rotate comes from; by default everybody in this process has it in turn. Stays the caller's to close. */
  readonly leases?: LeaseProvider;
  /** This rotator's name among others; random by default. */
  readonly holder?: string;
  /** How long a lease lasts, 1 to 86 400 000 ms; 30 000 by default. It is renewed after a third. */
  readonly leaseMs?: number;
  /** Longest time between two looks, 10 to 3 600 000 ms; 10 000 by default. */
  readonly tickMs?: number;
  /** Where time comes from; the system's clocks by default. */
  readonly clock?: Clock;
}

/** Options, checked. */
export interface CheckedRotatorOptions {
  readonly keystore: Keystore;
  readonly access: StoreAccess;
  readonly keys: ReadonlyMap<
    string,
    { readonly algorithm: KeystoreAlgorithm; readonly policy: RotationPolicy }
  >;
  readonly leases: LeaseProvider;
  readonly holder: string;
  readonly leaseMs: number;
  readonly tickMs: number;
  readonly clock: Clock;
}

const OPTIONS = ['keystore', 'keys', 'policy', 'leases', 'holder', 'leaseMs', 'tickMs', 'clock'] as const;
const MAX_KEYS = 1024;

function readKeys(given: unknown, base: RotationPolicy): CheckedRotatorOptions['keys'] {
  const expected = 'an object with at least one key by its name';
  const entries = readFrom('options.keys', expected, () => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
    return Object.entries(given as Record<string, unknown>);
  });
  if (entries === undefined || entries.length === 0) {
    throw new InputError('ERR_INPUT_TYPE', 'options.keys', expected, describe(given));
  }
  if (entries.length > MAX_KEYS) {
    throw new InputError('ERR_INPUT_RANGE', 'options.keys', `at most ${MAX_KEYS} keys`, `${entries.length}`);
  }
  return new Map(
    entries.map(([name, value]) => {
      checkName('options.keys', name);
      const argument = `options.keys.${name}`;
      if (value === undefined) throw new InputError('ERR_INPUT_TYPE', argument, 'an object', 'undefined');
      const { algorithm, policy } = checkOptions(argument, value as RotatedKey, ['algorithm', 'policy']);
      checkOneOf(`${argument}.algorithm`, algorithm, KEYSTORE_ALGORITHMS);
      return [name, { algorithm, policy: checkPolicy(`${argument}.policy`, policy, base) }];
    }),
  );
}

/**
 * Checks options.
 *
 * @throws {@link InputError} As {@link createRotator} does.
 */
export function checkRotatorOptions(options: RotatorOptions): CheckedRotatorOptions {
  if (options === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'options', 'an options object', 'undefined');
  }
  const wanted = checkOptions('options', options, OPTIONS);
  const { leaseMs = 30_000, tickMs = 10_000, holder = toHex(randomFill(new Uint8Array(8))) } = wanted;
  const access = storeAccess('options.keystore', wanted.keystore);
  const base = checkPolicy('options.policy', wanted.policy);
  const keys = readKeys(wanted.keys, base);
  const clock = checkClock('options.clock', wanted.clock);
  checkLeaseRequest(holder, leaseMs, 'options.holder', 'options.leaseMs');
  checkInteger('options.tickMs', tickMs, 10, 3_600_000);
  if (wanted.leases !== undefined) checkLeaseProvider('options.leases', wanted.leases);
  const leases = wanted.leases ?? new MemoryLeaseProvider(clock);
  return { keystore: wanted.keystore as Keystore, access, keys, leases, holder, leaseMs, tickMs, clock };
}
