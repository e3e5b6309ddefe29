/**
 * Several changes of a store that are committed together, or not at all.
 *
 * @module
 */
import { equal, randomFill } from '../bytes.ts';
import type { AnyPublicKey } from '../encodings/index.ts';
import { sha3_512 } from '../hash/index.ts';
import { AES_256_GCM } from '../params.ts';
import { writeBlob } from './blob.ts';
import type { KeyHandle, NewKey } from './custodian.ts';
import { DATA_KEY_ID_BYTES } from './data.ts';
import { FLOORS, readFloors, writeFloors } from './floors.ts';
import {
  type KeyRef,
  type KeyState,
  type KeystoreAlgorithm,
  type KeyTimes,
  MAX_GENERATION,
} from './keystore.ts';
import {
  compareRefs,
  ENTRY_ID_BYTES,
  findEntry,
  type KeyEntry,
  type Manifest,
  ManifestIndex,
  sameRef,
} from './manifest.ts';
import type { Change, NewBlob } from './storage.ts';

/** A key that was made for a draft. */
export type MadeKey = NewKey & Pick<KeyHandle, 'id' | 'algorithm'>;

/** What a draft needs of its store. */
export interface DraftTools {
  /** Makes a key; for one slot one key, however often the change is tried. */
  make(slot: string, algorithm: KeystoreAlgorithm): Promise<MadeKey>;
  /** The public key of an entry. */
  publicKey(entry: KeyEntry): Promise<AnyPublicKey>;
}

/** A new generation. */
export interface DraftKey extends KeyTimes {
  readonly name: string;
  readonly algorithm: KeystoreAlgorithm;
  readonly state: 'pending' | 'active';
  readonly createdAtMs: number;
}

/** What a draft came to. */
export interface DraftChange<T> {
  readonly change: Change<T>;
  /** Keys of which nothing may be left outside of manifest and blobs after the commit, with protections of their own. */
  readonly gone: readonly Omit<KeyHandle, 'secret' | 'publicKey'>[];
}

const EMPTY = new Uint8Array(0);

/** Tombstones that a name keeps: enough for whoever merges an older copy of the store. */
export const MAX_TOMBSTONES = 8;

/** Changes of a store in the making. */
export class Draft {
  readonly #tools: DraftTools;
  readonly #before: Manifest;
  #manifest: Manifest;
  readonly #blobs: NewBlob[] = [];
  readonly #dropped: Uint8Array[] = [];
  readonly #gone: KeyEntry[] = [];

  /**
   * @param manifest - The newest state.
   * @param tools - Of its store.
   */
  constructor(manifest: Manifest, tools: DraftTools) {
    this.#before = manifest;
    this.#manifest = manifest;
    this.#tools = tools;
  }

  /** The state as it will be. */
  get manifest(): Manifest {
    return this.#manifest;
  }

  /** Makes the next generation of a name. */
  async create({ name, algorithm, state, createdAtMs, ...times }: DraftKey): Promise<KeyEntry> {
    const generation = new ManifestIndex(this.#manifest).nextGeneration(name, algorithm, MAX_GENERATION);
    const made = await this.#tools.make(`${name}/${generation}`, algorithm);
    const bytes = writeBlob(made.id, algorithm, made);
    const entry: KeyEntry = {
      id: made.id,
      ref: { name, generation },
      algorithm,
      custody: made.custody,
      state,
      createdAtMs,
      ...times,
      keyId: made.publicKey?.thumbprint() ?? randomFill(new Uint8Array(DATA_KEY_ID_BYTES)),
      protection: made.protection,
      blobDigest: sha3_512(bytes),
      maxUses: algorithm === AES_256_GCM.name ? AES_256_GCM.maxRandomNonceUses : 0,
      reservedUses: 0,
    };
    this.#blobs.push({ id: made.id, bytes });
    this.#set({ entries: [...this.#manifest.entries, entry] });
    return entry;
  }

  /** Changes state and times of a generation. */
  update(ref: KeyRef, changes: KeyTimes & { readonly state?: KeyState }): void {
    this.#replace(ref, (entry) => ({ ...entry, ...changes }));
  }

  /** Destroys the private half of a key pair, and keeps the public one. Its entry gets an id of its own. */
  async keepPublic(ref: KeyRef): Promise<void> {
    const old = findEntry(this.#manifest, ref);
    if (old.publicOnly) return;
    const id = randomFill(new Uint8Array(ENTRY_ID_BYTES));
    const publicKey = await this.#tools.publicKey(old);
    const bytes = writeBlob(id, old.algorithm, { publicKey, secret: EMPTY });
    this.#blobs.push({ id, bytes, publicOnly: true });
    this.#remove(old);
    this.#replace(ref, (entry) => ({
      ...entry,
      id,
      publicOnly: true,
      protection: EMPTY,
      blobDigest: sha3_512(bytes),
    }));
  }

  /** Destroys a generation; its tombstone may replace the oldest one of the name. */
  destroy(ref: KeyRef, destroyedAtMs: number): void {
    const entry = findEntry(this.#manifest, ref);
    const { id, algorithm } = entry;
    this.#remove(entry);
    const tombstones = [...this.#manifest.tombstones, { id, ref: entry.ref, algorithm, destroyedAtMs }];
    this.#set({ entries: this.#manifest.entries.filter((other) => other !== entry) });
    const own = tombstones.filter((tombstone) => tombstone.ref.name === ref.name);
    const excess = own.sort((a, b) => compareRefs(a.ref, b.ref)).slice(0, -MAX_TOMBSTONES);
    this.#set({ tombstones: tombstones.filter((tombstone) => !excess.includes(tombstone)) });
    const newest = excess.at(-1);
    if (newest === undefined) return;
    const floors = new Map(readFloors(this.#manifest.extensions));
    const generation = Math.max(floors.get(ref.name)?.generation ?? 0, newest.ref.generation);
    this.extend(FLOORS, writeFloors(floors.set(ref.name, { algorithm, generation })));
  }

  /** Sets an extension. */
  extend(name: string, bytes: Uint8Array): void {
    const old = this.#manifest.extensions.get(name);
    if (old !== undefined && equal(old, bytes)) return;
    this.#set({ extensions: new Map(this.#manifest.extensions).set(name, bytes) });
  }

  /** What is to be committed. */
  finish<T>(result: T): DraftChange<T> {
    const before = this.#before;
    if (this.#manifest === before) return { change: { next: before, result }, gone: [] };
    return {
      change: {
        next: { ...this.#manifest, revision: before.revision + 1 },
        blobs: this.#blobs,
        dropped: this.#dropped,
        result,
      },
      // What an entry holds is wiped as soon as the store knows that it is gone.
      gone: this.#gone.map((entry) => ({ ...entry, protection: Uint8Array.from(entry.protection) })),
    };
  }

  #set(changes: Partial<Manifest>): void {
    this.#manifest = { ...this.#manifest, ...changes };
  }

  #remove(entry: KeyEntry): void {
    const isNew = this.#blobs.findIndex(({ id }) => id === entry.id);
    if (isNew >= 0) this.#blobs.splice(isNew, 1);
    else this.#dropped.push(entry.id);
    // Of a public half too: what was noted of it is to be forgotten.
    this.#gone.push(entry);
  }

  #replace(ref: KeyRef, change: (entry: KeyEntry) => KeyEntry): void {
    const old = findEntry(this.#manifest, ref);
    this.#set({
      entries: this.#manifest.entries.map((entry) => (sameRef(entry.ref, old.ref) ? change(entry) : entry)),
    });
  }
}
