/**
 * Rotates the keys of a store: makes what the planner says true, in commits that another process cannot undo.
 *
 * A commit holds everything that is to be done at a moment, and the plan is made again over the state that it is committed
 * over. Whoever is cut off leaves a state from which the next one goes on; what it left in a token is swept up.
 *
 * @module
 */
import { checkInteger, checkInternal, checkOptions, describe, INTERNAL, isObject } from '../bytes.ts';
import { InputError, PqError } from '../errors.ts';
import type { Draft } from '../keystore/draft.ts';
import { checkFlag } from '../keystore/inputs.ts';
import { checkName, checkRef, type KeyRef, type KeyState } from '../keystore/keystore.ts';
import { findEntry, type Manifest } from '../keystore/manifest.ts';
import { wrongState } from '../keystore/refusals.ts';
import { withNotes } from './apply.ts';
import { RotationCommits } from './commits.ts';
import { RotationEmitter, type RotationEvent } from './events.ts';
import { Leadership } from './leadership.ts';
import type { Lease } from './lease.ts';
import type { KeyLife, Life } from './life.ts';
import { readLife } from './life-format.ts';
import { eventsBetween } from './observe.ts';
import type { PlanProblem } from './planner.ts';
import { type CheckedRotatorOptions, checkRotatorOptions, type RotatorOptions } from './rotator-options.ts';
import { type RotationStatus, statusFrom } from './status.ts';

/** Options of {@link Rotator.rotateNow}. */
export interface RotateNowOptions {
  /** The key; all of the rotator by default. */
  readonly name?: string;
  /** Does not wait until the next generation has been published for the minimum lead. */
  readonly urgent?: boolean;
}

/** What a tick did. */
export interface TickResult {
  /** Whether this process rotates. */
  readonly isLeader: boolean;
  /** Commits that were made. */
  readonly commits: number;
  /** When something is to be done next, milliseconds since the Unix epoch; undefined when nothing is known. */
  readonly nextAtMs: number | undefined;
}

/** A plan leads to the next; more in a row are no plan. */
const MAX_ROUNDS = 16;
const MAX_REASON_LENGTH = 256;
/** Two looks are at least so far apart. */
const MIN_DELAY_MS = 10;
const FOREVER: number = Number.MAX_SAFE_INTEGER;

/** A key's life with other notes of a generation. */
function withChanges(
  key: KeyLife,
  { generation }: KeyRef,
  { suspendedFrom, ...changes }: { suspendedFrom?: KeyState | undefined; heldUntilMs?: number },
): KeyLife {
  const { suspendedFrom: _, ...notes } = key.notes.get(generation) ?? { createdRunningMs: 0 };
  const kept = 'heldUntilMs' in changes ? _ : suspendedFrom;
  return withNotes(key, generation, {
    ...notes,
    ...changes,
    ...(kept === undefined ? {} : { suspendedFrom: kept }),
  });
}

/** Rotates the keys of one store. */
export class Rotator {
  readonly #options: CheckedRotatorOptions;
  readonly #leadership: Leadership;
  readonly #commits: RotationCommits;
  readonly #emitter = new RotationEmitter();
  readonly #endWatch: () => void;
  /** Work runs one after the other. */
  #tail: Promise<unknown> = Promise.resolve();
  #seen: Manifest | undefined;
  #mustSweep = true;
  #announced = false;
  /** Problems that were told, so that each is told once. */
  #told = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #started = false;
  #closed = false;

  private constructor(token: typeof INTERNAL, options: CheckedRotatorOptions) {
    checkInternal(token, 'Rotator');
    this.#options = options;
    const { leases, holder, leaseMs, clock, access } = options;
    this.#leadership = new Leadership(leases, holder, leaseMs, clock);
    this.#commits = new RotationCommits(options, this.#leadership, (error) => this.#tellFailure(error));
    this.#seen = access.manifest;
    this.#endWatch = access.onCommit((manifest) => this.#observe(manifest));
  }

