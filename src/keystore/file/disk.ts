/**
 * The few things that a store does with files: bounded reads, durable writes, and errors that name the file.
 *
 * @module
 */
import type * as FileSystem from 'node:fs/promises';
import type * as Path from 'node:path';
import { randomFill, toHex } from '../../bytes.ts';
import { KeyStoreError } from '../../errors.ts';
import { requireBuiltin } from '../../runtime.ts';

/** What needs these modules, for errors. */
const PURPOSE = 'a file keystore';

/** Ending of files that are not whole yet; nobody reads them. */
export const TEMPORARY = '.tmp';

/** Code of a system error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code: unknown = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** A system error as one of ours, which says what could not be done, to which file, and why. */
export function ioError(action: string, path: string, cause: unknown): KeyStoreError {
  if (cause instanceof KeyStoreError) return cause;
  const why = errorCode(cause) ?? 'failed';
  return new KeyStoreError('ERR_KEYSTORE_IO', `cannot ${action} ${path}: ${why}`, { cause });
}

/** A folder that is open, so that what changes in it can be made durable; does nothing where folders cannot be opened. */
export interface OpenFolder {
  /** Makes names in the folder durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Files. */
export class Disk {
  readonly #fs: typeof FileSystem = requireBuiltin('node:fs/promises', PURPOSE);
  readonly #path: typeof Path = requireBuiltin('node:path', PURPOSE);

  /** An absolute path; a relative one means the folder of this moment. */
  resolve(path: string): string {
    return this.#path.resolve(path);
  }

  /** A name in a folder. */
  join(folder: string, name: string): string {
    return this.#path.join(folder, name);
  }

  /** The folder of a path. */
  parent(path: string): string {
    return this.#path.dirname(path);
  }

  /** A path beside another one that nobody uses. */
  temporary(path: string): string {
    return `${path}.${toHex(randomFill(new Uint8Array(8)))}${TEMPORARY}`;
  }

  /** What a path is; undefined when there is nothing. */
  async kind(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
    try {
      const stats = await this.#fs.stat(path);
      return stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'other';
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw ioError('look at', path, error);
    }
  }

  /** When something in a folder changed last, nanoseconds; undefined when that cannot be told. */
  async changedAt(folder: string): Promise<bigint | undefined> {
    try {
      return (await this.#fs.stat(folder, { bigint: true })).mtimeNs;
    } catch {
      return undefined;
    }
  }

  /** Makes a folder for its owner only, if it is not there; says whether it was made. */
  async makeFolder(path: string, recursive = false): Promise<boolean> {
    try {
      const first = await this.#fs.mkdir(path, { mode: 0o700, recursive });
      return !recursive || first !== undefined;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw ioError('make folder', path, error);
    }
  }

  /** Names in a folder. */
  async names(folder: string): Promise<string[]> {
    try {
      return await this.#fs.readdir(folder);
    } catch (error) {
      throw ioError('read folder', folder, error);
    }
  }

  /**
   * A file's bytes, or undefined when there is none.
   *
   * @param path - The file; links are followed.
   * @param maxBytes - A larger one is not one of ours.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_IO`; `ERR_KEYSTORE_CORRUPT` when it is too large.
   */
  async read(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
    let file: FileSystem.FileHandle | undefined;
    try {
      const { O_RDONLY, O_NONBLOCK = 0 } = this.#fs.constants;
      // Opening a pipe would wait for its writer.
      file = await this.#fs.open(path, O_RDONLY | O_NONBLOCK);
      const stats = await file.stat();
      // Reading a pipe or a device may never end.
      if (!stats.isFile()) throw new KeyStoreError('ERR_KEYSTORE_IO', `${path} is not a file`);
      if (stats.size > maxBytes) {
        const message = `${path} is too large: ${stats.size} bytes, where at most ${maxBytes} are expected`;
        throw new KeyStoreError('ERR_KEYSTORE_CORRUPT', message);
      }
      return await readAll(file, stats.size);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw ioError('read', path, error);
    } finally {
      await file?.close().catch(() => {});
    }
  }

  /** Writes a file that must not be there, readable for its owner only, and makes its content durable. */
  async writeNew(path: string, bytes: Uint8Array): Promise<void> {
    let made = false;
    try {
      const file = await this.#fs.open(path, 'wx', 0o600);
      made = true;
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      if (made) await this.remove(path).catch(() => {});
      throw ioError('write', path, error);
    }
  }

  /**
   * Gives a file a second name, if nobody has it.
   *
   * @returns `made`; `taken` when the name is somebody's; `gone` when the file itself was removed.
   */
  async link(path: string, name: string): Promise<'made' | 'taken' | 'gone'> {
    try {
      await this.#fs.link(path, name);
      return 'made';
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return 'taken';
      if (errorCode(error) === 'ENOENT') return 'gone';
      throw ioError('make', name, error);
    }
  }

  /** Renames a file over whatever has the name; says whether the file was there. */
  async rename(path: string, name: string): Promise<boolean> {
    try {
      await this.#fs.rename(path, name);
      return true;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw ioError('make', name, error);
    }
  }

  /** Removes a file, if it is there. */
  async remove(path: string): Promise<void> {
    try {
      await this.#fs.unlink(path);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw ioError('remove', path, error);
    }
  }

  /** Removes a folder and what is in it, if it is there. */
  async removeFolder(path: string): Promise<void> {
    try {
      await this.#fs.rm(path, { recursive: true, force: true });
    } catch (error) {
      throw ioError('remove folder', path, error);
    }
  }

  /**
   * Overwrites a file with zeros and removes it. The overwriting is best effort: a disk that writes elsewhere (SSD,
   * copy-on-write, a journal of data) keeps the old bytes for a while, whoever asks.
   */
  async erase(path: string): Promise<void> {
    await this.#zero(path).catch(() => {});
    await this.remove(path);
  }

  async #zero(path: string): Promise<void> {
    const file = await this.#fs.open(path, 'r+');
    try {
      const { nlink, size } = await file.stat();
      // A file with a second name is still wanted under that one.
      if (nlink !== 1) return;
      await file.write(new Uint8Array(size), 0, size, 0);
      // Zeros that are still in memory when the file goes never reach the disk.
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** Opens a folder, before anything is changed in it: a change that cannot be made durable must not be tried. */
  async openFolder(path: string): Promise<OpenFolder> {
    // Windows cannot open a folder; there a change is as durable as it gets.
    if (this.#path.sep === '\\') return { sync: async () => {}, close: async () => {} };
    let handle: FileSystem.FileHandle;
    try {
      handle = await this.#fs.open(path, 'r');
    } catch (error) {
      throw ioError('open folder', path, error);
    }
    return {
      sync: async () => {
        try {
          await handle.sync();
        } catch (error) {
          throw ioError('make durable what changed in folder', path, error);
        }
      },
      // Nothing is lost when closing fails.
      close: () => handle.close().catch(() => {}),
    };
  }

  /** Makes names in a folder durable. */
  async syncFolder(path: string): Promise<void> {
    const folder = await this.openFolder(path);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

/** Reads as much as the file had when it was opened: one that grows meanwhile does not make us read for ever. */
async function readAll(file: FileSystem.FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(new ArrayBuffer(size));
  let offset = 0;
  while (offset < size) {
    const { bytesRead } = await file.read(bytes, offset, size - offset, offset);
    if (bytesRead === 0) break;
    offset += bytesRead;
  }
  return bytes.subarray(0, offset);
}
