/**
 * The part of a keystore that is the same for every backend whose private keys are used in this process. A backend says
 * where records are kept and how a private key comes out of one.
 *
 * @module
 */
import { checkBytes, checkInteger, checkOptions, describe, toBase64Url } from '../bytes.ts';
import type { Clock } from '../clock.ts';
import { readParts } from '../envelope/header.ts';
import * as envelope from '../envelope/index.ts';
import { InputError, KeyStoreError } from '../errors.ts';
import { decapsulate, generateKemKey, KemPrivateKey, type KemPublicKey } from '../kem/index.ts';
import { isKemPublicKey } from '../kem/keys.ts';
import { keyMaterial } from '../keypair.ts';
import { type KeyAlgorithm, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import type { SecretBytes } from '../secret.ts';
import {
  generateSignKey,
  type SignOptions,
  SignPrivateKey,
  type SignPublicKey,
  sign,
} from '../sign/index.ts';
import { isSignPublicKey } from '../sign/keys.ts';
import {
  type Custody,
  checkAlgorithm,
  checkName,
  checkRef,
  type GenerateOptions,
  type KeyInfo,
  type KeyRef,
  type KeySelector,
  type Keystore,
  MAX_GENERATION,
} from './keystore.ts';

/** What is kept of one generation. */
export interface KeyRecord {
  readonly ref: KeyRef;
  readonly algorithm: KeyAlgorithm;
  readonly createdAtMs: number;
  readonly publicKey: KemPublicKey | SignPublicKey;
  /** The seed as the backend keeps it: in the clear in memory, sealed in a file. */
  readonly seed: Uint8Array;
}

/** A tombstone: this generation existed, was destroyed, and its number is never used again. */
export interface Tombstone {
  readonly ref: KeyRef;
  readonly algorithm: KeyAlgorithm;
}

/** Everything that a store keeps. */
export interface StoreState {
  readonly records: readonly KeyRecord[];
  readonly tombstones: readonly Tombstone[];
}

/** What a backend adds to the common part. */
export interface Backend {
  readonly name: Keystore['backend'];
  readonly custody: Custody;
  /** The state at the beginning. */
  readonly initial: StoreState;
  /** Puts a seed into the form in which records keep it; the clear one stays the caller's to wipe. */
  protect(record: Omit<KeyRecord, 'seed'>, seed: Uint8Array): Uint8Array;
  /** The seed in the clear; the caller wipes it. */
  unprotect(record: KeyRecord): Uint8Array;
  /** Makes a state durable, whole or not at all. */
  commit(state: StoreState): Promise<void>;
  /** Wipes the backend's own secrets. */
  close(): Promise<void>;
}

const privateKeyClass = (algorithm: KeyAlgorithm) =>
  algorithm === ML_KEM_1024.name ? KemPrivateKey : SignPrivateKey;

function sameRef(a: KeyRef, b: KeyRef): boolean {
  return a.name === b.name && a.generation === b.generation;
}

function byNameAndGeneration(a: KeyInfo, b: KeyInfo): number {
  if (a.ref.name !== b.ref.name) return a.ref.name < b.ref.name ? -1 : 1;
  return a.ref.generation - b.ref.generation;
}

/** A keystore whose operations run in this process. */
export class LocalKeystore implements Keystore {
  readonly #backend: Backend;
  readonly #clock: Clock;
  /** Private keys in use, made of their seeds on first use and kept until they are destroyed or the store closes. */
  readonly #live = new Map<string, KemPrivateKey | SignPrivateKey>();
  #state: StoreState;
  #closed = false;
  /** Changes run one after the other. */
  #tail: Promise<unknown> = Promise.resolve();

  /**
   * @param backend - Where records are kept.
   * @param clock - Source of creation times.
   */
  constructor(backend: Backend, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
    this.#state = backend.initial;
  }

  get backend(): Keystore['backend'] {
    return this.#backend.name;
  }

  async generate(options: GenerateOptions): Promise<KeyInfo> {
    if (options === undefined)
      throw new InputError('ERR_INPUT_TYPE', 'options', 'an options object', 'undefined');
    const { name, algorithm } = checkOptions('options', options, ['name', 'algorithm']);
    checkName('options.name', name);
    checkAlgorithm('options.algorithm', algorithm);
    return this.#change(async (state) => {
      const taken = [...state.records, ...state.tombstones].filter(({ ref }) => ref.name === name);
      const other = taken.find((entry) => entry.algorithm !== algorithm);
      if (other !== undefined) {
        throw new KeyStoreError(
          'ERR_KEYSTORE_EXISTS',
          `key "${name}" is one for ${other.algorithm}, not ${algorithm}`,
        );
      }
      const generation = taken.reduce((newest, { ref }) => Math.max(newest, ref.generation), 0) + 1;
      if (generation > MAX_GENERATION) {
        throw new KeyStoreError('ERR_KEYSTORE_STATE', `key "${name}" has no generation left`);
      }
      const record = this.#newRecord({ name, generation }, algorithm);
      await this.#commit({ ...state, records: [...state.records, record] });
      return this.#info(record);
    });
  }

  async list(): Promise<KeyInfo[]> {
    this.#checkOpen();
    return this.#state.records.map((record) => this.#info(record)).sort(byNameAndGeneration);
  }

  async get(key: KeySelector): Promise<KeyInfo> {
    return this.#info(this.#select(key));
  }

  async find(keyId: string): Promise<KeyInfo | undefined> {
    this.#checkOpen();
    if (typeof keyId !== 'string')
      throw new InputError('ERR_INPUT_TYPE', 'keyId', 'a string', describe(keyId));
    const record = this.#state.records.find(({ publicKey }) => publicKey.keyId === keyId);
    return record && this.#info(record);
  }

  async publicKey(key: KeySelector): Promise<KemPublicKey | SignPublicKey> {
    return this.#select(key).publicKey;
  }

  async sign(key: KeySelector, message: Uint8Array, options?: SignOptions): Promise<Uint8Array> {
    return sign(this.#signKey(this.#select(key)), message, options);
  }

  async decapsulate(key: KeySelector, ciphertext: Uint8Array): Promise<SecretBytes> {
    return decapsulate(this.#kemKey(this.#select(key)), ciphertext);
  }

  async signer(key: KeySelector): Promise<envelope.Signer> {
    const { ref, publicKey } = this.#select(key);
    if (!isSignPublicKey(publicKey)) throw wrongAlgorithm(ref, ML_DSA_87.name);
    return { publicKey, sign: (message, options) => this.sign(ref, message, options) };
  }

  async recipient(key: KeySelector): Promise<envelope.Decapsulator> {
    const { ref, publicKey } = this.#select(key);
    if (!isKemPublicKey(publicKey)) throw wrongAlgorithm(ref, ML_KEM_1024.name);
    return { publicKey, decapsulate: (ciphertext) => this.decapsulate(ref, ciphertext) };
  }

  async openEnvelope(bytes: Uint8Array, options?: envelope.EnvelopeOpenOptions): Promise<Uint8Array> {
    checkBytes('envelope', bytes);
    const info = await this.find(toBase64Url(readParts('envelope', bytes).recipient));
    if (info?.algorithm !== ML_KEM_1024.name) {
      throw new KeyStoreError('ERR_KEYSTORE_NOT_FOUND', 'no key of this store can open the envelope');
    }
    return envelope.open(await this.recipient(info.ref), bytes, options);
  }

  async destroy(ref: KeyRef): Promise<void> {
    const wanted = checkRef('ref', ref);
    await this.#change(async (state) => {
      const record = this.#select(wanted);
      await this.#commit({
        records: state.records.filter((entry) => entry !== record),
        tombstones: [...state.tombstones, { ref: record.ref, algorithm: record.algorithm }],
      });
      record.seed.fill(0);
      this.#live.get(record.publicKey.keyId)?.dispose();
      this.#live.delete(record.publicKey.keyId);
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#tail.catch(() => {});
    this.#closed = true;
    for (const key of this.#live.values()) key.dispose();
    this.#live.clear();
    for (const { seed } of this.#state.records) seed.fill(0);
    await this.#backend.close();
  }

  /** Runs a change when all earlier ones have ended. */
  #change<T>(work: (state: StoreState) => Promise<T>): Promise<T> {
    const result = this.#tail
      .catch(() => {})
      .then(() => {
        this.#checkOpen();
        return work(this.#state);
      });
    this.#tail = result;
    return result;
  }

  async #commit(state: StoreState): Promise<void> {
    await this.#backend.commit(state);
    this.#state = state;
  }

  #newRecord(ref: KeyRef, algorithm: KeyAlgorithm): KeyRecord {
    const wallMs: unknown = this.#clock.wallMs();
    const createdAtMs = typeof wallMs === 'number' ? Math.floor(wallMs) : wallMs;
    checkInteger('options.clock', createdAtMs, 0, Number.MAX_SAFE_INTEGER);
    const key = algorithm === ML_KEM_1024.name ? generateKemKey() : generateSignKey();
    try {
      const unprotected = { ref, algorithm, createdAtMs, publicKey: key.publicKey };
      const material = keyMaterial('key', key);
      if (!('seed' in material)) throw new KeyStoreError('ERR_KEYSTORE_STATE', 'a generated key has a seed');
      return { ...unprotected, seed: this.#backend.protect(unprotected, material.seed.expose()) };
    } finally {
      key.dispose();
    }
  }

  #select(key: KeySelector): KeyRecord {
    this.#checkOpen();
    let record: KeyRecord | undefined;
    let what: string;
    if (typeof key === 'string') {
      checkName('key', key);
      const generations = this.#state.records.filter(({ ref }) => ref.name === key);
      record = generations.sort((a, b) => b.ref.generation - a.ref.generation)[0];
      what = `"${key}"`;
    } else {
      const wanted = checkRef('key', key);
      record = this.#state.records.find(({ ref }) => sameRef(ref, wanted));
      what = `"${wanted.name}", generation ${wanted.generation}`;
    }
    if (record !== undefined) return record;
    throw new KeyStoreError('ERR_KEYSTORE_NOT_FOUND', `there is no key ${what} in this store`);
  }

  #info({ ref, algorithm, createdAtMs, publicKey }: KeyRecord): KeyInfo {
    return {
      ref: { ...ref },
      algorithm,
      custody: this.#backend.custody,
      keyId: publicKey.keyId,
      createdAtMs,
    };
  }

  #signKey(record: KeyRecord): SignPrivateKey {
    if (record.algorithm !== ML_DSA_87.name) throw wrongAlgorithm(record.ref, ML_DSA_87.name);
    return this.#liveKey(record) as SignPrivateKey;
  }

  #kemKey(record: KeyRecord): KemPrivateKey {
    if (record.algorithm !== ML_KEM_1024.name) throw wrongAlgorithm(record.ref, ML_KEM_1024.name);
    return this.#liveKey(record) as KemPrivateKey;
  }

  #liveKey(record: KeyRecord): KemPrivateKey | SignPrivateKey {
    const { keyId } = record.publicKey;
    let key = this.#live.get(keyId);
    if (key === undefined) {
      const seed = this.#backend.unprotect(record);
      try {
        key = privateKeyClass(record.algorithm).fromSeed(seed);
      } finally {
        seed.fill(0);
      }
      this.#live.set(keyId, key);
    }
    return key;
  }

  #checkOpen(): void {
    if (this.#closed) throw new KeyStoreError('ERR_KEYSTORE_STATE', 'this keystore was closed');
  }
}

function wrongAlgorithm(ref: KeyRef, wanted: KeyAlgorithm): InputError {
  return new InputError(
    'ERR_INPUT_ALGORITHM',
    'key',
    `a key for ${wanted}`,
    `"${ref.name}", which is for another`,
  );
}
