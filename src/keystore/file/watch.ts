/**
 * Notices that somebody changed a folder: by the system's notice where there is one, and by one look a second for what it
 * misses (network file systems, a limit of watches).
 *
 * @module
 */
import type * as FileSystem from 'node:fs';
import { requireBuiltin } from '../../runtime.ts';
import type { Disk } from './disk.ts';

/** Looks at the folder's time of change are this far apart. */
export const LOOK_MS = 1000;

/** Notices that come in a burst are one: the first is acted on after this time. */
const GATHER_MS = 20;

/**
 * Watches a folder. Keeps no process alive.
 *
 * @param disk - Files.
 * @param folder - The folder; not what is in its folders.
 * @param changed - Called after a change, and sometimes without one; never again before what it returned is settled.
 * @param lookMs - Milliseconds between two looks.
 * @returns Ends it.
 */
export function watchFolder(
  disk: Disk,
  folder: string,
  changed: () => Promise<void>,
  lookMs: number = LOOK_MS,
): () => void {
  const { watch } = requireBuiltin<typeof FileSystem>('node:fs', 'a file keystore');
  let ended = false;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  let again = false;

  const act = (): void => {
    gathering = undefined;
    if (ended) return;
    if (running !== undefined) {
      again = true;
      return;
    }
    running = changed()
      .catch(() => {})
      .finally(() => {
        running = undefined;
        if (again) notice();
        again = false;
      });
  };
  const notice = (): void => {
    if (ended || gathering !== undefined) return;
    gathering = setTimeout(act, GATHER_MS);
    gathering.unref?.();
  };

  let last: bigint | undefined;
  const look = setInterval(async () => {
    const changedAt = await disk.changedAt(folder);
    if (changedAt === last) return;
    last = changedAt;
    notice();
  }, lookMs);
  look.unref?.();

  let watcher: FileSystem.FSWatcher | undefined;
  try {
    watcher = watch(folder, { persistent: false }, notice);
    // A watch that breaks leaves the looks.
    watcher.on('error', () => watcher?.close());
  } catch {
    // As do systems that have no watches, or none left.
  }
  return () => {
    ended = true;
    clearInterval(look);
    clearTimeout(gathering);
    watcher?.close();
  };
}
