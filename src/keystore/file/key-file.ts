/**
 * A root key in a file: 32 bytes, which nobody but its owner may read.
 *
 * @module
 */
import type * as FileSystem from 'node:fs/promises';
import { allocateSecret, wipe } from '../../bytes.ts';
import { KeyStoreError } from '../../errors.ts';
import { requireBuiltin } from '../../runtime.ts';
import { ioError } from './disk.ts';
import { ROOT_KEY_BYTES } from './unlock-section.ts';

/** What others may do with a file, in its mode. */
const OTHERS = 0o077;
const GROUP_READ = 0o040;

/** What of a file's status decides. */
export interface KeyFileStatus {
  /** Permission bits; the type's bits are ignored. */
  readonly mode: number;
  /** Its owner. */
  readonly uid: number;
}

/**
 * Why a key file is not safe, if so. Allowed is a file that only its owner can use, when the owner is root or this process;
 * and one of root's that its group can read and nobody else can, which is how Kubernetes mounts a secret for a pod with
 * `fsGroup` (`defaultMode: 0400` becomes 0440).
 *
 * @param status - Of the file itself, not of a link to it.
 * @param ownUid - User id of this process; undefined where there is none (Windows), and then everything is allowed.
 */
export function keyFileObjection(
  { mode, uid }: KeyFileStatus,
  ownUid: number | undefined,
): string | undefined {
  if (ownUid === undefined) return undefined;
  if (uid !== ownUid && uid !== 0) return `it belongs to user ${uid}`;
  const open = mode & OTHERS;
  if (open === 0 || (open === GROUP_READ && uid === 0)) return undefined;
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  return `others than its owner may use it (mode ${shown}); chmod 600 it, or mount it with defaultMode 0400`;
}

/**
 * Reads a key file. Links are followed: a Kubernetes secret is one.
 *
 * @param path - The file.
 * @returns 32 bytes, the caller's to wipe.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_IO` when it cannot be read, may be read by others, or is no such file.
 */
export async function readKeyFile(path: string): Promise<Uint8Array> {
  const fs = requireBuiltin<typeof FileSystem>('node:fs/promises', 'a key file');
  const { O_RDONLY, O_NONBLOCK = 0 } = fs.constants;
  const key = allocateSecret(ROOT_KEY_BYTES);
  let file: FileSystem.FileHandle | undefined;
  try {
    // The status is that of what was opened, whatever the name leads to a moment later.
    file = await fs.open(path, O_RDONLY | O_NONBLOCK);
    const status = await file.stat();
    if (!status.isFile()) throw refusal(path, 'it is not a file');
    const objection = keyFileObjection(status, process.getuid?.());
    if (objection !== undefined) throw refusal(path, objection);
    if (status.size !== ROOT_KEY_BYTES)
      throw refusal(path, `it has ${status.size} bytes, not ${ROOT_KEY_BYTES}`);
    const { bytesRead } = await file.read(key, 0, ROOT_KEY_BYTES, 0);
    if (bytesRead !== ROOT_KEY_BYTES) throw refusal(path, 'it changed while it was read');
    return key;
  } catch (error) {
    wipe(key);
    throw ioError('read key file', path, error);
  } finally {
    await file?.close().catch(() => {});
  }
}

function refusal(path: string, why: string): KeyStoreError {
  return new KeyStoreError('ERR_KEYSTORE_IO', `key file ${path} is refused: ${why}`);
}
