/**
 * A file keystore when the disk, the runtime or the random generator fails: what was there stays, in memory and on disk.
 * Every single step of a change is in `keystore-cuts.test.ts`.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyStoreError, UnsupportedError } from '../../src/errors.ts';
import { type Expected, expectError } from '../contract/support/errors.ts';
import { refsOf, StorePlace } from '../unit/keystore/file/support.ts';

const IO: Expected = [KeyStoreError, 'ERR_KEYSTORE_IO'];
const NO_RANDOM: Expected = [UnsupportedError, 'ERR_UNSUPPORTED_RUNTIME'];

let place: StorePlace;

beforeEach(() => {
  place = new StorePlace();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await place.close();
  place[Symbol.dispose]();
});

const failure = (code: string) => Object.assign(new Error(`${code}: told to fail`), { code });
const kem = (store: Keystore) => store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
const dsa = (store: Keystore) => store.generate({ name: 'dsa', algorithm: 'ML-DSA-87' });

/** Troubles with a disk, as a whole. */
const troubles: [label: string, code: string, methods: (keyof typeof fs)[]][] = [
  ['is read-only', 'EROFS', ['open', 'link', 'rename', 'unlink', 'mkdir']],
  ['takes our permission away', 'EACCES', ['open', 'readdir', 'link', 'rename', 'unlink', 'mkdir']],
  ['has no files left to open', 'EMFILE', ['open', 'readdir']],
  ['fails', 'EIO', ['open', 'readdir', 'stat', 'link', 'rename', 'unlink', 'mkdir']],
  ['has no links', 'EPERM', ['link']],
  ['is full for links', 'ENOSPC', ['link', 'rename']],
];

describe('a disk that', () => {
  it.each(troubles)(
    '%s (%s): memory and disk are as before, and the store goes on',
    async (_label, code, methods) => {
      const store = await place.open();
      const [first, second] = [await kem(store), await kem(store)];
      const before = place.read(place.manifest);
      for (const change of [
        () => kem(store),
        () => store.destroy(first.ref),
        () => store.rekey({ rootKey: new Uint8Array(32) }),
      ]) {
        for (const method of methods) vi.spyOn(fs, method as 'open').mockRejectedValue(failure(code));
        const error = await expectError(change, ...IO);
        vi.restoreAllMocks();
        expect(error.message).toContain(code);
        expect(error.message).toContain(place.folder);
        expect(place.read(place.manifest)).toEqual(before);
        expect(await store.list()).toEqual([first, second]);
        // The private key of a generation whose destruction failed still works.
        expect((await store.decapsulate(first.ref, new Uint8Array(1568))).length).toBe(32);
      }
      expect((await kem(store)).ref.generation).toBe(3);
      await store.destroy(first.ref);
      expect(await refsOf(await place.open())).toEqual(['kem 2', 'kem 3']);
      expect(place.names().filter((name) => !name.startsWith('lock'))).toEqual([
        'keys',
        'manifest-0000000000000004.mwk',
      ]);
      expect(place.blobs().length).toBe(2);
    },
  );

  it.each(troubles)(
    '%s (%s): a new store is not made, and can be made later',
    async (_label, code, methods) => {
      for (const method of methods) vi.spyOn(fs, method as 'open').mockRejectedValue(failure(code));
      const error = await expectError(() => place.open(), ...IO);
      expect(error.message).toContain(code);
      vi.restoreAllMocks();
      expect(await refsOf(await place.open())).toEqual([]);
    },
  );

  it('is read-only lets a store that has its mark be opened and read', async () => {
    const { ref } = await kem(await place.open());
    for (const method of ['link', 'rename', 'unlink', 'mkdir'] as const) {
      vi.spyOn(fs, method).mockRejectedValue(failure('EROFS'));
    }
    const store = await place.open();
    expect((await store.decapsulate(ref, new Uint8Array(1568))).length).toBe(32);
  });

  it('cannot keep the mark says which file, and how to do without', async () => {
    const error = await expectError(() => place.open({ highWaterMark: '/nonexistent/mark' }), ...IO);
    expect(error.message).toContain('/nonexistent/mark');
    await place.open({ highWaterMark: false });
  });

  it('loses the mark later: the change is told as made, and is', async () => {
    const store = await place.open();
    vi.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
      if (to === place.mark) throw failure('ENOSPC');
      const { renameSync } = process.getBuiltinModule('node:fs');
      renameSync(from, to);
    });
    const error = await expectError(() => kem(store), ...IO);
    expect(error.message).toContain('was made');
    vi.restoreAllMocks();
    expect(await refsOf(store)).toEqual(['kem 1']);
    expect((await kem(store)).ref.generation).toBe(2);
    expect(await refsOf(await place.open())).toEqual(['kem 1', 'kem 2']);
  });
});

