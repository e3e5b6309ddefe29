import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  backupKeyOf,
  createBackup,
  inspectBackup,
  restoreBackup,
  verifyBackup,
} from '../../../src/backup/index.ts';
import { utf8 } from '../../../src/bytes.ts';
import { seal } from '../../../src/envelope/index.ts';
import { PqError } from '../../../src/errors.ts';
import type { KemPublicKey } from '../../../src/kem/index.ts';
import { storeAccess } from '../../../src/keystore/access.ts';
import { openKeystore } from '../../../src/keystore/index.ts';
import type { SignPublicKey } from '../../../src/sign/index.ts';
import { verify } from '../../../src/sign/index.ts';
import { flipped } from '../../support/keys.ts';
import { SCRATCH } from '../../support/scratch.ts';
import { emptyStore, filledStore, ROOT_KEY, SetClock } from './support.ts';

const rootKey = ROOT_KEY;
const inbox = (generation: number) => ({ name: 'inbox', generation });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing thrown',
    (error: unknown) => (error instanceof PqError ? error.code : String(error)),
  );

describe('a backup', () => {
  it('brings every key back, into any kind of store', async () => {
    const store = await filledStore();
    const message = utf8('yesterday');
    const envelope = await seal((await store.publicKey('inbox')) as KemPublicKey, message);
    const old = await seal((await store.publicKey(inbox(1))) as KemPublicKey, message);
    const sealed = await store.sealData('data', message);
    const wrapped = await store.wrap('data', new Uint8Array(32));
    await storeAccess('store', store).change(async (draft) => draft.extend('others.data', utf8('kept')));
    const before = await store.list();
    const { bytes, content } = await createBackup(store, { rootKey });
    await store.close();
    expect(content.keys.map(({ ref, state }) => `${ref.name}@${ref.generation} ${state}`)).toEqual([
      'inbox@1 active',
      'inbox@2 active',
      'signer@1 active',
      'data@1 active',
    ]);
    expect(inspectBackup(bytes)).toEqual({
      id: content.id,
      createdAtMs: content.createdAtMs,
      revision: content.revision,
      generations: 4,
      leftOut: 0,
      tombstones: 0,
      keyId: content.keyId,
    });
    expect(await verifyBackup(bytes, { backupKey: backupKeyOf(rootKey) })).toEqual(content);

    const folder = mkdtempSync(join(SCRATCH, 'backup-'));
    const targets = [
      await emptyStore(),
      await openKeystore({ backend: 'file', path: join(folder, 'keys'), rootKey, highWaterMark: false }),
    ];
    for (const target of targets) {
      const { restored, dropped, kept, leftOut } = await restoreBackup(bytes, target, { rootKey });
      expect([restored.length, dropped, kept, leftOut]).toEqual([4, [], [], []]);
      const after = await target.list();
      expect(after.map(({ custody: _, reservedUses: __, ...info }) => info)).toEqual(
        before.map(({ custody: _, reservedUses: __, ...info }) => info),
      );
      expect(await target.openEnvelope(envelope)).toEqual(message);
      expect(await target.openEnvelope(old)).toEqual(message);
      expect(await target.openData(sealed)).toEqual(message);
      expect((await target.unwrap(wrapped)).length).toBe(32);
      const signature = await target.sign('signer', message);
      expect(verify((await target.publicKey('signer')) as SignPublicKey, message, signature)).toBe(true);
      expect(storeAccess('store', target).manifest.extensions.get('others.data')).toEqual(utf8('kept'));
      // A second time there is nothing left to do.
      const revision = storeAccess('store', target).manifest.revision;
      const again = await restoreBackup(bytes, target, { rootKey });
      expect([again.restored, again.kept.length]).toEqual([[], 4]);
      expect(storeAccess('store', target).manifest.revision).toBe(revision);
      await target.close();
    }
    rmSync(folder, { recursive: true });
  });

  it('sets uses aside that nobody counted', async () => {
    const store = await filledStore();
    await store.sealData('data', utf8('one'));
    const used = (await store.get('data')).reservedUses as number;
    const { bytes } = await createBackup(store, { rootKey });
    const target = await emptyStore();
    await restoreBackup(bytes, target, { rootKey });
    expect(await target.get('data')).toMatchObject({
      maxUses: 1600,
      reservedUses: Math.min(1600, used + 100),
    });
  });

  it('opens with its key only, and not when a byte was changed', async () => {
    const { bytes } = await createBackup(await filledStore(), { rootKey });
    const other = Uint8Array.from(rootKey, (byte) => byte ^ 1);
    expect(await codeOf(verifyBackup(bytes, { rootKey: other }))).toBe('ERR_AUTHENTICATION');
    // A root key is not the key of backups that follows from it.
    expect(await codeOf(verifyBackup(bytes, { backupKey: rootKey }))).toBe('ERR_AUTHENTICATION');
    for (let offset = 0; offset < bytes.length; offset += offset < 200 ? 1 : 61) {
      expect(await codeOf(verifyBackup(flipped(bytes, offset), { rootKey })), `byte ${offset}`).toMatch(
        /^ERR_(AUTHENTICATION|INPUT_FORMAT|UNSUPPORTED_VERSION)$/,
      );
    }
    for (const length of [0, 3, 47, 48, 100, 133, 1000, bytes.length - 1]) {
      expect(await codeOf(verifyBackup(bytes.subarray(0, length), { rootKey })), `${length} bytes`).toMatch(
        /^ERR_(AUTHENTICATION|INPUT_FORMAT)$/,
      );
    }
  });

  it('is restored whole or not at all', async () => {
    const { bytes } = await createBackup(await filledStore(), { rootKey });
    const target = await emptyStore();
    await target.generate({ name: 'signer', algorithm: 'ML-DSA-87' });
    const before = await target.list();
    expect(await codeOf(restoreBackup(bytes, target, { rootKey }))).toBe('ERR_KEYSTORE_EXISTS');
    expect(await target.list()).toEqual(before);
    const mixed = await emptyStore();
    await mixed.generate({ name: 'data', algorithm: 'ML-DSA-87' });
    expect(await codeOf(restoreBackup(bytes, mixed, { rootKey }))).toBe('ERR_KEYSTORE_EXISTS');
    const strict = await openKeystore({ backend: 'memory', requireCustody: 'sealed' });
    expect(await codeOf(restoreBackup(bytes, strict, { rootKey }))).toBe('ERR_KEYSTORE_CUSTODY');
    expect(await strict.list()).toEqual([]);
  });
});

