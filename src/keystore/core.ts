/**
 * The keystore itself: what is the same whoever holds the keys and wherever they are kept.
 *
 * @module
 */
import {
  checkBytes,
  checkInteger,
  checkOptions,
  describe,
  equal,
  randomFill,
  toBase64Url,
  toHex,
  wipe,
} from '../bytes.ts';
import type { Clock } from '../clock.ts';
import type { AnyPublicKey, PublicJwks } from '../encodings/index.ts';
import { exportJwks } from '../encodings/jwk.ts';
import { readParts } from '../envelope/header.ts';
import * as envelope from '../envelope/index.ts';
import { AuthenticationError, InputError, KeyStoreError, PqError } from '../errors.ts';
import { sha3_512 } from '../hash/index.ts';
import { isKemPublicKey } from '../kem/keys.ts';
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { type ByteSecret, exposeBytes, SecretBytes } from '../secret.ts';
import { checkContext, checkDeterministic, type SignOptions } from '../sign/sign.ts';
import { registerAccess, type StoreAccess } from './access.ts';
import { writeBlob } from './blob.ts';
import type { Custodian, KeyHandle, LiveKey, NewKey } from './custodian.ts';
import {
  DATA_KEY_ID_BYTES,
  MAX_DATA_BYTES,
  openWith,
  type Purpose,
  readDataKeyId,
  sealWith,
} from './data.ts';
import { Draft, type DraftChange, type DraftTools, type MadeKey } from './draft.ts';
import { type KeystoreEvent, publish } from './events.ts';
import { checkFlag, readBudget, readDataOptions, readOptions, readUpdate } from './inputs.ts';
import {
  CUSTODIES,
  type Custody,
  checkName,
  checkOneOf,
  checkRef,
  type DataOptions,
  type GenerateOptions,
  type ImportOptions,
  isAtLeast,
  KEYSTORE_ALGORITHMS,
  type KeyInfo,
  type KeyRef,
  type KeySelector,
  type KeyState,
  type Keystore,
  type KeystoreAlgorithm,
  type KeystoreChange,
  type KeyUpdate,
  MAX_GENERATION,
  type NewKeyOptions,
  type UseOptions,
} from './keystore.ts';
import { LiveKeys } from './live-keys.ts';
import {
  compareRefs,
  ENTRY_ID_BYTES,
  findEntry,
  type KeyEntry,
  type Manifest,
  ManifestIndex,
  replaceEntry,
  toInfo,
} from './manifest.ts';
import { proveKey } from './prove.ts';
import { notFound, publicOnly, wrongAlgorithm, wrongState } from './refusals.ts';
import { readSecret } from './secret-input.ts';
import type { Change, Storage } from './storage.ts';
import { UseBudget } from './use-budget.ts';

/** What a key can be used for. */
type Operation = 'sign' | 'decapsulate' | 'seal' | 'open';

/** The algorithm of each operation, and the states in which it may be done. */
const OPERATIONS: Readonly<Record<Operation, { algorithm: KeystoreAlgorithm; states: readonly KeyState[] }>> =
  {
    sign: { algorithm: ML_DSA_87.name, states: ['active'] },
    decapsulate: { algorithm: ML_KEM_1024.name, states: ['pending', 'active', 'retired'] },
    seal: { algorithm: AES_256_GCM.name, states: ['active'] },
    open: { algorithm: AES_256_GCM.name, states: ['pending', 'active', 'retired'] },
  };

/** States from which nothing leads back. */
const FINAL_STATES: readonly KeyState[] = ['compromised', 'destroying'];

/** States in which a public key may be given to others. */
const PUBLIC_STATES: readonly KeyState[] = ['pending', 'active', 'retired'];

/** What a keystore is made of. */
export interface KeystoreParts {
  readonly backend: Keystore['backend'];
  readonly storage: Storage;
  readonly custodian: Custodian;
  readonly clock: Clock;
  /** What every key of the store must have at least. */
  readonly requireCustody: Custody | undefined;
}

