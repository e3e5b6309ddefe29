/**
 * One of many processes that change one store at the same time: `race-child.ts PLACE NUMBER OPERATIONS`. Prints what it
 * did as JSON.
 */
import { join } from 'node:path';
import { type Keystore, openKeystore } from '../../../src/keystore/index.ts';
import type { Pkcs11TokenOptions } from '../../../src/keystore/pkcs11/open.ts';
import { openPlace } from './scenario.ts';

/** A token to race on, as JSON in `RACE_TOKEN`; without it the place is a file store's. */
export interface RaceToken {
  readonly options: Pkcs11TokenOptions;
  readonly pin: string;
}

/** Opens the store that is raced on. */
export function openRace(place: string, token: RaceToken | undefined): Promise<Keystore> {
  if (token === undefined) return openPlace(place);
  const { options, pin } = token;
  const path = join(place, 'store');
  return openKeystore({ backend: 'pkcs11', path, ...options, pin: Buffer.from(pin), lockTimeoutMs: 600_000 });
}

/** What one process did. */
export interface RaceReport {
  /** Keys made and not destroyed, as `name generation keyId`. */
  readonly made: string[];
  readonly destroyed: string[];
  /** Commits: changes that were made. */
  readonly commits: number;
  /** Id of the key that all of them asked for. */
  readonly shared: string;
  /** Its generation that was retired last, and when it said so: nobody else changes it. */
  readonly ownRetiredAtMs: number | undefined;
  /** Longest wait for one change, milliseconds. */
  readonly longestMs: number;
}

if (process.argv[1] === import.meta.filename) {
  const [place, number, operations] = process.argv.slice(2) as [string, string, string];
  const { RACE_TOKEN } = process.env;
  const token = RACE_TOKEN === undefined ? undefined : (JSON.parse(RACE_TOKEN) as RaceToken);
  const store = await openRace(place, token);
  const made: string[] = [];
  const destroyed: string[] = [];
  let longestMs = 0;
  let commits = 0;
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    longestMs = Math.max(longestMs, performance.now() - start);
    return result;
  };
  const shared = await timed(() =>
    store.generate({ name: 'shared', algorithm: 'AES-256-GCM', ifAbsent: true }),
  );
  const own = await timed(() => store.generate({ name: `own${number}`, algorithm: 'AES-256-GCM' }));
  commits++;
  made.push(`${own.ref.name} ${own.ref.generation} ${own.keyId}`);
  let ownRetiredAtMs: number | undefined;
  for (let i = 0; i < Number(operations); i++) {
    // A name that all of them use, so that its generations are contested.
    const name = `common${i % 3}`;
    if (i % 4 === 0) {
      const { ref, keyId } = await timed(() => store.generate({ name, algorithm: 'AES-256-GCM' }));
      made.push(`${ref.name} ${ref.generation} ${keyId}`);
    } else if (i % 4 === 1) {
      const key = crypto.getRandomValues(new Uint8Array(32));
      const { ref, keyId } = await timed(() => store.import({ name, algorithm: 'AES-256-GCM', key }));
      made.push(`${ref.name} ${ref.generation} ${keyId}`);
    } else if (i % 4 === 2) {
      ownRetiredAtMs = i;
      await timed(() => store.update(own.ref, { retiredAtMs: i }));
    } else {
      const last = made.pop() as string;
      const [lastName = '', generation] = last.split(' ');
      await timed(() => store.destroy({ name: lastName, generation: Number(generation) }));
      destroyed.push(last);
    }
    commits++;
  }
  await store.close();
  const report: RaceReport = { made, destroyed, commits, shared: shared.keyId, ownRetiredAtMs, longestMs };
  console.log(JSON.stringify(report));
}
