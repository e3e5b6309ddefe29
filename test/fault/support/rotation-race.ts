/**
 * Processes that would rotate the keys of one store, and a leader that is cut off in the middle of it.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RACE_KEYS, type RaceNews, type RaceOrder } from './rotation-race-child.ts';

/** How many processes there are. */
export const PROCESSES = 8;
/** Time of their leases. */
export const LEASE_MS = 3000;
/** The keys that they rotate. */
export const NAMES: readonly string[] = Object.keys(RACE_KEYS);

const HOUR_MS = 3_600_000;
/** Longer than anything takes on a machine that is busy. */
const PATIENCE_MS = 120_000;
const CHILD = fileURLToPath(new URL('./rotation-race-child.ts', import.meta.url));

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
export interface Tally {
  killed: number;
  stopped: number;
  /** Cut before its change was committed. */
  uncommitted: number;
  fenced: number;
  takeoverMs: number[];
  agreeMs: number[];
}

/** A race: processes, and a parent that knows what each should see. */
export class Race {
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
    assert.equal(leader.process.signalCode, 'SIGKILL');
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
