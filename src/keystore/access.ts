/**
 * What other parts of this library may do with a keystore, and its users may not.
 *
 * @module
 */
import { describe } from '../bytes.ts';
import { InputError } from '../errors.ts';
import type { LiveKey } from './custodian.ts';
import type { Draft } from './draft.ts';
import type { Keystore } from './keystore.ts';
import type { KeyEntry, Manifest } from './manifest.ts';

/** The inside of a keystore. */
export interface StoreAccess {
  /** The newest state that this process knows. */
  readonly manifest: Manifest;
  /** Looks for a newer one. */
  refresh(): Promise<Manifest>;
  /**
   * Makes several changes in one commit.
   *
   * @param work - Changes a draft of the newest state; called again when another process was faster.
   * @throws What {@link Keystore.generate} and {@link Keystore.destroy} throw.
   */
  change<T>(work: (draft: Draft) => Promise<T>): Promise<T>;
  /** Destroys what processes that were cut off have left in a token. */
  sweep(): Promise<void>;
  /** Tells of every newer state, by this process or another one, until the returned function is called. */
  onCommit(listener: (manifest: Manifest) => void): () => void;
  /** A private key, whatever its state; the caller's to dispose. */
  loadOnce(entry: KeyEntry): Promise<LiveKey>;
}

const accesses = new WeakMap<object, StoreAccess>();

/** Lets this library reach the inside of a keystore. */
export function registerAccess(keystore: Keystore, access: StoreAccess): void {
  accesses.set(keystore, access);
}

/**
 * The inside of a keystore.
 *
 * @param argument - The argument's name, for the error.
 * @param keystore - What the caller passed.
 * @throws {@link InputError} `ERR_INPUT_TYPE` when it is none that `openKeystore` gave.
 */
export function storeAccess(argument: string, keystore: unknown): StoreAccess {
  const access = accesses.get(keystore as object);
  if (access !== undefined) return access;
  throw new InputError(
    'ERR_INPUT_TYPE',
    argument,
    'a Keystore that openKeystore returned',
    describe(keystore),
  );
}
