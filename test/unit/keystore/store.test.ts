/**
 * What the common part of keystores does with its backend, and with the secrets that pass through it.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyStoreError, UnsupportedError } from '../../../src/errors.ts';
import { KemPrivateKey } from '../../../src/kem/index.ts';
import { type Backend, type KeyRecord, LocalKeystore, type StoreState } from '../../../src/keystore/store.ts';
import { SignPrivateKey } from '../../../src/sign/index.ts';
import { expectError } from '../../contract/support/errors.ts';

const KEM = { name: 'kem', algorithm: 'ML-KEM-1024' } as const;
const DSA = { name: 'dsa', algorithm: 'ML-DSA-87' } as const;
const CIPHERTEXT = new Uint8Array(1568);
const MESSAGE = new Uint8Array(3);

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

/** A backend that keeps seeds as they are, and every buffer that it gave or was given. */
class RecordingBackend implements Backend {
  readonly name = 'memory';
  readonly custody = 'memory';
  readonly initial: StoreState = { records: [], tombstones: [] };
  /** Buffers of the common part that were shown to {@link protect}. */
  readonly shown: Uint8Array[] = [];
  /** Buffers that were handed out by {@link unprotect}. */
  readonly handedOut: Uint8Array[] = [];
  readonly committed: StoreState[] = [];
  closed = 0;
  breaks: 'protect' | 'unprotect' | 'commit' | undefined;

  protect(_record: Omit<KeyRecord, 'seed'>, seed: Uint8Array): Uint8Array {
    this.shown.push(seed);
    if (this.breaks === 'protect') throw new KeyStoreError('ERR_KEYSTORE_TOKEN', 'told to fail');
    return Uint8Array.from(seed);
  }

  unprotect({ seed }: KeyRecord): Uint8Array {
    const copy = this.breaks === 'unprotect' ? seed.slice(1) : Uint8Array.from(seed);
    this.handedOut.push(copy);
    return copy;
  }

  async commit(state: StoreState): Promise<void> {
    if (this.breaks === 'commit') throw new KeyStoreError('ERR_KEYSTORE_IO', 'told to fail');
    this.committed.push(state);
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

let backend: RecordingBackend;
let store: LocalKeystore;

beforeEach(() => {
  backend = new RecordingBackend();
  store = new LocalKeystore(backend, { wallMs: () => 1, monotonicMs: () => 0 });
});

afterEach(() => {
  vi.restoreAllMocks();
});

const lastRecord = () => backend.committed.at(-1)?.records.at(-1) as KeyRecord;

describe('a new key', () => {
  it.each([KEM, DSA])('leaves no seed of $algorithm but the one that is kept', async (options) => {
    await store.generate(options);
    expect(backend.shown.map(isZero)).toEqual([true]);
    expect(isZero(lastRecord().seed)).toBe(false);
  });

  it('that the backend cannot protect leaves none at all', async () => {
    backend.breaks = 'protect';
    await expectError(() => store.generate(KEM), KeyStoreError, 'ERR_KEYSTORE_TOKEN');
    expect(backend.shown.map(isZero)).toEqual([true]);
    expect(backend.committed).toEqual([]);
    expect(await store.list()).toEqual([]);
  });

  it('that cannot be drawn asks the backend for nothing', async () => {
    vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation(() => {
      throw new Error('no randomness');
    });
    await expectError(() => store.generate(DSA), UnsupportedError, 'ERR_UNSUPPORTED_RUNTIME');
    expect(backend.shown).toEqual([]);
  });
});

describe('a private key in use', () => {
  it('is taken out of its record once, on first use, and that copy is wiped', async () => {
    await store.generate(KEM);
    await store.generate(DSA);
    await store.list();
    await store.recipient('kem');
    await store.signer('dsa');
    expect(backend.handedOut.length).toBe(0);
    for (let i = 0; i < 3; i++) {
      await store.decapsulate('kem', CIPHERTEXT);
      await store.sign('dsa', MESSAGE);
    }
    expect(backend.handedOut.map(({ length }) => length)).toEqual([64, 32]);
    expect(backend.handedOut.map(isZero)).toEqual([true, true]);
  });

  it('is not taken out for what it cannot do', async () => {
    await store.generate(KEM);
    await store.generate(DSA);
    await expect(store.sign('kem', MESSAGE)).rejects.toThrow('ML-DSA-87');
    await expect(store.decapsulate('dsa', CIPHERTEXT)).rejects.toThrow('ML-KEM-1024');
    expect(backend.handedOut).toEqual([]);
  });

  it('whose seed is unusable leaves no copy of it', async () => {
    await store.generate(KEM);
    backend.breaks = 'unprotect';
    await expect(store.decapsulate('kem', CIPHERTEXT)).rejects.toThrow();
    expect(backend.handedOut.map(isZero)).toEqual([true]);
  });

  it.each(['destroy', 'close'] as const)('is disposed by %s, and its record wiped', async (end) => {
    const kem = await store.generate(KEM);
    const kemRecord = lastRecord();
    const dsa = await store.generate(DSA);
    const dsaRecord = lastRecord();
    await store.decapsulate('kem', CIPHERTEXT);
    await store.sign('dsa', MESSAGE);
    const disposed = [
      vi.spyOn(KemPrivateKey.prototype, 'dispose'),
      vi.spyOn(SignPrivateKey.prototype, 'dispose'),
    ];
    if (end === 'close') {
      await store.close();
      expect(backend.closed).toBe(1);
    } else {
      await store.destroy(kem.ref);
      expect(isZero(dsaRecord.seed)).toBe(false);
      expect(disposed.map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
      await store.destroy(dsa.ref);
    }
    expect(disposed.map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    expect([kemRecord, dsaRecord].map(({ seed }) => isZero(seed))).toEqual([true, true]);
  });

  it('outlives a destruction that was not committed', async () => {
    const { ref } = await store.generate(KEM);
    const record = lastRecord();
    const sharedSecret = await store.decapsulate(ref, CIPHERTEXT);
    backend.breaks = 'commit';
    await expectError(() => store.destroy(ref), KeyStoreError, 'ERR_KEYSTORE_IO');
    expect(isZero(record.seed)).toBe(false);
    expect((await store.decapsulate(ref, CIPHERTEXT)).expose()).toEqual(sharedSecret.expose());
  });
});

describe('commits', () => {
  it('run one at a time, each over the state that the one before it left', async () => {
    let running = 0;
    let most = 0;
    vi.spyOn(backend, 'commit').mockImplementation(async (state) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      backend.committed.push(state);
    });
    await Promise.all([store.generate(KEM), store.generate(KEM), store.generate(DSA)]);
    expect(most).toBe(1);
    expect(backend.committed.map(({ records }) => records.length)).toEqual([1, 2, 3]);
  });

  it('leave a tombstone for what was destroyed', async () => {
    const { ref } = await store.generate(KEM);
    await store.destroy(ref);
    expect(backend.committed.at(-1)).toEqual({
      records: [],
      tombstones: [{ ref, algorithm: 'ML-KEM-1024' }],
    });
  });
});
