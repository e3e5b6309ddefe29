/**
 * Eight processes that would rotate the keys of one store, and a leader that is killed or put to sleep in the middle of it. `npm run
 * test:fault` does so 100 times with a lease by files and 20 times with one in Redis; an ordinary run a few times.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { LeaseServer, needsRedis } from '../unit/rotation/lease/support.ts';
import { RACE_KEYS, type RaceNews, type RaceOrder } from './support/rotation-race-child.ts';
import { openPlace } from './support/rotation-scenario.ts';
import { emptyPlace } from './support/scenario.ts';

const IS_FULL = process.env['MWRASP_FAULT'] === 'full';
const PROCESSES = 8;
const LEASE_MS = 3000;
/** All agree on what is active within this time. */
const AGREE_MS = 5000;
const HOUR_MS = 3_600_000;
/** Longer than anything takes on a machine that is busy. */
const PATIENCE_MS = 120_000;
const CHILD = fileURLToPath(new URL('./support/rotation-race-child.ts', import.meta.url));
const NAMES = Object.keys(RACE_KEYS);

/** One process, as its parent knows it. */
interface Party {
  readonly number: number;
  readonly process: ChildProcess;
  view: (RaceNews & { readonly kind: 'view' }) | undefined;
  /** What it said of an order to cut. */
  answers: RaceNews[];
  failures: string[];
  isAsleep: boolean;
}

/** What the cuts were like. */
interface Tally {
  killed: number;
  stopped: number;
  /** Cut before its change was committed. */
  uncommitted: number;
  fenced: number;
  takeoverMs: number[];
  agreeMs: number[];
}

class Race {
  readonly place: string;
  readonly #where: string;
  readonly #parties = new Map<number, Party>();
  readonly tally: Tally = { killed: 0, stopped: 0, uncommitted: 0, fenced: 0, takeoverMs: [], agreeMs: [] };
  #aheadMs = 0;
  #number = 0;
  #maxStep = 16;
  /** Rotations that everybody knows of; the next generation may be pending. */
  #generation = 1;
  #isPending = false;

  constructor(place: string, where: string) {
    this.place = place;
    this.#where = where;
  }

  get generation(): number {
    return this.#generation;
  }

  start(): Party {
    const number = this.#number++;
    const args = [this.place, this.#where, String(number), String(LEASE_MS)];
    const child = fork(CHILD, args, { execArgv: ['--no-warnings'] });
    const party: Party = {
      number,
      process: child,
      view: undefined,
      answers: [],
      failures: [],
      isAsleep: false,
    };
    child.on('message', (news: RaceNews) => {
      if (news.kind === 'view') party.view = news;
      else if (news.kind === 'failure') party.failures.push(news.code);
      else party.answers.push(news);
    });
    this.#parties.set(number, party);
    this.#send(party, { kind: 'time', aheadMs: this.#aheadMs });
    return party;
  }

  /** The processes that run. */
  get #awake(): Party[] {
    return [...this.#parties.values()].filter(({ isAsleep }) => !isAsleep);
  }

  #send(party: Party, order: RaceOrder): void {
    party.process.send(order);
  }

