/**
 * The folder beside a token, which notes what is about to be changed in the token before a change of its own, and cleans up
 * after processes that were cut off in between: see `intents.ts`.
 *
 * **Making** a key: noted as `made`, object made, committed, note removed. **Destroying** one: noted as `gone`, committed, object
 * destroyed, note removed. All up to the commit happens under the folder's lock, so whoever holds that and finds a note of a key
 * that no manifest names knows that its maker is dead, or sleeps. One that sleeps could still wake up and commit: so its key is
 * first taken from it, by renaming the note, and then the revision that it would commit as is used up. It has to try again, and
 * looks for its note before it does.
 *
 * @module
 */
import { equal } from '../../bytes.ts';
import { KeyStoreError } from '../../errors.ts';
import type { FileStorage } from '../file/storage.ts';
import type { Manifest } from '../manifest.ts';
import type { Change, Storage } from '../storage.ts';
import type { Intent, Intents } from './intents.ts';

/** What this needs to know of the token. */
export interface TokenObjects {
  /** Id of the key that wraps this store's root key. */
  readonly rootId: Uint8Array;
  /** Destroys whatever has an id, and forgets what is noted of it. */
  destroy(id: Uint8Array): Promise<void>;
}

function isNamed(manifest: Manifest, id: Uint8Array): boolean {
  return manifest.entries.some((entry) => equal(entry.id, id));
}

/** A folder beside a token. */
export class TokenStorage implements Storage {
  readonly #files: FileStorage;
  readonly #intents: Intents;
  readonly #objects: TokenObjects;

  /** @param files - Taken over. */
  constructor(files: FileStorage, intents: Intents, objects: TokenObjects) {
    this.#files = files;
    this.#intents = intents;
    this.#objects = objects;
  }

  get manifest(): Manifest {
    return this.#files.manifest;
  }

  refresh(): Promise<Manifest> {
    return this.#files.refresh();
  }

  async transact<T>(work: (current: Manifest) => Promise<Change<T>>): Promise<T> {
    let made: readonly Uint8Array[] = [];
    const result = await this.#files.transact(async (current) => {
      const change = await work(current);
      const { blobs = [], dropped = [] } = change;
      made = blobs.filter((blob) => blob.publicOnly !== true).map(({ id }) => id);
      made = made.filter((id) => !isNamed(current, id));
      for (const id of made) await this.#checkOurs(id);
      for (const id of dropped) await this.#intents.write('gone', id);
      return change;
    });
    // What stays is found by whoever opens the store next.
    for (const id of made) await this.#intents.remove(id).catch(() => {});
    return result;
  }

  readBlob(id: Uint8Array, digest: Uint8Array): Promise<Uint8Array> {
    return this.#files.readBlob(id, digest);
  }

  onRemoteCommit(listener: (manifest: Manifest) => void): void {
    this.#files.onRemoteCommit(listener);
  }

  async close(): Promise<void> {
    this.#intents.close();
    await this.#files.close();
  }

  /** Destroys what processes that were cut off have left in the token. Objects of other stores are none of its business. */
  async sweep(): Promise<void> {
    // Whoever opens a store has it: nobody needs to be waited for.
    if (await this.#intents.has('root', this.#objects.rootId))
      await this.#intents.remove(this.#objects.rootId);
    if (!(await this.#intents.list()).some((intent) => this.#matters(intent, this.manifest))) return;
    const left = await this.#files.transact(async (current) => {
      const unnamed: Uint8Array[] = [];
      let mustCommit = false;
      for (const intent of await this.#intents.list()) {
        const { kind, id } = intent;
        if (!this.#matters(intent, current)) continue;
        if (this.#isWanted(intent, current)) {
          await this.#intents.remove(id);
          continue;
        }
        if (kind === 'made' && !(await this.#intents.claim(id))) continue;
        mustCommit ||= kind === 'made' || kind === 'dead';
        unnamed.push(id);
      }
      const next = mustCommit ? { ...current, revision: current.revision + 1 } : current;
      return { next, result: unnamed };
    });
    for (const id of left) await this.#objects.destroy(id);
  }

  /** Whether a note is to be looked into: not that of a key which somebody began to destroy, and which is there as before. */
  #matters(intent: Intent, manifest: Manifest): boolean {
    return intent.kind !== 'gone' || !this.#isWanted(intent, manifest);
  }

  #isWanted({ kind, id }: Intent, manifest: Manifest): boolean {
    return kind === 'root' ? equal(id, this.#objects.rootId) : isNamed(manifest, id);
  }

  /** Refuses to commit a key that somebody else has taken for left behind. */
  async #checkOurs(id: Uint8Array): Promise<void> {
    if (await this.#intents.has('made', id)) return;
    throw new KeyStoreError(
      'ERR_KEYSTORE_LOCKED',
      'making this key took so long that another process took this one for dead; nothing was changed, repeat it',
    );
  }
}
