/**
 * A storage that ends with its process: for tests, and for services that need no keys tomorrow.
 *
 * @module
 */
import { toHex, wipe } from '../bytes.ts';
import { KeyStoreError } from '../errors.ts';
import { KeystoreCore } from './core.ts';
import type { Keystore } from './keystore.ts';
import { EMPTY_MANIFEST, type Manifest } from './manifest.ts';
import type { checkCommonOptions } from './options.ts';
import { SoftwareCustodian } from './software.ts';
import type { Change, Storage } from './storage.ts';

/**
 * Opens a new store in memory.
 *
 * @param options - Checked.
 */
export function openMemoryKeystore(options: ReturnType<typeof checkCommonOptions>): Keystore {
  return new KeystoreCore({
    backend: 'memory',
    storage: new MemoryStorage(),
    custodian: new SoftwareCustodian('memory'),
    ...options,
  });
}

/** Keeps everything in this object. */
export class MemoryStorage implements Storage {
  readonly #blobs = new Map<string, Uint8Array>();
  #manifest = EMPTY_MANIFEST;
  /** Changes run one after the other. */
  #tail: Promise<unknown> = Promise.resolve();

  get manifest(): Manifest {
    return this.#manifest;
  }

  async refresh(): Promise<Manifest> {
    return this.#manifest;
  }

  transact<T>(work: (current: Manifest) => Promise<Change<T>>): Promise<T> {
    const done = this.#tail.then(async () => {
      const { next, blobs = [], dropped = [], result } = await work(this.#manifest);
      for (const { id, bytes } of blobs) this.#blobs.set(toHex(id), bytes);
      for (const id of dropped) {
        wipe(this.#blobs.get(toHex(id)));
        this.#blobs.delete(toHex(id));
      }
      this.#manifest = next;
      return result;
    });
    this.#tail = done.catch(() => {});
    return done;
  }

  async readBlob(id: Uint8Array): Promise<Uint8Array> {
    const bytes = this.#blobs.get(toHex(id));
    if (bytes === undefined) throw new KeyStoreError('ERR_KEYSTORE_NOT_FOUND', 'the key is gone');
    return bytes;
  }

  /** There are no others. */
  onRemoteCommit(): void {}

  async close(): Promise<void> {
    await this.#tail;
    wipe(...this.#blobs.values());
    this.#blobs.clear();
  }
}
