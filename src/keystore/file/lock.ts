/**
 * One writer at a time in a folder, across processes, in the order in which they came: a file that only one can make, whose
 * holder touches it while it works, and a ticket for each that waits.
 *
 * Nothing depends on it but order and fairness. A lock that two believe to hold costs one of them a second try, never an
 * update: see the commit in `storage.ts`.
 *
 * @module
 */
import type * as FileSystem from 'node:fs/promises';
import type * as Os from 'node:os';
import type * as Workers from 'node:worker_threads';
import { randomFill, toHex } from '../../bytes.ts';
import { KeyStoreError } from '../../errors.ts';
import { requireBuiltin } from '../../runtime.ts';
import { type Disk, errorCode, ioError } from './disk.ts';
import { processStatus } from './processes.ts';

/** The lock's name in the folder. */
const LOCK_NAME = 'lock';
/** A ticket: when it was taken, milliseconds since the Unix epoch; process, host, random digits. */
const TICKET_NAME = /^lock\.wanted\.([0-9]{15})\.([0-9]{1,10})\.([a-z0-9-]{1,32})\.[0-9a-f]{16}$/;

/** A holder touches its lock this often. */
const HEARTBEAT_MS = 2000;
/** A lock that was not touched for so long, while somebody watched, has lost its holder. */
const STALE_MS = 10_000;
/** The same, for one whose holder did not get to write its name. */
const STALE_NAMELESS_MS = 1000;
/** The same, for one whose holder is known to be stopped (SIGSTOP, a debugger): it will find out when it commits. */
const STALE_STOPPED_MS = 1000;
/** A ticket that is older is nobody's: no one waits so long. */
const STALE_TICKET_MS = 900_000;
/** The first in the queue looks again after about this time, those behind it after multiples of it. */
const POLL_MS = 5;
const MAX_POLL_MS = 50;
/** A holder is looked at this often. */
const LOOK_MS = 200;
/** A lock that is free so long is taken by whoever comes: those ahead are too slow, or gone. */
const COURTESY_MS = 300;
const MAX_LOCK_BYTES = 1024;

/** A lock that is held. */
export interface HeldLock {
  /** Whether it was taken from a holder that is gone, which may have left something behind. */
  readonly broken: boolean;
  release(): Promise<void>;
}

/** What is known of somebody else's lock. */
interface Seen {
  readonly text: string;
  readonly touchedMs: number;
  readonly sinceMs: number;
}

/** When this process began, in seconds: tells it from an earlier one that had its number. */
const startedAt = /* @__PURE__ */ Math.round(Date.now() / 1000 - (globalThis.process?.uptime?.() ?? 0));

/** What stands in the locks that this thread holds. */
const held = new Set<string>();

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Time until a waiter's next look; never two in step. */
function pollDelay(ahead: number): number {
  const [random = 0] = randomFill(new Uint8Array(1));
  return Math.min(POLL_MS * (1 + ahead), MAX_POLL_MS) * (1 + random / 256);
}

/** Whether this machine has no process of a number. */
function isProcessGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errorCode(error) === 'ESRCH';
  }
}

/** The lock of one folder, as one process sees it. */
export class FolderLock {
  readonly #fs: typeof FileSystem = requireBuiltin('node:fs/promises', 'a file keystore');
  readonly #disk: Disk;
  readonly #path: string;
  readonly #folder: string;
  readonly #holder: string;
  readonly #host: string;

