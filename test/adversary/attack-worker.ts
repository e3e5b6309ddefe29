/**
 * A thread of the attack: takes its share of the pieces of a dump.
 *
 * @module
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { AttackTask, Place, Spoils } from './attack.ts';
import { Kernel, OVERLAP_BYTES, PIECE_BYTES } from './kernel.ts';
import { keyWindows } from './windows.ts';

const { module, dump, first, every, targets, handshake, plaintexts } = workerData as AttackTask;
const kernel = new Kernel(module, targets, handshake);
const file = openSync(dump.path, 'r');
const piece = Buffer.alloc(PIECE_BYTES);
const secrets: Place[] = [];
const found: { name: string; address: number }[] = [];
let windows = 0;
let number = 0;
for (const { address, bytes, offset } of dump.segments) {
  for (let at = 0; at < bytes; at += PIECE_BYTES - OVERLAP_BYTES) {
    if (number++ % every !== first) continue;
    const read = readSync(file, piece, 0, Math.min(PIECE_BYTES, bytes - at), offset + at);
    const part = piece.subarray(0, read);
    windows += keyWindows(Math.min(read, PIECE_BYTES - OVERLAP_BYTES));
    for (const hit of kernel.scan(part)) {
      secrets.push({ kind: hit.kind, epoch: hit.epoch, address: address + at + hit.offset });
    }
    for (const { name, bytes: wanted } of plaintexts) {
      const where = part.indexOf(wanted);
      if (where >= 0) found.push({ name, address: address + at + where });
    }
  }
}
closeSync(file);
const spoils: Spoils = {
  tried: kernel.tried,
  windows,
  schedules: kernel.schedules,
  secrets,
  plaintexts: found,
};
parentPort?.postMessage(spoils);
