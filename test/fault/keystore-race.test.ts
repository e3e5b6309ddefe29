/**
 * Many processes that change one keystore at the same time, in a folder and in a SoftHSM token. `npm run test:fault` runs 8 of them with 500 operations
 * each; an ordinary run fewer.
 */
import { execFile } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { makeToken, needsToken } from '../hsm/support/tokens.ts';
import { openRace, type RaceReport, type RaceToken } from './support/race-child.ts';
import { checkTidy, emptyPlace } from './support/scenario.ts';

const PROCESSES = 8;
const OPERATIONS = process.env['MWRASP_FAULT'] === 'full' ? 500 : 12;
const ROUNDS = OPERATIONS === 500 ? 3 : 1;
const CHILD = fileURLToPath(new URL('./support/race-child.ts', import.meta.url));

const run = promisify(execFile);

/** The newest revision, as the folder shows it. */
function revisionOf(place: string): number {
  const names = readdirSync(join(place, 'store')).filter((name) => name.startsWith('manifest-'));
  return Math.max(...names.map((name) => Number(name.slice(9, 25))));
}

/** What a race is about. */
interface Race {
  readonly place: string;
  readonly token?: RaceToken;
  /** Environment of the processes. */
  readonly env?: Readonly<Record<string, string>>;
}

async function runChild(
  { place, token, env }: Race,
  number: number,
  operations: number,
): Promise<RaceReport> {
  const args = ['--no-warnings', CHILD, place, String(number), String(operations)];
  const more = token === undefined ? {} : { RACE_TOKEN: JSON.stringify(token) };
  const { stdout } = await run(process.execPath, args, {
    maxBuffer: 2 ** 26,
    env: { ...process.env, ...env, ...more },
  });
  return JSON.parse(stdout) as RaceReport;
}

/** All processes at once; those that go on when one has failed are waited for. */
async function runChildren(race: Race, operations: number): Promise<RaceReport[]> {
  const running = Array.from({ length: PROCESSES }, (_, number) => runChild(race, number, operations));
  await Promise.allSettled(running);
  return Promise.all(running);
}

/** Runs all processes; says how many changes there were and how many keys are left. */
async function expectFairRace(race: Race): Promise<{ commits: number; keys: number }> {
  const { place } = race;
  const startMs = performance.now();
  // They make the store as well, all at once.
  const reports = await runChildren(race, OPERATIONS);
  const seconds = (performance.now() - startMs) / 1000;
  const store = await openRace(place, race.token);
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
  const longestMs = Math.max(...reports.map((report) => report.longestMs));
  console.log(
    `${PROCESSES} processes: ${commits} changes in ${seconds.toFixed(1)} s, the longest took ${longestMs.toFixed(0)} ms`,
  );
  return { commits, keys: list.length };
}

/** Has all processes ask for one key, and sees that there is one. */
async function expectOneKey(race: Race): Promise<void> {
  const reports = await runChildren(race, 0);
  expect(new Set(reports.map(({ shared }) => shared)).size).toBe(1);
  const store = await openRace(race.place, race.token);
  expect((await store.list()).filter(({ ref }) => ref.name === 'shared').length).toBe(1);
  await store.close();
}

const RACE = `${PROCESSES} processes with ${OPERATIONS} operations each: no lost update, no number twice, no deadlock`;
const FIND_OR_MAKE = `${PROCESSES} processes that ask for one key by ifAbsent get one`;

describe('a keystore in a folder', () => {
  it(RACE, async () => {
    const place = emptyPlace();
    const { keys } = await expectFairRace({ place });
    checkTidy(place, keys);
    rmSync(place, { recursive: true });
  }, 1_800_000);

  it(FIND_OR_MAKE, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const place = emptyPlace();
      await expectOneKey({ place });
      rmSync(place, { recursive: true });
    }
  }, 600_000);
});

needsToken('SoftHSM')('a keystore in a SoftHSM token', () => {
  /** A race on a new token. */
  async function withToken(work: (race: Race) => Promise<unknown>): Promise<void> {
    const token = makeToken('SoftHSM');
    for (const [name, value] of Object.entries(token.env)) vi.stubEnv(name, value);
    try {
      const { options, pin, env, folder } = token;
      await work({ place: folder, token: { options, pin }, env });
    } finally {
      vi.unstubAllEnvs();
      token.remove();
    }
  }

  it(RACE, () => withToken(expectFairRace), 3_600_000);

  it(FIND_OR_MAKE, async () => {
    for (let round = 0; round < ROUNDS; round++) await withToken(expectOneKey);
  }, 600_000);
});
