/**
 * What a restore does, decided before anything is done: a pure function of backup, store, newer backups and time.
 *
 * A generation is known by its name and number, which are never used again, and by its key id. It comes back only when nothing
 * says that it is gone: its own destroy-after time, what the store knows, what a newer backup knows.
 *
 * @module
 */
import { equal } from '../bytes.ts';
import { KeyStoreError } from '../errors.ts';
import { FLOORS, readFloors, writeFloors } from '../keystore/floors.ts';
import type { KeyRef } from '../keystore/keystore.ts';
import type { Manifest, Tombstone } from '../keystore/manifest.ts';
import type { BackupBody, LeftOutKey, SavedKey } from './format.ts';

/**
 * Why a generation does not come back: its time is over; the store has destroyed it; a newer backup says that it was destroyed,
 * or holds it no more.
 */
export type DropReason = 'expired' | 'destroyed' | 'newer-backup';

/** A generation that does not come back. */
export interface Dropped {
  readonly key: SavedKey;
  readonly why: DropReason;
}

/** What is to be done. */
export interface RestorePlan {
  readonly restore: readonly SavedKey[];
  readonly dropped: readonly Dropped[];
  /** Generations that the store has already: it knows better. */
  readonly kept: readonly SavedKey[];
  /** Tombstones that the store has not yet. */
  readonly tombstones: readonly Tombstone[];
  /** All extensions, as they are to be. */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

/** What knows of generations: a store, or a newer backup. */
interface Witness {
  readonly held: readonly { readonly ref: KeyRef; readonly keyId: Uint8Array }[];
  readonly tombstones: readonly Tombstone[];
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

const nameOf = ({ name, generation }: KeyRef) => `${name}/${generation}`;

/** What a witness says, looked up quickly. */
class Testimony {
  readonly #held: ReadonlyMap<string, Uint8Array>;
  readonly #gone: ReadonlySet<string>;
  readonly #witness: Witness;

  constructor(witness: Witness) {
    this.#witness = witness;
    this.#held = new Map(witness.held.map(({ ref, keyId }) => [nameOf(ref), keyId]));
    this.#gone = new Set(witness.tombstones.map(({ ref }) => nameOf(ref)));
  }

  /** Id of the key that is held under a reference. */
  keyId(ref: KeyRef): Uint8Array | undefined {
    return this.#held.get(nameOf(ref));
  }

  /** Whether a generation was destroyed: its tombstone is there, or it is below the floor of its name. */
  isGone(ref: KeyRef): boolean {
    if (this.#gone.has(nameOf(ref))) return true;
    const floor = readFloors(this.#witness.extensions).get(ref.name);
    return floor !== undefined && ref.generation <= floor.generation && !this.#held.has(nameOf(ref));
  }
}

function conflict({ ref }: SavedKey): KeyStoreError {
  return new KeyStoreError(
    'ERR_KEYSTORE_EXISTS',
    `the store has another key "${ref.name}", generation ${ref.generation}, than the backup; nothing was restored`,
  );
}

/** Refuses names that are ones of another algorithm in the store. */
function checkAlgorithms(keys: readonly SavedKey[], { entries, tombstones }: Manifest): void {
  const algorithms = new Map([...entries, ...tombstones].map(({ ref, algorithm }) => [ref.name, algorithm]));
  for (const { ref, algorithm } of keys) {
    const other = algorithms.get(ref.name);
    if (other === undefined || other === algorithm) continue;
    throw new KeyStoreError(
      'ERR_KEYSTORE_EXISTS',
      `key "${ref.name}" is one for ${other} in the store, and for ${algorithm} in the backup; nothing was restored`,
    );
  }
}

/** Floors of both: of each name the higher one. */
function mergeExtensions(body: BackupBody, store: Manifest): ReadonlyMap<string, Uint8Array> {
  const merged = new Map(store.extensions);
  for (const [name, bytes] of body.extensions) if (!merged.has(name)) merged.set(name, bytes);
  if (!body.extensions.has(FLOORS) || !store.extensions.has(FLOORS)) return merged;
  const floors = new Map(readFloors(store.extensions));
  for (const [name, floor] of readFloors(body.extensions)) {
    if (floor.generation > (floors.get(name)?.generation ?? 0)) floors.set(name, floor);
  }
  return merged.set(FLOORS, writeFloors(floors));
}

/** Tombstones of what was destroyed, is dropped now, or cannot be restored: no number is used twice. */
function tombstonesFor(
  body: BackupBody,
  dropped: readonly Dropped[],
  store: Manifest,
  nowMs: number,
  newId: () => Uint8Array,
): Tombstone[] {
  const gone = (key: SavedKey | LeftOutKey): Tombstone => ({
    id: newId(),
    ref: key.ref,
    algorithm: key.algorithm,
    destroyedAtMs: nowMs,
  });
  const all = [...body.tombstones, ...dropped.map(({ key }) => gone(key)), ...body.leftOut.map(gone)];
  const known = new Set([...store.entries, ...store.tombstones].map(({ ref }) => nameOf(ref)));
  return all.filter(({ ref }) => !known.has(nameOf(ref)));
}

/**
 * A generation as the newest backup has it: what was compromised since is not active again, and of a private half that was
 * destroyed since, only the public one comes back.
 */
function asLastSeen(key: SavedKey, later: SavedKey | undefined): SavedKey {
  if (later === undefined || !equal(later.keyId, key.keyId)) return key;
  return { ...later, secret: later.secret === undefined ? undefined : key.secret };
}

/**
 * Plans a restore.
 *
 * @param body - The backup.
 * @param newer - Newer backups of the same store, the newest last.
 * @param store - What the store holds.
 * @param nowMs - Milliseconds since the Unix epoch.
 * @param newId - Draws an id for a tombstone.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_EXISTS` when the store has another key of the same name and number, or a name is
 * one of another algorithm there.
 */
export function planRestore(
  body: BackupBody,
  newer: readonly BackupBody[],
  store: Manifest,
  nowMs: number,
  newId: () => Uint8Array,
): RestorePlan {
  const own = new Testimony({ held: store.entries, ...store });
  const later = newer.map(
    (backup) => new Testimony({ held: [...backup.keys, ...backup.leftOut], ...backup }),
  );
  const newest = new Map(newer.flatMap(({ keys }) => keys).map((key) => [nameOf(key.ref), key]));
  const plan = { restore: [] as SavedKey[], dropped: [] as Dropped[], kept: [] as SavedKey[] };
  const reasonOf = (key: SavedKey): DropReason | undefined => {
    if (own.isGone(key.ref)) return 'destroyed';
    if (key.destroyAfterMs !== undefined && nowMs >= key.destroyAfterMs) return 'expired';
    // A newer backup of the same store holds whatever was not destroyed meanwhile.
    const isHeld = later.every((backup) => {
      const keyId = backup.keyId(key.ref);
      return keyId !== undefined && equal(keyId, key.keyId);
    });
    return isHeld ? undefined : 'newer-backup';
  };
  checkAlgorithms(body.keys, store);
  for (const saved of body.keys) {
    const key = asLastSeen(saved, newest.get(nameOf(saved.ref)));
    const held = own.keyId(key.ref);
    const why = held === undefined ? reasonOf(key) : undefined;
    if (held !== undefined) {
      if (!equal(held, key.keyId)) throw conflict(key);
      plan.kept.push(key);
    } else if (why !== undefined) plan.dropped.push({ key, why });
    else plan.restore.push(key);
  }
  const tombstones = tombstonesFor(body, plan.dropped, store, nowMs, newId);
  return { ...plan, tombstones, extensions: mergeExtensions(body, store) };
}