/** A keystore over a storage and a custodian. */
export class KeystoreCore implements Keystore {
  readonly backend: Keystore['backend'];
  readonly #storage: Storage;
  readonly #custodian: Custodian;
  readonly #clock: Clock;
  readonly #requireCustody: Custody | undefined;
  readonly #listeners = new Set<(change: KeystoreChange) => void>();
  readonly #commitListeners = new Set<(manifest: Manifest) => void>();
  readonly #keys: LiveKeys;
  readonly #budget: UseBudget;
  #index: ManifestIndex;
  /** Operations under way: closing waits for them. */
  #running = 0;
  #idle: (() => void) | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  /** @param parts - Taken over: they end with this object. */
  constructor({ backend, storage, custodian, clock, requireCustody }: KeystoreParts) {
    this.backend = backend;
    this.#storage = storage;
    this.#custodian = custodian;
    this.#clock = clock;
    this.#requireCustody = requireCustody;
    this.#keys = new LiveKeys(storage, custodian);
    this.#budget = new UseBudget((work) => this.#change(work));
    this.#index = new ManifestIndex(storage.manifest);
    storage.onRemoteCommit((manifest) => this.#adopt(manifest));
    registerAccess(this, this.#access());
  }

  async custodyOf(algorithm: KeystoreAlgorithm): Promise<Custody> {
    this.#checkOpen();
    checkOneOf('algorithm', algorithm, KEYSTORE_ALGORITHMS);
    return this.#custodian.custodyOf(algorithm);
  }

  async generate(options: GenerateOptions): Promise<KeyInfo> {
    const { algorithm, ifAbsent, ...rest } = readOptions(options, [
      'name',
      'algorithm',
      'requireCustody',
      'state',
      'maxUses',
      'ifAbsent',
    ]);
    checkOneOf('options.algorithm', algorithm, KEYSTORE_ALGORITHMS);
    checkFlag('options.ifAbsent', ifAbsent);
    return this.#observe('generate', () => this.#add(algorithm, rest, undefined, ifAbsent === true));
  }

  async import(options: ImportOptions): Promise<KeyInfo> {
    const { algorithm, key, ...rest } = readOptions(options, [
      'name',
      'algorithm',
      'key',
      'requireCustody',
      'state',
      'maxUses',
    ]);
    checkOneOf('options.algorithm', algorithm, KEYSTORE_ALGORITHMS);
    return this.#observe('import', async () => {
      using secret = await readSecret('options.key', key, algorithm);
      // Awaited here: the secret ends with this block.
      return await this.#add(algorithm, rest, secret.expose(), false);
    });
  }

  async list(): Promise<KeyInfo[]> {
    this.#checkOpen();
    return this.#index.manifest.entries.map(toInfo).sort((a, b) => compareRefs(a.ref, b.ref));
  }

  async get(key: KeySelector): Promise<KeyInfo> {
    return toInfo(this.#select(key));
  }

  async find(keyId: string): Promise<KeyInfo | undefined> {
    this.#checkOpen();
    if (typeof keyId !== 'string')
      throw new InputError('ERR_INPUT_TYPE', 'keyId', 'a string', describe(keyId));
    const entry = this.#index.byKeyId(keyId);
    return entry && toInfo(entry);
  }

  async publicKey(key: KeySelector): Promise<AnyPublicKey> {
    const entry = this.#select(key);
    if (entry.algorithm === AES_256_GCM.name) throw wrongAlgorithm(entry.ref, 'a key pair');
    return this.#keys.publicKey(entry);
  }

  async jwks(): Promise<PublicJwks> {
    this.#checkOpen();
    const entries = this.#index.manifest.entries.filter(
      ({ algorithm, state }) => algorithm !== AES_256_GCM.name && PUBLIC_STATES.includes(state),
    );
    // A key that was taken in twice is one key to others.
    const keys = new Map<string, AnyPublicKey>();
    for (const entry of [...entries].sort((a, b) => compareRefs(a.ref, b.ref))) {
      keys.set(toHex(entry.keyId), await this.#keys.publicKey(entry));
    }
    return exportJwks([...keys.values()]);
  }

  async sign(key: KeySelector, message: Uint8Array, options?: SignOptions & UseOptions): Promise<Uint8Array> {
    const wanted = checkOptions('options', options, ['context', 'deterministic', 'requireCustody']);
    const context = checkContext(wanted.context);
    const deterministic = checkDeterministic(wanted.deterministic);
    checkBytes('message', message, { max: MAX_DATA_BYTES });
    return this.#use('sign', key, wanted.requireCustody, (live) =>
      live.sign(message, context, deterministic),
    );
  }

