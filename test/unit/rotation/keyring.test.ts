/**
 * Use of a key by generation: what is new under the active one, what is old by its key id, nothing under what should be gone.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { seal } from '../../../src/envelope/index.ts';
import { generateKemKey } from '../../../src/kem/index.ts';
import { storeAccess } from '../../../src/keystore/access.ts';
import {
  createKeyring,
  type RewrapProgress,
  type RewrapResult,
  rewrap,
} from '../../../src/rotation/index.ts';
import { DAY, HOUR, makeScene, type Scene, START } from './support.ts';

const MESSAGE = new TextEncoder().encode('message');
const KEYS = {
  inbox: { algorithm: 'ML-KEM-1024' },
  data: { algorithm: 'AES-256-GCM' },
  service: { algorithm: 'ML-DSA-87' },
} as const;

let scene: Scene;
afterEach(() => scene.close());

/** A scene, and keyrings of its keys. */
async function open() {
  scene = await makeScene(KEYS);
  await scene.until(0);
  const { keystore, clock } = scene;
  const [inbox, data, service] = (['inbox', 'data', 'service'] as const).map((name) =>
    createKeyring({ keystore, name, clock }),
  );
  return { inbox, data, service } as Record<keyof typeof KEYS, ReturnType<typeof createKeyring>>;
}

describe('opening', () => {
  it('finds the generation, received for the overlap only, stored as long as it is kept', async () => {
    const { inbox, data } = await open();
    const envelope = await inbox.sealEnvelope(MESSAGE);
    const sealed = await data.seal(MESSAGE);
    await scene.until(DAY + HOUR);
    expect(await inbox.openEnvelope(envelope, { use: 'received' })).toEqual(MESSAGE);
    expect(await data.open(sealed, { use: 'received' })).toEqual(MESSAGE);
    scene.clock.pass(1);
    const late = { name: 'ExpiredError', code: 'ERR_EXPIRED_GENERATION' };
    await expect(inbox.openEnvelope(envelope, { use: 'received' })).rejects.toMatchObject(late);
    await expect(data.open(sealed, { use: 'received' })).rejects.toMatchObject(late);
    await scene.until(4 * DAY - 1);
    expect(await inbox.openEnvelope(envelope, { use: 'stored' })).toEqual(MESSAGE);
    expect(await data.open(sealed, { use: 'stored' })).toEqual(MESSAGE);
    await scene.until(4 * DAY);
    await expect(inbox.openEnvelope(envelope, { use: 'stored' })).rejects.toMatchObject({
      code: 'ERR_KEYSTORE_NOT_FOUND',
    });
  });

  it('does not open the window again when the clock goes back', async () => {
    const { data } = await open();
    const sealed = await data.seal(MESSAGE);
    await scene.until(2 * DAY);
    scene.clock.nowMs = START + DAY + 10;
    await expect(data.open(sealed, { use: 'received' })).rejects.toMatchObject({
      code: 'ERR_EXPIRED_GENERATION',
    });
  });

  it('looks into the store once for a key id that nobody knows, and then not for a while', async () => {
    const { inbox } = await open();
    const garbage = await seal(generateKemKey().publicKey, MESSAGE);
    const refresh = vi.spyOn(storeAccess('keystore', scene.keystore), 'refresh');
    const attempt = () =>
      expect(inbox.openEnvelope(garbage, { use: 'received' })).rejects.toMatchObject({
        code: 'ERR_KEYSTORE_NOT_FOUND',
      });
    for (let i = 0; i < 5; i++) await attempt();
    expect(refresh).toHaveBeenCalledTimes(1);
    scene.clock.pass(5000);
    await attempt();
    expect(refresh).toHaveBeenCalledTimes(2);
    refresh.mockRestore();
  });

  it('does not open with a key of another name, or algorithm', async () => {
    const { inbox, data } = await open();
    const other = createKeyring({ keystore: scene.keystore, name: 'other' });
    const envelope = await inbox.sealEnvelope(MESSAGE);
    await expect(other.openEnvelope(envelope, { use: 'stored' })).rejects.toMatchObject({
      code: 'ERR_KEYSTORE_NOT_FOUND',
    });
    await expect(data.sealEnvelope(MESSAGE)).rejects.toMatchObject({ code: 'ERR_INPUT_ALGORITHM' });
  });

  it.each([undefined, {}, { use: 'later' }])('wants to know how it came: %j', async (options) => {
    const { inbox } = await open();
    const envelope = await inbox.sealEnvelope(MESSAGE);
    await expect(inbox.openEnvelope(envelope, options as never)).rejects.toMatchObject({
      code: 'ERR_INPUT_OPTION',
    });
  });
});

