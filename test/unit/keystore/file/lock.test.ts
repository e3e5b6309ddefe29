import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyStoreError } from '../../../../src/errors.ts';
import { Disk } from '../../../../src/keystore/file/disk.ts';
import { FolderLock } from '../../../../src/keystore/file/lock.ts';
import { expectError } from '../../../contract/support/errors.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const lock = () => new FolderLock(new Disk(), folder);
const names = () => readdirSync(folder).sort();
/** The number of a process that is no more. */
const deadPid = () => spawnSync('true').pid;

describe('a folder lock', () => {
  it('is a file while it is held, and nothing afterwards', async () => {
    const held = await lock().acquire(1000);
    expect(held.broken).toBe(false);
    expect(names()).toEqual(['lock']);
    await held.release();
    expect(names()).toEqual([]);
  });

  it('goes to those who wait in the order in which they came', async () => {
    const order: number[] = [];
    const first = await lock().acquire(1000);
    const others: Promise<void>[] = [];
    for (let i = 0; i < 5; i++) {
      others.push(
        lock()
          .acquire(20_000)
          .then(async (held) => {
            order.push(i);
            await held.release();
          }),
      );
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await first.release();
    await Promise.all(others);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(names()).toEqual([]);
  });

  it('ends the wait after the time stated, and says who holds it', async () => {
    const held = await lock().acquire(1000);
    const startMs = performance.now();
    const error = await expectError(() => lock().acquire(150), KeyStoreError, 'ERR_KEYSTORE_LOCKED');
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(150);
    expect(error.message).toContain(`process ${process.pid}`);
    expect(error.message).toContain(join(folder, 'lock'));
    expect(names()).toEqual(['lock']);
    await held.release();
  });

  it.each([
    ['a process that is gone', () => `${deadPid()} ${hostname()} 5 0 00`],
    ['a process of long ago with our number', () => `${process.pid} ${hostname()} 5 0 00`],
  ])('of %s is broken at once', async (_label, text) => {
    writeFileSync(join(folder, 'lock'), text());
    const startMs = performance.now();
    const held = await lock().acquire(5000);
    expect(held.broken).toBe(true);
    expect(performance.now() - startMs).toBeLessThan(1000);
    await held.release();
    expect(names()).toEqual([]);
  });

  it('of a holder who did not get to write its name is broken after a second', async () => {
    writeFileSync(join(folder, 'lock'), '');
    const startMs = performance.now();
    const held = await lock().acquire(10_000);
    expect(held.broken).toBe(true);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(1000);
    await held.release();
  });

  it('of another machine is broken when nobody has touched it for ten seconds, and not before', async () => {
    writeFileSync(join(folder, 'lock'), '1 elsewhere 5 0 00');
    await expectError(() => lock().acquire(300), KeyStoreError, 'ERR_KEYSTORE_LOCKED');
    const startMs = performance.now();
    const touch = setInterval(() => {
      if (performance.now() - startMs < 2000)
        fs.utimes(join(folder, 'lock'), new Date(), new Date()).catch(() => {});
    }, 300);
    const held = await lock().acquire(30_000);
    clearInterval(touch);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(11_000);
    await held.release();
  });

  it('does not wait for tickets of the dead, nor long for those of others', async () => {
    const ticket = (pid: number, host: string, ageMs: number) =>
      `lock.wanted.${String(Date.now() - ageMs).padStart(15, '0')}.${pid}.${host}.0123456789abcdef`;
    writeFileSync(join(folder, ticket(deadPid(), hostname().toLowerCase(), 5)), '');
    writeFileSync(join(folder, ticket(1, 'elsewhere', 2 ** 30)), '');
    await (await lock().acquire(1000)).release();
    expect(names()).toEqual([]);
    writeFileSync(join(folder, ticket(1, 'elsewhere', 5)), '');
    const startMs = performance.now();
    await (await lock().acquire(5000)).release();
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(300);
    expect(names().length).toBe(1);
  });

  it('that somebody else broke is not released by its old holder', async () => {
    const held = await lock().acquire(1000);
    writeFileSync(join(folder, 'lock'), '1 elsewhere 5 0 00');
    await held.release();
    expect(names()).toEqual(['lock']);
  });

  it.each(['EACCES', 'EROFS', 'ENOSPC'])(
    'that cannot be made (%s) is an error that names it',
    async (code) => {
      vi.spyOn(fs, 'open').mockRejectedValue(Object.assign(new Error(code), { code }));
      const error = await expectError(() => lock().acquire(1000), KeyStoreError, 'ERR_KEYSTORE_IO');
      expect(error.message).toContain(join(folder, 'lock'));
      expect(error.message).toContain(code);
    },
  );
});
