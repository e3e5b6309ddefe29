/**
 * How a backup gets at what a keystore keeps to itself. Internal: nothing of it is reached through the public entries.
 *
 * @module
 */
import { describe, isObject } from '../bytes.ts';
import { InputError } from '../errors.ts';
import type { Custodian, KeyHandle } from './custodian.ts';
import type { Custody, Keystore } from './keystore.ts';
import type { Manifest } from './manifest.ts';
import type { Change, Storage } from './storage.ts';

/** What a backup sees of a keystore. */
export interface CopyAccess {
  readonly storage: Storage;
  readonly custodian: Custodian;
  /** Does work as an operation of the store: a closed one refuses it, and closing waits for it. */
  run<T>(operation: string, work: () => Promise<T>): Promise<T>;
  /** Changes the store in one commit. */
  change<T>(work: (current: Manifest) => Promise<Change<T>>): Promise<T>;
  /** Refuses a custody that is less than the store asks for. */
  checkCustody(custody: Custody): void;
  /** Ends a key that was made for a commit which did not happen. */
  discardUnlessKept(key: KeyHandle): Promise<void>;
  /** The store's time, milliseconds since the Unix epoch. */
  now(): number;
}

const accesses = new WeakMap<object, CopyAccess>();

/** Notes how a keystore is copied. */
export function registerCopying(keystore: object, access: CopyAccess): void {
  accesses.set(keystore, access);
}

/**
 * How a keystore is copied.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE` when it is none of this library's.
 */
export function copyAccess(argument: string, keystore: Keystore): CopyAccess {
  const access = isObject(keystore) ? accesses.get(keystore) : undefined;
  if (access !== undefined) return access;
  throw new InputError('ERR_INPUT_TYPE', argument, 'a Keystore that openKeystore opened', describe(keystore));
}