  async #until<T>(what: string, find: () => T | undefined | false): Promise<T> {
    const startMs = performance.now();
    for (;;) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      if (performance.now() - startMs > PATIENCE_MS) {
        const seen = this.#awake.map(({ number, view, failures }) => ({ number, ...view, failures }));
        throw new Error(`waited in vain for ${what}: ${JSON.stringify(seen)}`);
      }
      await sleep(5);
    }
  }

  /** Whether a process sees what is to be seen: one active generation of each key, the right one, and what is pending. */
  #sees({ view }: Party): boolean {
    const active = String(this.#generation);
    const pending = this.#isPending ? String(this.#generation + 1) : undefined;
    return (
      view !== undefined &&
      NAMES.every((name) => view.active[name] === active && view.pending[name] === pending)
    );
  }

  /** Everybody that runs agrees, and somebody leads. */
  async settle(): Promise<Party> {
    return await this.#until(`agreement on generation ${this.#generation}`, () => {
      const leader = this.#awake.find(({ view }) => view?.leads);
      return leader !== undefined && this.#awake.every((party) => this.#sees(party)) && leader;
    });
  }

  /** Time passes to where the next generation is published, or becomes active; the leader is cut off while it does that. */
  async cutLeader(signal: 'SIGKILL' | 'SIGSTOP'): Promise<void> {
    const leader = await this.#arm(signal);
    this.#aheadMs += (this.#isPending ? 2 : 22) * HOUR_MS;
    if (this.#isPending) this.#generation++;
    this.#isPending = !this.#isPending;
    for (const party of this.#parties.values()) this.#send(party, { kind: 'time', aheadMs: this.#aheadMs });
    const committed = await this.#untilCut(leader, signal);
    const cutMs = performance.now();
    if (signal === 'SIGKILL') this.#parties.delete(leader.number);
    else leader.isAsleep = true;
    if (!committed) this.tally.uncommitted++;

    await this.#until('a new leader', () => this.#awake.some(({ view }) => view?.leads));
    const ledMs = performance.now();
    await this.settle();
    this.tally.takeoverMs.push(ledMs - cutMs);
    this.tally.agreeMs.push(performance.now() - ledMs);
    if (signal === 'SIGKILL') await this.#replace(leader);
    else await this.#wake(leader, committed);
  }

  /** Tells whoever leads at which step it is to be cut off. */
  async #arm(signal: 'SIGKILL' | 'SIGSTOP'): Promise<Party> {
    for (;;) {
      const leader = await this.settle();
      leader.answers = [];
      const step = 1 + Math.floor(Math.random() * this.#maxStep);
      this.#send(leader, { kind: 'cut', step, signal });
      // Somebody else may lead by now.
      await this.#until('an answer', () => leader.answers.length > 0 || leader.view?.leads === false);
      if (leader.answers.some(({ kind }) => kind === 'armed')) return leader;
    }
  }

  /** Waits for the cut; says whether the change was committed before. A change with fewer steps is cut off behind its last. */
  async #untilCut(leader: Party, signal: 'SIGKILL' | 'SIGSTOP'): Promise<boolean> {
    const cut = () => leader.answers.find((news) => news.kind === 'cut');
    await this.#until('the cut', () => cut() !== undefined || this.#sees(leader));
    if (cut() === undefined) {
      this.#send(leader, { kind: 'cut', step: 0, signal });
      await this.#until('an answer', () =>
        leader.answers.some(({ kind }) => kind === 'cut' || kind === 'missed'),
      );
      const missed = leader.answers.find((news) => news.kind === 'missed');
      if (missed !== undefined) {
        this.#maxStep = Math.max(4, missed.steps);
        leader.process.kill(signal);
      }
    }
    return cut()?.committed ?? true;
  }

  async #replace(leader: Party): Promise<void> {
    if (leader.process.signalCode === null) await once(leader.process, 'exit');
    expect(leader.process.signalCode).toBe('SIGKILL');
    this.tally.killed++;
    this.start();
    await this.settle();
  }

  /** The old leader goes on where it was stopped. What it was about to commit must not count. */
  async #wake(leader: Party, committed: boolean): Promise<void> {
    this.tally.stopped++;
    leader.failures = [];
    leader.view = undefined;
    leader.isAsleep = false;
    leader.process.kill('SIGCONT');
    await this.settle();
    if (committed) return;
    const isFenced = () => leader.failures.includes('ERR_KEYSTORE_FENCED');
    await this.#until('the late commit to be refused', () => isFenced() || leader.failures.length > 0);
    if (isFenced()) this.tally.fenced++;
  }

  async end(): Promise<void> {
    const ended = [...this.#parties.values()].map((party) => {
      party.process.kill('SIGCONT');
      this.#send(party, { kind: 'end' });
      return once(party.process, 'exit');
    });
    await Promise.all(ended);
  }

  /** Ends what still runs, whatever went wrong. */
  kill(): void {
    for (const { process: child } of this.#parties.values()) child.kill('SIGKILL');
  }
}

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
