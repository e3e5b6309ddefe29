/**
 * The commits of a rotator: what they are for, what goes into one, and under which fence.
 *
 * @module
 */
import { KeyStoreError } from '../errors.ts';
import type { Draft } from '../keystore/draft.ts';
import type { KeyRef } from '../keystore/keystore.ts';
import type { Manifest } from '../keystore/manifest.ts';
import { ML_DSA_87 } from '../params.ts';
import { applyActions, withKey, withNotes } from './apply.ts';
import { linkIdentity } from './directory/link.ts';
import type { Leadership } from './leadership.ts';
import type { Lease } from './lease.ts';
import type { KeyLife, Life } from './life.ts';
import { ROTATION_EXTENSION, readLife, writeLife } from './life-format.ts';
import type { Plan } from './planner.ts';
import { POLICY_NAMES, type RotationPolicy } from './policy.ts';
import type { CheckedRotatorOptions } from './rotator-options.ts';
import { planFor } from './status.ts';

/** Running time is stored at least so often while holders wait for a destruction. */
const STORE_RUNNING_MS = 900_000;

function samePolicy(a: RotationPolicy, b: RotationPolicy): boolean {
  return POLICY_NAMES.every((name) => a[name] === b[name]);
}

/** Commits of one rotator. */
export class RotationCommits {
  readonly #options: CheckedRotatorOptions;
  readonly #leadership: Leadership;
  readonly #onFailure: (error: unknown) => void;
  /** Running time at a moment of the monotonic clock, while this process leads. */
  #running: { readonly monotonicMs: number; readonly runningMs: number } | undefined;

  /**
   * @param options - Of the rotator.
   * @param leadership - Its lease.
   * @param onFailure - Told what fails and is not waited for.
   */
  constructor(options: CheckedRotatorOptions, leadership: Leadership, onFailure: (error: unknown) => void) {
    this.#options = options;
    this.#leadership = leadership;
    this.#onFailure = onFailure;
  }

  /** Whether this process's running time counts. */
  get counts(): boolean {
    return this.#running !== undefined;
  }

  /** Counts running time from now on. */
  begin({ runningMs }: Life): void {
    this.#running = { monotonicMs: this.#options.clock.monotonicMs(), runningMs };
  }

  /** Counts it no more. */
  end(): void {
    this.#running = undefined;
  }

  /** Whether a commit is needed. */
  hasWork(manifest: Manifest, lease: Lease, nowMs: number): boolean {
    const life = readLife(manifest);
    if (life.fence !== lease.fence || this.#configured(life) !== life) return true;
    const runningMs = this.runningMs(life);
    if (this.plans(manifest, life, nowMs, runningMs).some(({ plan }) => plan.actions.length > 0)) return true;
    const isAwaited = [...life.keys.values()].some(({ notes }) =>
      [...notes.values()].some(({ noticeRunningMs }) => noticeRunningMs !== undefined),
    );
    return isAwaited && runningMs - life.runningMs >= STORE_RUNNING_MS;
  }

  /** One commit of all that is to be done now; whether it was made. */
  async commit(nowMs: number): Promise<boolean> {
    const { access } = this.#options;
    const links = await this.#signLinks(access.manifest, nowMs);
    for (let attempt = 0; ; attempt++) {
      const { lease } = this.#leadership;
      if (lease === undefined) return false;
      const seen = readLife(access.manifest).fence;
      if (seen > lease.fence && attempt === 0) {
        // A counter that was lost, or one of another process of its own.
        await this.#leadership.outgrow(seen);
        await this.#leadership.hold();
        continue;
      }
      await access.change(async (draft) => {
        const life = readLife(draft.manifest);
        this.#checkFence(life, lease);
        const runningMs = this.runningMs(life);
        const next = { ...this.#configured(life), fence: lease.fence };
        await this.#carryOut(draft, next, nowMs, runningMs, links);
      });
      return true;
    }
  }

  /** Plans over a draft, and does what the plans say. */
  async #carryOut(
    draft: Draft,
    life: Life,
    nowMs: number,
    runningMs: number,
    links: ReadonlyMap<string, Uint8Array>,
    names: Iterable<string> = this.#options.keys.keys(),
  ): Promise<void> {
    const moment = { nowMs, runningMs, wallHighMs: Math.max(life.wallHighMs, nowMs) };
    let next: Life = { ...life, runningMs, wallHighMs: moment.wallHighMs };
    for (const name of names) {
      const key = next.keys.get(name) as KeyLife;
      const { actions } = planFor(draft.manifest, next, key, nowMs, runningMs);
      const own = new Map(
        actions.flatMap((action) => {
          const link = action.kind === 'link' ? links.get(`${name}/${action.from}/${action.to}`) : undefined;
          return action.kind === 'link' && link !== undefined ? [[action.from, link] as const] : [];
        }),
      );
      next = withKey(next, await applyActions(draft, key, actions, own, moment));
    }
    draft.extend(ROTATION_EXTENSION, writeLife(next));
  }

  #checkFence({ fence }: Life, lease: Lease): void {
    if (fence > lease.fence || !lease.isHeld()) {
      throw new KeyStoreError(
        'ERR_KEYSTORE_FENCED',
        `another process became the rotator: this one's fence is ${lease.fence}, the store has seen ${fence}; nothing was changed`,
      );
    }
  }

