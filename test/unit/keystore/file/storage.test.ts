/**
 * What a file keystore does with its folder, with others that change it, and with what is wrong there.
 */

import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import type { KemPublicKey } from '@mwrasp/crypto/kem';
import { encapsulate } from '@mwrasp/crypto/kem';
import { type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyStoreError, PqError, UnsupportedError } from '../../../../src/errors.ts';
import { type Expected, errorOf, expectError } from '../../../contract/support/errors.ts';
import { ROOT_KEY } from '../../../contract/support/keystores.ts';
import { refsOf, StorePlace, until } from './support.ts';

const CORRUPT: Expected = [KeyStoreError, 'ERR_KEYSTORE_CORRUPT'];
const IO: Expected = [KeyStoreError, 'ERR_KEYSTORE_IO'];
const ROLLBACK: Expected = [KeyStoreError, 'ERR_KEYSTORE_ROLLBACK'];
const NOT_FOUND: Expected = [KeyStoreError, 'ERR_KEYSTORE_NOT_FOUND'];

let place: StorePlace;

beforeEach(() => {
  place = new StorePlace();
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await place.close();
  place[Symbol.dispose]();
});

const aes = (store: Keystore, name = 'data') => store.generate({ name, algorithm: 'AES-256-GCM' });
const kem = (store: Keystore, name = 'kem') => store.generate({ name, algorithm: 'ML-KEM-1024' });

/** A user without any files. */
const NOBODY = 65534;

