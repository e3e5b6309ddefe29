/**
 * What is to be done with the generations of one key now, and what comes next: a pure function of state, policy and time.
 *
 * Wall time schedules. Where it has gone back behind what it is compared with, running time stands in for it. Nothing is
 * destroyed by wall time alone: holders must have been told, and rotators must have run for so long since.
 *
 * @module
 */
import type { KeystoreAlgorithm } from '../keystore/keystore.ts';
import { ML_DSA_87 } from '../params.ts';
import type { GenerationView } from './life.ts';
import { destroyAfter, type RotationPolicy } from './policy.ts';

/** What the planner looks at. */
export interface PlanInput {
  readonly algorithm: KeystoreAlgorithm;
  readonly policy: RotationPolicy;
  /** The oldest first. */
  readonly generations: readonly GenerationView[];
  /** Generations that have signed who follows them. */
  readonly linked: ReadonlySet<number>;
  /** Wall time, milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** The largest wall time that was seen. */
  readonly wallHighMs: number;
  /** How long rotators have run. */
  readonly runningMs: number;
}

/** One thing to do. All of a plan are done together, in their order. */
export type PlanAction =
  /** Make the next generation, prove it, publish it. */
  | {
      readonly kind: 'create';
      readonly generation: number;
      readonly state: 'pending' | 'active';
      readonly activateAtMs: number;
    }
  /** The active generation signs who follows it. */
  | { readonly kind: 'link'; readonly from: number; readonly to: number }
  | { readonly kind: 'activate'; readonly generation: number }
  | { readonly kind: 'retire'; readonly generation: number }
  /** Destroy the private half, keep the public one. */
  | { readonly kind: 'drop-private'; readonly generation: number }
  /** Tell holders when a generation will be destroyed. */
  | {
      readonly kind: 'notice';
      readonly generation: number;
      readonly last: boolean;
      readonly destroyAtMs: number;
    }
  /** What holders were told does not hold any more. */
  | { readonly kind: 'withdraw-notice'; readonly generation: number }
  /** Nothing may be done with it any more, and it is destroyed next. */
  | { readonly kind: 'doom'; readonly generation: number }
  | { readonly kind: 'destroy'; readonly generation: number };

/** What is not as it should be. */
export type PlanProblem =
  /** The next generation is not published for long enough: it becomes active later than it should. */
  | { readonly kind: 'postponed'; readonly generation: number | undefined; readonly untilMs: number }
  /** There was no generation that could be activated but one that nobody has seen yet. */
  | { readonly kind: 'unannounced' }
  /** The clock shows an earlier time than before. */
  | { readonly kind: 'clock'; readonly nowMs: number; readonly wallHighMs: number };

/** What is expected to happen. */
export interface PlannedStep {
  readonly what: 'publish' | 'activate' | 'retire' | 'notice' | 'last-notice' | 'destroy';
  readonly generation: number;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** A plan. */
export interface Plan {
  readonly actions: readonly PlanAction[];
  readonly problems: readonly PlanProblem[];
  /** What comes after it, the earliest first. */
  readonly next: readonly PlannedStep[];
}

/** A clock that goes back by less was corrected, and is nobody's trouble. */
const BACKWARD_MS = 1000;

/** The state while the plan is made. */
class Sketch {
  readonly #input: PlanInput;
  readonly actions: PlanAction[] = [];
  readonly problems: PlanProblem[] = [];
  readonly next: PlannedStep[] = [];
  generations: GenerationView[];

  constructor(input: PlanInput) {
    this.#input = input;
    this.generations = [...input.generations];
  }

  get nowMs(): number {
    return this.#input.nowMs;
  }

