/**
 * Years of one rotation a day, in simulated time: how long they take, and that neither memory nor store grow. Ten years in memory
 * and in a folder, 400 days in tokens.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, it } from 'vitest';
import { type Keystore, openKeystore } from '../../src/keystore/index.ts';
import { createRotator, type RotationPolicy } from '../../src/rotation/index.ts';
import { play } from '../hsm/support/child.ts';
import { makeToken, needsToken, TOKEN_KINDS } from '../hsm/support/tokens.ts';
import { SCRATCH } from '../support/scratch.ts';
import { liveDays } from './support/days.ts';

const YEARS = 10;
const DAYS = Math.round(YEARS * 365.25);
const HOUR = 3_600_000;
const report: string[] = [];
afterAll(() => console.log(report.join('\n')));

/** Always one published, and all that is to be done in a day at one time. */
const ONCE_A_DAY: Partial<RotationPolicy> = {
  leadMs: 24 * HOUR,
  noticeMs: 24 * HOUR,
  lastNoticeMs: 24 * HOUR,
};

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function tell(where: string, result: Awaited<ReturnType<typeof liveDays>>): void {
  const { days, ticks, commits, ms, generation } = result;
  report.push(
    `${where}: ${days} days in ${(ms / 1000).toFixed(1)} s, ${ticks} ticks, ${commits} commits, generation ${generation}`,
  );
  expect(generation).toBeGreaterThan(days - 2);
}

it.each([
  ['ML-KEM-1024', 'by default', {}],
  ['ML-DSA-87', 'by default', {}],
  ['ML-KEM-1024', 'once a day', ONCE_A_DAY],
] as const)(`ten years of %s in memory, %s`, async (algorithm, name, policy) => {
  const keystore = await openKeystore({ backend: 'memory' });
  const heap: number[] = [];
  const rotate = (options: object) => createRotator({ keystore, ...options, policy } as never);
  const result = await liveDays(rotate, algorithm, DAYS, (day) => {
    if (day % 365 === 0) heap.push(usedHeap());
  });
  tell(`memory, ${algorithm} ${name}`, result);
  expect(await keystore.list()).toHaveLength(5);
  await keystore.close();
  report.push(`  heap after each year, MB: ${heap.map((bytes) => (bytes / 1e6).toFixed(1)).join(' ')}`);
  expect(Math.max(...heap.slice(5))).toBeLessThan(Math.max(...heap.slice(1, 5)) * 1.2);
});

it.each([
  ['ML-KEM-1024', 'by default', {}],
  ['ML-DSA-87', 'once a day', ONCE_A_DAY],
  ['ML-KEM-1024', 'once a day', ONCE_A_DAY],
] as const)(`ten years of %s in a folder, %s`, async (algorithm, name, policy) => {
  const folder = mkdtempSync(join(SCRATCH, 'years-'));
  const keystore: Keystore = await openKeystore({
    backend: 'file',
    path: join(folder, 'store'),
    highWaterMark: join(folder, 'mark'),
    rootKey: new Uint8Array(32).fill(9),
  });
  const sizes: number[] = [];
  const rotate = (options: object) => createRotator({ keystore, ...options, policy } as never);
  const result = await liveDays(rotate, algorithm, DAYS, (day) => {
    if (day % 365 === 0) sizes.push(sizeOf(folder));
  });
  tell(`file, ${algorithm} ${name}`, result);
  await keystore.close();
  rmSync(folder, { recursive: true });
  report.push(`  store after each year, bytes: ${sizes.join(' ')}`);
  expect(Math.max(...sizes.slice(5))).toBeLessThanOrEqual(Math.max(...sizes.slice(1, 5)) + 64);
});

for (const kind of TOKEN_KINDS) {
  needsToken(kind)(`400 days in ${kind}`, () => {
    it('leave what is kept, and nothing else', async () => {
      const token = makeToken(kind, { parent: SCRATCH });
      for (const algorithm of ['ML-KEM-1024', 'ML-DSA-87', 'AES-256-GCM'] as const) {
        const { result, objects, left, notes } = await play(token, 'years', 'days', { algorithm, days: 400 });
        tell(`${kind}, ${algorithm}`, result);
        expect(objects).toBe(left);
        expect(notes).toBe(0);
      }
      token.remove();
    });
  });
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function usedHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
