/**
 * A rotator over a paper store, the clocks, and a simple model of what must be true, which knows nothing of plans: it looks
 * at what happened to each generation, and when by a clock that nobody can set.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { KeystoreAlgorithm } from '../../../src/keystore/keystore.ts';
import type { KeyEntry } from '../../../src/keystore/manifest.ts';
import { MemoryLeaseProvider } from '../../../src/rotation/lease.ts';
import { readLife } from '../../../src/rotation/life-format.ts';
import { checkPolicy, type RotationPolicy } from '../../../src/rotation/policy.ts';
import { Rotator } from '../../../src/rotation/rotator.ts';
import { Cut, PaperStore } from './paper-store.ts';

export const HOUR: number = 3_600_000;
export const DAY: number = 24 * HOUR;
export const NAME = 'key';

/** What the model knows of a generation. */
interface Known {
  /** True time and wall time of its activation. */
  activated?: { readonly trueMs: number; readonly wallMs: number };
  /** The end that was promised at its activation. */
  promisedMs: number;
  /** Time that rotators have run since its holders were told. */
  noticed?: number;
  /** The notice that they were told of. */
  notice?: number | undefined;
  state: string;
}

/** One history. */
export class World {
  readonly store = new PaperStore();
  readonly algorithm: KeystoreAlgorithm;
  policy: RotationPolicy;
  /** Time that nobody can set. */
  trueMs = 0;
  /** What was set. */
  offsetMs = 1_800_000_000_000;
  /** How long a rotator was up. */
  upMs = 0;
  /** Nothing happened but time. */
  calm = true;
  jumped = false;
  held = new Set<number>();
  commits = 0;
  readonly #known = new Map<number, Known>();
  readonly #gone = new Set<number>();
  readonly #compromised = new Set<number>();
  #rotator!: Rotator;

  constructor(algorithm: KeystoreAlgorithm, policy: Partial<RotationPolicy> = {}) {
    this.algorithm = algorithm;
    this.policy = checkPolicy('policy', policy);
    this.restart();
  }

  get wallMs(): number {
    return this.trueMs + this.offsetMs;
  }

  get entries(): readonly KeyEntry[] {
    return this.store.manifest.entries;
  }

  get rotator(): Rotator {
    return this.#rotator;
  }