  /**
   * @param disk - Files.
   * @param folder - The folder that is locked.
   */
  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#path = disk.join(folder, LOCK_NAME);
    this.#folder = folder;
    const host = requireBuiltin<typeof Os>('node:os', 'a file keystore').hostname();
    const { threadId } = requireBuiltin<typeof Workers>('node:worker_threads', 'a file keystore');
    this.#host =
      host
        .toLowerCase()
        .replaceAll(/[^a-z0-9-]/g, '-')
        .slice(0, 32) || '-';
    this.#holder = `${process.pid} ${host} ${startedAt} ${threadId} `;
  }

  /**
   * Waits for the lock.
   *
   * @param timeoutMs - How long at most.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_LOCKED` when that time is over; `ERR_KEYSTORE_IO`.
   */
  async acquire(timeoutMs: number): Promise<HeldLock> {
    const text = this.#holder + toHex(randomFill(new Uint8Array(8)));
    const broken = await this.#wait(text, timeoutMs);
    held.add(text);
    const heartbeat = setInterval(() => {
      const now = new Date();
      this.#fs.utimes(this.#path, now, now).catch(() => {});
    }, HEARTBEAT_MS);
    heartbeat.unref?.();
    return {
      broken,
      release: async () => {
        clearInterval(heartbeat);
        held.delete(text);
        await this.#release(text);
      },
    };
  }

  /** Waits in the queue; says whether a lock had to be broken. */
  async #wait(text: string, timeoutMs: number): Promise<boolean> {
    // Who comes last does not overtake those who wait.
    if ((await this.#queue()).tickets.length === 0 && (await this.#make(text))) return false;
    const startMs = performance.now();
    const ticket = this.#newTicket();
    let broken = false;
    let seen: Seen | undefined;
    let lookedMs = startMs;
    let freeSinceMs: number | undefined;
    await this.#take(ticket);
    try {
      for (;;) {
        const { taken, tickets } = await this.#queue();
        const nowMs = performance.now();
        const ahead = tickets.filter((other) => other < ticket).length;
        if (!taken) {
          freeSinceMs ??= nowMs;
          if ((ahead === 0 || nowMs - freeSinceMs >= COURTESY_MS) && (await this.#make(text))) return broken;
        } else {
          freeSinceMs = undefined;
          if (seen === undefined || nowMs - lookedMs >= LOOK_MS) {
            lookedMs = nowMs;
            seen = await this.#look(seen);
            if (seen !== undefined && (await this.#isStale(seen))) {
              broken = (await this.#break(seen)) || broken;
              seen = undefined;
              continue;
            }
          }
        }
        if (nowMs - startMs >= timeoutMs) throw this.#timeout(timeoutMs, seen);
        await wait(pollDelay(ahead));
      }
    } finally {
      await this.#disk.remove(ticket).catch(() => {});
    }
  }

  #newTicket(): string {
    const takenAt = String(Date.now()).padStart(15, '0');
    const random = toHex(randomFill(new Uint8Array(8)));
    return this.#disk.join(this.#folder, `lock.wanted.${takenAt}.${process.pid}.${this.#host}.${random}`);
  }

  /** Makes a ticket. Who gets none waits without one. */
  async #take(ticket: string): Promise<void> {
    const file = await this.#fs.open(ticket, 'wx', 0o600).catch(() => undefined);
    await file?.close().catch(() => {});
  }

  /** Whether the lock is taken, and the tickets of those who wait for it. Tickets of the dead are removed. */
  async #queue(): Promise<{ taken: boolean; tickets: string[] }> {
    const names = await this.#disk.names(this.#folder);
    const tickets: string[] = [];
    for (const name of names) {
      const [, takenAt, pid, host] = TICKET_NAME.exec(name) ?? [];
      if (pid === undefined) continue;
      const path = this.#disk.join(this.#folder, name);
      const dead =
        (host === this.#host && isProcessGone(Number(pid))) ||
        Math.abs(Date.now() - Number(takenAt)) > STALE_TICKET_MS;
      if (dead) await this.#disk.remove(path).catch(() => {});
      else tickets.push(path);
    }
    return { taken: names.includes(LOCK_NAME), tickets };
  }

  async #make(text: string): Promise<boolean> {
    try {
      const file = await this.#fs.open(this.#path, 'wx', 0o600);
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      // Made, but not written: nobody may wait for it.
      if (errorCode(error) === 'ENOSPC' || errorCode(error) === 'EIO') {
        await this.#disk.remove(this.#path).catch(() => {});
      }
      throw ioError('make', this.#path, error);
    }
  }

  /** What stands in the lock, and since when it has not been touched. */
  async #look(before: Seen | undefined): Promise<Seen | undefined> {
    try {
      const { mtimeMs } = await this.#fs.stat(this.#path);
      const bytes = await this.#disk.read(this.#path, MAX_LOCK_BYTES);
      if (bytes === undefined) return undefined;
      const text = new TextDecoder().decode(bytes);
      if (before?.text === text && before.touchedMs === mtimeMs) return before;
      return { text, touchedMs: mtimeMs, sinceMs: performance.now() };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw ioError('read', this.#path, error);
    }
  }

  async #isStale({ text, sinceMs }: Seen): Promise<boolean> {
    const unchangedMs = performance.now() - sinceMs;
    if (text === '') return unchangedMs >= STALE_NAMELESS_MS;
    if (unchangedMs >= STALE_MS) return true;
    const state = await this.#holderState(text);
    return state === 'gone' || (state === 'stopped' && unchangedMs >= STALE_STOPPED_MS);
  }

  /** What is known of the holder: gone is a process of this machine that is no more, and a use of ours that ended. */
  async #holderState(text: string): Promise<'running' | 'stopped' | 'gone'> {
    const [pid, host, start, thread] = text.split(' ');
    const [ownPid, ownHost, ownStart, ownThread] = this.#holder.split(' ');
    if (host !== ownHost || !/^[0-9]{1,10}$/.test(pid ?? '')) return 'running';
    if (pid === ownPid) {
      const sameProcess = Math.abs(Number(start) - Number(ownStart)) <= 2;
      return !sameProcess || (thread === ownThread && !held.has(text)) ? 'gone' : 'running';
    }
    return (await processStatus(Number(pid))).state;
  }

  /** Moves a stale lock out of the way; says whether it was that one. */
  async #break({ text }: Seen): Promise<boolean> {
    const away = this.#disk.temporary(this.#path);
    if (!(await this.#disk.rename(this.#path, away))) return false;
    const bytes = await this.#disk.read(away, MAX_LOCK_BYTES);
    await this.#disk.remove(away);
    // If somebody was faster, this was the lock of a living one: it will notice when it commits.
    return bytes !== undefined && new TextDecoder().decode(bytes) === text;
  }

  async #release(text: string): Promise<void> {
    const bytes = await this.#disk.read(this.#path, MAX_LOCK_BYTES);
    if (bytes === undefined || new TextDecoder().decode(bytes) !== text) return;
    await this.#disk.remove(this.#path);
  }

  #timeout(timeoutMs: number, seen: Seen | undefined): KeyStoreError {
    const [pid, host] = (seen?.text ?? '').split(' ');
    const who = /^[0-9]{1,10}$/.test(pid ?? '') ? `process ${pid} on ${host}` : 'somebody';
    return new KeyStoreError(
      'ERR_KEYSTORE_LOCKED',
      `${who} holds ${this.#path}: waited ${timeoutMs} ms for it; nothing was changed`,
    );
  }
}