  /** Time since a moment: by the wall, or by running time if the wall shows an earlier time than then. */
  since(atMs: number, runningMs: number | undefined): number {
    const { nowMs } = this.#input;
    if (nowMs >= atMs) return nowMs - atMs;
    return Math.max(0, this.#input.runningMs - (runningMs ?? this.#input.runningMs));
  }

  /** How long a generation has been active. */
  age(view: GenerationView): number {
    return this.since(view.activatedAtMs ?? view.createdAtMs, view.activatedRunningMs);
  }

  get active(): GenerationView | undefined {
    return this.generations.findLast(({ state }) => state === 'active');
  }

  /** The generation that is activated next. */
  get pending(): GenerationView | undefined {
    return this.generations.find(({ state }) => state === 'pending');
  }

  get nextGeneration(): number {
    return (this.generations.at(-1)?.generation ?? 0) + 1;
  }

  change(generation: number, changes: Partial<GenerationView>): void {
    this.generations = this.generations.map((view) =>
      view.generation === generation ? { ...view, ...changes } : view,
    );
  }

  create(state: 'pending' | 'active', activateAtMs: number): void {
    const { nowMs, runningMs } = this.#input;
    const generation = this.nextGeneration;
    this.actions.push({ kind: 'create', generation, state, activateAtMs });
    this.generations.push({
      generation,
      state,
      publicOnly: false,
      createdAtMs: nowMs,
      createdRunningMs: runningMs,
      activatedAtMs: activateAtMs,
      ...(state === 'active' ? { activatedRunningMs: runningMs } : {}),
    });
  }

  activate({ generation }: GenerationView): void {
    const { nowMs, runningMs } = this.#input;
    this.actions.push({ kind: 'activate', generation });
    this.change(generation, { state: 'active', activatedAtMs: nowMs, activatedRunningMs: runningMs });
  }

  retire({ generation }: GenerationView): void {
    this.actions.push({ kind: 'retire', generation });
    this.change(generation, { state: 'retired', retiredAtMs: this.#input.nowMs });
  }
}

/** Exactly one generation is active. */
function planActive(sketch: Sketch, { nowMs }: PlanInput): void {
  const { active, pending } = sketch;
  for (const view of sketch.generations) {
    if (view.state === 'active' && view !== active) sketch.retire(view);
  }
  if (active !== undefined) return;
  const isFirst = sketch.generations.length === 0;
  if (pending === undefined) sketch.create('active', nowMs);
  else sketch.activate(pending);
  if (pending === undefined && !isFirst) sketch.problems.push({ kind: 'unannounced' });
}

/** The next generation is published before its time, and takes over when it comes. */
function planSuccession(sketch: Sketch, input: PlanInput): void {
  const { policy, algorithm, linked, nowMs } = input;
  const active = sketch.active as GenerationView;
  const leftMs = Math.max(0, policy.periodMs - sketch.age(active));
  const before = sketch.pending;
  if (before === undefined) {
    if (leftMs > policy.leadMs) {
      const generation = sketch.nextGeneration;
      sketch.next.push(
        { what: 'publish', generation, atMs: nowMs + leftMs - policy.leadMs },
        { what: 'activate', generation, atMs: nowMs + leftMs },
        { what: 'retire', generation: active.generation, atMs: nowMs + leftMs },
      );
      return;
    }
    sketch.create('pending', nowMs + Math.max(leftMs, policy.minLeadMs));
  }
  const pending = sketch.pending as GenerationView;
  if (before === undefined && algorithm === ML_DSA_87.name) {
    // It is linked, and taken further, when it is there.
    const atMs = nowMs + Math.max(leftMs, policy.minLeadMs);
    sketch.next.push({ what: 'activate', generation: pending.generation, atMs });
    return;
  }
  if (algorithm === ML_DSA_87.name && !active.publicOnly && !linked.has(active.generation)) {
    sketch.actions.push({ kind: 'link', from: active.generation, to: pending.generation });
  }
  const isDue = leftMs === 0 || nowMs >= (pending.activatedAtMs ?? nowMs);
  const unseenMs = policy.minLeadMs - sketch.since(pending.createdAtMs, pending.createdRunningMs);
  if (isDue && unseenMs <= 0) {
    sketch.activate(pending);
    sketch.retire(active);
    // Its own successor may have to be published at once.
    planSuccession(sketch, input);
    return;
  }
  const dueMs = isDue ? 0 : Math.min(leftMs, (pending.activatedAtMs ?? nowMs) - nowMs);
  const atMs = nowMs + Math.max(dueMs, unseenMs);
  if (unseenMs > dueMs) {
    const generation = before?.generation;
    sketch.problems.push({ kind: 'postponed', generation, untilMs: atMs });
  }
  sketch.next.push(
    { what: 'activate', generation: pending.generation, atMs },
    { what: 'retire', generation: active.generation, atMs },
  );
}

/** A private key that signs ends with its time. */
function planPrivateHalves(sketch: Sketch, { policy, algorithm }: PlanInput): void {
  if (algorithm !== ML_DSA_87.name) return;
  for (const view of sketch.generations) {
    const { generation, state, publicOnly } = view;
    if (publicOnly) continue;
    const isOver =
      state === 'retired' ||
      state === 'compromised' ||
      (state === 'suspended' && sketch.age(view) >= policy.periodMs);
    if (!isOver) continue;
    sketch.actions.push({ kind: 'drop-private', generation });
    sketch.change(generation, { publicOnly: true });
  }
}

/** When a generation is old enough. A promise that was made is kept, whatever the policy is now. */
function endOfAge(sketch: Sketch, view: GenerationView, policy: RotationPolicy): number {
  const activatedAtMs = view.activatedAtMs ?? view.createdAtMs;
  const end = Math.max(view.destroyAfterMs ?? 0, destroyAfter(policy, activatedAtMs));
  const { nowMs } = sketch;
  // What became active by a clock that was wrong is not kept until the clock gets there.
  return activatedAtMs > nowMs ? nowMs + end - activatedAtMs - sketch.age(view) : end;
}

/** When a generation may go as far as its age and the number of those after it are concerned. */
function goesAt(sketch: Sketch, view: GenerationView, policy: RotationPolicy): number | undefined {
  const byAge = Math.max(endOfAge(sketch, view, policy), view.heldUntilMs ?? 0);
  const after = sketch.generations.filter(
    ({ generation, state }) => generation > view.generation && (state === 'active' || state === 'retired'),
  ).length;
  if (after > policy.retained) return byAge;
  if (after < policy.retained) return undefined;
  const { atMs } = sketch.next.find(({ what }) => what === 'activate') ?? {};
  return atMs === undefined ? undefined : Math.max(byAge, atMs);
}

/** Holders are told, and after that and in its time a generation is destroyed. */
function planEnd(sketch: Sketch, view: GenerationView, { policy, nowMs, runningMs }: PlanInput): void {
  const { generation, noticeRunningMs, lastNoticeRunningMs } = view;
  const { noticeMs, lastNoticeMs } = policy;
  const atMs = goesAt(sketch, view, policy);
  if (atMs === undefined || nowMs < atMs - noticeMs) {
    if (noticeRunningMs !== undefined) sketch.actions.push({ kind: 'withdraw-notice', generation });
    if (atMs === undefined || atMs === Number.MAX_SAFE_INTEGER) return;
    sketch.next.push(
      { what: 'notice', generation, atMs: atMs - noticeMs },
      { what: 'last-notice', generation, atMs: atMs - lastNoticeMs },
      { what: 'destroy', generation, atMs },
    );
    return;
  }
  // Nobody counts time in which no rotator ran: holders may not have been told then either.
  const firstLeftMs = noticeMs - (noticeRunningMs === undefined ? 0 : runningMs - noticeRunningMs);
  const lastLeftMs =
    lastNoticeRunningMs === undefined ? lastNoticeMs : lastNoticeMs - (runningMs - lastNoticeRunningMs);
  const destroyAtMs = Math.max(atMs, nowMs + firstLeftMs, nowMs + lastLeftMs);
  if (noticeRunningMs === undefined) {
    sketch.actions.push({ kind: 'notice', generation, last: false, destroyAtMs });
  } else if (lastNoticeRunningMs === undefined && destroyAtMs - nowMs <= lastNoticeMs) {
    sketch.actions.push({ kind: 'notice', generation, last: true, destroyAtMs });
  } else if (lastNoticeRunningMs !== undefined && destroyAtMs <= nowMs) {
    sketch.actions.push({ kind: 'doom', generation });
    return;
  } else if (lastNoticeRunningMs === undefined) {
    sketch.next.push({ what: 'last-notice', generation, atMs: destroyAtMs - lastNoticeMs });
  }
  sketch.next.push({ what: 'destroy', generation, atMs: destroyAtMs });
}

/**
 * Plans.
 *
 * | when | what |
 * |---|---|
 * | activation of the next one − lead | `create` a pending generation; the active one signs a `link` to it |
 * | activation | `activate` it, unless it is published for too short a time; `retire` the old one, `drop-private` if it signs |
 * | destruction − 6 h, − 1 h | `notice` |
 * | activation + (1 + retained) × period, and as many are younger | `doom`, then `destroy` |
 *
 * @param input - State, policy, time.
 * @returns What to do now, in one commit, what is wrong, and what comes next.
 */
export function plan(input: PlanInput): Plan {
  const sketch = new Sketch(input);
  const { nowMs, wallHighMs } = input;
  if (nowMs < wallHighMs - BACKWARD_MS) sketch.problems.push({ kind: 'clock', nowMs, wallHighMs });
  planActive(sketch, input);
  planSuccession(sketch, input);
  planPrivateHalves(sketch, input);
  for (const view of sketch.generations) {
    const { generation, state } = view;
    if (state === 'retired' || state === 'suspended' || state === 'compromised') planEnd(sketch, view, input);
    else if (state === 'destroying') sketch.actions.push({ kind: 'destroy', generation });
  }
  sketch.next.sort((a, b) => a.atMs - b.atMs);
  return { actions: sketch.actions, problems: sketch.problems, next: sketch.next };
}
