/**
 * The disaster drill: a service has keys and takes backups, everything of it is lost, the custodians meet, and what was sealed
 * yesterday opens.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupKeyOf, createBackup, restoreBackup } from '../../../src/backup/index.ts';
import { utf8 } from '../../../src/bytes.ts';
import { combineShares, createCeremonyFolder, verifyCeremonyFolder } from '../../../src/ceremony/index.ts';
import { seal } from '../../../src/envelope/index.ts';
import { KeyStoreError, type PqError } from '../../../src/errors.ts';
import type { KemPublicKey } from '../../../src/kem/index.ts';
import { type Keystore, type KeystoreOptions, openKeystore } from '../../../src/keystore/index.ts';
import type { SecretBytes } from '../../../src/secret.ts';
import { type SignPublicKey, verify } from '../../../src/sign/index.ts';
import { makeToken, needsToken, type TestToken } from '../../hsm/support/tokens.ts';
import { SCRATCH } from '../../support/scratch.ts';
import { type Holder, holders } from '../ceremony/support.ts';

const MESSAGE = utf8('sealed yesterday');
const custodians = holders(3);

let folder: string;
const path = (name: string) => join(folder, name);
const read = (name: string) => new Uint8Array(readFileSync(path(name)));

beforeEach(() => {
  folder = mkdtempSync(join(SCRATCH, 'drill-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function holdCeremony(): Promise<void> {
  const known = custodians.map((custodian) => custodian.known);
  await createCeremonyFolder({ path: path('ceremony'), threshold: 2, custodians: known });
  for (const { name, recipient, signer } of custodians) {
    await verifyCeremonyFolder({ path: path('ceremony'), custodian: name, recipient, signer });
  }
}

/** Two of the three meet; the third one's share is lost. */
async function meet(...who: readonly Holder[]): Promise<SecretBytes> {
  return await combineShares({
    transcript: read('ceremony/transcript.mwp'),
    shares: who.map(({ name, recipient }) => ({ share: read(`ceremony/${name}.mwc`), recipient })),
  });
}

/** What a service does, and then loses. */
async function live(store: Keystore, backupKey: SecretBytes) {
  await store.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' });
  await store.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' });
  await store.generate({ name: 'signer', algorithm: 'ML-DSA-87' });
  const gone = await seal((await store.publicKey({ name: 'inbox', generation: 1 })) as KemPublicKey, MESSAGE);
  const first = await createBackup(store, { backupKey });
  writeFileSync(path('first.mwu'), first.bytes);
  const envelope = await seal((await store.publicKey('inbox')) as KemPublicKey, MESSAGE);
  const signature = await store.sign('signer', MESSAGE);
  await store.destroy({ name: 'inbox', generation: 1 });
  const last = await createBackup(store, { backupKey });
  writeFileSync(path('last.mwu'), last.bytes);
  return { envelope, gone, signature, last };
}

