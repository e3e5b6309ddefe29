/**
 * Takes the memory of a process, as somebody would who takes the machine.
 *
 * @module
 */
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const PAGE_BYTES = 4096;
const PIECE_BYTES = 2 ** 22;

/** Memory that lay together, and where it stands in the file. */
export interface Segment {
  readonly address: number;
  readonly bytes: number;
  readonly offset: number;
}

/** All that a process could write to. */
export interface Dump {
  readonly path: string;
  readonly segments: readonly Segment[];
  readonly bytes: number;
}

/** Stops a process, and waits until it stands still. */
export async function stop(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  for (let tries = 0; tries < 1000; tries++) {
    if (/^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return;
    await wait(1);
  }
  throw new Error(`process ${pid} does not stop`);
}

/**
 * Writes the writable memory of a stopped process to a file. Pages of zeros, which nobody has used, are left out.
 *
 * @param pid - The process.
 * @param path - The file.
 */
export function dump(pid: number, path: string): Dump {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const file = openSync(path, 'w');
  const segments: Segment[] = [];
  const piece = Buffer.alloc(PIECE_BYTES);
  let offset = 0;
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (from === undefined || to === undefined) continue;
      const end = Number.parseInt(to, 16);
      for (let at = Number.parseInt(from, 16); at < end; at += PIECE_BYTES) {
        let read = 0;
        try {
          read = readSync(memory, piece, 0, Math.min(PIECE_BYTES, end - at), at);
        } catch {
          // Of a device, or reserved: nobody can read it.
          break;
        }
        for (const { start, bytes } of used(piece.subarray(0, read))) {
          const last = segments.at(-1);
          const address = at + start;
          writeSync(file, piece, start, bytes, offset);
          if (last !== undefined && last.address + last.bytes === address) {
            segments[segments.length - 1] = { ...last, bytes: last.bytes + bytes };
          } else segments.push({ address, bytes, offset });
          offset += bytes;
        }
      }
    }
  } finally {
    closeSync(memory);
    closeSync(file);
  }
  return { path, segments, bytes: offset };
}

const EMPTY_PAGE = Buffer.alloc(PAGE_BYTES);

/** Runs of pages that are not all zeros. */
function* used(piece: Buffer): Generator<{ start: number; bytes: number }> {
  let start = -1;
  for (let at = 0; at < piece.length; at += PAGE_BYTES) {
    const page = piece.subarray(at, at + PAGE_BYTES);
    const isEmpty = page.equals(EMPTY_PAGE);
    if (!isEmpty && start < 0) start = at;
    if (isEmpty && start >= 0) {
      yield { start, bytes: at - start };
      start = -1;
    }
  }
  if (start >= 0) yield { start, bytes: piece.length - start };
}
