/**
 * What the common part of keystores does with its storage and its custodian, and with the secrets that pass through it.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { InputError, KeyStoreError } from '../../../src/errors.ts';
import { KeystoreCore } from '../../../src/keystore/core.ts';
import type { Custodian, KeyHandle, LiveKey, NewKey } from '../../../src/keystore/custodian.ts';
import type { Custody, KeystoreAlgorithm } from '../../../src/keystore/keystore.ts';
import type { Manifest } from '../../../src/keystore/manifest.ts';
import { MemoryStorage } from '../../../src/keystore/memory.ts';
import { SoftwareCustodian } from '../../../src/keystore/software.ts';
import type { Change, Storage } from '../../../src/keystore/storage.ts';
import { expectError } from '../../contract/support/errors.ts';

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

/** A custodian that remembers what passed through it. */
class RecordingCustodian implements Custodian {
  readonly #inner = new SoftwareCustodian('memory');
  readonly made: NewKey[] = [];
  readonly given: Uint8Array[] = [];
  readonly destroyed: Omit<KeyHandle, 'secret' | 'publicKey'>[] = [];
  /** Protection as it was when the key was destroyed. */
  readonly protectionAtEnd: Uint8Array[] = [];
  disposed = 0;
  closed = 0;
  /** Loading waits for this. */
  gate: Promise<void> = Promise.resolve();

  custodyOf(): Custody {
    return 'memory';
  }

  async create(
    id: Uint8Array,
    algorithm: KeystoreAlgorithm,
    secret: Uint8Array | undefined,
  ): Promise<NewKey> {
    if (secret !== undefined) this.given.push(secret);
    const key = await this.#inner.create(id, algorithm, secret);
    this.made.push(key);
    return key;
  }

  secretOf(handle: KeyHandle): Promise<Uint8Array> {
    return this.#inner.secretOf(handle);
  }

  async load(handle: KeyHandle): Promise<LiveKey> {
    await this.gate;
    const key = await this.#inner.load(handle);
    const { dispose } = key;
    return {
      ...key,
      dispose: () => {
        this.disposed++;
        dispose.call(key);
      },
    };
  }

