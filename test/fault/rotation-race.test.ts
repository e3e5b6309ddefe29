/**
 * Eight processes that would rotate the keys of one store, and a leader that is killed or put to sleep in the middle of it. `npm run
 * test:fault` does so 100 times with a lease by files and 20 times with one in Redis; an ordinary run a few times.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { needsRedis } from '../support/redis-server.ts';
import { LeaseServer } from '../unit/rotation/lease/support.ts';
import { LEASE_MS, NAMES, PROCESSES, Race } from './support/rotation-race.ts';
import { openPlace } from './support/rotation-scenario.ts';
import { emptyPlace } from './support/scenario.ts';

const IS_FULL = process.env['MWRASP_FAULT'] === 'full';
/** All agree on what is active within this time. */
const AGREE_MS = 5000;

async function runRace(where: (place: string) => string, cuts: number): Promise<void> {
  const place = emptyPlace();
  const race = new Race(place, where(place));
  try {
    for (let i = 0; i < PROCESSES; i++) race.start();
    await race.settle();
    for (let i = 0; i < cuts; i++) await race.cutLeader(i % 4 < 2 ? 'SIGSTOP' : 'SIGKILL');
    await race.settle();
    await race.end();
    const store = await openPlace(place);
    const infos = await store.list();
    await store.close();
    for (const name of NAMES) {
      const own = infos.filter(({ ref }) => ref.name === name);
      // Each rotation was made once: no generation too many, none twice, one active.
      expect(own.filter(({ state }) => state === 'active').map(({ ref }) => ref.generation)).toEqual([
        race.generation,
      ]);
      expect(new Set(own.map(({ keyId }) => keyId)).size).toBe(own.length);
      expect(Math.max(...own.map(({ ref }) => ref.generation))).toBeLessThanOrEqual(race.generation + 1);
    }
  } finally {
    race.kill();
    rmSync(place, { recursive: true, force: true });
  }
  const { takeoverMs, agreeMs, ...counts } = race.tally;
  const worst = (values: readonly number[]) => Math.round(Math.max(...values));
  const median = (values: readonly number[]) =>
    Math.round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0);
  console.log(
    `${PROCESSES} processes, lease ${LEASE_MS} ms: ${JSON.stringify(counts)}; new leader after ${median(takeoverMs)} ms ` +
      `(at most ${worst(takeoverMs)}), agreed ${median(agreeMs)} ms later (at most ${worst(agreeMs)})`,
  );
  expect(race.tally.killed + race.tally.stopped).toBe(cuts);
  expect(race.tally.fenced).toBeLessThanOrEqual(race.tally.uncommitted);
  // Measured with the machine to itself; a busy one makes no promises.
  if (!IS_FULL) return;
  expect(worst(agreeMs)).toBeLessThan(AGREE_MS);
  expect(race.tally.fenced).toBeGreaterThan(0);
}

const FILE_CUTS = IS_FULL ? 100 : 4;
it(`the leader of ${PROCESSES} is cut off ${FILE_CUTS} times, with a lease by files`, async () => {
  await runRace((place) => join(place, 'lease'), FILE_CUTS);
}, 3_600_000);

const REDIS_CUTS = IS_FULL ? 20 : 2;
needsRedis('a lease in Redis', () => {
  it(`the leader of ${PROCESSES} is cut off ${REDIS_CUTS} times`, async () => {
    const server = await LeaseServer.start(true);
    try {
      await runRace(() => server.url, REDIS_CUTS);
    } finally {
      await server.remove();
    }
  }, 3_600_000);
});
