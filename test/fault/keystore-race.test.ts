/**
 * Many processes that change one file keystore at the same time. `npm run test:fault` runs 8 of them with 500 operations
 * each; an ordinary run fewer.
 */
import { execFile } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { RaceReport } from './support/race-child.ts';
import { checkTidy, emptyPlace, openPlace } from './support/scenario.ts';

const PROCESSES = 8;
const OPERATIONS = process.env['MWRASP_FAULT'] === 'full' ? 500 : 12;
const CHILD = fileURLToPath(new URL('./support/race-child.ts', import.meta.url));

const run = promisify(execFile);

/** The newest revision, as the folder shows it. */
function revisionOf(place: string): number {
  const names = readdirSync(join(place, 'store')).filter((name) => name.startsWith('manifest-'));
  return Math.max(...names.map((name) => Number(name.slice(9, 25))));
}

it(`${PROCESSES} processes with ${OPERATIONS} operations each: no lost update, no number twice, no deadlock`, async () => {
  const place = emptyPlace();
  const startMs = performance.now();
  // They make the store as well, all at once.
  const reports = await Promise.all(
    Array.from({ length: PROCESSES }, async (_, number): Promise<RaceReport> => {
      const args = ['--no-warnings', CHILD, place, String(number), String(OPERATIONS)];
      const { stdout } = await run(process.execPath, args, { maxBuffer: 2 ** 26 });
      return JSON.parse(stdout) as RaceReport;
    }),
  );
  const seconds = (performance.now() - startMs) / 1000;
  const store = await openPlace(place);
  const list = await store.list();
  const found = list.map(({ ref, keyId }) => `${ref.name} ${ref.generation} ${keyId}`);
  const [shared = ''] = reports.map((report) => report.shared);
  expect(new Set(reports.map((report) => report.shared))).toEqual(new Set([shared]));
  const made = reports.flatMap((report) => report.made);
  const destroyed = reports.flatMap((report) => report.destroyed);
  expect(found.toSorted()).toEqual([...made, `shared 1 ${shared}`].toSorted());
  const numbers = [...made, ...destroyed].map((text) => text.split(' ').slice(0, 2).join(' '));
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const [number, { ownRetiredAtMs }] of reports.entries()) {
    expect((await store.get(`own${number}`)).retiredAtMs).toBe(ownRetiredAtMs);
  }
  // Each change is one revision: none was made twice, none was overwritten.
  const commits = reports.reduce((sum, report) => sum + report.commits, 1);
  expect(revisionOf(place)).toBe(commits);
  await store.close();
  checkTidy(place, list.length);
  rmSync(place, { recursive: true });
  const longestMs = Math.max(...reports.map((report) => report.longestMs));
  console.log(
    `${PROCESSES} processes: ${commits} changes in ${seconds.toFixed(1)} s, the longest took ${longestMs.toFixed(0)} ms`,
  );
}, 1_800_000);

it('8 processes that ask for one key by ifAbsent get one', async () => {
  for (let round = 0; round < (OPERATIONS === 500 ? 3 : 1); round++) {
    const place = emptyPlace();
    const ids = await Promise.all(
      Array.from({ length: PROCESSES }, async (_, number) => {
        const { stdout } = await run(process.execPath, ['--no-warnings', CHILD, place, String(number), '0']);
        return (JSON.parse(stdout) as RaceReport).shared;
      }),
    );
    expect(new Set(ids).size).toBe(1);
    const store = await openPlace(place);
    expect((await store.list()).filter(({ ref }) => ref.name === 'shared').length).toBe(1);
    await store.close();
    rmSync(place, { recursive: true });
  }
}, 600_000);
