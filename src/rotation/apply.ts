/**
 * Does what a plan says to a draft of the store.
 *
 * @module
 */
import type { Draft } from '../keystore/draft.ts';
import type { KeyRef } from '../keystore/keystore.ts';
import { MAX_LINKS } from './directory/format.ts';
import type { GenerationNotes, KeyLife, Life } from './life.ts';
import type { PlanAction } from './planner.ts';
import { destroyAfter } from './policy.ts';

/** When it is done. */
export interface Moment {
  readonly nowMs: number;
  readonly runningMs: number;
  readonly wallHighMs: number;
}

/** Changes of one key's life in the making. */
class KeyDraft {
  readonly #draft: Draft;
  readonly #key: KeyLife;
  readonly #moment: Moment;
  readonly #notes: Map<number, GenerationNotes>;
  readonly #links: Map<number, Uint8Array>;
  /** Generations that the plan numbered otherwise than the store. */
  readonly #numbers = new Map<number, number>();

  constructor(draft: Draft, key: KeyLife, moment: Moment) {
    this.#draft = draft;
    this.#key = key;
    this.#moment = moment;
    this.#notes = new Map(key.notes);
    this.#links = new Map(key.links);
  }

  /** The life as it will be. */
  get life(): KeyLife {
    return { ...this.#key, notes: this.#notes, links: this.#links };
  }

  async apply(action: PlanAction, links: ReadonlyMap<number, Uint8Array>): Promise<void> {
    const { nowMs, runningMs, wallHighMs } = this.#moment;
    const { policy } = this.#key;
    if (action.kind === 'create') return this.#create(action);
    if (action.kind === 'link') {
      const link = links.get(action.from);
      if (link !== undefined) this.#links.set(action.from, link);
      return;
    }
    const ref = this.#ref(action.generation);
    switch (action.kind) {
      case 'activate':
        this.#draft.update(ref, {
          state: 'active',
          activatedAtMs: nowMs,
          destroyAfterMs: destroyAfter(policy, nowMs),
        });
        this.#note(ref, { activatedRunningMs: runningMs });
        return;
      case 'retire':
        this.#draft.update(ref, { state: 'retired', retiredAtMs: nowMs });
        this.#note(ref, { retiredHighMs: wallHighMs });
        return;
      case 'drop-private':
        await this.#draft.keepPublic(ref);
        return;
      case 'notice':
        this.#note(ref, action.last ? { lastNoticeRunningMs: runningMs } : { noticeRunningMs: runningMs });
        return;
      case 'withdraw-notice': {
        const { noticeRunningMs: _, lastNoticeRunningMs: __, ...rest } = this.#notesOf(ref);
        this.#notes.set(ref.generation, rest);
        return;
      }
      case 'doom':
        this.#draft.update(ref, { state: 'destroying' });
        return;
      case 'destroy':
        this.#draft.destroy(ref, nowMs);
        this.#notes.delete(ref.generation);
        this.#forgetLinks(ref.generation);
        return;
    }
  }

  async #create({ generation, state, activateAtMs }: PlanAction & { kind: 'create' }): Promise<void> {
    const { nowMs, runningMs } = this.#moment;
    const { name, algorithm, policy } = this.#key;
    const { ref } = await this.#draft.create({
      name,
      algorithm,
      state,
      createdAtMs: nowMs,
      activatedAtMs: activateAtMs,
      destroyAfterMs: destroyAfter(policy, activateAtMs),
    });
    this.#numbers.set(generation, ref.generation);
    this.#notes.set(ref.generation, {
      createdRunningMs: runningMs,
      ...(state === 'active' ? { activatedRunningMs: runningMs } : {}),
    });
  }

  /**
   * Forgets links of generations that are gone, but for as many as a directory carries and the one to the next generation: peers
   * that know only a generation that is gone can follow as well.
   */
  #forgetLinks(destroyed: number): void {
    const from = [...this.#links.keys()].sort((a, b) => b - a);
    for (const generation of from.slice(MAX_LINKS + 1)) {
      if (generation <= destroyed) this.#links.delete(generation);
    }
  }

  #ref(generation: number): KeyRef {
    return { name: this.#key.name, generation: this.#numbers.get(generation) ?? generation };
  }

  #notesOf({ generation }: KeyRef): GenerationNotes {
    return this.#notes.get(generation) ?? { createdRunningMs: this.#moment.runningMs };
  }

  #note(ref: KeyRef, notes: Partial<GenerationNotes>): void {
    this.#notes.set(ref.generation, { ...this.#notesOf(ref), ...notes });
  }
}

/**
 * Does what a plan says.
 *
 * @param draft - Of the store the plan was made for.
 * @param key - The key's life before.
 * @param actions - The plan's.
 * @param links - What was signed for its `link` actions, by the generation that signed.
 * @param moment - The plan's.
 * @returns The key's life after it.
 */
export async function applyActions(
  draft: Draft,
  key: KeyLife,
  actions: readonly PlanAction[],
  links: ReadonlyMap<number, Uint8Array>,
  moment: Moment,
): Promise<KeyLife> {
  const own = new KeyDraft(draft, key, moment);
  for (const action of actions) await own.apply(action, links);
  return own.life;
}

/** A life with another key's. */
export function withKey(life: Life, key: KeyLife): Life {
  return { ...life, keys: new Map(life.keys).set(key.name, key) };
}

/** A key's life with other notes of one generation. */
export function withNotes(key: KeyLife, generation: number, notes: GenerationNotes): KeyLife {
  return { ...key, notes: new Map(key.notes).set(generation, notes) };
}
