/**
 * What a process is about to do in a token, noted in the folder beside it before it is done: a token and a folder cannot be
 * changed in one step, and whoever is cut off in between leaves an object that no manifest names. Each note is an empty file,
 * `intents/<kind>-<id of the object>`.
 *
 * @module
 */
import { fromHex, toHex } from '../../bytes.ts';
import { Disk } from '../file/disk.ts';

/** What a note says. */
export type IntentKind =
  /** A key that wraps a root key is made, for a store that is about to be. */
  | 'root'
  /** A key is made, and about to be committed. */
  | 'made'
  /** The same, by a process that was found to be cut off: it cannot commit the key any more. */
  | 'dead'
  /** A key is about to be destroyed, once the manifest has let go of it. */
  | 'gone';

/** A note. */
export interface Intent {
  readonly kind: IntentKind;
  readonly id: Uint8Array;
}

const FOLDER = 'intents';
const NAME = /^(root|made|dead|gone)-([0-9a-f]{32})$/;
const KINDS: readonly IntentKind[] = ['root', 'made', 'dead', 'gone'];
const NOTHING = new Uint8Array(0);

/** The notes of one store. */
export class Intents {
  readonly #disk = new Disk();
  readonly #store: string;
  readonly #folder: string;

  /** @param path - The store's folder. */
  constructor(path: string) {
    this.#store = this.#disk.resolve(path);
    this.#folder = this.#disk.join(this.#store, FOLDER);
  }

  /**
   * Notes something, durably.
   *
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_IO`.
   */
  async write(kind: IntentKind, id: Uint8Array): Promise<void> {
    if (await this.has(kind, id)) return;
    if (await this.#disk.makeFolder(this.#folder)) await this.#disk.syncFolder(this.#store);
    await this.#disk.writeNew(this.#path(kind, id), NOTHING);
    await this.#disk.syncFolder(this.#folder);
  }

  /** Whether something is noted. */
  async has(kind: IntentKind, id: Uint8Array): Promise<boolean> {
    return (await this.#disk.kind(this.#path(kind, id))) !== undefined;
  }

  /** Takes a `made` key from its maker, who sees that; says whether it was there. */
  claim(id: Uint8Array): Promise<boolean> {
    return this.#disk.rename(this.#path('made', id), this.#path('dead', id));
  }

  /** Forgets all about an object. If that does not last, the next one to look finds nothing to do. */
  async remove(id: Uint8Array): Promise<void> {
    for (const kind of KINDS) await this.#disk.remove(this.#path(kind, id));
  }

  /** All notes. */
  async list(): Promise<Intent[]> {
    if ((await this.#disk.kind(this.#folder)) === undefined) return [];
    const found: Intent[] = [];
    for (const name of await this.#disk.names(this.#folder)) {
      const [, kind, id] = NAME.exec(name) ?? [];
      if (id !== undefined) found.push({ kind: kind as IntentKind, id: fromHex(id) });
    }
    return found;
  }

  #path(kind: IntentKind, id: Uint8Array): string {
    return this.#disk.join(this.#folder, `${kind}-${toHex(id)}`);
  }
}