describe('a generation that was destroyed', () => {
  it('does not come back when its time is over', async () => {
    const clock = new SetClock();
    const store = await filledStore(clock);
    await store.update(inbox(1), { state: 'retired', destroyAfterMs: clock.nowMs + 1000 });
    const ends = ({ name }: { name: string }) => (name === 'data' ? clock.nowMs + 5000 : undefined);
    const { bytes, content } = await createBackup(store, { rootKey, destroyAfterMs: ({ ref }) => ends(ref) });
    expect(content.keys.map(({ destroyAfterMs }) => destroyAfterMs)).toEqual([
      clock.nowMs + 1000,
      undefined,
      undefined,
      clock.nowMs + 5000,
    ]);
    for (const [afterMs, gone] of [
      [999, []],
      [1000, ['inbox']],
      [5000, ['inbox', 'data']],
    ] as const) {
      const later = new SetClock();
      later.nowMs += afterMs;
      const target = await emptyStore(later);
      const { dropped } = await restoreBackup(bytes, target, { rootKey });
      expect(dropped).toEqual(gone.map((name) => ({ ref: { name, generation: 1 }, why: 'expired' })));
      // Its number is not used again.
      const { ref } = await target.generate({ name: 'data', algorithm: 'AES-256-GCM' });
      expect(ref.generation).toBe(2);
    }
  });

  it('does not come back to the store that destroyed it', async () => {
    const store = await filledStore();
    const { bytes } = await createBackup(store, { rootKey });
    await store.destroy(inbox(1));
    await store.destroy({ name: 'data', generation: 1 });
    const { dropped, kept } = await restoreBackup(bytes, store, { rootKey });
    expect(dropped).toEqual([
      { ref: inbox(1), why: 'destroyed' },
      { ref: { name: 'data', generation: 1 }, why: 'destroyed' },
    ]);
    expect(kept.length).toBe(2);
    expect((await store.list()).map(({ ref }) => ref.name)).toEqual(['inbox', 'signer']);
  });

  it('does not come back to a new store when a newer backup is given', async () => {
    const clock = new SetClock();
    const store = await filledStore(clock);
    const { bytes: older } = await createBackup(store, { rootKey });
    await store.destroy(inbox(1));
    await store.update({ name: 'signer', generation: 1 }, { state: 'destroying' });
    clock.nowMs += 1;
    const { bytes: newer } = await createBackup(store, { rootKey });
    const target = await emptyStore();
    const { restored, dropped } = await restoreBackup(older, target, { rootKey, newer: [newer] });
    expect(restored.map(({ ref }) => `${ref.name}@${ref.generation}`)).toEqual(['inbox@2', 'data@1']);
    expect(dropped.map(({ ref, why }) => `${ref.name}@${ref.generation} ${why}`)).toEqual([
      'inbox@1 newer-backup',
      'signer@1 newer-backup',
    ]);
    // And that the newer one is the newer one is checked.
    expect(await codeOf(restoreBackup(newer, await emptyStore(), { rootKey, newer: [older] }))).toBe(
      'ERR_INPUT_FORMAT',
    );
  });

  it('stays gone when tombstones were compacted, and so does a private half', async () => {
    const store = await emptyStore();
    for (let i = 0; i < 12; i++) await store.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' });
    await store.generate({ name: 'signer', algorithm: 'ML-DSA-87' });
    const { bytes: older } = await createBackup(store, { rootKey });
    const access = storeAccess('store', store);
    await access.change(async (draft) => {
      for (let generation = 1; generation <= 11; generation++) draft.destroy(inbox(generation), 1);
      draft.update({ name: 'signer', generation: 1 }, { state: 'retired' });
      await draft.keepPublic({ name: 'signer', generation: 1 });
    });
    expect(access.manifest.tombstones.length).toBeLessThan(11);
    const { bytes: newer, content } = await createBackup(store, { rootKey });
    expect(content.keys.find(({ ref }) => ref.name === 'signer')).toMatchObject({ publicOnly: true });
    expect((await restoreBackup(older, store, { rootKey })).dropped.length).toBe(11);

    const target = await emptyStore();
    const { restored } = await restoreBackup(older, target, { rootKey, newer: [newer] });
    expect(restored.map(({ ref, publicOnly = false }) => [ref, publicOnly])).toEqual([
      [inbox(12), false],
      [{ name: 'signer', generation: 1 }, true],
    ]);
    expect(restored[1]).toMatchObject({ state: 'retired' });
    expect(await target.publicKey({ name: 'signer', generation: 1 })).toEqual(
      await store.publicKey({ name: 'signer', generation: 1 }),
    );
    expect((await target.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' })).ref.generation).toBe(13);
  });
});

describe('while a store is in use', () => {
  it('each backup is one revision, and nothing has to stop', async () => {
    const folder = mkdtempSync(join(SCRATCH, 'backup-'));
    const store = await openKeystore({
      backend: 'file',
      path: join(folder, 'keys'),
      rootKey,
      highWaterMark: false,
    });
    await store.generate({ name: 'data', algorithm: 'AES-256-GCM' });
    let done = false;
    let rounds = 0;
    const work = async () => {
      // In every revision there are as many keys of one name as of the other, or one more of the first.
      while (!done || rounds < 3) {
        const one = await store.generate({ name: 'one', algorithm: 'AES-256-GCM' });
        const two = await store.generate({ name: 'two', algorithm: 'AES-256-GCM' });
        await store.sealData('data', utf8('goes on'));
        if (++rounds % 2 === 0) {
          await store.destroy(two.ref);
          await store.destroy(one.ref);
        }
      }
    };
    const working = work();
    const backups = [];
    for (let i = 0; i < 6; i++) backups.push(await createBackup(store, { rootKey }));
    done = true;
    await working;
    for (const { bytes, content } of backups) {
      const count = (name: string) => content.keys.filter(({ ref }) => ref.name === name).length;
      expect([0, 1]).toContain(count('one') - count('two'));
      const target = await emptyStore();
      expect((await restoreBackup(bytes, target, { rootKey })).restored.length).toBe(content.keys.length);
    }
    await store.close();
    rmSync(folder, { recursive: true });
  });
});
