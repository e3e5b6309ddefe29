/**
 * A keystore in one encrypted file. Written whole, to a temporary file that replaces the old one when it is durable.
 *
 * Meant for one process at a time: a commit over a file that somebody else changed is refused, and nothing is lost.
 *
 * @module
 */
import type * as FileSystem from 'node:fs/promises';
import type * as Path from 'node:path';
import { AeadKey, open, seal } from '../aead/index.ts';
import { equal, randomFill, toHex } from '../bytes.ts';
import type { Clock } from '../clock.ts';
import { KeyStoreError } from '../errors.ts';
import { requireBuiltin } from '../runtime.ts';
import type { ByteSecret } from '../secret.ts';
import { readFileContent, writeFileContent, writeRecordHead } from './format.ts';
import type { Keystore } from './keystore.ts';
import { type Backend, LocalKeystore } from './store.ts';

/** A larger file is not one of ours. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

function ioError(action: string, path: string, cause: unknown): KeyStoreError {
  return new KeyStoreError(
    'ERR_KEYSTORE_IO',
    `cannot ${action} keystore ${path}: ${errorCode(cause) ?? 'failed'}`,
    {
      cause,
    },
  );
}

/** One file, replaced as a whole. */
class StoreFile {
  readonly #fs: typeof FileSystem = requireBuiltin('node:fs/promises', 'a file keystore');
  readonly #path: typeof Path = requireBuiltin('node:path', 'a file keystore');
  readonly path: string;

  /** @param path - The file; a relative name means one in the folder of this moment. */
  constructor(path: string) {
    this.path = this.#path.resolve(path);
  }

  /** The file's bytes, or undefined when there is none. */
  async read(): Promise<Uint8Array | undefined> {
    try {
      const stats = await this.#fs.stat(this.path);
      // Reading a pipe or a device may never end.
      if (!stats.isFile()) throw new KeyStoreError('ERR_KEYSTORE_IO', `${this.path} is not a file`);
      const { size } = stats;
      if (size > MAX_FILE_BYTES) {
        throw new KeyStoreError(
          'ERR_KEYSTORE_CORRUPT',
          `${this.path} is too large for a keystore: ${size} bytes`,
        );
      }
      return new Uint8Array(await this.#fs.readFile(this.path));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      if (error instanceof KeyStoreError) throw error;
      throw ioError('read', this.path, error);
    }
  }

  /** Replaces the file: write a temporary one, make it durable, rename it, make the name durable. */
  async replace(bytes: Uint8Array): Promise<void> {
    if (bytes.length > MAX_FILE_BYTES) {
      throw new KeyStoreError('ERR_KEYSTORE_STATE', `keystore ${this.path} is full`);
    }
    const temporary = `${this.path}.${toHex(randomFill(new Uint8Array(8)))}.tmp`;
    let folder: FileSystem.FileHandle | undefined;
    try {
      folder = await this.#openFolder();
      const file = await this.#fs.open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#fs.rename(temporary, this.path);
      await folder?.sync();
    } catch (error) {
      await this.#fs.rm(temporary, { force: true }).catch(() => {});
      throw ioError('write', this.path, error);
    } finally {
      await folder?.close().catch(() => {});
    }
  }

  /** The folder, opened before anything is written: a rename that cannot be made durable must not be tried. */
  async #openFolder(): Promise<FileSystem.FileHandle | undefined> {
    // Windows cannot open a folder; there the rename itself is as durable as it gets.
    if (this.#path.sep === '\\') return undefined;
    return this.#fs.open(this.#path.dirname(this.path), 'r');
  }
}

/**
 * Opens a file keystore, or makes a new one where there is none.
 *
 * @param path - The file.
 * @param rootKeyBytes - 32 bytes; copied.
 * @param clock - Source of creation times.
 */
export async function openFileKeystore(
  path: string,
  rootKeyBytes: ByteSecret,
  clock: Clock,
): Promise<Keystore> {
  const file = new StoreFile(path);
  const rootKey = AeadKey.fromBytes(rootKeyBytes);
  try {
    let bytes = await file.read();
    if (bytes === undefined) {
      bytes = writeFileContent(rootKey, { revision: 0, state: { records: [], tombstones: [] } });
      await file.replace(bytes);
    }
    const content = readFileContent(path, rootKey, bytes);
    let { revision } = content;
    let committed = bytes;
    const backend: Backend = {
      name: 'file',
      custody: 'sealed',
      initial: content.state,
      protect: (record, seed) => seal(rootKey, seed, { aad: writeRecordHead(record) }),
      unprotect: (record) => open(rootKey, record.seed, { aad: writeRecordHead(record) }),
      async commit(state) {
        const current = await file.read();
        if (current === undefined || !equal(current, committed)) {
          throw new KeyStoreError(
            'ERR_KEYSTORE_STATE',
            `keystore ${path} was changed by somebody else; open it again`,
          );
        }
        const next = writeFileContent(rootKey, { revision: revision + 1, state });
        await file.replace(next);
        revision++;
        committed = next;
      },
      close: async () => rootKey.dispose(),
    };
    return new LocalKeystore(backend, clock);
  } catch (error) {
    rootKey.dispose();
    throw error;
  }
}