describe('signatures', () => {
  it('are made by the active generation, and verified by any that is kept', async () => {
    const { service } = await open();
    const signed = await service.sign(MESSAGE);
    await scene.until(3 * DAY);
    expect(await service.verify(MESSAGE, signed)).toBe(true);
    expect(await service.verify(new Uint8Array(7), signed)).toBe(false);
    expect(await service.verify(MESSAGE, signed, { context: new Uint8Array(1) })).toBe(false);
    expect(await service.verify(MESSAGE, { ...signed, keyId: 'nobody' })).toBe(false);
    expect(await service.verify(MESSAGE, signed, { signedAtMs: START + HOUR })).toBe(true);
    expect(await service.verify(MESSAGE, signed, { signedAtMs: START + 2 * DAY })).toBe(false);
    await scene.until(4 * DAY);
    expect(await service.verify(MESSAGE, signed)).toBe(false);
  });

  it('of a compromised generation are worth nothing', async () => {
    const { service } = await open();
    const signed = await service.sign(MESSAGE);
    await scene.rotator.compromise({ name: 'service', generation: 1 });
    expect(await service.verify(MESSAGE, signed)).toBe(false);
    expect(await service.verify(MESSAGE, await service.sign(MESSAGE))).toBe(true);
  });
});

describe('rewrapping', () => {
  async function collect(work: AsyncIterable<RewrapResult>): Promise<RewrapResult[]> {
    const results: RewrapResult[] = [];
    for await (const result of work) results.push(result);
    return results;
  }

  it('moves envelopes, data and wrapped keys to the active generation, and tells how far it is', async () => {
    const { inbox, data } = await open();
    const { keystore } = scene;
    const aad = new Uint8Array([1, 2]);
    const context = new Uint8Array([3]);
    const envelope = await inbox.sealEnvelope(MESSAGE, { context });
    const sealed = await data.seal(MESSAGE, { aad });
    const wrapped = await keystore.wrap('data', MESSAGE);
    await scene.until(3 * DAY + 23 * HOUR);
    const progress: RewrapProgress[] = [];
    const onProgress = (step: RewrapProgress) => void progress.push(step);
    const [moved] = await collect(
      rewrap([{ id: 'a', bytes: envelope, context }], { keystore, name: 'inbox', onProgress }),
    );
    const results = await collect(
      rewrap(
        [
          { id: 'b', bytes: sealed, aad },
          { id: 'c', bytes: wrapped },
          { id: 'd', bytes: await data.seal(MESSAGE) },
          { id: 'e', bytes: sealed },
        ],
        { keystore, name: 'data', onProgress },
      ),
    );
    expect(results.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      'b moved',
      'c moved',
      'd current',
      'e failed',
    ]);
    expect(results[3]).toMatchObject({ error: { code: 'ERR_AUTHENTICATION' } });
    expect(progress.at(-1)).toEqual({ id: 'e', moved: 2, current: 1, failed: 1 });
    await scene.until(6 * DAY);
    const bytesOf = (result: RewrapResult | undefined) => (result as { bytes: Uint8Array }).bytes;
    expect(await inbox.openEnvelope(bytesOf(moved), { use: 'stored', context })).toEqual(MESSAGE);
    expect(await data.open(bytesOf(results[0]), { use: 'stored', aad })).toEqual(MESSAGE);
    using key = await keystore.unwrap(bytesOf(results[1]));
    expect(key.expose()).toEqual(MESSAGE);
  });

  it('moves signed envelopes, verified and signed again', async () => {
    const { inbox } = await open();
    const { keystore } = scene;
    const signer = await keystore.signer('service');
    const envelope = await inbox.sealEnvelope(MESSAGE, { signer });
    const { publicKey: sender } = signer;
    await scene.until(DAY);
    const items = [{ id: 'a', bytes: envelope }];
    const [alone] = await collect(rewrap(items, { keystore, name: 'inbox' }));
    expect(alone).toMatchObject({ outcome: 'failed', error: { code: 'ERR_INPUT_STATE' } });
    const next = await keystore.signer('service');
    const [moved] = await collect(rewrap(items, { keystore, name: 'inbox', sender, signer: next }));
    const opened = await inbox.openEnvelope((moved as { bytes: Uint8Array }).bytes, {
      use: 'received',
      sender: next.publicKey,
    });
    expect(opened).toEqual(MESSAGE);
  });

  it('opens what is under a compromised generation only when it is told to', async () => {
    const { inbox } = await open();
    const { keystore } = scene;
    const items = [{ id: 'a', bytes: await inbox.sealEnvelope(MESSAGE) }];
    await scene.rotator.compromise({ name: 'inbox', generation: 1 });
    const [refused] = await collect(rewrap(items, { keystore, name: 'inbox' }));
    expect(refused).toMatchObject({ outcome: 'failed', error: { code: 'ERR_KEYSTORE_STATE' } });
    const [moved] = await collect(rewrap(items, { keystore, name: 'inbox', allowCompromised: true }));
    const bytes = (moved as { bytes: Uint8Array }).bytes;
    expect(await inbox.openEnvelope(bytes, { use: 'stored' })).toEqual(MESSAGE);
  });

  it.each([
    [undefined, 'ERR_INPUT_TYPE'],
    [{ id: 1, bytes: MESSAGE }, 'ERR_INPUT_TYPE'],
    [{ id: 'a', bytes: 'text' }, 'ERR_INPUT_TYPE'],
  ])('refuses an item that is none: %j', async (item, code) => {
    await open();
    const { keystore } = scene;
    await expect(collect(rewrap([item as never], { keystore, name: 'inbox' }))).rejects.toMatchObject({
      code,
    });
  });
});
