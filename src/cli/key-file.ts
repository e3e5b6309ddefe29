/**
 * Key files: 32 bytes that only their owner can read.
 *
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { CliError, EXIT } from './exit.ts';
import { nameOf, readSecretFile } from './files.ts';

/** Bytes of a key file. */
export const KEY_FILE_BYTES = 32;

/** Writes a key file that only its owner can read. One that is there is never replaced: something may be sealed under it. */
export async function writeKeyFile(path: string, key: Uint8Array): Promise<void> {
  try {
    await writeFile(path, key, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CliError(
      EXIT.usage,
      `${path} exists, and a key file is never replaced: to use it, say --key-file`,
    );
  }
}

/**
 * Reads a key file.
 *
 * @returns 32 bytes, the caller's to wipe.
 */
export async function readKeyFile(path: string): Promise<Uint8Array> {
  const key = await readSecretFile(path, KEY_FILE_BYTES, 'a key file');
  if (key.length === KEY_FILE_BYTES) return key;
  key.fill(0);
  throw new CliError(
    EXIT.usage,
    `${nameOf(path)} has ${key.length} bytes, and a key file has ${KEY_FILE_BYTES}`,
  );
}