  /** The process ends without a word, and another one begins. */
  restart(): void {
    this.store.forget();
    const clock = { wallMs: () => this.wallMs, monotonicMs: () => this.trueMs };
    this.#rotator = Rotator.make({
      keystore: this.store.keystore,
      access: this.store,
      keys: new Map([[NAME, { algorithm: this.algorithm, policy: this.policy }]]),
      leases: new MemoryLeaseProvider(clock),
      holder: 'model',
      leaseMs: DAY,
      tickMs: 1000,
      clock,
    });
    this.#rotator.onEvent((event) => {
      if (event.kind !== 'expiring') return;
      const { generation } = event.ref;
      const known = this.#known.get(generation);
      const notice = readLife(this.store.manifest).keys.get(NAME)?.notes.get(generation)?.noticeRunningMs;
      // It may be told again.
      if (known === undefined || known.notice === notice) return;
      known.notice = notice;
      known.noticed = this.upMs;
    });
  }

  /** Does something; a cut ends the process there. */
  async run(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Cut)) throw error;
      this.restart();
    }
    this.check();
  }

  async tick(): Promise<number | undefined> {
    let next: number | undefined;
    await this.run(async () => {
      const result = await this.#rotator.tick();
      this.commits += result.commits;
      next = result.nextAtMs;
    });
    return next;
  }

  /** Time passes, with a rotator that looks whenever there is something to do. */
  async live(durationMs: number): Promise<void> {
    const endMs = this.trueMs + durationMs;
    for (let looks = 0; looks < 200; looks++) {
      const next = await this.tick();
      const stepMs = Math.min(
        Math.max(next === undefined ? 1000 : next - this.wallMs, 1000),
        endMs - this.trueMs,
      );
      if (stepMs <= 0) return;
      this.trueMs += stepMs;
      this.upMs += stepMs;
    }
  }

  /** Time passes, and nobody looks. */
  sleep(durationMs: number): void {
    this.calm = false;
    this.trueMs += durationMs;
    this.restart();
  }

  /** Compares what there is with what must be. */
  check(): void {
    const active = this.entries.filter(({ state }) => state === 'active');
    // Before the first key there is none.
    if (this.entries.length > 0 || this.#known.size > 0)
      assert.equal(active.length, 1, 'exactly one is active');
    const present = new Map(this.entries.map((entry) => [entry.ref.generation, entry]));
    for (const [generation, known] of this.#known)
      if (!present.has(generation)) this.#checkGone(generation, known);
    for (const entry of this.entries) this.#look(entry);
    if (this.calm) this.#checkAges();
  }

  #look({ ref: { generation }, state, publicOnly, destroyAfterMs = 0 }: KeyEntry): void {
    assert.ok(!this.#gone.has(generation), `generation ${generation} came back`);
    const known = this.#known.get(generation) ?? { state: 'new', promisedMs: 0 };
    this.#known.set(generation, known);
    if (known.state === 'new') assert.equal(generation, Math.max(...this.#known.keys()), 'numbers only grow');
    if (state === 'active' && known.activated === undefined) {
      known.activated = { trueMs: this.trueMs, wallMs: this.wallMs };
      known.promisedMs = destroyAfterMs;
    }
    if (state === 'retired') assert.ok(known.state !== 'compromised', 'a compromised key is used again');
    if (state === 'active') assert.ok(known.state !== 'retired', 'a retired key is active again');
    if (state === 'compromised') this.#compromised.add(generation);
    if (this.#compromised.has(generation)) {
      assert.ok(state === 'compromised' || state === 'destroying', `a compromised key is ${state}`);
    }
    if (this.algorithm === 'ML-DSA-87' && (state === 'retired' || state === 'compromised')) {
      assert.ok(publicOnly, `a private key that signs is there while it is ${state}`);
    } else if (state !== 'suspended' && state !== 'destroying') {
      assert.ok(!publicOnly, 'a private key that is needed is gone');
    }
    if (state === 'destroying') this.#checkEnd(generation, known);
    known.state = state;
  }

  #checkGone(generation: number, known: Known): void {
    this.#checkEnd(generation, known);
    this.#known.delete(generation);
    this.#gone.add(generation);
  }

  /** A generation goes only after its holders were told, rotators have run, its age is over, and there are enough younger ones. */
  #checkEnd(generation: number, known: Known): void {
    if (known.state === 'destroying') return;
    const { noticed, activated, promisedMs } = known;
    assert.ok(noticed !== undefined, `generation ${generation} goes and nobody was told`);
    assert.ok(
      this.upMs - noticed >= this.policy.noticeMs - 1,
      `generation ${generation} goes ${this.upMs - noticed} ms of running time after holders were told`,
    );
    assert.ok(!this.held.has(generation), `generation ${generation} is held`);
    const younger = this.entries.filter(
      ({ ref, state }) => ref.generation > generation && (state === 'active' || state === 'retired'),
    );
    // Of those that went at the same time, each has been younger than the ones before it.
    assert.ok(younger.length > this.policy.retained - this.#doomed(generation), 'too few younger ones');
    if (activated !== undefined && !this.jumped) {
      assert.ok(this.wallMs >= promisedMs, `generation ${generation} goes before its promised end`);
    }
  }

  #doomed(generation: number): number {
    return this.entries.filter(({ ref, state }) => ref.generation > generation && state === 'destroying')
      .length;
  }

  /** Where nothing happens but time, nothing outlives its retention. */
  #checkAges(): void {
    const lifeMs = (1 + this.policy.retained) * this.policy.periodMs;
    for (const { ref, state } of this.entries) {
      const activated = this.#known.get(ref.generation)?.activated;
      if (activated === undefined || state === 'active') continue;
      const ageMs = this.trueMs - activated.trueMs;
      assert.ok(ageMs <= lifeMs + 2000, `generation ${ref.generation} is ${ageMs / HOUR} h old`);
    }
  }

  /** A generation in one of some states, by a number that may be anything. */
  pick(states: readonly string[], number: number): KeyEntry | undefined {
    const found = this.entries.filter(({ state }) => states.includes(state));
    return found[number % Math.max(1, found.length)];
  }
}
