/**
 * A file keystore when the disk, the runtime or the random generator fails: what was there stays, in memory and on disk.
 */
import { readdirSync, readFileSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyStoreError, UnsupportedError } from '../../src/errors.ts';
import { type Expected, expectError } from '../contract/support/errors.ts';
import { ROOT_KEY } from '../contract/support/keystores.ts';
import { refsOf, StoreFolder } from '../unit/keystore/support.ts';

const IO: Expected = [KeyStoreError, 'ERR_KEYSTORE_IO'];
const STATE: Expected = [KeyStoreError, 'ERR_KEYSTORE_STATE'];
const NO_RANDOM: Expected = [UnsupportedError, 'ERR_UNSUPPORTED_RUNTIME'];

let place: StoreFolder;

beforeEach(() => {
  place = new StoreFolder();
});

afterEach(() => {
  vi.restoreAllMocks();
  place[Symbol.dispose]();
});

const failure = (code: string) => Object.assign(new Error(`${code}: told to fail`), { code });
const kem = (store: Keystore) => store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
const dsa = (store: Keystore) => store.generate({ name: 'dsa', algorithm: 'ML-DSA-87' });
const isFolder = (name: unknown) => name === place.folder;
const realOpen = fs.open.bind(fs);

/** Makes one method of the handles of the temporary file, or of its folder, fail. */
function failHandle(of: 'file' | 'folder', method: 'writeFile' | 'sync' | 'close', code: string): void {
  vi.spyOn(fs, 'open').mockImplementation(async (...args) => {
    const handle: FileHandle = await realOpen(...args);
    if (isFolder(args[0]) === (of === 'folder')) {
      const real = handle[method].bind(handle) as (data?: unknown) => Promise<void>;
      handle[method] = async (data?: unknown) => {
        // A torn write leaves half of it; a failed close closes.
        if (method === 'writeFile') await real((data as Uint8Array).subarray(0, 100));
        if (method === 'close') await real();
        throw failure(code);
      };
    }
    return handle;
  });
}

/** Every step of a commit that comes before the file is replaced. */
const steps: [label: string, code: string, fail: (code: string) => void][] = [
  ['reading the file', 'EIO', (code) => void vi.spyOn(fs, 'readFile').mockRejectedValue(failure(code))],
  ['reading the size', 'EACCES', (code) => void vi.spyOn(fs, 'stat').mockRejectedValue(failure(code))],
  [
    'opening in a read-only folder',
    'EACCES',
    (code) => void vi.spyOn(fs, 'open').mockRejectedValue(failure(code)),
  ],
  [
    'opening on a read-only disk',
    'EROFS',
    (code) => void vi.spyOn(fs, 'open').mockRejectedValue(failure(code)),
  ],
  [
    'opening the folder',
    'EACCES',
    (code) =>
      void vi.spyOn(fs, 'open').mockImplementation((...args) => {
        return isFolder(args[0]) ? Promise.reject(failure(code)) : realOpen(...args);
      }),
  ],
  [
    'making the temporary file',
    'EMFILE',
    (code) =>
      void vi.spyOn(fs, 'open').mockImplementation((...args) => {
        return isFolder(args[0]) ? realOpen(...args) : Promise.reject(failure(code));
      }),
  ],
  ['writing, with half of it written', 'ENOSPC', (code) => failHandle('file', 'writeFile', code)],
  ['making it durable', 'EIO', (code) => failHandle('file', 'sync', code)],
  ['closing it', 'EDQUOT', (code) => failHandle('file', 'close', code)],
  ['renaming it', 'EBUSY', (code) => void vi.spyOn(fs, 'rename').mockRejectedValue(failure(code))],
];

