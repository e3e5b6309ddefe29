/**
 * The keys that this process has in use: read and loaded on first use, kept until they may not be used any more.
 *
 * @module
 */
import type { AnyPublicKey } from '../encodings/index.ts';
import { KeyStoreError, UnsupportedError } from '../errors.ts';
import { readBlob } from './blob.ts';
import type { Custodian, LiveKey } from './custodian.ts';
import { entryName, type KeyEntry } from './manifest.ts';
import type { Storage } from './storage.ts';

/** Keys of a store, by what the manifest says of them. */
export class LiveKeys {
  readonly #storage: Storage;
  readonly #custodian: Custodian;
  /** By entry id. */
  readonly #loaded = new Map<string, Promise<LiveKey>>();
  /** Public keys that were read, by entry id. */
  readonly #publicKeys = new Map<string, Promise<AnyPublicKey | undefined>>();

  /**
   * @param storage - Where the blobs of the keys are.
   * @param custodian - Who makes them usable.
   */
  constructor(storage: Storage, custodian: Custodian) {
    this.#storage = storage;
    this.#custodian = custodian;
  }

  /** A private key, ready for use; the owner of this object disposes of it by {@link unload}. */
  load(entry: KeyEntry): Promise<LiveKey> {
    const id = entryName(entry);
    let loaded = this.#loaded.get(id);
    if (loaded === undefined) {
      loaded = this.#readBlob(entry).then(({ publicKey, secret }) =>
        this.#custodian.load({ ...entry, publicKey, secret }),
      );
      this.#loaded.set(id, loaded);
      // What failed is tried again next time.
      loaded.catch(() => this.#loaded.delete(id));
    }
    return loaded;
  }

  /** A private key for one use, whatever its state; the caller's to dispose. */
  async loadOnce(entry: KeyEntry): Promise<LiveKey> {
    const { publicKey, secret } = await this.#readBlob(entry);
    return this.#custodian.load({ ...entry, publicKey, secret });
  }

  /** Lets go of a private key. */
  unload(entry: KeyEntry): void {
    this.#unload(entryName(entry));
  }

  /** Lets go of a key that is no more. */
  forget(entry: KeyEntry): void {
    this.unload(entry);
    this.#publicKeys.delete(entryName(entry));
  }

  /** Lets go of all keys. */
  clear(): void {
    this.#publicKeys.clear();
    for (const id of [...this.#loaded.keys()]) this.#unload(id);
  }

  /** The public key of a key pair. */
  publicKey(entry: KeyEntry): Promise<AnyPublicKey> {
    const id = entryName(entry);
    let publicKey = this.#publicKeys.get(id);
    if (publicKey === undefined) {
      publicKey = this.#readBlob(entry).then((blob) => blob.publicKey);
      this.#publicKeys.set(id, publicKey);
      // What failed is tried again next time.
      publicKey.catch(() => this.#publicKeys.delete(id));
    }
    // The blob of a key pair has one.
    return publicKey as Promise<AnyPublicKey>;
  }

  #unload(id: string): void {
    const loaded = this.#loaded.get(id);
    this.#loaded.delete(id);
    loaded?.then(
      (key) => key.dispose(),
      () => {},
    );
  }

  async #readBlob(entry: KeyEntry): Promise<{ publicKey: AnyPublicKey | undefined; secret: Uint8Array }> {
    const bytes = await this.#storage.readBlob(entry.id, entry.blobDigest);
    try {
      return readBlob(entry.id, entry.algorithm, bytes);
    } catch (error) {
      if (error instanceof UnsupportedError) throw error;
      const { name, generation } = entry.ref;
      throw new KeyStoreError(
        'ERR_KEYSTORE_CORRUPT',
        `what is kept of key "${name}", generation ${generation}, is no key`,
        { cause: error },
      );
    }
  }
}
