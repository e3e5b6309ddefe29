/** Leases by files in a folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processPlace, processStatus } from '../../../../src/keystore/file/processes.ts';
import { fileLease } from '../../../../src/rotation/file-lease.ts';
import {
  fencesOf,
  type Grant,
  grantName,
  readGrant,
  writeGrant,
} from '../../../../src/rotation/file-lease-format.ts';
import type { LeaseProvider } from '../../../../src/rotation/lease.ts';
import { emptyFolder, granted, HandClock, raised } from './support.ts';

const TTL_MS = 3000;
const CHILD = fileURLToPath(new URL('./lease-child.ts', import.meta.url));

let path: string;
beforeEach(() => {
  path = emptyFolder();
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

/** A provider with a clock of its own, as another process has it. */
function party(): { clock: HandClock; provider: LeaseProvider } {
  const clock = new HandClock();
  return { clock, provider: fileLease({ path, clock }) };
}

/** Puts a grant into the folder as another process would have made it. */
async function plant(grant: Partial<Grant>): Promise<void> {
  const own = { fence: 7, ttlMs: TTL_MS, pid: process.pid, place: await processPlace(), holder: 'planted' };
  const { started } = await processStatus(process.pid);
  const bytes = writeGrant({ ...own, started, ...grant }, new Uint8Array(16));
  writeFileSync(join(path, grantName(grant.fence ?? 7)), bytes);
}