describe('a random generator that fails', () => {
  it('makes no key, and the store goes on when it works again', async () => {
    const store = await place.open();
    const before = place.read(place.manifest);
    const real = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
    // One draw more each time, until there are as many as a key needs.
    let failures = 0;
    for (let made = false; !made; ) {
      let left = failures;
      vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((out) => {
        if (left-- <= 0) throw new Error('no randomness');
        return real(out as Uint8Array<ArrayBuffer>) as typeof out;
      });
      const attempt = dsa(store);
      // What fails after the change was made, as the mark, is told as that.
      made = await attempt.then(
        () => true,
        (error: Error) => error.message.includes('was made'),
      );
      vi.restoreAllMocks();
      if (made) break;
      failures++;
      await expectError(() => attempt, ...NO_RANDOM);
      expect(place.read(place.manifest)).toEqual(before);
      expect(await store.list()).toEqual([]);
      expect(place.blobs()).toEqual([]);
    }
    // The seed, its key, the entry's id and the names of files at least; nonces come in batches.
    expect(failures).toBeGreaterThanOrEqual(4);
    expect((await store.list()).map(({ ref }) => ref.generation)).toEqual([1]);
  });

  it('makes no key in memory either', async () => {
    const store = await openKeystore({ backend: 'memory' });
    const spy = vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation(() => {
      throw new Error('no randomness');
    });
    await expectError(() => dsa(store), ...NO_RANDOM);
    spy.mockRestore();
    expect(await store.list()).toEqual([]);
    expect((await dsa(store)).ref.generation).toBe(1);
  });
});

describe('a clock that fails', () => {
  it('makes no key, and its own error comes through', async () => {
    let fails = true;
    const clock = {
      wallMs: () => {
        if (fails) throw new RangeError('no time');
        return 7;
      },
      monotonicMs: () => 0,
    };
    const store = await place.open({ clock });
    await expect(kem(store)).rejects.toThrow('no time');
    fails = false;
    expect(await kem(store)).toMatchObject({ ref: { generation: 1 }, createdAtMs: 7 });
  });
});

describe('a runtime', () => {
  it('without files has no file keystore, and has one in memory', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    const error = await expectError(() => place.open(), UnsupportedError, 'ERR_UNSUPPORTED_RUNTIME');
    expect(error.message).toContain('node:fs/promises');
    expect(await (await openKeystore({ backend: 'memory' })).list()).toEqual([]);
  });

  it('whose folders cannot be opened (Windows) commits all the same', async () => {
    const real = process.getBuiltinModule.bind(process) as (id: string) => object | undefined;
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(((id: string) =>
      id === 'node:path' ? { ...path, sep: '\\' } : real(id)) as typeof process.getBuiltinModule);
    const opened = vi.spyOn(fs, 'open');
    const store = await place.open();
    const { ref } = await kem(store);
    await kem(store);
    await store.destroy(ref);
    expect(opened.mock.calls.some(([name]) => name === place.path)).toBe(false);
    vi.restoreAllMocks();
    expect(await refsOf(await place.open())).toEqual(['kem 2']);
  });
});
