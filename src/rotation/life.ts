/**
 * What rotation knows of keys beside what the keystore tells: values, made anew with every change.
 *
 * @module
 */
import type { KeyState, KeystoreAlgorithm } from '../keystore/keystore.ts';
import type { Manifest } from '../keystore/manifest.ts';
import type { RotationPolicy } from './policy.ts';

/** What rotation notes of one generation. */
export interface GenerationNotes {
  /** Running time when it was made, or found. */
  readonly createdRunningMs: number;
  /** Running time when it became active. */
  readonly activatedRunningMs?: number;
  /** The largest wall time that had been seen when it was retired. */
  readonly retiredHighMs?: number;
  /** Running time when holders were told of its destruction. */
  readonly noticeRunningMs?: number;
  /** Running time when they were told a last time. */
  readonly lastNoticeRunningMs?: number;
  /** It is not destroyed before, milliseconds since the Unix epoch. */
  readonly heldUntilMs?: number;
  /** The state that it had when it was suspended. */
  readonly suspendedFrom?: KeyState;
}

/** What rotation keeps of one key. */
export interface KeyLife {
  readonly name: string;
  readonly algorithm: KeystoreAlgorithm;
  readonly policy: RotationPolicy;
  /** By generation. */
  readonly notes: ReadonlyMap<number, GenerationNotes>;
  /** Of a signing key: links from each generation to the next, by the generation that signed. */
  readonly links: ReadonlyMap<number, Uint8Array>;
}

/** What rotation keeps in a store. */
export interface Life {
  /** The highest fence under which the store was changed. */
  readonly fence: number;
  /** The largest wall time seen, milliseconds since the Unix epoch. */
  readonly wallHighMs: number;
  /** How long rotators have run, milliseconds. */
  readonly runningMs: number;
  /** By name. */
  readonly keys: ReadonlyMap<string, KeyLife>;
}

/** A store in which nothing was rotated yet. */
export const EMPTY_LIFE: Life = { fence: 0, wallHighMs: 0, runningMs: 0, keys: new Map() };

/** One generation as the planner sees it. */
export interface GenerationView extends GenerationNotes {
  readonly generation: number;
  readonly state: KeyState;
  readonly publicOnly: boolean;
  readonly createdAtMs: number;
  /** When it became active, or is to. */
  readonly activatedAtMs?: number;
  readonly retiredAtMs?: number;
  readonly destroyAfterMs?: number;
}

/** The generations of a key, the oldest first. */
export function generationsOf(manifest: Manifest, life: Life, name: string): GenerationView[] {
  const notes = life.keys.get(name)?.notes;
  return manifest.entries
    .filter(({ ref }) => ref.name === name)
    .map(({ ref, state, publicOnly, createdAtMs, activatedAtMs, retiredAtMs, destroyAfterMs }) => ({
      createdRunningMs: life.runningMs,
      ...notes?.get(ref.generation),
      generation: ref.generation,
      state,
      publicOnly: publicOnly === true,
      createdAtMs,
      ...(activatedAtMs === undefined ? {} : { activatedAtMs }),
      ...(retiredAtMs === undefined ? {} : { retiredAtMs }),
      ...(destroyAfterMs === undefined ? {} : { destroyAfterMs }),
    }))
    .sort((a, b) => a.generation - b.generation);
}
