/**
 * Backups as files.
 *
 * @module
 */
import { nameOf, openInput, readWhole } from '../files.ts';

const MAX_BACKUP_BYTES = 2 ** 30;

/** Reads a backup whole. */
export async function readBackup(path: string): Promise<Uint8Array> {
  const { source } = await openInput(path);
  return await readWhole(source, MAX_BACKUP_BYTES, `${nameOf(path)} is too large to be a backup`);
}
