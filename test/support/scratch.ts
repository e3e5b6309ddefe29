/**
 * Where tests keep what needs to outlast no power cut: in memory, as most of a keystore's time on a disk is spent waiting for
 * it.
 *
 * @module
 */
import { accessSync, constants, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Several times what any suite needs at once. */
const ENOUGH_BYTES = 48 * 2 ** 20;

const MEMORY = '/dev/shm';

function isUsable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ENOUGH_BYTES;
  } catch {
    return false;
  }
}

/** A folder for folders. Programs and libraries may not be runnable from it. */
export const SCRATCH: string = isUsable(MEMORY) ? MEMORY : tmpdir();