describe('the folder', () => {
  it('holds one manifest and one blob a key, for its owner only', async () => {
    const store = await place.open();
    expect(place.names()).toEqual(['keys', 'manifest-0000000000000000.mwk']);
    const { ref } = await aes(store);
    await kem(store);
    await store.destroy(ref);
    expect(place.names()).toEqual(['keys', 'manifest-0000000000000003.mwk']);
    expect(place.blobs().length).toBe(1);
    expect(place.blobs()[0]).toMatch(/^[0-9a-f]{32}-0000000000000002\.mwb$/);
    for (const path of [place.manifest, place.blob(), place.mark])
      expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const path of [place.path, join(place.path, 'keys')])
      expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('is not written by reading', async () => {
    const store = await place.open();
    await kem(store);
    await store.close();
    const before = [place.names(), statSync(place.path).mtimeMs, statSync(place.manifest).mtimeMs];
    const again = await place.open();
    await again.list();
    await again.decapsulate('kem', new Uint8Array(1568));
    await again.close();
    expect([place.names(), statSync(place.path).mtimeMs, statSync(place.manifest).mtimeMs]).toEqual(before);
  });

  it('sees what was committed, though the store was never closed', async () => {
    await aes(await place.open());
    expect(await refsOf(await place.open())).toEqual(['data 1']);
  });

  it('is opened, and not made, with create: false', async () => {
    await expectError(() => place.open({ create: false }), ...NOT_FOUND);
    mkdirSync(place.path);
    await expectError(() => place.open({ create: false }), ...NOT_FOUND);
    await place.open();
    await place.open({ create: false });
  });

  it('may be there already, with what disks put there and attempts leave', async () => {
    mkdirSync(join(place.path, 'lost+found'), { recursive: true });
    mkdirSync(join(place.path, 'keys'));
    writeFileSync(join(place.path, 'manifest-0000000000000000.mwk.0123.tmp'), 'half');
    await aes(await place.open());
    expect(place.names()).toEqual(['keys', 'lost+found', 'manifest-0000000000000001.mwk']);
  });
});

describe('what is in the way', () => {
  it("other people's files", async () => {
    mkdirSync(place.path);
    writeFileSync(join(place.path, 'passwd'), '');
    const error = await expectError(() => place.open(), ...IO);
    expect(error.message).toContain('passwd');
    expect(place.names()).toEqual(['passwd']);
  });

  it('keys without a manifest', async () => {
    await aes(await place.open());
    await place.close();
    rmSync(place.manifest);
    await expectError(() => place.open(), ...CORRUPT);
  });

  it.each([
    ['a file', (path: string) => writeFileSync(path, 'text')],
    ['a link to a device', (path: string) => symlinkSync('/dev/zero', path)],
    ['a link to nothing', (path: string) => symlinkSync('/nonexistent/there', path)],
  ])("%s in the folder's place", async (_label, put) => {
    put(place.path);
    const error = await expectError(() => place.open(), ...IO);
    expect(error.message).toContain(place.path);
  });

  it.each([
    ['a folder', (path: string) => mkdirSync(path)],
    ['a link to a device', (path: string) => symlinkSync('/dev/zero', path)],
  ])("%s in a manifest's place", async (_label, put) => {
    await place.open();
    await place.close();
    put(join(place.path, 'manifest-0000000000000001.mwk'));
    const error = await expectError(() => place.open(), ...IO);
    expect(error.message).toContain('manifest-0000000000000001.mwk');
  });

  it('a parent that is not there, or is a file; a name that is too long', async () => {
    writeFileSync(join(place.folder, 'file'), '');
    for (const path of ['nowhere/store', 'file/store', 'x'.repeat(300)]) {
      await expectError(() => place.open({ path: join(place.folder, path) }), ...IO);
    }
    expect(readdirSync(place.folder)).toEqual(['file']);
  });

  it('files that are too large, which are not read', async () => {
    const store = await place.open();
    const { ref } = await kem(store);
    await store.close();
    truncateSync(place.blob(), 2 ** 40);
    const again = await place.open();
    const error = await expectError(() => again.publicKey(ref), ...CORRUPT);
    expect(error.message).toContain(place.blob());
    truncateSync(place.manifest, 2 ** 40);
    await expectError(() => place.open(), ...CORRUPT);
  });

  it('a folder that vanished under an open store', async () => {
    const store = await place.open();
    await aes(store);
    renameSync(place.path, `${place.path}.away`);
    const error = await expectError(() => aes(store), ...IO);
    expect(error.message).toContain(place.path);
    expect(await refsOf(store)).toEqual(['data 1']);
    renameSync(`${place.path}.away`, place.path);
    expect((await aes(store)).ref.generation).toBe(2);
  });

  it('a folder that may not be written', async () => {
    const store = await place.open();
    chmodSync(place.path, 0o500);
    // The superuser may write anywhere.
    const isSuperuser = process.getuid?.() === 0;
    if (isSuperuser) process.seteuid?.(NOBODY);
    try {
      await expectError(() => aes(store), ...IO);
    } finally {
      if (isSuperuser) process.seteuid?.(0);
    }
    chmodSync(place.path, 0o700);
    expect((await aes(store)).ref.generation).toBe(1);
  });
});

describe('damage', () => {
  it('of a manifest names its file, whichever byte it is, and leaves it alone', async () => {
    await aes(await place.open());
    await place.close();
    const { manifest } = place;
    const bytes = place.read(manifest);
    for (let i = 0; i < bytes.length; i += 3) {
      const damaged = bytes.with(i, (bytes[i] as number) ^ 0x10);
      place.write(manifest, damaged);
      const error = await errorOf(() => place.open());
      expect(error).toBeInstanceOf(PqError);
      expect(error.message).toContain(manifest);
      expect(place.read(manifest)).toEqual(damaged);
    }
    place.write(manifest, bytes);
    expect(await refsOf(await place.open())).toEqual(['data 1']);
  });

  it('of a blob names its file, and the other generations stay usable', async () => {
    const store = await place.open();
    const refs = [(await kem(store)).ref, (await kem(store)).ref];
    await store.close();
    const path = place
      .blobs()
      .map((name) => join(place.path, 'keys', name))
      .find((name) => name.endsWith('1.mwb')) as string;
    const bytes = place.read(path);
    const changes = [bytes.subarray(0, -1), bytes.subarray(0, 0), new Uint8Array(2000)];
    for (let i = 0; i < bytes.length; i += 97) changes.push(bytes.with(i, (bytes[i] as number) ^ 1));
    for (const change of changes) {
      place.write(path, change);
      const again = await place.open();
      for (const call of [
        () => again.publicKey(refs[0] as never),
        () => again.decapsulate(refs[0] as never, new Uint8Array(1568)),
      ]) {
        const error = await expectError(call, ...CORRUPT);
        expect(error.message).toContain(path);
      }
      const { ciphertext, sharedSecret } = encapsulate(
        (await again.publicKey(refs[1] as never)) as KemPublicKey,
      );
      expect((await again.decapsulate('kem', ciphertext)).expose()).toEqual(sharedSecret.expose());
      await again.close();
    }
    rmSync(path);
    const again = await place.open();
    const error = await expectError(() => again.publicKey(refs[0] as never), ...CORRUPT);
    expect(error.message).toContain(path);
    // A damaged key can be destroyed like any other.
    await again.destroy(refs[0] as never);
    expect(await refsOf(again)).toEqual(['kem 2']);
  });

  it('that is a blob of another key in its place', async () => {
    const store = await place.open();
    await kem(store, 'a');
    await kem(store, 'b');
    await store.close();
    const [first, second] = [place.blob(0), place.blob(1)];
    place.write(first, place.read(second));
    const again = await place.open();
    const results = await Promise.allSettled([again.publicKey('a'), again.publicKey('b')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('rollback', () => {
  it('to an older copy of the folder is noticed when it is opened', async () => {
    const store = await place.open();
    await aes(store);
    const putBack = place.snapshot();
    await aes(store);
    await store.close();
    putBack();
    const error = await expectError(() => place.open(), ...ROLLBACK);
    expect(error.message).toContain(place.mark);
    await place.open({ highWaterMark: false });
  });

  it('is noticed by a store that is open', async () => {
    const store = await place.open({ highWaterMark: false });
    await aes(store);
    const putBack = place.snapshot();
    await aes(store);
    putBack();
    await expectError(() => aes(store), ...ROLLBACK);
    expect(await refsOf(store)).toEqual(['data 1', 'data 2']);
  });

  it('is noticed though the older copy went on meanwhile', async () => {
    const store = await place.open();
    await aes(store);
    const putBack = place.snapshot();
    await aes(store);
    await store.close();
    putBack();
    const other = await place.open({ highWaterMark: false });
    for (let i = 0; i < 3; i++) await aes(other, 'other');
    await other.close();
    await expectError(() => place.open(), ...ROLLBACK);
  });

  it('by the name of an older manifest is noticed', async () => {
    const store = await place.open();
    await aes(store);
    const old = place.read(place.manifest);
    await aes(store);
    await store.close();
    place.write(join(place.path, 'manifest-0000000000000009.mwk'), old);
    const error = await expectError(() => place.open(), ...CORRUPT);
    expect(error.message).toContain('manifest-0000000000000009.mwk');
  });

  it('a mark that is not there is made; one that is damaged or of another store is told', async () => {
    await aes(await place.open({ highWaterMark: false }));
    await place.close();
    await place.open();
    await place.close();
    const mark = place.read(place.mark);
    expect(mark.length).toBe(108);
    for (let i = 0; i < mark.length; i++) {
      place.write(place.mark, mark.with(i, (mark[i] as number) ^ 1));
      const error = await errorOf(() => place.open());
      expect((error as PqError).code).toBe(i === 3 ? 'ERR_UNSUPPORTED_VERSION' : 'ERR_KEYSTORE_CORRUPT');
      expect(error.message).toContain(place.mark);
    }
    for (const length of [0, 107]) {
      place.write(place.mark, mark.subarray(0, length));
      await expectError(() => place.open(), ...CORRUPT);
    }
    using other = new StorePlace();
    await other.open();
    await other.close();
    place.write(place.mark, other.read(other.mark));
    const error = await expectError(() => place.open(), ...CORRUPT);
    expect(error.message).toContain('another store');
    rmSync(place.mark);
    await place.open();
    expect(place.read(place.mark)).toEqual(mark);
  });

  it('has its mark in the folder of state by default', async () => {
    vi.stubEnv('XDG_STATE_HOME', join(place.folder, 'state'));
    const store = await place.open({ highWaterMark: undefined } as Record<string, unknown>);
    await aes(store);
    vi.unstubAllEnvs();
    const [name, ...others] = readdirSync(join(place.folder, 'state/mwrasp-crypto'));
    expect(others).toEqual([]);
    expect(name).toMatch(/^[0-9a-f]{32}\.mark$/);
  });
});

describe('changes by others', () => {
  it('are told within two seconds, with what changed', async () => {
    const [one, two] = [await place.open(), await place.open()];
    const told: string[] = [];
    two.onChange(({ kind, info }) => told.push(`${kind} ${info.ref.name} ${info.state}`));
    const startMs = performance.now();
    const { ref } = await aes(one);
    await until(() => told.length === 1);
    expect(performance.now() - startMs).toBeLessThan(2000);
    await one.update(ref, { state: 'retired' });
    await until(() => told.length === 2);
    await one.destroy(ref);
    await until(() => told.length === 3);
    expect(told).toEqual(['created data active', 'updated data retired', 'destroyed data retired']);
    expect(await two.list()).toEqual([]);
  });

  it('are told where the system gives no notice', async () => {
    const builtin = process.getBuiltinModule('node:fs');
    vi.spyOn(builtin, 'watch').mockImplementation(() => {
      throw new Error('no watches left');
    });
    const [one, two] = [await place.open(), await place.open()];
    const startMs = performance.now();
    await aes(one);
    await until(async () => (await two.list()).length === 1);
    expect(performance.now() - startMs).toBeLessThan(2000);
  });

  it('end the use of a key that was destroyed', async () => {
    const [one, two] = [await place.open(), await place.open()];
    const { ref } = await kem(one);
    await until(async () => (await two.list()).length === 1);
    await two.decapsulate(ref, new Uint8Array(1568));
    await one.destroy(ref);
    await until(async () => (await two.list()).length === 0);
    await expectError(() => two.decapsulate(ref, new Uint8Array(1568)), ...NOT_FOUND);
  });

  it('that destroy a key which was not used here yet leave no trace of an error', async () => {
    const [one, two] = [await place.open(), await place.open()];
    const { ref } = await kem(one);
    await until(async () => (await two.list()).length === 1);
    const used = Promise.allSettled([
      one.destroy(ref),
      two.publicKey(ref),
      two.decapsulate(ref, new Uint8Array(1568)),
    ]);
    for (const result of await used) {
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ code: 'ERR_KEYSTORE_NOT_FOUND' });
    }
  });

  it('are built upon: nothing is lost', async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => place.open()));
    await Promise.all(stores.flatMap((store) => Array.from({ length: 5 }, () => aes(store))));
    expect(await refsOf(await place.open())).toEqual(Array.from({ length: 20 }, (_, i) => `data ${i + 1}`));
    expect(place.revision).toBe(20);
  });
});

describe('a writer that slept', () => {
  /** Stops one store right before its link, while `meanwhile` runs as if the lock had been given to others. */
  async function sleepBeforeLink(store: Keystore, meanwhile: () => Promise<void>): Promise<unknown> {
    const real = fs.link.bind(fs);
    let asleep = true;
    vi.spyOn(fs, 'link').mockImplementation(async (from, to) => {
      if (asleep && String(to).includes('manifest-')) {
        asleep = false;
        rmSync(join(place.path, 'lock'), { force: true });
        await meanwhile();
      }
      return real(from, to);
    });
    return aes(store, 'sleeper');
  }

  it.each([1, 2, 5, 70])('while others made %d commits, repeats its change over theirs', async (commits) => {
    const [one, two] = [await place.open(), await place.open()];
    await aes(one, 'base');
    await sleepBeforeLink(one, async () => {
      for (let i = 0; i < commits; i++) await aes(two, 'busy');
    });
    const store = await place.open();
    const expected = ['base 1', ...Array.from({ length: commits }, (_, i) => `busy ${i + 1}`), 'sleeper 1'];
    expect(await refsOf(store)).toEqual(expected);
    expect(place.revision).toBe(commits + 2);
    // Its blob was taken away by the one that cleaned up, and written again.
    expect(await store.openData(await store.sealData('sleeper', new Uint8Array(3)))).toEqual(
      new Uint8Array(3),
    );
    expect(place.blobs().length).toBe(commits + 2);
  });

  it('and whose temporary file was cleared away, repeats its change', async () => {
    const [one, two] = [await place.open(), await place.open()];
    await sleepBeforeLink(one, async () => {
      await aes(two, 'busy');
    });
    expect(await refsOf(await place.open())).toEqual(['busy 1', 'sleeper 1']);
  });
});

describe('leftovers', () => {
  it('of a writer that was cut off go with the next commit', async () => {
    const store = await place.open();
    await aes(store);
    await store.close();
    const orphan = `${'ab'.repeat(16)}-0000000000000002.mwb`;
    writeFileSync(join(place.path, 'keys', orphan), 'orphan');
    writeFileSync(join(place.path, 'keys', `${orphan}.0011.tmp`), 'half');
    writeFileSync(join(place.path, 'manifest-0000000000000002.mwk.0011.tmp'), 'half');
    writeFileSync(join(place.path, 'manifest-0000000000000000.mwk'), 'old');
    const again = await place.open();
    expect(place.blobs().length).toBe(3);
    await aes(again);
    expect(place.names()).toEqual(['keys', 'manifest-0000000000000002.mwk']);
    expect(place.blobs().length).toBe(2);
  });
});

describe('rekey', () => {
  it('seals the store under another root key, in one commit', async () => {
    const store = await place.open();
    await kem(store);
    const { ciphertext, sharedSecret } = encapsulate((await store.publicKey('kem')) as KemPublicKey);
    const other = new Uint8Array(32).fill(5);
    await store.rekey({ rootKey: other });
    expect(place.revision).toBe(2);
    await aes(store);
    await store.close();
    await expectError(() => place.open(), ...CORRUPT);
    const again = await place.open({ rootKey: other });
    expect(await refsOf(again)).toEqual(['data 1', 'kem 1']);
    expect((await again.decapsulate('kem', ciphertext)).expose()).toEqual(sharedSecret.expose());
  });

  it('is noticed by others, who keep what they know and change nothing', async () => {
    const [one, two] = [await place.open(), await place.open()];
    await aes(one);
    await until(async () => (await two.list()).length === 1);
    await one.rekey({ rootKey: new Uint8Array(32).fill(5) });
    const error = await expectError(() => aes(two), KeyStoreError, 'ERR_KEYSTORE_STATE');
    expect(error.message).toContain('re-keyed');
    expect(await two.openData(await one.sealData('data', new Uint8Array(1)))).toEqual(new Uint8Array(1));
  });

  it('refuses wrong options, and a closed store', async () => {
    const store = await place.open();
    for (const wrong of [
      undefined,
      null,
      {},
      { rootKey: 'x' },
      { rootKey: ROOT_KEY, keyFile: '/x' },
      { path: 'x', rootKey: ROOT_KEY },
    ]) {
      expect((await errorOf(() => store.rekey(wrong as never))).constructor.name).toBe('InputError');
    }
    await store.close();
    await expectError(() => store.rekey({ rootKey: ROOT_KEY }), KeyStoreError, 'ERR_KEYSTORE_STATE');
  });
});

describe('URLs', () => {
  it('open the same store', async () => {
    const url = `file://${place.path}?high-water-mark=${encodeURIComponent(place.mark)}&lock-timeout-ms=5000`;
    const store = await openKeystore(url, { rootKey: ROOT_KEY });
    await aes(store);
    await store.close();
    expect(await refsOf(await place.open())).toEqual(['data 1']);
    await expectError(
      () => openKeystore(`file://${place.path}.not?create=false`, { rootKey: ROOT_KEY }),
      ...NOT_FOUND,
    );
    const strict = await openKeystore(`${url}&require-custody=in-token`, { rootKey: ROOT_KEY });
    await expectError(() => aes(strict), KeyStoreError, 'ERR_KEYSTORE_CUSTODY');
    await strict.close();
  });
});

describe('a store of another release', () => {
  it('as the single file of version 0 is refused, and named', async () => {
    const path = new URL('../../../fixtures/keystore-v0.mwk', import.meta.url).pathname;
    const error = await expectError(() => place.open({ path }), UnsupportedError, 'ERR_UNSUPPORTED_VERSION');
    expect(error.message).toContain('keystore-v0.mwk');
    expect(error.message).toContain('version 0');
  });
});
