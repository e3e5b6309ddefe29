/**
 * Where a store's manifest and blobs are kept. A storage knows nothing of keys: it keeps a value and some byte strings,
 * whole or not at all, and says when somebody else changed them.
 *
 * @module
 */
import type { Manifest } from './manifest.ts';

/** A blob to be kept: the protected private key of one entry, and its public key. */
export interface NewBlob {
  /** The entry's id. */
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
  /** Set when there is no private key that belongs to it, here or in a token. */
  readonly publicOnly?: true;
}

/** What a change brings. */
export interface Change<T> {
  /** The next state, its revision the present one plus 1; or the present state itself, when nothing is to change. */
  readonly next: Manifest;
  /** Durable before the manifest that names them. */
  readonly blobs?: readonly NewBlob[];
  /** Entries whose blobs go, after the manifest that no longer names them is durable. */
  readonly dropped?: readonly Uint8Array[];
  readonly result: T;
}

/** Keeps one manifest and its blobs. */
export interface Storage {
  /** The newest committed state, as this process knows it without looking. */
  readonly manifest: Manifest;
  /** Looks whether somebody committed since, and takes it over. */
  refresh(): Promise<Manifest>;
  /**
   * Changes the store: `work` sees the newest state, and what it returns is committed whole, over that state and no other.
   * `work` may be called again when another process was faster. When the call rejects, nothing has changed, but for an
   * `ERR_KEYSTORE_IO` after the commit (its name could not be made durable, what it replaced could not be removed): then
   * {@link manifest} holds the change, and if not even that is known, {@link refresh} finds out.
   *
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`.
   */
  transact<T>(work: (current: Manifest) => Promise<Change<T>>): Promise<T>;
  /**
   * The blob of an entry.
   *
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_CORRUPT` when it is not there or not what was written, naming the file.
   */
  readBlob(id: Uint8Array, digest: Uint8Array): Promise<Uint8Array>;
  /** Clears up what processes that were cut off have left outside of manifest and blobs, where there is such a place. */
  sweep?(): Promise<void>;
  /** Tells of states that other processes commit. */
  onRemoteCommit(listener: (manifest: Manifest) => void): void;
  /** Lets go of everything and wipes the storage's own secrets. */
  close(): Promise<void>;
}