  /** @internal */
  static make(options: CheckedRotatorOptions): Rotator {
    return new Rotator(INTERNAL, options);
  }

  /** @internal */
  static is(value: unknown): value is Rotator {
    return isObject(value) && #options in value;
  }

  /** This rotator's name among others. */
  get holder(): string {
    return this.#options.holder;
  }

  /** Whether this process rotates now. */
  get isLeader(): boolean {
    return this.#leadership.lease !== undefined;
  }

  /**
   * Rotates from now on, by timers that keep no process alive. What fails is told as an event, and tried again.
   *
   * @throws {@link InputError} `ERR_INPUT_STATE` when the rotator was stopped.
   */
  start(): void {
    this.#checkOpen();
    if (this.#started) return;
    this.#started = true;
    this.#schedule(0);
  }

  /**
   * Ends, gives the lease back, and waits for what is under way. Further calls do nothing; those of other methods are refused.
   *
   * @throws What giving the lease back fails with, as it is.
   */
  async stop(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#tail;
    this.#endWatch();
    await this.#leadership.release();
    this.#emitter.clear();
  }

  /**
   * As {@link stop}.
   *
   * @throws What giving the lease back fails with, as it is.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /**
   * Does what is to be done at a moment; nothing while another process has the lease.
   *
   * @param nowMs - The time, milliseconds since the Unix epoch; by the rotator's clock by default.
   * @returns What was done, and when something is to be done next.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`; `ERR_INPUT_STATE` when the rotator was stopped.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_FENCED` when another process became the rotator meanwhile;
   * `ERR_KEYSTORE_STATE` when the store was closed, re-keyed by another process, or is full; `ERR_KEYSTORE_EXISTS` when a
   * name is one of another algorithm; `ERR_KEYSTORE_CUSTODY` when the store would give a key less than it requires; of files
   * `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when the token can keep no such key; `ERR_UNSUPPORTED_VERSION`
   * when another release changed the store; `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
   * @throws What the provider of leases throws, as it is.
   */
  async tick(nowMs?: number): Promise<TickResult> {
    if (nowMs !== undefined) checkInteger('nowMs', nowMs, 0, FOREVER);
    return this.#inTurn(async () => {
      try {
        return await this.#tick(nowMs ?? this.#nowMs());
      } catch (error) {
        this.#mustSweep = true;
        throw error;
      }
    });
  }

  /**
   * Rotates before the time. The next generation is published now if it is not, and becomes active as soon as it has been published
   * for the minimum lead; `urgent` does not wait for that.
   *
   * @param reason - Why: up to 256 characters, told in an event.
   * @param options - Which key; whether it is urgent.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT` (name);
   * `ERR_INPUT_STATE` when the rotator was stopped.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_STATE` when the store was closed, re-keyed by another process, or is full; `ERR_KEYSTORE_EXISTS` when a
   * name is one of another algorithm; `ERR_KEYSTORE_CUSTODY` when the store would give a key less than it requires; of files
   * `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when the token can keep no such key; `ERR_UNSUPPORTED_VERSION`
   * when another release changed the store; `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
   */
  async rotateNow(reason: string, options?: RotateNowOptions): Promise<void> {
    if (typeof reason !== 'string')
      throw new InputError('ERR_INPUT_TYPE', 'reason', 'a string', describe(reason));
    if (reason.length > MAX_REASON_LENGTH) {
      const expected = `at most ${MAX_REASON_LENGTH} characters`;
      throw new InputError('ERR_INPUT_LENGTH', 'reason', expected, describe(reason));
    }
    const { name, urgent } = checkOptions('options', options, ['name', 'urgent']);
    checkFlag('options.urgent', urgent);
    if (name !== undefined) this.#checkKey('options.name', name);
    const names = name === undefined ? [...this.#options.keys.keys()] : [name];
    await this.#inTurn(async () => {
      for (const one of names) {
        this.#emitter.tell({ kind: 'demanded', name: one, reason });
        await this.#commits.rotate(one, urgent === true, this.#nowMs());
      }
    });
  }

  /**
   * Lets nothing be done with a generation until it is resumed. If it is the active one, the next one takes over at once.
   *
   * @param ref - Which.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation); `ERR_INPUT_OPTION` when the key is not
   * one of this rotator; `ERR_INPUT_STATE` when the rotator was stopped.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when it cannot be suspended;
   * `ERR_KEYSTORE_STATE` when the store was closed, re-keyed by another process, or is full; `ERR_KEYSTORE_EXISTS` when a
   * name is one of another algorithm; `ERR_KEYSTORE_CUSTODY` when the store would give a key less than it requires; of files
   * `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when the token can keep no such key; `ERR_UNSUPPORTED_VERSION`
   * when another release changed the store; `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
   */
  async suspend(ref: KeyRef): Promise<void> {
    await this.#changeOne(ref, (draft, key, wanted) => {
      const entry = findEntry(draft.manifest, wanted);
      const { state } = entry;
      if (state === 'suspended') return key;
      if (state === 'compromised' || state === 'destroying') throw wrongState(entry, 'become suspended');
      draft.update(wanted, { state: 'suspended' });
      return withChanges(key, wanted, { suspendedFrom: state });
    });
  }

  /**
   * Marks a generation as known to others: nothing is done with it ever again, except to rewrap what is sealed under it. Of a key that signs
   * the private half is destroyed. If it is the active one, the one that is published already takes over at once.
   *
   * @param ref - Which.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation); `ERR_INPUT_OPTION` when the key is not
   * one of this rotator; `ERR_INPUT_STATE` when the rotator was stopped.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when it is being destroyed;
   * `ERR_KEYSTORE_STATE` when the store was closed, re-keyed by another process, or is full; `ERR_KEYSTORE_EXISTS` when a
   * name is one of another algorithm; `ERR_KEYSTORE_CUSTODY` when the store would give a key less than it requires; of files
   * `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when the token can keep no such key; `ERR_UNSUPPORTED_VERSION`
   * when another release changed the store; `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
   */
  async compromise(ref: KeyRef): Promise<void> {
    await this.#changeOne(ref, (draft, key, wanted) => {
      const entry = findEntry(draft.manifest, wanted);
      if (entry.state === 'destroying') throw wrongState(entry, 'become compromised');
      if (entry.state !== 'compromised') draft.update(wanted, { state: 'compromised' });
      return key;
    });
  }

  /**
   * Ends a suspension. A generation that was active has been followed by another one: it is retired now.
   *
   * @param ref - Which.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation); `ERR_INPUT_OPTION` when the key is not
   * one of this rotator; `ERR_INPUT_STATE` when the rotator was stopped.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when it is not suspended;
   * `ERR_KEYSTORE_STATE` when the store was closed, re-keyed by another process, or is full; `ERR_KEYSTORE_EXISTS` when a
   * name is one of another algorithm; `ERR_KEYSTORE_CUSTODY` when the store would give a key less than it requires; of files
   * `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when the token can keep no such key; `ERR_UNSUPPORTED_VERSION`
   * when another release changed the store; `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
   */
  async resume(ref: KeyRef): Promise<void> {
    const nowMs = this.#nowMs();
    await this.#changeOne(ref, (draft, key, wanted) => {
      const entry = findEntry(draft.manifest, wanted);
      if (entry.state !== 'suspended') throw wrongState(entry, 'be resumed');
      const { suspendedFrom } = key.notes.get(wanted.generation) ?? {};
      const isNewest = draft.manifest.entries.every(
        ({ ref: other, state }) =>
          other.name !== wanted.name || other.generation <= wanted.generation || state === 'pending',
      );
      if (suspendedFrom === 'pending' && isNewest && !entry.publicOnly)
        draft.update(wanted, { state: 'pending' });
      else draft.update(wanted, { state: 'retired', retiredAtMs: entry.retiredAtMs ?? nowMs });
      return withChanges(key, wanted, { suspendedFrom: undefined });
    });
  }

  /**
   * Postpones the destruction of a generation.
   *
   * @param ref - Which.
   * @param untilMs - Until when, milliseconds since the Unix epoch; until further notice by default. A time that is over ends an earlier call.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation, time); `ERR_INPUT_OPTION` when the key is not
   * one of this rotator; `ERR_INPUT_STATE` when the rotator was stopped.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when it is being destroyed;
   * `ERR_KEYSTORE_STATE` when the store was closed, re-keyed by another process, or is full; `ERR_KEYSTORE_EXISTS` when a
   * name is one of another algorithm; `ERR_KEYSTORE_CUSTODY` when the store would give a key less than it requires; of files
   * `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when the token can keep no such key; `ERR_UNSUPPORTED_VERSION`
   * when another release changed the store; `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
   */
  async hold(ref: KeyRef, untilMs: number = FOREVER): Promise<void> {
    checkInteger('untilMs', untilMs, 0, FOREVER);
    await this.#changeOne(ref, (draft, key, wanted) => {
      const entry = findEntry(draft.manifest, wanted);
      if (entry.state === 'destroying') throw wrongState(entry, 'be held');
      return withChanges(key, wanted, { heldUntilMs: untilMs });
    });
  }

  /**
   * Where the keys are in their lives, as far as this process knows without a look.
   *
   * @returns The status of the rotator's keys, and of others that the store rotates.
   * @throws {@link InputError} `ERR_INPUT_RANGE` when the clock gives no time.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_CORRUPT`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` when another release rotates the store.
   */
  status(): RotationStatus {
    const { manifest } = this.#options.access;
    return statusFrom(manifest, this.#nowMs(), this.#commits.runningMs(readLife(manifest)));
  }

  /**
   * Tells of what happens to the keys, by this process or another one, until the returned function is called.
   *
   * @param listener - Called with each event; what it throws is its own trouble.
   * @returns Ends it.
   * @throws {@link InputError} `ERR_INPUT_TYPE`; `ERR_INPUT_STATE` when the rotator was stopped.
   */
  onEvent(listener: (event: RotationEvent) => void): () => void {
    this.#checkOpen();
    if (typeof listener !== 'function') {
      throw new InputError('ERR_INPUT_TYPE', 'listener', 'a function', describe(listener));
    }
    return this.#emitter.add(listener);
  }

  // Ticks

  async #tick(nowMs: number): Promise<TickResult> {
    const { access, holder } = this.#options;
    const wasLeader = this.#commits.counts;
    const lease = await this.#leadership.hold();
    const manifest = await access.refresh();
    // Whoever was told by a process that is gone may not have heard it.
    if (!this.#announced) this.#tellBetween(undefined, manifest);
    this.#announced = true;
    if (lease === undefined) {
      this.#commits.end();
      if (wasLeader) this.#emitter.tell({ kind: 'follower', holder });
      return { isLeader: false, commits: 0, nextAtMs: this.#commits.nextAtMs(manifest, nowMs) };
    }
    if (!wasLeader) this.#lead(lease, readLife(manifest));
    if (this.#mustSweep) await access.sweep();
    this.#mustSweep = false;
    let commits = 0;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (!this.#commits.hasWork(access.manifest, lease, nowMs)) break;
      if (await this.#commits.commit(nowMs)) commits++;
      else break;
    }
    this.#tellProblems(nowMs);
    return { isLeader: this.isLeader, commits, nextAtMs: this.#commits.nextAtMs(access.manifest, nowMs) };
  }

  #lead({ fence }: Lease, life: Life): void {
    this.#commits.begin(life);
    this.#mustSweep = true;
    this.#emitter.tell({ kind: 'leader', holder: this.holder, fence });
  }

  async #changeOne(
    ref: KeyRef,
    change: (draft: Draft, key: KeyLife, wanted: KeyRef) => KeyLife,
  ): Promise<void> {
    const wanted = checkRef('ref', ref);
    this.#checkKey('ref.name', wanted.name);
    await this.#inTurn(() => this.#commits.change(wanted, this.#nowMs(), change));
  }

  // What is told

  #observe(manifest: Manifest): void {
    const before = this.#seen;
    this.#seen = manifest;
    this.#tellBetween(before, manifest);
  }

  #tellBetween(before: Manifest | undefined, after: Manifest): void {
    try {
      for (const event of eventsBetween(before, after, this.#options.keys.keys(), this.#nowMs())) {
        this.#emitter.tell(event);
      }
    } catch (error) {
      this.#tellFailure(error);
    }
  }

  #tellProblems(nowMs: number): void {
    const { manifest } = this.#options.access;
    const life = readLife(manifest);
    const told = new Set<string>();
    const tell = (id: string, event: RotationEvent) => {
      told.add(id);
      if (!this.#told.has(id)) this.#emitter.tell(event);
    };
    for (const { name, plan } of this.#commits.plans(manifest, life, nowMs, this.#commits.runningMs(life))) {
      for (const problem of plan.problems) tell(...this.#eventOf(name, problem));
    }
    this.#told = told;
  }

  #eventOf(name: string, problem: PlanProblem): [string, RotationEvent] {
    if (problem.kind === 'clock') return ['clock', problem];
    if (problem.kind === 'unannounced') return [`unannounced ${name}`, { kind: 'unannounced', name }];
    const { untilMs } = problem;
    return [`postponed ${name} ${problem.generation}`, { kind: 'postponed', name, untilMs }];
  }

  #tellFailure(error: unknown): void {
    const code = error instanceof PqError ? error.code : 'ERR_INTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    this.#emitter.tell({ kind: 'failure', code, message });
  }

  // Time and order

  #schedule(delayMs: number): void {
    const timer: { unref?(): void } = setTimeout(() => void this.#turn(), delayMs);
    this.#timer = timer as ReturnType<typeof setTimeout>;
    timer.unref?.();
  }

  /** A tick by the timer, and when the next one is. */
  async #turn(): Promise<void> {
    const { tickMs, leaseMs } = this.#options;
    let delayMs = Math.min(tickMs, Math.ceil(leaseMs / 3));
    try {
      const { isLeader, nextAtMs } = await this.tick();
      // Others look whether the lease has run out, and nothing else is theirs to do.
      if (isLeader && nextAtMs !== undefined) delayMs = Math.min(delayMs, nextAtMs - this.#nowMs());
    } catch (error) {
      if (!this.#closed) this.#tellFailure(error);
    }
    if (!this.#closed) this.#schedule(Math.max(MIN_DELAY_MS, delayMs));
  }

  #nowMs(): number {
    const nowMs = Math.floor(this.#options.clock.wallMs());
    checkInteger('options.clock', nowMs, 0, FOREVER);
    return nowMs;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => {});
    return done;
  }

  #checkKey(argument: string, name: unknown): asserts name is string {
    checkName(argument, name);
    if (this.#options.keys.has(name)) return;
    throw new InputError('ERR_INPUT_OPTION', argument, 'a key of this rotator', `"${name}"`);
  }

  #checkOpen(): void {
    if (this.#closed)
      throw new InputError('ERR_INPUT_STATE', 'rotator', 'one that runs', 'one that was stopped');
  }
}

/**
 * Makes a rotator. It does nothing before {@link Rotator.start} or {@link Rotator.tick}.
 *
 * @param options - Store, keys, policies; among many processes, where leases come from.
 * @returns The rotator, yours to stop.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_LENGTH` (holder),
 * `ERR_INPUT_RANGE`, also when values of a policy do not go together.
 * @example
 * const rotator = createRotator({ keystore, keys: { inbox: { algorithm: 'ML-KEM-1024' } } });
 * rotator.start();
 */
export function createRotator(options: RotatorOptions): Rotator {
  return Rotator.make(checkRotatorOptions(options));
}