  async decapsulate(key: KeySelector, ciphertext: Uint8Array, options?: UseOptions): Promise<SecretBytes> {
    const { requireCustody } = checkOptions('options', options, ['requireCustody']);
    checkBytes('ciphertext', ciphertext, ML_KEM_1024.ciphertextBytes);
    return this.#use('decapsulate', key, requireCustody, async (live) =>
      SecretBytes.adopt(await live.decapsulate(ciphertext)),
    );
  }

  async signer(key: KeySelector, options?: UseOptions): Promise<envelope.Signer> {
    const { requireCustody } = checkOptions('options', options, ['requireCustody']);
    const { ref } = this.#usable('sign', key, requireCustody);
    const publicKey = await this.publicKey(ref);
    if (isKemPublicKey(publicKey)) throw wrongAlgorithm(ref, ML_DSA_87.name);
    const use = requireCustody === undefined ? {} : { requireCustody };
    return {
      publicKey,
      sign: async (message, signOptions) => {
        const wanted = checkOptions('options', signOptions, ['context', 'deterministic']);
        return this.sign(ref, message, { ...wanted, ...use });
      },
    };
  }

  async recipient(key: KeySelector, options?: UseOptions): Promise<envelope.Decapsulator> {
    const { requireCustody } = checkOptions('options', options, ['requireCustody']);
    const { ref } = this.#usable('decapsulate', key, requireCustody);
    const publicKey = await this.publicKey(ref);
    if (!isKemPublicKey(publicKey)) throw wrongAlgorithm(ref, ML_KEM_1024.name);
    const use = requireCustody === undefined ? {} : { requireCustody };
    return { publicKey, decapsulate: (ciphertext) => this.decapsulate(ref, ciphertext, use) };
  }

  async openEnvelope(
    bytes: Uint8Array,
    options?: envelope.EnvelopeOpenOptions & UseOptions,
  ): Promise<Uint8Array> {
    this.#checkOpen();
    const { requireCustody, ...rest } = checkOptions('options', options, [
      'sender',
      'context',
      'requireCustody',
    ]);
    checkBytes('envelope', bytes);
    const entry = this.#index.byKeyId(toBase64Url(readParts('envelope', bytes).recipient));
    if (entry?.algorithm !== ML_KEM_1024.name) {
      throw new KeyStoreError('ERR_KEYSTORE_NOT_FOUND', 'no key of this store can open the envelope');
    }
    const use = requireCustody === undefined ? {} : { requireCustody };
    return envelope.open(await this.recipient(entry.ref, use), bytes, rest);
  }

  async sealData(key: KeySelector, plaintext: Uint8Array, options?: DataOptions): Promise<Uint8Array> {
    const { aad, requireCustody } = readDataOptions(options);
    checkBytes('plaintext', plaintext, { max: MAX_DATA_BYTES });
    return await this.#seal(key, 'data', plaintext, aad, requireCustody);
  }

  async openData(sealed: Uint8Array, options?: DataOptions): Promise<Uint8Array> {
    return this.#open('sealed', sealed, 'data', options);
  }

  async wrap(key: KeySelector, secret: ByteSecret, options?: DataOptions): Promise<Uint8Array> {
    const { aad, requireCustody } = readDataOptions(options);
    // A copy, as it is used after others were waited for.
    using copy = SecretBytes.from(exposeBytes('secret', secret, { max: MAX_DATA_BYTES }));
    return await this.#seal(key, 'key', copy.expose(), aad, requireCustody);
  }

  async unwrap(wrapped: Uint8Array, options?: DataOptions): Promise<SecretBytes> {
    return SecretBytes.adopt(await this.#open('wrapped', wrapped, 'key', options));
  }

  async update(ref: KeyRef, changes: KeyUpdate): Promise<KeyInfo> {
    const wanted = checkRef('ref', ref);
    const update = readUpdate(changes);
    return this.#observe('update', () =>
      this.#change(async (current) => {
        const entry = findEntry(current, wanted);
        if (
          update.state !== undefined &&
          update.state !== entry.state &&
          FINAL_STATES.includes(entry.state)
        ) {
          const allowed = entry.state === 'compromised' && update.state === 'destroying';
          if (!allowed) throw wrongState(entry, `become ${update.state}`);
        }
        if (entry.publicOnly && (update.state === 'pending' || update.state === 'active')) {
          throw publicOnly(entry.ref);
        }
        const next = { ...entry, ...update };
        return { next: replaceEntry(current, entry, next), result: toInfo(next) };
      }),
    );
  }

  async destroy(ref: KeyRef): Promise<void> {
    const wanted = checkRef('ref', ref);
    const destroyedAtMs = this.#now();
    await this.#observe('destroy', async () => {
      const gone = await this.#change(async (current) => {
        const entry = findEntry(current, wanted);
        const { id, algorithm } = entry;
        const next = {
          ...current,
          revision: current.revision + 1,
          entries: current.entries.filter((other) => other !== entry),
          tombstones: [...current.tombstones, { id, ref: entry.ref, algorithm, destroyedAtMs }],
        };
        // What the entry holds is wiped as soon as the store knows that it is gone.
        const result = { ...entry, protection: Uint8Array.from(entry.protection) };
        return { next, dropped: [id], result };
      });
      try {
        await this.#custodian.destroy(gone);
      } finally {
        wipe(gone.protection);
      }
    });
  }

  onChange(listener: (change: KeystoreChange) => void): () => void {
    this.#checkOpen();
    if (typeof listener !== 'function') {
      throw new InputError('ERR_INPUT_TYPE', 'listener', 'a function', describe(listener));
    }
    const own = (change: KeystoreChange) => listener(change);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    this.#commitListeners.clear();
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#keys.clear();
    try {
      await this.#custodian.close();
    } finally {
      await this.#storage.close();
      wipe(...this.#index.manifest.entries.map(({ protection }) => protection));
    }
  }

  #access(): StoreAccess {
    const manifest = () => this.#index.manifest;
    return {
      get manifest() {
        return manifest();
      },
      refresh: async () => {
        this.#checkOpen();
        this.#adopt(await this.#storage.refresh());
        return manifest();
      },
      change: (work) => this.#observe('change', () => this.#changeTogether(work)),
      sweep: () => this.#observe('sweep', async () => this.#storage.sweep?.()),
      onCommit: (listener) => {
        const own = (next: Manifest) => listener(next);
        this.#commitListeners.add(own);
        return () => void this.#commitListeners.delete(own);
      },
      loadOnce: async (entry) => {
        this.#checkOpen();
        return await this.#keys.loadOnce(entry);
      },
    };
  }

  /** Makes several changes in one commit; what they destroy is destroyed after it. */
  async #changeTogether<T>(work: (draft: Draft) => Promise<T>): Promise<T> {
    const made = new Map<string, MadeKey>();
    const make = async (slot: string, algorithm: KeystoreAlgorithm) => {
      const known = made.get(slot);
      if (known !== undefined) return known;
      this.#checkCustody('options', await this.#custodian.custodyOf(algorithm), undefined);
      const id = randomFill(new Uint8Array(ENTRY_ID_BYTES));
      const key = { id, algorithm, ...(await this.#custodian.create(id, algorithm, undefined)) };
      made.set(slot, key);
      await proveKey(this.#custodian, key);
      return key;
    };
    const tools: DraftTools = { make, publicKey: (entry) => this.#keys.publicKey(entry) };
    let gone: DraftChange<T>['gone'] = [];
    try {
      const result = await this.#change(async (current) => {
        const draft = new Draft(current, tools);
        const { change, gone: next } = draft.finish(await work(draft));
        wipe(...gone.map(({ protection }) => protection));
        gone = next;
        return change;
      });
      const ends = await Promise.allSettled(gone.map((key) => this.#custodian.destroy(key)));
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      return result;
    } finally {
      wipe(...gone.map(({ protection }) => protection));
      for (const key of made.values()) await this.#discardUnlessKept(key);
    }
  }

  /** Makes a key or takes one in, and commits it. */
  async #add(
    algorithm: KeystoreAlgorithm,
    options: { readonly [Name in keyof NewKeyOptions]?: unknown },
    secret: Uint8Array | undefined,
    ifAbsent: boolean,
  ): Promise<KeyInfo> {
    const { name, requireCustody, state = 'active', maxUses } = options;
    checkName('options.name', name);
    checkOneOf('options.state', state, ['pending', 'active']);
    const budget = readBudget(algorithm, maxUses);
    // Before a token is asked for anything.
    if (requireCustody !== undefined) checkOneOf('options.requireCustody', requireCustody, CUSTODIES);
    this.#checkCustody('options', await this.#custodian.custodyOf(algorithm), requireCustody);
    const createdAtMs = this.#now();
    const id = randomFill(new Uint8Array(ENTRY_ID_BYTES));
    let made: NewKey | undefined;
    try {
      return await this.#change(async (current) => {
        const index = new ManifestIndex(current);
        const generation = index.nextGeneration(name, algorithm, MAX_GENERATION);
        const existing = ifAbsent ? index.active(name) : undefined;
        if (existing !== undefined) return { next: current, result: toInfo(existing) };
        // Made once, whatever happens to the commit: making it may take long.
        made ??= await this.#custodian.create(id, algorithm, secret);
        const blob = writeBlob(id, algorithm, made);
        const entry: KeyEntry = {
          id,
          ref: { name, generation },
          algorithm,
          custody: made.custody,
          state,
          createdAtMs,
          ...(state === 'active' ? { activatedAtMs: createdAtMs } : {}),
          keyId: made.publicKey?.thumbprint() ?? randomFill(new Uint8Array(DATA_KEY_ID_BYTES)),
          protection: made.protection,
          blobDigest: sha3_512(blob),
          maxUses: budget,
          reservedUses: 0,
        };
        const next = { ...current, revision: current.revision + 1, entries: [...current.entries, entry] };
        return { next, blobs: [{ id, bytes: blob }], result: toInfo(entry) };
      });
    } finally {
      if (made !== undefined) await this.#discardUnlessKept({ id, algorithm, ...made });
    }
  }

  /** What was made for a commit that did not happen must not stay in a token, nor its key-encryption key in memory. */
  async #discardUnlessKept(key: KeyHandle): Promise<void> {
    const isKept = () => this.#storage.manifest.entries.some(({ id }) => equal(id, key.id));
    // A change that failed half-way may have been made all the same: only the newest state says.
    if (isKept()) return;
    const known = await this.#storage.refresh().then(
      () => true,
      () => false,
    );
    if (!known || isKept()) return;
    await this.#custodian.destroy(key).catch(() => {});
    wipe(key.protection);
  }

  #seal(
    key: KeySelector,
    purpose: Purpose,
    plaintext: Uint8Array,
    aad: Uint8Array,
    requireCustody: Custody | undefined,
  ): Promise<Uint8Array> {
    return this.#use('seal', key, requireCustody, async (live, entry) => {
      while (!this.#budget.take(entry)) await this.#budget.reserve(entry);
      return await sealWith(live, entry.keyId, purpose, aad, plaintext);
    });
  }

  async #open(
    argument: string,
    bytes: Uint8Array,
    purpose: Purpose,
    options: DataOptions | undefined,
  ): Promise<Uint8Array> {
    this.#checkOpen();
    const { aad, requireCustody } = readDataOptions(options);
    const entry = this.#index.byKeyId(readDataKeyId(argument, bytes));
    if (entry?.algorithm !== AES_256_GCM.name) {
      throw new KeyStoreError('ERR_KEYSTORE_NOT_FOUND', `no key of this store can open ${argument}`);
    }
    return this.#use('open', entry.ref, requireCustody, async (live) => {
      const plaintext = await openWith(live, purpose, aad, bytes);
      if (plaintext === undefined) throw new AuthenticationError();
      return plaintext;
    });
  }

  /** Runs an operation with a key that may be used for it. */
  #use<O extends Operation, T>(
    operation: O,
    key: KeySelector,
    requireCustody: Custody | undefined,
    work: (live: Required<Pick<LiveKey, O>>, entry: KeyEntry) => Promise<T> | T,
  ): Promise<T> {
    const use = async (): Promise<T> => {
      const entry = this.#usable(operation, key, requireCustody);
      try {
        const live = await this.#keys.load(entry);
        // The algorithm was checked, and a live key has what its algorithm has.
        return await work(live as LiveKey & Required<Pick<LiveKey, O>>, entry);
      } catch (error) {
        // A key that was destroyed under our hands fails in many ways.
        const now = this.#index.get(entry.ref);
        if (now !== undefined && now.publicOnly === entry.publicOnly) throw error;
        // Whoever names a key means the one that has followed it.
        if (typeof key === 'string' && this.#index.active(key) !== undefined) return await use();
        throw now === undefined ? notFound(entry.ref) : publicOnly(entry.ref);
      }
    };
    return this.#observe(operation, use);
  }

  /** The entry of a key, if it may be used for an operation now. */
  #usable(operation: Operation, key: KeySelector, requireCustody: Custody | undefined): KeyEntry {
    const entry = this.#select(key);
    const { algorithm, states } = OPERATIONS[operation];
    if (entry.algorithm !== algorithm) throw wrongAlgorithm(entry.ref, algorithm);
    if (!states.includes(entry.state)) throw wrongState(entry, operation);
    if (entry.publicOnly) throw publicOnly(entry.ref);
    this.#checkCustody('options', entry.custody, requireCustody);
    return entry;
  }

  #checkCustody(argument: string, custody: Custody, required: unknown): void {
    if (required !== undefined) checkOneOf(`${argument}.requireCustody`, required, CUSTODIES);
    for (const wanted of [required as Custody | undefined, this.#requireCustody]) {
      if (wanted !== undefined && !isAtLeast(custody, wanted)) {
        throw new KeyStoreError(
          'ERR_KEYSTORE_CUSTODY',
          `custody "${wanted}" is required, and this key has, or would have, "${custody}"`,
        );
      }
    }
  }

  #select(key: KeySelector): KeyEntry {
    this.#checkOpen();
    let entry: KeyEntry | undefined;
    let what: string;
    if (typeof key === 'string') {
      checkName('key', key);
      entry = this.#index.active(key);
      what = `active key "${key}"`;
    } else {
      const wanted = checkRef('key', key);
      entry = this.#index.get(wanted);
      what = `key "${wanted.name}", generation ${wanted.generation},`;
    }
    if (entry !== undefined) return entry;
    throw new KeyStoreError('ERR_KEYSTORE_NOT_FOUND', `there is no ${what} in this store`);
  }

  async #change<T>(work: (current: Manifest) => Promise<Change<T>>): Promise<T> {
    try {
      return await this.#storage.transact(work);
    } finally {
      // A change that failed in what follows its commit is there all the same.
      this.#adopt(this.#storage.manifest);
    }
  }

  /** Takes a newer state over, lets go of keys that may not be used any more, and tells what changed. */
  #adopt(manifest: Manifest): void {
    const before = this.#index;
    if (manifest.revision <= before.manifest.revision) return;
    this.#index = new ManifestIndex(manifest);
    for (const entry of manifest.entries) {
      const old = before.get(entry.ref);
      if (old === undefined) this.#tell({ kind: 'created', info: toInfo(entry) });
      else if (isToldOf(old, entry)) this.#tell({ kind: 'updated', info: toInfo(entry) });
    }
    for (const entry of before.manifest.entries) {
      const now = this.#index.get(entry.ref);
      if (now?.publicOnly && !entry.publicOnly) {
        this.#keys.forget(entry);
        wipe(entry.protection);
      }
      if (now !== undefined) {
        if (!PUBLIC_STATES.includes(now.state)) this.#keys.unload(entry);
        continue;
      }
      this.#keys.forget(entry);
      wipe(entry.protection);
      this.#tell({ kind: 'destroyed', info: toInfo(entry) });
    }
    for (const listener of this.#commitListeners) listener(manifest);
  }

  #tell(change: KeystoreChange): void {
    publish(() => ({ backend: this.backend, event: change.kind, info: change.info }));
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch {
        // The listener's own trouble.
      }
    }
  }

  /** Publishes that an operation was done, or why it was not. */
  async #observe<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const about = (event: 'operation' | 'failure', code?: string): KeystoreEvent => ({
      backend: this.backend,
      event,
      operation,
      ...(code === undefined ? {} : { code }),
    });
    this.#checkOpen();
    this.#running++;
    try {
      const result = await work();
      publish(() => about('operation'));
      return result;
    } catch (error) {
      publish(() => about('failure', error instanceof PqError ? error.code : 'ERR_INTERNAL'));
      throw error;
    } finally {
      if (--this.#running === 0) this.#idle?.();
    }
  }

  #now(): number {
    const wallMs: unknown = this.#clock.wallMs();
    const nowMs = typeof wallMs === 'number' ? Math.floor(wallMs) : wallMs;
    checkInteger('options.clock', nowMs, 0, Number.MAX_SAFE_INTEGER);
    return nowMs;
  }

  #checkOpen(): void {
    if (this.#closed) throw new KeyStoreError('ERR_KEYSTORE_STATE', 'this keystore was closed');
  }
}

/** Whether users are told of a change: uses that are set aside are nobody's business. */
function isToldOf(old: KeyEntry, entry: KeyEntry): boolean {
  return (
    old.state !== entry.state ||
    old.publicOnly !== entry.publicOnly ||
    old.activatedAtMs !== entry.activatedAtMs ||
    old.retiredAtMs !== entry.retiredAtMs ||
    old.destroyAfterMs !== entry.destroyAfterMs
  );
}
