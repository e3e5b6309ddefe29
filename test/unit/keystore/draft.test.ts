/**
 * Several changes in one commit, on a store in memory and on one in a folder: keys made and destroyed together, public halves that
 * stay, numbers that never come back though tombstones go.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes.ts';
import { storeAccess } from '../../../src/keystore/access.ts';
import { MAX_TOMBSTONES } from '../../../src/keystore/draft.ts';
import { FLOORS, readFloors, writeFloors } from '../../../src/keystore/floors.ts';
import { type Keystore, type KeystoreChange, openKeystore } from '../../../src/keystore/index.ts';
import { SoftwareCustodian } from '../../../src/keystore/software.ts';
import { type SignPublicKey, verify } from '../../../src/sign/index.ts';
import { SCRATCH } from '../../support/scratch.ts';

const MESSAGE = utf8('message');
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function makeFolder(): string {
  const folder = mkdtempSync(join(SCRATCH, 'draft-'));
  folders.push(folder);
  return folder;
}

const openFolder = (folder: string) =>
  openKeystore({
    backend: 'file',
    path: join(folder, 'store'),
    highWaterMark: join(folder, 'mark'),
    rootKey: new Uint8Array(32).fill(1),
  });

const access = (keystore: Keystore) => storeAccess('keystore', keystore);
const pair = { name: 'sign', algorithm: 'ML-DSA-87', state: 'active', createdAtMs: 5 } as const;

describe.each([
  ['in memory', () => openKeystore({ backend: 'memory' })],
  ['in a folder', () => openFolder(makeFolder())],
])('a draft of a store %s', (_where, open) => {
  it('is one commit, whatever is in it', async () => {
    await using store = closing(await open());
    const { keystore } = store;
    const { revision } = access(keystore).manifest;
    const told: string[] = [];
    keystore.onChange(({ kind, info }: KeystoreChange) =>
      told.push(`${kind} ${info.ref.name} ${info.ref.generation}`),
    );
    await access(keystore).change(async (draft) => {
      await draft.create(pair);
      await draft.create({ ...pair, state: 'pending', activatedAtMs: 9 });
      await draft.create({ ...pair, name: 'data', algorithm: 'AES-256-GCM' });
      draft.update({ name: 'sign', generation: 1 }, { retiredAtMs: 7 });
      draft.extend('notes', utf8('a note'));
    });
    const { manifest } = access(keystore);
    expect(manifest.revision).toBe(revision + 1);
    expect(manifest.extensions.get('notes')).toEqual(utf8('a note'));
    expect(told).toEqual(['created sign 1', 'created sign 2', 'created data 1']);
    expect(await keystore.get('sign')).toMatchObject({ createdAtMs: 5, retiredAtMs: 7 });
    expect(await keystore.openData(await keystore.sealData('data', MESSAGE))).toEqual(MESSAGE);
  });

  it('is none when nothing was changed, or the work fails', async () => {
    await using store = closing(await open());
    const { keystore } = store;
    const { revision } = access(keystore).manifest;
    await access(keystore).change(async () => {});
    const failing = access(keystore).change(async (draft) => {
      await draft.create(pair);
      throw new Error('stopped');
    });
    await expect(failing).rejects.toThrow('stopped');
    expect(access(keystore).manifest.revision).toBe(revision);
    expect(await keystore.list()).toEqual([]);
  });

  it('keeps the public half of a key whose private half it destroys', async () => {
    await using store = closing(await open());
    const { keystore } = store;
    await keystore.generate({ name: 'sign', algorithm: 'ML-DSA-87' });
    const signature = await keystore.sign('sign', MESSAGE);
    const ref = { name: 'sign', generation: 1 };
    const before = access(keystore).manifest.entries[0];
    await access(keystore).change((draft) => draft.keepPublic(ref));
    expect(before?.protection.every((byte) => byte === 0)).toBe(true);
    expect(await keystore.get(ref)).toMatchObject({ publicOnly: true, state: 'active' });
    expect(verify((await keystore.publicKey(ref)) as SignPublicKey, MESSAGE, signature)).toBe(true);
    await expect(keystore.sign(ref, MESSAGE)).rejects.toMatchObject({ code: 'ERR_KEYSTORE_STATE' });
    await expect(keystore.update(ref, { state: 'pending' })).rejects.toMatchObject({
      code: 'ERR_KEYSTORE_STATE',
    });
    const { revision } = access(keystore).manifest;
    await access(keystore).change((draft) => draft.keepPublic(ref));
    expect(access(keystore).manifest.revision).toBe(revision);
    await keystore.destroy(ref);
    expect(await keystore.list()).toEqual([]);
  });

  it('lets tombstones go, and no number come back', async () => {
    await using store = closing(await open());
    const { keystore } = store;
    for (let generation = 1; generation <= MAX_TOMBSTONES + 4; generation++) {
      await access(keystore).change((draft) => draft.create({ ...pair, algorithm: 'AES-256-GCM' }));
      await access(keystore).change(async (draft) => draft.destroy({ name: 'sign', generation }, 6));
    }
    const { tombstones, extensions } = access(keystore).manifest;
    expect(tombstones.map(({ ref }) => ref.generation)).toEqual(
      Array.from({ length: MAX_TOMBSTONES }, (_, i) => i + 5),
    );
    expect(readFloors(extensions).get('sign')).toEqual({ algorithm: 'AES-256-GCM', generation: 4 });
    await access(keystore).change(async (draft) => {
      draft.extend(FLOORS, writeFloors(new Map([['sign', { algorithm: 'AES-256-GCM', generation: 40 }]])));
    });
    const made = await keystore.generate({ name: 'sign', algorithm: 'AES-256-GCM' });
    expect(made.ref.generation).toBe(41);
    await expect(keystore.generate({ name: 'sign', algorithm: 'ML-DSA-87' })).rejects.toMatchObject({
      code: 'ERR_KEYSTORE_EXISTS',
    });
  });

  it('uses a key by its name though it is replaced at the same moment', async () => {
    await using store = closing(await open());
    const { keystore } = store;
    await keystore.generate({ name: 'sign', algorithm: 'ML-DSA-87' });
    const replaced = access(keystore).change(async (draft) => {
      await draft.create(pair);
      draft.update({ name: 'sign', generation: 1 }, { state: 'retired' });
      await draft.keepPublic({ name: 'sign', generation: 1 });
    });
    const signatures = await Promise.all(Array.from({ length: 4 }, () => keystore.sign('sign', MESSAGE)));
    await replaced;
    const keys = await Promise.all(
      [1, 2].map((generation) => keystore.publicKey({ name: 'sign', generation })),
    );
    for (const signature of signatures) {
      expect(keys.some((key) => verify(key as SignPublicKey, MESSAGE, signature))).toBe(true);
    }
  });
});

it('tells listeners of every commit until they are taken away', async () => {
  await using store = closing(await openKeystore({ backend: 'memory' }));
  const revisions: number[] = [];
  const end = access(store.keystore).onCommit(({ revision }) => revisions.push(revision));
  await store.keystore.generate({ name: 'data', algorithm: 'AES-256-GCM' });
  end();
  await store.keystore.generate({ name: 'data', algorithm: 'AES-256-GCM' });
  expect(revisions).toEqual([1]);
});

it('refuses a pair whose halves do not fit each other, and leaves nothing of it', async () => {
  await using store = closing(await openKeystore({ backend: 'memory' }));
  const { create } = SoftwareCustodian.prototype;
  SoftwareCustodian.prototype.create = async function (...args) {
    const made = await create.apply(this, args);
    const other = await create.call(this, args[0], args[1], undefined);
    return { ...made, publicKey: other.publicKey };
  };
  try {
    for (const algorithm of ['ML-DSA-87', 'ML-KEM-1024'] as const) {
      const making = access(store.keystore).change((draft) => draft.create({ ...pair, algorithm }));
      await expect(making).rejects.toMatchObject({ code: 'ERR_KEYSTORE_CORRUPT' });
    }
  } finally {
    SoftwareCustodian.prototype.create = create;
  }
  expect(await store.keystore.list()).toEqual([]);
});

it('is durable: who opens the folder again finds public halves, floors and nothing else', async () => {
  const folder = makeFolder();
  const first = await openFolder(folder);
  await first.generate({ name: 'sign', algorithm: 'ML-DSA-87' });
  const [blob] = readdirSync(join(folder, 'store/keys'));
  const before = readFileSync(join(folder, 'store/keys', blob as string));
  await access(first).change((draft) => draft.keepPublic({ name: 'sign', generation: 1 }));
  await first.close();
  const again = await openFolder(folder);
  expect(await again.get('sign')).toMatchObject({ publicOnly: true });
  const blobs = readdirSync(join(folder, 'store/keys'));
  expect(blobs).toHaveLength(1);
  expect(blobs[0]).not.toBe(blob);
  // What was sealed under the key that went with the entry is not there any more.
  expect(readFileSync(join(folder, 'store/keys', blobs[0] as string)).length).toBeLessThan(before.length);
  await again.close();
});

it.each([undefined, {}, 'store', () => {}])('has no access to %s', (value) => {
  expect(() => storeAccess('keystore', value)).toThrow(/openKeystore/);
});

it('refuses floors that are damaged', () => {
  const bytes = writeFloors(new Map([['a', { algorithm: 'ML-DSA-87', generation: 7 }]]));
  expect(() => readFloors(new Map([[FLOORS, bytes.subarray(1)]]))).toThrow(RangeError);
  const unknown = Uint8Array.from(bytes);
  unknown[6] = 9;
  expect(() => readFloors(new Map([[FLOORS, unknown]]))).toThrow('unknown algorithm');
  const entry = bytes.subarray(4);
  for (const names of [
    [entry, entry],
    [Uint8Array.of(1, 98, ...entry.subarray(2)), entry],
    [Uint8Array.of(0, ...entry.subarray(2))],
  ]) {
    const floors = Uint8Array.of(0, 0, 0, names.length, ...names.flatMap((one) => [...one]));
    expect(() => readFloors(new Map([[FLOORS, floors]]))).toThrow('a name out of order');
  }
});

function closing(keystore: Keystore): { readonly keystore: Keystore } & AsyncDisposable {
  return { keystore, [Symbol.asyncDispose]: () => keystore.close() };
}