async function expectBack(
  store: Keystore,
  { envelope, gone, signature }: Awaited<ReturnType<typeof live>>,
): Promise<void> {
  expect(await store.openEnvelope(envelope)).toEqual(MESSAGE);
  await expect(store.openEnvelope(gone)).rejects.toMatchObject({ code: 'ERR_KEYSTORE_NOT_FOUND' });
  const signer = (await store.publicKey('signer')) as SignPublicKey;
  expect(verify(signer, MESSAGE, signature)).toBe(true);
  expect(verify(signer, MESSAGE, await store.sign('signer', MESSAGE))).toBe(true);
  // The number of the generation that was destroyed is not used again.
  expect((await store.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' })).ref.generation).toBe(3);
}

/** The whole drill, with a store that is opened as given before and after the disaster. */
async function drill(
  before: KeystoreOptions,
  after: (rootKey: SecretBytes) => KeystoreOptions,
  disaster: () => void,
): Promise<void> {
  await holdCeremony();
  const [alice, bob, carol] = custodians as [Holder, Holder, Holder];
  const store = await openKeystore(before);
  using rootKey = await meet(alice, bob);
  using backupKey = backupKeyOf(rootKey);
  const lost = await live(store, backupKey);
  await store.close();
  disaster();

  using again = await meet(carol, alice);
  const restored = await openKeystore(after(again));
  // The wrong file was taken first: what it would bring back is stopped by the newer one.
  const { dropped } = await restoreBackup(read('first.mwu'), restored, {
    rootKey: again,
    newer: [read('last.mwu')],
  });
  expect(dropped).toEqual([{ ref: { name: 'inbox', generation: 1 }, why: 'newer-backup' }]);
  const { kept } = await restoreBackup(read('last.mwu'), restored, { rootKey: again });
  expect(kept.length).toBe(2);
  await expectBack(restored, lost);
  await restored.close();
}

describe('the drill', () => {
  it('passes with a store in a folder, whose root key is that of the ceremony', async () => {
    const place = { backend: 'file', path: path('keys'), highWaterMark: path('mark') } as const;
    await holdCeremony();
    const [alice, bob, carol] = custodians as [Holder, Holder, Holder];
    using rootKey = await meet(alice, bob);
    const store = await openKeystore({ ...place, rootKey });
    using backupKey = backupKeyOf(rootKey);
    const lost = await live(store, backupKey);
    await store.close();
    rmSync(path('keys'), { recursive: true });
    rmSync(path('mark'));
    using again = await meet(bob, carol);
    const restored = await openKeystore({ ...place, rootKey: again });
    const { dropped } = await restoreBackup(read('first.mwu'), restored, {
      rootKey: again,
      newer: [read('last.mwu')],
    });
    expect(dropped.length).toBe(1);
    await expectBack(restored, lost);
    await restored.close();
  });

  it('passes from a store in memory to one in a folder', async () => {
    await drill(
      { backend: 'memory' },
      (rootKey) => ({ backend: 'file', path: path('keys'), highWaterMark: false, rootKey }),
      () => {},
    );
  });
});

needsToken('SoftHSM')('the drill with SoftHSM', () => {
  const tokens: TestToken[] = [];
  const newToken = (label: string) => {
    const token = makeToken('SoftHSM', { parent: SCRATCH, label });
    tokens.push(token);
    Object.assign(process.env, token.env);
    return token;
  };
  const optionsOf = ({ options, pin }: TestToken, name: string): KeystoreOptions => ({
    ...options,
    backend: 'pkcs11',
    pin: utf8(pin),
    path: path(name),
    highWaterMark: false,
  });

  afterEach(() => {
    for (const token of tokens.splice(0)) token.remove();
  });

  it('passes: the folder beside the token and all objects of the store are gone', async () => {
    const token = newToken('drill');
    await drill(
      optionsOf(token, 'before'),
      () => optionsOf(token, 'after'),
      () => rmSync(path('before'), { recursive: true }),
    );
  });

  it('leaves out what never leaves the token, says so, and refuses to when all is asked for', async () => {
    const token = newToken('left-out');
    const store = await openKeystore(optionsOf(token, 'keys'));
    await store.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' });
    const { ref, keyId } = await store.generate({ name: 'data', algorithm: 'AES-256-GCM' });
    const rootKey = new Uint8Array(32).fill(9);
    const { bytes, content } = await createBackup(store, { rootKey });
    expect(content.leftOutKeys).toEqual([{ ref, algorithm: 'AES-256-GCM', keyId }]);
    expect(content.keys.map(({ ref: { name }, custody }) => [name, custody])).toEqual([['inbox', 'sealed']]);
    const error = await createBackup(store, { rootKey, requireAll: true }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KeyStoreError);
    expect((error as PqError).code).toBe('ERR_KEYSTORE_CUSTODY');
    expect((error as Error).message).toContain('"data", generation 1');
    const { kept, leftOut } = await restoreBackup(bytes, store, { rootKey });
    expect([kept.length, leftOut.length]).toEqual([1, 1]);
    expect((await store.sealData('data', MESSAGE)).length).toBeGreaterThan(MESSAGE.length);
    await store.close();
    const target = await openKeystore({ backend: 'memory' });
    await restoreBackup(bytes, target, { rootKey });
    expect((await target.generate({ name: 'data', algorithm: 'AES-256-GCM' })).ref.generation).toBe(2);
    await target.close();
  });
});
