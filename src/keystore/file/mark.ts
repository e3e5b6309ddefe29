/**
 * The high-water mark: how far a store had got, kept outside of the store's folder, so that an older copy of the folder
 * put in its place is noticed. Who can put back the mark as well is not noticed.
 *
 * The bytes: `MWH` 1 (4), store id (16), revision (8), id of the commit that made it (16), HMAC-SHA3-512 of all that
 * under the store's mark key (64).
 *
 * @module
 */
import type * as Os from 'node:os';
import { concat, equal, toHex, uintBytes, wipe } from '../../bytes.ts';
import { KeyStoreError } from '../../errors.ts';
import { hmacSha3_512 } from '../../hash/index.ts';
import { SHA3_512 } from '../../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../../preamble.ts';
import { requireBuiltin } from '../../runtime.ts';
import type { Disk } from './disk.ts';
import { COMMIT_ID_BYTES, STORE_ID_BYTES } from './format.ts';
import { Reader } from './reader.ts';

const MARKED_BYTES = PREAMBLE_BYTES + STORE_ID_BYTES + 8 + COMMIT_ID_BYTES;

/** Bytes of a mark. */
export const MARK_BYTES: number = MARKED_BYTES + SHA3_512.digestBytes;

/** How far a store has got. */
export interface Mark {
  readonly revision: number;
  /** Id of the commit that made that revision. */
  readonly commit: Uint8Array;
}

/** The folder of marks for which no path was given: that of state which is no data (XDG Base Directory). */
function stateFolder(disk: Disk): string {
  const given = process.env['XDG_STATE_HOME'];
  // The specification ignores relative paths.
  const base = given?.startsWith('/')
    ? given
    : disk.join(requireBuiltin<typeof Os>('node:os', 'a high-water mark').homedir(), '.local/state');
  return disk.join(base, 'mwrasp-crypto');
}

/** The mark of one store. */
export class MarkFile {
  readonly #disk: Disk;
  readonly #storeId: Uint8Array;
  readonly #markKey: Uint8Array;
  readonly #isDefault: boolean;
  readonly path: string;

  /**
   * @param disk - Files.
   * @param path - The file; in the user's folder of state when absent.
   * @param storeId - The store.
   * @param markKey - Its mark key; referred to, not copied.
   */
  constructor(disk: Disk, path: string | undefined, storeId: Uint8Array, markKey: Uint8Array) {
    this.#disk = disk;
    this.#storeId = storeId;
    this.#markKey = markKey;
    this.#isDefault = path === undefined;
    this.path = disk.resolve(path ?? disk.join(stateFolder(disk), `${toHex(storeId)}.mark`));
  }

  /**
   * The mark; undefined when there is none yet.
   *
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_CORRUPT` when it is damaged or another store's, `ERR_KEYSTORE_IO`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a version of another release.
   */
  async read(): Promise<Mark | undefined> {
    const bytes = await this.#disk.read(this.path, MARK_BYTES);
    if (bytes === undefined) return undefined;
    if (bytes.length !== MARK_BYTES) throw this.#corrupt('it is damaged');
    try {
      checkPreamble(this.path, bytes, 'H');
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_UNSUPPORTED_VERSION') throw error;
      throw this.#corrupt('it is no high-water mark');
    }
    const reader = new Reader(bytes, PREAMBLE_BYTES);
    if (!equal(reader.take(STORE_ID_BYTES), this.#storeId))
      throw this.#corrupt('it is that of another store');
    if (!equal(this.#mac(bytes.subarray(0, MARKED_BYTES)), bytes.subarray(MARKED_BYTES))) {
      throw this.#corrupt('it is damaged');
    }
    return { revision: reader.uint(8), commit: reader.take(COMMIT_ID_BYTES) };
  }

  /**
   * Sets the mark. Durable but for its name: after a power cut it may be the one before, which is only less strict.
   *
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_IO`.
   */
  async write({ revision, commit }: Mark): Promise<void> {
    const preamble = new Uint8Array(PREAMBLE_BYTES);
    writePreamble(preamble, 'H');
    const marked = concat(preamble, this.#storeId, uintBytes(revision, 8), commit);
    if (this.#isDefault) await this.#disk.makeFolder(this.#disk.parent(this.path), true);
    const temporary = this.#disk.temporary(this.path);
    await this.#disk.writeNew(temporary, concat(marked, this.#mac(marked)));
    try {
      await this.#disk.rename(temporary, this.path);
    } catch (error) {
      await this.#disk.remove(temporary).catch(() => {});
      throw error;
    }
  }

  /** Wipes the mark key. */
  close(): void {
    wipe(this.#markKey);
  }

  #mac(bytes: Uint8Array): Uint8Array {
    return hmacSha3_512(this.#markKey, bytes);
  }

  #corrupt(why: string): KeyStoreError {
    return new KeyStoreError(
      'ERR_KEYSTORE_CORRUPT',
      `cannot use high-water mark ${this.path}: ${why}; if nobody put back an older store, remove the file`,
    );
  }
}
