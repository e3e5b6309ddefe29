/**
 * What a store knows of its keys: one entry a generation, and a tombstone for each that was destroyed. A value: every
 * change makes a new one.
 *
 * @module
 */
import { toBase64Url, toHex } from '../bytes.ts';
import { KeyStoreError } from '../errors.ts';
import { type Floor, readFloors } from './floors.ts';
import type { Custody, KeyInfo, KeyRef, KeyState, KeystoreAlgorithm, KeyTimes } from './keystore.ts';
import { notFound } from './refusals.ts';

/** Bytes of an entry's id, drawn at random: the name of its blob, the CKA_ID of its objects in a token. */
export const ENTRY_ID_BYTES = 16;

/** One generation. */
export interface KeyEntry extends KeyTimes {
  /** Random, unique, never reused. */
  readonly id: Uint8Array;
  readonly ref: KeyRef;
  readonly algorithm: KeystoreAlgorithm;
  readonly custody: Custody;
  readonly state: KeyState;
  readonly createdAtMs: number;
  /** Set when the private half was destroyed before the public one. */
  readonly publicOnly?: true;
  /** Thumbprint of the public key (32), or the random id of an AES key (16). */
  readonly keyId: Uint8Array;
  /**
   * What the custodian needs to use or destroy the key beside its blob: the KEK of a sealed key. Dropping it from the
   * manifest is what destroys such a key.
   */
  readonly protection: Uint8Array;
  /** SHA3-512 of the blob, so that one put back from elsewhere is noticed. */
  readonly blobDigest: Uint8Array;
  /** Of an AES key: the budget, and how much of it is used or set aside; 0 for key pairs. */
  readonly maxUses: number;
  readonly reservedUses: number;
}

/** Names by id, as they are asked for with every use of a key. */
const names = new WeakMap<Uint8Array, string>();

/** An entry's id as a text. */
export function entryName({ id }: KeyEntry): string {
  let name = names.get(id);
  if (name === undefined) {
    name = toHex(id);
    names.set(id, name);
  }
  return name;
}

/** A generation that was destroyed. */
export interface Tombstone {
  readonly id: Uint8Array;
  readonly ref: KeyRef;
  readonly algorithm: KeystoreAlgorithm;
  readonly destroyedAtMs: number;
}

/** Everything that a store knows. */
export interface Manifest {
  /** Counts the commits; only grows. */
  readonly revision: number;
  readonly entries: readonly KeyEntry[];
  readonly tombstones: readonly Tombstone[];
  /**
   * What others keep beside the keys, by name (as of a key): bytes that mean nothing here and are never dropped, so that a
   * release that does not know them keeps them for one that does.
   */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

/** A store in which nothing happened yet. */
export const EMPTY_MANIFEST: Manifest = {
  revision: 0,
  entries: [],
  tombstones: [],
  extensions: new Map(),
};

/** Whether two references are the same generation. */
export function sameRef(a: KeyRef, b: KeyRef): boolean {
  return a.name === b.name && a.generation === b.generation;
}

/** By name, then by generation. */
export function compareRefs(a: KeyRef, b: KeyRef): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.generation - b.generation;
}

/** What users are told of an entry. */
export function toInfo(entry: KeyEntry): KeyInfo {
  const { ref, algorithm, custody, state, keyId, createdAtMs } = entry;
  const { activatedAtMs, retiredAtMs, destroyAfterMs, publicOnly } = entry;
  return {
    ref: { ...ref },
    algorithm,
    custody,
    state,
    keyId: toBase64Url(keyId),
    createdAtMs,
    ...(activatedAtMs === undefined ? {} : { activatedAtMs }),
    ...(retiredAtMs === undefined ? {} : { retiredAtMs }),
    ...(destroyAfterMs === undefined ? {} : { destroyAfterMs }),
    ...(publicOnly === undefined ? {} : { publicOnly }),
    ...(entry.maxUses === 0 ? {} : { maxUses: entry.maxUses, reservedUses: entry.reservedUses }),
  };
}

/**
 * The entry of a reference.
 *
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`.
 */
export function findEntry(manifest: Manifest, ref: KeyRef): KeyEntry {
  const entry = manifest.entries.find((candidate) => sameRef(candidate.ref, ref));
  if (entry !== undefined) return entry;
  throw notFound(ref);
}

/** The next manifest, with one entry in place of another. */
export function replaceEntry(manifest: Manifest, old: KeyEntry, entry: KeyEntry): Manifest {
  return {
    ...manifest,
    revision: manifest.revision + 1,
    entries: manifest.entries.map((other) => (other === old ? entry : other)),
  };
}

/** Whether a key may be used for something. */
function isUsable({ state }: KeyEntry): boolean {
  return state === 'pending' || state === 'active' || state === 'retired';
}

/** Entries by what they are looked up by, made once a manifest. */
export class ManifestIndex {
  readonly manifest: Manifest;
  readonly #byRef = new Map<string, KeyEntry>();
  readonly #byKeyId = new Map<string, KeyEntry>();
  /** The newest active generation of each name. */
  readonly #active = new Map<string, KeyEntry>();

  /** @param manifest - Not changed afterwards. */
  constructor(manifest: Manifest) {
    this.manifest = manifest;
    for (const entry of manifest.entries) {
      const { name, generation } = entry.ref;
      this.#byRef.set(`${name}/${generation}`, entry);
      const keyId = toBase64Url(entry.keyId);
      const same = this.#byKeyId.get(keyId);
      // A key that was taken in twice is found where it may be used.
      if (same === undefined || isUsable(entry) || !isUsable(same)) this.#byKeyId.set(keyId, entry);
      const newest = this.#active.get(name);
      if (entry.state === 'active' && (newest === undefined || newest.ref.generation < generation)) {
        this.#active.set(name, entry);
      }
    }
  }

  /** One generation. */
  get(ref: KeyRef): KeyEntry | undefined {
    return this.#byRef.get(`${ref.name}/${ref.generation}`);
  }

  /** The newest active generation of a name. */
  active(name: string): KeyEntry | undefined {
    return this.#active.get(name);
  }

  /** The generation that has a key id (base64url). */
  byKeyId(keyId: string): KeyEntry | undefined {
    return this.#byKeyId.get(keyId);
  }

  /**
   * The generation that a new key of a name gets.
   *
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_EXISTS` when the name is one for another algorithm, `ERR_KEYSTORE_STATE`
   * when its numbers are used up.
   */
  nextGeneration(name: string, algorithm: KeystoreAlgorithm, max: number): number {
    let newest = 0;
    const take = (taken: Floor) => {
      if (taken.algorithm !== algorithm) {
        throw new KeyStoreError(
          'ERR_KEYSTORE_EXISTS',
          `key "${name}" is one for ${taken.algorithm}, not ${algorithm}`,
        );
      }
      newest = Math.max(newest, taken.generation);
    };
    for (const { ref, algorithm } of [...this.manifest.entries, ...this.manifest.tombstones]) {
      if (ref.name === name) take({ algorithm, generation: ref.generation });
    }
    const floor = readFloors(this.manifest.extensions).get(name);
    if (floor !== undefined) take(floor);
    if (newest >= max) throw new KeyStoreError('ERR_KEYSTORE_STATE', `key "${name}" has no generation left`);
    return newest + 1;
  }
}
