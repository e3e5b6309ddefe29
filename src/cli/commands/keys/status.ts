/**
 * `keys status`: generations of rotated keys on a line of time, their states, and what happens next and when.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Keystore } from '@mwrasp/crypto/keystore';
import { type RotationStatus, rotationStatus } from '@mwrasp/crypto/rotation';
import type { Command } from 'commander';
import { addStoreOptions, type StoreOptions, withStore } from '../../store/open.ts';
import { print } from '../../terminal.ts';
import { drawKey, LEGEND, showTime } from './time-line.ts';

interface Options extends StoreOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** Time between two looks. */
const WATCH_MS = 2000;
/** A clock that differs by less was only corrected. */
const CLOCK_MS = 1000;
/** Clears a terminal and goes to its upper left corner. */
const CLEAR = '\u001b[2J\u001b[H';

function format({ nowMs, wallHighMs, fence, keys }: RotationStatus): string {
  if (keys.length === 0) return 'no key of this store is rotated';
  const parts = keys.map((key) => drawKey(key, nowMs));
  parts.push(`${LEGEND}\nnow ${showTime(nowMs)}, fence ${fence}`);
  if (wallHighMs > nowMs + CLOCK_MS) {
    parts.push(`the clock went back: rotators have seen ${showTime(wallHighMs)}`);
  }
  return parts.join('\n\n');
}

async function show(keystore: Keystore, options: Options): Promise<void> {
  const status = await rotationStatus(keystore);
  if (options.watch === true && options.json !== true && process.stdout.isTTY) process.stdout.write(CLEAR);
  print(options.json, status, () => format(status));
}

async function run(options: Options): Promise<void> {
  await withStore(options, async (keystore) => {
    await show(keystore, options);
    while (options.watch === true && process.stdout.writable) {
      await sleep(WATCH_MS);
      await show(keystore, options);
    }
  });
}

/** Adds the command. */
export function addStatus(keys: Command): void {
  const command = keys
    .command('status')
    .description(
      'draw the generations of rotated keys on a line of time, and tell what happens next and when',
    );
  addStoreOptions(command, true)
    .option('--json', 'print one JSON object; with --watch one a line')
    .option('--watch', 'look again every two seconds, until interrupted')
    .action(run);
}