  async destroy(handle: Omit<KeyHandle, 'secret' | 'publicKey'>): Promise<void> {
    this.destroyed.push(handle);
    this.protectionAtEnd.push(Uint8Array.from(handle.protection));
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

/** A storage whose commits can be made to go wrong, and that others can change. */
class TroubledStorage implements Storage {
  readonly #inner = new MemoryStorage();
  #listener: ((manifest: Manifest) => void) | undefined;
  #other: Manifest | undefined;
  fails: 'before' | 'after' | undefined;
  /** What somebody else makes of the state, between the first call of `work` and the commit. */
  faster: ((current: Manifest) => Manifest) | undefined;

  get manifest(): Manifest {
    return this.#other ?? this.#inner.manifest;
  }

  async refresh(): Promise<Manifest> {
    return this.manifest;
  }

  async transact<T>(work: (current: Manifest) => Promise<Change<T>>): Promise<T> {
    return this.#inner
      .transact(async (current) => {
        const { faster, fails } = this;
        this.faster = undefined;
        this.fails = undefined;
        if (faster !== undefined) {
          await work(current);
          return work(faster(current));
        }
        const change = await work(current);
        if (fails === 'before') throw new KeyStoreError('ERR_KEYSTORE_IO', 'told to fail');
        return change;
      })
      .then((result) => result);
  }

  readBlob(id: Uint8Array): Promise<Uint8Array> {
    return this.#inner.readBlob(id);
  }

  onRemoteCommit(listener: (manifest: Manifest) => void): void {
    this.#listener = listener;
  }

  /** Somebody else commits. */
  commitElsewhere(change: (current: Manifest) => Manifest): void {
    this.#other = change(this.manifest);
    this.#listener?.(this.#other);
  }

  closed = 0;

  close(): Promise<void> {
    this.closed++;
    return this.#inner.close();
  }
}

let custodian: RecordingCustodian;
let storage: TroubledStorage;
let store: KeystoreCore;

beforeEach(() => {
  custodian = new RecordingCustodian();
  storage = new TroubledStorage();
  const clock = { wallMs: () => 1, monotonicMs: () => 0 };
  store = new KeystoreCore({ backend: 'memory', storage, custodian, clock, requireCustody: undefined });
});

const aes = (options = {}) => store.generate({ name: 'data', algorithm: 'AES-256-GCM', ...options });
const withoutFirst = (current: Manifest): Manifest => ({
  ...current,
  revision: current.revision + 1,
  entries: current.entries.slice(1),
});

describe('a new key', () => {
  it('is made once, however often the commit is tried', async () => {
    storage.faster = (current) => ({ ...current, revision: current.revision + 1 });
    const { ref } = await aes();
    expect(custodian.made.length).toBe(1);
    expect(ref.generation).toBe(1);
    expect(custodian.destroyed).toEqual([]);
  });

  it('that could not be committed is destroyed, and its protection wiped', async () => {
    storage.fails = 'before';
    await expectError(() => aes(), KeyStoreError, 'ERR_KEYSTORE_IO');
    expect(custodian.destroyed.length).toBe(1);
    expect(custodian.protectionAtEnd.map(isZero)).toEqual([false]);
    expect(custodian.made.map(({ protection }) => isZero(protection))).toEqual([true]);
    expect((await aes()).ref.generation).toBe(1);
  });

  it('that nobody needs any more, because somebody else was faster, is destroyed', async () => {
    const other = await aes();
    await store.destroy(other.ref);
    custodian.destroyed.length = 0;
    const entry = { ...storage.manifest.tombstones[0], state: 'active', custody: 'memory' };
    storage.faster = (current) => ({
      ...current,
      revision: current.revision + 1,
      entries: [
        {
          ...entry,
          ref: { name: 'data', generation: 2 },
          keyId: new Uint8Array(16),
          createdAtMs: 5,
          protection: new Uint8Array(32),
          blobDigest: new Uint8Array(64),
          maxUses: 1,
          reservedUses: 0,
        } as never,
      ],
    });
    const info = await aes({ ifAbsent: true });
    expect(info.ref.generation).toBe(2);
    expect(info.createdAtMs).toBe(5);
    expect(custodian.made.length).toBe(2);
    expect(custodian.destroyed.length).toBe(1);
  });

  it('that is taken in arrives as it was given, and leaves no copy', async () => {
    const key = new Uint8Array(32).fill(7);
    const importing = store.import({ name: 'data', algorithm: 'AES-256-GCM', key });
    key.fill(0);
    await importing;
    const sealed = await store.sealData('data', new Uint8Array(5));
    expect(custodian.given.map(isZero)).toEqual([true]);
    const again = new KeystoreCore({
      backend: 'memory',
      storage: new MemoryStorage(),
      custodian: new SoftwareCustodian('memory'),
      clock: { wallMs: () => 1, monotonicMs: () => 0 },
      requireCustody: undefined,
    });
    await again.import({ name: 'data', algorithm: 'AES-256-GCM', key: new Uint8Array(32).fill(7) });
    // The same key under another id does not open it; the point is that neither is a key of zeros.
    await expectError(() => again.openData(sealed), KeyStoreError, 'ERR_KEYSTORE_NOT_FOUND');
    await again.close();
  });
});

describe('destroying', () => {
  it('gives the custodian what it needs, and wipes it afterwards', async () => {
    const { ref } = await aes();
    const [entry] = storage.manifest.entries;
    await store.destroy(ref);
    expect(custodian.destroyed.length).toBe(1);
    expect(custodian.protectionAtEnd.map(isZero)).toEqual([false]);
    expect(isZero(custodian.destroyed[0]?.protection as Uint8Array)).toBe(true);
    expect(isZero(entry?.protection as Uint8Array)).toBe(true);
  });

  it('by somebody else unloads the key, wipes it, and tells', async () => {
    await aes();
    await store.sealData('data', new Uint8Array(1));
    const [entry] = storage.manifest.entries;
    const told: string[] = [];
    store.onChange(({ kind }) => told.push(kind));
    storage.commitElsewhere(withoutFirst);
    await Promise.resolve();
    expect(told).toEqual(['destroyed']);
    expect(custodian.disposed).toBe(1);
    expect(isZero(entry?.protection as Uint8Array)).toBe(true);
  });

  it('by somebody else while the key is being loaded is told as such', async () => {
    const { ref } = await aes();
    const sealed = await store.sealData('data', new Uint8Array(1));
    await store.update(ref, { state: 'suspended' });
    await store.update(ref, { state: 'active' });
    let open = () => {};
    custodian.gate = new Promise((resolve) => {
      open = resolve;
    });
    const opening = store.openData(sealed);
    storage.commitElsewhere(withoutFirst);
    open();
    await expectError(() => opening, KeyStoreError, 'ERR_KEYSTORE_NOT_FOUND');
  });
});

describe('closing', () => {
  it('waits for what is under way, and wipes what is left', async () => {
    const { ref } = await aes();
    const [entry] = storage.manifest.entries;
    let open = () => {};
    custodian.gate = new Promise((resolve) => {
      open = resolve;
    });
    const sealing = store.sealData(ref, new Uint8Array(1));
    const closing = store.close();
    expect(custodian.closed).toBe(0);
    open();
    expect((await sealing).length).toBe(82);
    await closing;
    expect([custodian.closed, custodian.disposed]).toEqual([1, 1]);
    expect(isZero(entry?.protection as Uint8Array)).toBe(true);
  });

  it('a second time waits for the first', async () => {
    const { ref } = await aes();
    let open = () => {};
    custodian.gate = new Promise((resolve) => {
      open = resolve;
    });
    const sealing = store.sealData(ref, new Uint8Array(1));
    void store.close();
    const again = store.close();
    open();
    await Promise.all([sealing, again]);
    expect(custodian.closed).toBe(1);
  });

  it('wipes what is left and closes the storage, even when the custodian cannot let go', async () => {
    await aes();
    const [entry] = storage.manifest.entries;
    custodian.close = async () => {
      throw new KeyStoreError('ERR_KEYSTORE_TOKEN', 'told to fail');
    };
    await expectError(() => store.close(), KeyStoreError, 'ERR_KEYSTORE_TOKEN');
    expect(isZero(entry?.protection as Uint8Array)).toBe(true);
    expect(storage.closed).toBe(1);
    await expectError(() => store.list(), KeyStoreError, 'ERR_KEYSTORE_STATE');
  });
});

describe('a key that was taken in twice', () => {
  const seed = new Uint8Array(64).fill(9);
  const takeIn = (name: string) => store.import({ name, algorithm: 'ML-KEM-1024', key: seed });

  it('is one key to others', async () => {
    const { keyId } = await takeIn('one');
    await takeIn('two');
    expect((await store.jwks()).keys.map(({ kid }) => kid)).toEqual([keyId]);
  });

  it('is found where it may be used', async () => {
    const one = await takeIn('one');
    const two = await takeIn('two');
    expect((await store.find(one.keyId))?.ref).toEqual(two.ref);
    await store.update(two.ref, { state: 'suspended' });
    expect((await store.find(one.keyId))?.ref).toEqual(one.ref);
    await store.update(one.ref, { state: 'suspended' });
    await store.update(two.ref, { state: 'retired' });
    expect((await store.find(one.keyId))?.ref).toEqual(two.ref);
  });
});

describe('a signer and a recipient', () => {
  it('keep the custody that was required, whatever becomes of the options', async () => {
    await store.generate({ name: 'sign', algorithm: 'ML-DSA-87' });
    await store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
    const options: { requireCustody: Custody } = { requireCustody: 'memory' };
    const signer = await store.signer('sign', options);
    const recipient = await store.recipient('kem', options);
    options.requireCustody = 'in-token';
    expect((await signer.sign(new Uint8Array(3), { context: new Uint8Array(0) })).length).toBe(4627);
    using secret = await recipient.decapsulate(new Uint8Array(1568));
    expect(secret.length).toBe(32);
  });

  it('take no option that they do not know', async () => {
    await store.generate({ name: 'sign', algorithm: 'ML-DSA-87' });
    const signer = await store.signer('sign', { requireCustody: 'memory' });
    for (const [options, code] of [
      [{ requireCustody: 'memory' }, 'ERR_INPUT_OPTION'],
      [null, 'ERR_INPUT_TYPE'],
    ] as const) {
      await expectError(() => signer.sign(new Uint8Array(3), options as never), InputError, code);
    }
  });
});