describe('a file lease', () => {
  it('is granted to one, until it is given back', async () => {
    const [a, b] = [party(), party()];
    const first = await granted(a.provider, 'a', TTL_MS);
    expect(first.isHeld()).toBe(true);
    expect(await b.provider.acquire('b', TTL_MS)).toBeUndefined();
    expect(await a.provider.acquire('a', TTL_MS)).toBeUndefined();
    expect(await b.provider.current()).toEqual({
      holder: 'a',
      fence: first.fence,
      expiresAtMs: b.clock.wall + TTL_MS,
    });
    await first.release();
    expect(first.isHeld()).toBe(false);
    expect(await first.renew()).toBe(false);
    expect(await b.provider.current()).toBeUndefined();
    const second = await granted(b.provider, 'b', TTL_MS);
    expect(second.fence).toBeGreaterThan(first.fence);
    await first.release();
    expect(second.isHeld()).toBe(true);
    expect((await a.provider.current())?.holder).toBe('b');
  });

  it('ends for its holder, and for others when they watched it for its whole time', async () => {
    const [a, b] = [party(), party()];
    const first = await granted(a.provider, 'a', TTL_MS);
    b.clock.monotonic += 100 * TTL_MS;
    // Whoever comes late has watched nothing yet.
    expect(await b.provider.acquire('b', 1)).toBeUndefined();
    b.clock.monotonic += TTL_MS - 1;
    expect(await b.provider.acquire('b', TTL_MS)).toBeUndefined();
    expect(await b.provider.current()).toMatchObject({ expiresAtMs: b.clock.wall + 1 });
    a.clock.monotonic += TTL_MS - 1;
    expect(first.isHeld()).toBe(true);
    a.clock.monotonic += 1;
    expect(first.isHeld()).toBe(false);
    b.clock.monotonic += 1;
    const second = await granted(b.provider, 'b', TTL_MS);
    expect(second.fence).toBeGreaterThan(first.fence);
    // Nobody took it over when it is renewed in time.
    expect(await first.renew()).toBe(false);
    expect(second.isHeld()).toBe(true);
  });

  it('lasts as long as it is renewed in time', async () => {
    const [a, b] = [party(), party()];
    const lease = await granted(a.provider, 'a', TTL_MS);
    for (let i = 0; i < 10; i++) {
      for (const { clock } of [a, b]) clock.monotonic += TTL_MS - 1;
      expect(await lease.renew()).toBe(true);
      expect(await b.provider.acquire('b', TTL_MS)).toBeUndefined();
    }
    a.clock.monotonic += TTL_MS;
    // Too late, though nobody has taken it over: somebody may be about to.
    expect(await lease.renew()).toBe(false);
    expect(await lease.renew()).toBe(false);
  });

  it('is lost when its end comes while it is being renewed', async () => {
    const { clock, provider } = party();
    const lease = await granted(provider, 'a', TTL_MS);
    let asked = 0;
    clock.onAsk = () => {
      // The process sleeps between the write and the look after it.
      if (++asked === 3) clock.monotonic += TTL_MS;
    };
    expect(await lease.renew()).toBe(false);
    clock.onAsk = undefined;
    expect(lease.isHeld()).toBe(false);
  });

  it('knows no wall time: jumps change nothing', async () => {
    const [a, b] = [party(), party()];
    const lease = await granted(a.provider, 'a', TTL_MS);
    await b.provider.acquire('b', TTL_MS);
    for (const jumpMs of [1000, -3_600_000, 31_536_000_000, -1_700_000_000_000]) {
      a.clock.wall += jumpMs;
      b.clock.wall -= jumpMs;
      expect(lease.isHeld()).toBe(true);
      expect(await lease.renew()).toBe(true);
      expect(await b.provider.acquire('b', TTL_MS)).toBeUndefined();
    }
    await lease.release();
    expect((await granted(b.provider, 'b', TTL_MS)).fence).toBeGreaterThan(lease.fence);
  });

  it('of a process that was killed is free at once', async () => {
    const child = spawn(process.execPath, ['--no-warnings', CHILD, path, '600000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const { provider } = party();
    expect(await provider.acquire('b', TTL_MS)).toBeUndefined();
    expect(await provider.current()).toMatchObject({ holder: 'child' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await provider.current()).toBeUndefined();
    expect((await provider.acquire('b', TTL_MS))?.isHeld()).toBe(true);
    expect(await provider.current()).toMatchObject({ holder: 'b' });
  });

  it('of an earlier process with the same number is free at once; of another machine it is watched', async () => {
    const { started } = await processStatus(process.pid);
    const { clock, provider } = party();
    await plant({});
    expect(await provider.acquire('b', TTL_MS)).toBeUndefined();
    await plant({ place: 'another machine', pid: 2 ** 31 - 1 });
    expect(await provider.acquire('b', TTL_MS)).toBeUndefined();
    clock.monotonic += TTL_MS;
    expect((await provider.acquire('b', TTL_MS))?.isHeld()).toBe(true);
    expect(await provider.current()).toMatchObject({ holder: 'b' });
    if (started === 0) return;
    await plant({ fence: 2 ** 52, started: started + 1 });
    expect(await provider.acquire('b', TTL_MS)).toMatchObject({ fence: 2 ** 52 + 1 });
  });

  it('is watched for the time that is asked for when its file is damaged', async () => {
    const { clock, provider } = party();
    writeFileSync(join(path, grantName(9)), 'no grant');
    expect(await provider.acquire('b', TTL_MS)).toBeUndefined();
    expect(await provider.current()).toBeUndefined();
    clock.monotonic += TTL_MS - 1;
    expect(await provider.acquire('b', TTL_MS)).toBeUndefined();
    clock.monotonic += 1;
    expect((await granted(provider, 'b', TTL_MS)).fence).toBeGreaterThan(9);
  });

  it('is not granted to somebody who slept while others were', async () => {
    const { clock, provider } = party();
    const lease = await granted(provider, 'a', TTL_MS);
    await lease.release();
    let asked = 0;
    const later = lease.fence + 20;
    clock.onAsk = () => {
      asked++;
      // Between its look and its link: others came, and the fence that it is about to take is free again.
      if (asked === 3)
        writeFileSync(join(path, grantName(later)), readFileSync(join(path, grantName(lease.fence))));
    };
    expect(await provider.acquire('a', TTL_MS)).toBeUndefined();
    clock.onAsk = undefined;
    expect(fencesOf(readdirSync(path))).toEqual([later, lease.fence]);
  });

  it('is granted to one of many that ask at the same time', async () => {
    const parties = Array.from({ length: 8 }, party);
    const fences: number[] = [];
    for (let round = 0; round < 30; round++) {
      const leases = await Promise.all(
        parties.map(({ provider }, i) => provider.acquire(`party ${i}`, TTL_MS)),
      );
      const [lease, ...more] = leases.filter((one) => one !== undefined);
      expect(more).toEqual([]);
      fences.push(lease?.fence as number);
      await lease?.release();
    }
    expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
    // What is over goes.
    expect(readdirSync(path).length).toBeLessThan(12);
  });

  it('has fences above those of before, whatever became of the folder', async () => {
    const { clock, provider } = party();
    const first = await granted(provider, 'a', TTL_MS);
    expect(first.fence).toBeGreaterThan(clock.wall);
    rmSync(path, { recursive: true });
    clock.wall -= 1_000_000;
    const second = await raised(provider, first.fence);
    expect(second?.fence).toBe(first.fence + 1);
  });

  it('says when the folder cannot be used, and when it was closed', async () => {
    const file = join(path, 'file');
    writeFileSync(file, '');
    const provider = fileLease({ path: join(file, 'folder') });
    await expect(provider.acquire('a', TTL_MS)).rejects.toMatchObject({ code: 'ERR_LEASE_UNREACHABLE' });
    const { provider: open } = party();
    expect(await fileLease({ path: join(path, 'not there') }).current()).toBeUndefined();
    const lease = await granted(open, 'a', TTL_MS);
    await open.close();
    expect(lease.isHeld()).toBe(false);
    expect(await lease.renew()).toBe(false);
    await expect(open.acquire('a', TTL_MS)).rejects.toMatchObject({ code: 'ERR_INPUT_STATE' });
    await expect(open.current()).rejects.toMatchObject({ code: 'ERR_INPUT_STATE' });
  });

  it('refuses what is no path, no holder and no time', async () => {
    expect(() => fileLease({ path: 1 as never })).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT_TYPE' }),
    );
    expect(() => fileLease({ path: '' })).toThrow(expect.objectContaining({ code: 'ERR_INPUT_LENGTH' }));
    const { provider } = party();
    await expect(provider.acquire('', 1)).rejects.toMatchObject({ code: 'ERR_INPUT_LENGTH' });
    await expect(provider.acquire('a', 0)).rejects.toMatchObject({ code: 'ERR_INPUT_RANGE' });
    await expect(provider.raise?.(-1)).rejects.toMatchObject({
      code: 'ERR_INPUT_RANGE',
    });
  });

  it('names its holder as it was named, byte order mark and all', async () => {
    const holder = '\ufeffrotator';
    await plant({ holder });
    expect((await party().provider.current())?.holder).toBe(holder);
  });

  it('takes nothing for a grant that is none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 256 }), (bytes) => {
        expect(readGrant(bytes)).toBeUndefined();
      }),
    );
    const grant: Grant = { fence: 1, ttlMs: 1, pid: 2, started: 3, place: 'ö', holder: '💡' };
    const bytes = writeGrant(grant, new Uint8Array(16));
    expect(readGrant(bytes)).toEqual({ ...grant, beat: 0 });
    for (let length = 0; length < bytes.length; length++) {
      expect(readGrant(bytes.subarray(0, length))).toBeUndefined();
    }
    bytes[15] = 0;
    expect(readGrant(bytes)).toBeUndefined();
  });
});
