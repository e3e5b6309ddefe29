/**
 * Reads the memory of a process from the outside, as somebody would who takes the machine.
 *
 * @module
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const PIECE_BYTES = 16 * 2 ** 20;
/** Pieces overlap, so that nothing hides between two. */
const OVERLAP_BYTES = 64;

/**
 * Searches the writable memory of a process.
 *
 * @param pid - The process.
 * @param secrets - What to look for, by name; at most 64 bytes each.
 * @returns Names of what was found, sorted, and how much was read.
 */
export function searchMemory(
  pid: number,
  secrets: ReadonlyMap<string, Uint8Array>,
): { readonly found: string[]; readonly bytes: number } {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const found = new Set<string>();
  const piece = Buffer.alloc(PIECE_BYTES);
  let bytes = 0;
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
    if (from === undefined || to === undefined) continue;
    const end = Number.parseInt(to, 16);
    for (let at = Number.parseInt(from, 16); at < end; at += PIECE_BYTES - OVERLAP_BYTES) {
      let read = 0;
      try {
        read = readSync(memory, piece, 0, Math.min(PIECE_BYTES, end - at), at);
      } catch {
        // Reserved, and never used.
        break;
      }
      bytes += read;
      for (const [name, secret] of secrets) {
        if (piece.subarray(0, read).indexOf(secret) >= 0) found.add(name);
      }
    }
  }
  closeSync(memory);
  return { found: [...found].sort(), bytes };
}