describe('a commit that fails', () => {
  it.each(steps)('when %s (%s): memory and disk are as before', async (_label, code, fail) => {
    const store = await place.open();
    const first = await kem(store);
    const second = await kem(store);
    const before = place.read();
    const changes = [() => kem(store), () => store.destroy(first.ref)];
    for (const change of changes) {
      fail(code);
      const error = await expectError(change, ...IO);
      vi.restoreAllMocks();
      expect(error.message).toContain(code);
      expect(error.message).toContain(place.path);
      expect(error.cause).toMatchObject({ code });
      expect(place.read()).toEqual(before);
      expect(place.names()).toEqual(['keys.mwk']);
      expect(await store.list()).toEqual([first, second]);
      // The private key of a generation whose destruction failed still works.
      expect((await store.decapsulate(first.ref, new Uint8Array(1568))).length).toBe(32);
      expect(await refsOf(await place.open())).toEqual(['kem 1', 'kem 2']);
    }
    // The trouble is over: the store goes on, and no number was lost.
    expect((await kem(store)).ref.generation).toBe(3);
    await store.destroy(first.ref);
    expect(await refsOf(await place.open())).toEqual(['kem 2', 'kem 3']);
  });

  it('among others that were asked for at once, fails alone', async () => {
    const store = await place.open();
    vi.spyOn(fs, 'rename').mockRejectedValueOnce(failure('EIO'));
    const results = await Promise.allSettled([kem(store), kem(store), kem(store)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(await refsOf(await place.open())).toEqual(['kem 1', 'kem 2']);
  });

  it('when the temporary file cannot be removed either: says what failed first', async () => {
    const store = await place.open();
    const before = place.read();
    vi.spyOn(fs, 'rename').mockRejectedValue(failure('EBUSY'));
    vi.spyOn(fs, 'rm').mockRejectedValue(failure('EPERM'));
    const error = await expectError(() => kem(store), ...IO);
    expect(error.message).toContain('EBUSY');
    vi.restoreAllMocks();
    expect(place.read()).toEqual(before);
    // What is left is no readable key: nothing in it but what a store's file holds.
    const [left] = place.names().filter((name) => name.endsWith('.tmp'));
    expect(
      readFileSync(path.join(place.folder, left as string))
        .subarray(0, 3)
        .toString(),
    ).toBe('MWK');
    expect((await kem(store)).ref.generation).toBe(1);
  });

  it('without a code is an input or output error all the same', async () => {
    const store = await place.open();
    vi.spyOn(fs, 'rename').mockRejectedValue(new Error('something'));
    await expectError(() => kem(store), ...IO);
  });
});

describe('a commit of which nobody knows whether it is durable', () => {
  it('is reported, and the store asks to be opened again', async () => {
    const store = await place.open();
    const first = await kem(store);
    failHandle('folder', 'sync', 'EIO');
    await expectError(() => kem(store), ...IO);
    vi.restoreAllMocks();
    expect(await store.list()).toEqual([first]);
    await expectError(() => kem(store), ...STATE);
    await expectError(() => store.destroy(first.ref), ...STATE);
    // Nothing is half there: the new file is whole, and no number is used twice.
    const again = await place.open();
    expect(await refsOf(again)).toEqual(['kem 1', 'kem 2']);
    expect((await kem(again)).ref.generation).toBe(3);
    expect(place.names()).toEqual(['keys.mwk']);
  });

  it("is none when only the folder's handle fails to close", async () => {
    const store = await place.open();
    failHandle('folder', 'close', 'EIO');
    expect((await kem(store)).ref.generation).toBe(1);
    vi.restoreAllMocks();
    expect(await refsOf(await place.open())).toEqual(['kem 1']);
  });
});

describe('opening', () => {
  it.each(steps.slice(2))(
    'a new store fails when %s (%s), and leaves nothing',
    async (_label, code, fail) => {
      fail(code);
      await expectError(() => place.open(), ...IO);
      vi.restoreAllMocks();
      expect(place.names()).toEqual([]);
      expect(await refsOf(await place.open())).toEqual([]);
    },
  );

  it.each(steps.slice(0, 2))(
    'an existing store fails when %s (%s), and is not touched',
    async (_label, code, fail) => {
      await kem(await place.open());
      const before = place.read();
      fail(code);
      await expectError(() => place.open(), ...IO);
      vi.restoreAllMocks();
      expect(place.read()).toEqual(before);
    },
  );

  it('an existing store does not write', async () => {
    await kem(await place.open());
    vi.spyOn(fs, 'open').mockRejectedValue(failure('EROFS'));
    expect(await refsOf(await place.open())).toEqual(['kem 1']);
  });
});

describe('a random generator that fails', () => {
  it('makes no key, and the store goes on when it works again', async () => {
    const store = await place.open();
    const before = place.read();
    // One draw is the seed, one is the name of the temporary file; nonces are drawn in batches, and seldom.
    for (let good = 0; good < 2; good++) {
      const real = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
      let left = good;
      vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((out) => {
        if (left-- <= 0) throw new Error('no randomness');
        return real(out as Uint8Array<ArrayBuffer>) as typeof out;
      });
      await expectError(() => dsa(store), ...NO_RANDOM);
      vi.restoreAllMocks();
      expect(place.read()).toEqual(before);
      expect(await store.list()).toEqual([]);
    }
    expect((await dsa(store)).ref.generation).toBe(1);
    expect(place.names()).toEqual(['keys.mwk']);
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
    const store = await openKeystore({ backend: 'file', path: place.path, rootKey: ROOT_KEY, clock });
    await expect(kem(store)).rejects.toThrow('no time');
    fails = false;
    expect(await kem(store)).toMatchObject({ ref: { generation: 1 }, createdAtMs: 7 });
    await store.close();
  });
});

describe('a runtime', () => {
  it('without files has no file keystore, and has one in memory', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    const error = await expectError(() => place.open(), UnsupportedError, 'ERR_UNSUPPORTED_RUNTIME');
    expect(error.message).toContain('node:fs/promises');
    expect(await (await openKeystore({ backend: 'memory' })).list()).toEqual([]);
    vi.restoreAllMocks();
    expect(readdirSync(place.folder)).toEqual([]);
  });

  it('whose folders cannot be opened (Windows) replaces the file all the same', async () => {
    const real = process.getBuiltinModule.bind(process) as (id: string) => object | undefined;
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(((id: string) =>
      id === 'node:path' ? { ...path, sep: '\\' } : real(id)) as typeof process.getBuiltinModule);
    const opened = vi.spyOn(fs, 'open');
    const store = await place.open();
    await kem(store);
    expect(opened.mock.calls.some(([name]) => isFolder(name))).toBe(false);
    vi.restoreAllMocks();
    expect(await refsOf(await place.open())).toEqual(['kem 1']);
  });
});