  /** A life with the keys and policies of this rotator. The same one when it has them. */
  #configured(life: Life): Life {
    let next = life;
    for (const [name, { algorithm, policy }] of this.#options.keys) {
      const key = next.keys.get(name);
      if (key?.algorithm === algorithm && samePolicy(key.policy, policy)) continue;
      next = withKey(next, { notes: new Map(), links: new Map(), ...key, name, algorithm, policy });
    }
    return next;
  }

  /** Plans for all keys that the store rotates already. */
  plans(manifest: Manifest, life: Life, nowMs: number, runningMs: number): { name: string; plan: Plan }[] {
    return [...this.#options.keys.keys()].flatMap((name) => {
      const key = life.keys.get(name);
      return key === undefined ? [] : [{ name, plan: planFor(manifest, life, key, nowMs, runningMs) }];
    });
  }

  /** Signs the links that plans ask for. One that cannot be signed is tried again; rotation does not wait for it. */
  async #signLinks(manifest: Manifest, nowMs: number): Promise<Map<string, Uint8Array>> {
    const life = readLife(manifest);
    const links = new Map<string, Uint8Array>();
    for (const { name, plan } of this.plans(manifest, life, nowMs, this.runningMs(life))) {
      for (const action of plan.actions) {
        if (action.kind !== 'link') continue;
        const { from, to } = action;
        try {
          const link = await linkIdentity(this.#options.keystore, {
            from: { name, generation: from },
            to: { name, generation: to },
            nowMs,
          });
          links.set(`${name}/${from}/${to}`, link);
        } catch (error) {
          this.#onFailure(error);
        }
      }
    }
    return links;
  }

  /** When something is to be done next. */
  nextAtMs(manifest: Manifest, nowMs: number): number | undefined {
    const life = readLife(manifest);
    const times = this.plans(manifest, life, nowMs, this.runningMs(life)).flatMap(({ plan }) =>
      plan.next.map(({ atMs }) => atMs),
    );
    return times.length === 0 ? undefined : Math.max(nowMs, Math.min(...times));
  }

  /** Publishes the next generation of a key, and lets it take over as soon as it may. */
  async rotate(name: string, urgent: boolean, nowMs: number): Promise<void> {
    const { access } = this.#options;
    // Published, then linked and activated.
    for (let step = 0; step < 2; step++) {
      const links = await this.#linksFor(name, nowMs);
      const isDone = await access.change(async (draft) => {
        const life = this.#configured(readLife(draft.manifest));
        const key = life.keys.get(name) as KeyLife;
        const leadMs = urgent ? 0 : key.policy.minLeadMs;
        const runningMs = this.runningMs(life);
        let pending = draft.manifest.entries.find(
          ({ ref, state }) => ref.name === name && state === 'pending',
        );
        const hasActive = draft.manifest.entries.some(
          ({ ref, state }) => ref.name === name && state === 'active',
        );
        let next = life;
        if (pending === undefined && hasActive) {
          const times = { createdAtMs: nowMs, activatedAtMs: nowMs + leadMs };
          pending = await draft.create({ name, algorithm: key.algorithm, state: 'pending', ...times });
          next = withKey(life, withNotes(key, pending.ref.generation, { createdRunningMs: runningMs }));
          draft.extend(ROTATION_EXTENSION, writeLife(next));
          return false;
        }
        if (pending !== undefined) {
          const earliestMs = Math.max(nowMs, pending.createdAtMs + leadMs);
          draft.update(pending.ref, {
            activatedAtMs: Math.min(pending.activatedAtMs ?? earliestMs, earliestMs),
          });
        }
        const impatient = urgent ? withKey(next, { ...key, policy: { ...key.policy, minLeadMs: 0 } }) : next;
        await this.#carryOut(draft, impatient, nowMs, runningMs, links, [name]);
        const done = readLife(draft.manifest);
        const own = done.keys.get(name) as KeyLife;
        draft.extend(ROTATION_EXTENSION, writeLife(withKey(done, { ...own, policy: key.policy })));
        return true;
      });
      if (isDone) return;
    }
  }

  async #linksFor(name: string, nowMs: number): Promise<Map<string, Uint8Array>> {
    const { access, keystore } = this.#options;
    const manifest = await access.refresh();
    const own = manifest.entries.filter(({ ref }) => ref.name === name);
    const from = own.findLast(({ state }) => state === 'active');
    const to = own.find(({ state }) => state === 'pending');
    const isLinked = readLife(manifest)
      .keys.get(name)
      ?.links.has(from?.ref.generation ?? 0);
    if (from?.algorithm !== ML_DSA_87.name || to === undefined || isLinked) return new Map();
    try {
      const link = await linkIdentity(keystore, { from: from.ref, to: to.ref, nowMs });
      return new Map([[`${name}/${from.ref.generation}/${to.ref.generation}`, link]]);
    } catch (error) {
      this.#onFailure(error);
      return new Map();
    }
  }

  /** How long rotators have run. */
  runningMs(life: Life): number {
    if (this.#running === undefined) return life.runningMs;
    const { monotonicMs, runningMs } = this.#running;
    const ownMs = Math.floor(runningMs + this.#options.clock.monotonicMs() - monotonicMs);
    return Math.max(life.runningMs, ownMs);
  }

  /** Changes one generation, whoever has the lease, and does what follows from it in the same commit. */
  async change(
    ref: KeyRef,
    nowMs: number,
    change: (draft: Draft, key: KeyLife, ref: KeyRef) => KeyLife,
  ): Promise<void> {
    await this.#options.access.change(async (draft) => {
      const life = this.#configured(readLife(draft.manifest));
      const changed = withKey(life, change(draft, life.keys.get(ref.name) as KeyLife, ref));
      await this.#carryOut(draft, changed, nowMs, this.runningMs(life), new Map(), [ref.name]);
    });
  }
}
