/**
 * Whether another process of this machine still lives, and whether it is stopped.
 *
 * @module
 */
import type * as FileSystem from 'node:fs/promises';
import type * as Os from 'node:os';
import { requireBuiltin } from '../../runtime.ts';
import { errorCode } from './disk.ts';

const PURPOSE = 'looking at processes';

/** What the system tells of a process. */
export interface ProcessStatus {
  /** `gone`: there is no such process any more. `stopped`: it does nothing until it is continued (SIGSTOP, a debugger). */
  readonly state: 'running' | 'stopped' | 'gone';
  /** When it began, in ticks since the machine began: tells it from an earlier one that had its number. 0 when unknown. */
  readonly started: number;
}

/** Fields of `/proc/PID/stat` behind the program's name, counted from its state. */
const STARTED_FIELD = 19;

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errorCode(error) === 'ESRCH';
  }
}

/**
 * Looks at a process of this machine.
 *
 * @param pid - Its number.
 * @returns Without `/proc` (macOS, Windows), whether it is there is all that can be told.
 */
export async function processStatus(pid: number): Promise<ProcessStatus> {
  if (isGone(pid)) return { state: 'gone', started: 0 };
  const fs = requireBuiltin<typeof FileSystem>('node:fs/promises', PURPOSE);
  const text = await fs.readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name in parentheses may hold anything, parentheses too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [letter = ''] = fields;
  const started = Number(fields[STARTED_FIELD]) || 0;
  // A zombie was killed, and waits for its parent to notice.
  if (letter === 'Z' || letter === 'X') return { state: 'gone', started };
  return { state: letter === 'T' || letter === 't' ? 'stopped' : 'running', started };
}

/**
 * Names the place where numbers of processes mean the same: this machine since it began, and on Linux its namespace of processes,
 * which containers have of their own.
 */
export async function processPlace(): Promise<string> {
  const fs = requireBuiltin<typeof FileSystem>('node:fs/promises', PURPOSE);
  const host = requireBuiltin<typeof Os>('node:os', PURPOSE).hostname();
  const boot = await fs.readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '');
  const namespace = await fs.readlink('/proc/self/ns/pid').catch(() => '');
  return [host.slice(0, 128), boot.trim().slice(0, 64), namespace.slice(0, 32)].join(' ');
}
