/** Key directories: who can follow them, and what is refused. */
import { beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../../../src/errors.ts';
import { openKeystore } from '../../../../src/keystore/index.ts';
import {
  inspectLink,
  KeyDirectory,
  linkIdentity,
  publishDirectory,
  verifyDirectory,
} from '../../../../src/rotation/directory/index.ts';
import { HOUR_MS, Service, START_MS } from './support.ts';

const code = (name: string) => expect.objectContaining({ code: name });

describe('a service at its seventh generation', () => {
  let service: Service;
  let bytes: Uint8Array;
  let nowMs: number;

  beforeAll(async () => {
    service = await Service.open();
    for (let i = 0; i < 6; i++) await service.rotate();
    bytes = await service.publish();
    nowMs = service.nowMs;
  });

  it.each([0, 1, 2, 3, 4])('is followed by a peer %i generations behind', (behind) => {
    const directory = verifyDirectory(bytes, { pinned: service.pin(7 - behind), nowMs });
    expect(directory.followed).toBe(behind);
    expect(directory.identity).toMatchObject(service.pin(7));
    expect(directory.identity.publicKey.equals(service.publicKeys.get(7) as never)).toBe(true);
    expect(directory.active('inbox')?.ref).toEqual({ name: 'inbox', generation: 1 });
  });

  it('tells a peer five generations behind to pin again', () => {
    expect(() => verifyDirectory(bytes, { pinned: service.pin(2), nowMs })).toThrow(
      code('ERR_DIRECTORY_REPIN'),
    );
    expect(() => verifyDirectory(bytes, { pinned: service.pin(2), nowMs })).toThrow(
      /over a way that is trusted/,
    );
    const { keyId } = service.pin(2);
    expect(() => verifyDirectory(bytes, { pinned: { keyId }, nowMs })).toThrow(code('ERR_DIRECTORY_REPIN'));
  });

  it('takes a public key for a pin, and follows from the newest of several', () => {
    const pinned = [2, 4, 6].map((generation) => service.pin(generation));
    expect(verifyDirectory(bytes, { pinned, nowMs }).followed).toBe(1);
    const publicKey = service.publicKeys.get(5) as never;
    expect(verifyDirectory(bytes, { pinned: publicKey, nowMs }).followed).toBe(2);
  });

  it('is a forgery when a pinned generation has another key', async () => {
    const other = await Service.open();
    const pinned = { ...other.pin(1), generation: 5 };
    expect(() => verifyDirectory(bytes, { pinned, nowMs })).toThrow(code('ERR_AUTHENTICATION'));
    // The right key under another number leads on from nowhere either.
    expect(() => verifyDirectory(bytes, { pinned: { ...service.pin(6), generation: 7 }, nowMs })).toThrow();
  });

  it('tells names, generations, states and times', () => {
    const directory = verifyDirectory(bytes, { pinned: service.pin(7), nowMs });
    const facts = directory.keys.map(({ ref, state, retiredAtMs }) => ({ ...ref, state, retiredAtMs }));
    expect(facts).toEqual([
      { name: 'inbox', generation: 1, state: 'active', retiredAtMs: undefined },
      { name: 'service', generation: 6, state: 'retired', retiredAtMs: nowMs },
      { name: 'service', generation: 7, state: 'active', retiredAtMs: undefined },
    ]);
    const [inbox] = directory.keys;
    expect(directory.find(inbox?.publicKey.keyId as string)).toBe(inbox);
    expect(directory.find('nobody')).toBeUndefined();
    expect(directory.jwks().keys.length).toBe(3);
    expect(directory).toMatchObject({
      name: 'service',
      sequence: 1,
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + 26 * HOUR_MS,
    });
  });

  it('ends', () => {
    const pinned = service.pin(7);
    const endMs = nowMs + 26 * HOUR_MS;
    expect(() => verifyDirectory(bytes, { pinned, nowMs: endMs - 1 })).not.toThrow();
    expect(() => verifyDirectory(bytes, { pinned, nowMs: endMs })).toThrow(code('ERR_EXPIRED_DIRECTORY'));
    expect(() => verifyDirectory(bytes, { pinned, nowMs: nowMs - 300_000 })).not.toThrow();
    expect(() => verifyDirectory(bytes, { pinned, nowMs: nowMs - 300_001 })).toThrow(
      code('ERR_DIRECTORY_EARLY'),
    );
  });

  it('lists what was suspended or compromised, and keeps it out of the key set', async () => {
    const { ref } = await service.keystore.generate({ name: 'outbox', algorithm: 'ML-KEM-1024' });
    await service.keystore.update(ref, { state: 'compromised' });
    const directory = verifyDirectory(await service.publish(), { pinned: service.pin(7), nowMs });
    expect(directory.keys.find((key) => key.ref.name === 'outbox')?.state).toBe('compromised');
    expect(directory.jwks().keys.length).toBe(3);
    await service.keystore.destroy(ref);
  });

  it('publishes only some names when asked', async () => {
    const directory = verifyDirectory(await service.publish({ names: [] }), {
      pinned: service.pin(7),
      nowMs,
    });
    expect(new Set(directory.keys.map(({ ref }) => ref.name))).toEqual(new Set(['service']));
  });
});

describe('an older directory', () => {
  let service: Service;
  let first: Uint8Array;
  let second: Uint8Array;

  beforeAll(async () => {
    service = await Service.open();
    first = await service.publish();
    await service.rotate();
    second = await service.publish();
  });

  it('is refused when a newer one was seen', () => {
    const { nowMs } = service;
    const previous = verifyDirectory(second, { pinned: service.pin(1), nowMs });
    expect(() => verifyDirectory(first, { pinned: service.pin(1), previous, nowMs })).toThrow(
      code('ERR_DIRECTORY_REPLAYED'),
    );
    expect(() => verifyDirectory(first, { pinned: service.pin(1), minSequence: 2, nowMs })).toThrow(
      code('ERR_DIRECTORY_REPLAYED'),
    );
    expect(verifyDirectory(second, { previous, minSequence: 2, nowMs }).sequence).toBe(2);
  });

  it('leads from the one before without a pin', () => {
    const previous = verifyDirectory(first, { pinned: service.pin(1), nowMs: START_MS });
    const next = verifyDirectory(second, { previous, nowMs: service.nowMs });
    expect(next.followed).toBe(1);
    expect(next.digest()).not.toEqual(previous.digest());
  });

  it('is refused when it is another one with the same number', async () => {
    const previous = verifyDirectory(second, { pinned: service.pin(2), nowMs: service.nowMs });
    const twin = await publishDirectory(service.keystore, {
      identity: 'service',
      sequence: 2,
      links: service.links,
      nowMs: service.nowMs + 1,
    });
    expect(() => verifyDirectory(twin, { previous, nowMs: service.nowMs })).toThrow(
      code('ERR_DIRECTORY_REPLAYED'),
    );
  });
});

describe('forged directories', () => {
  it('of somebody who has keys of the same name are refused', async () => {
    const [service, other] = [await Service.open(), await Service.open()];
    await service.rotate();
    await other.rotate();
    const { nowMs } = service;
    const forged = await other.publish();
    for (const generation of [1, 2]) {
      expect(() => verifyDirectory(forged, { pinned: service.pin(generation), nowMs })).toThrow(
        code('ERR_AUTHENTICATION'),
      );
    }
    // A link of the right identity does not help somebody who has not the key that it leads to.
    const spliced = await other.publish({ links: [...service.links, ...other.links] });
    expect(() => verifyDirectory(spliced, { pinned: service.pin(1), nowMs })).toThrow(
      code('ERR_AUTHENTICATION'),
    );
  });

  it('of another name are not followed from the one before', async () => {
    const { keystore, nowMs } = await Service.open();
    await keystore.generate({ name: 'other', algorithm: 'ML-DSA-87' });
    const publish = (identity: string) => publishDirectory(keystore, { identity, sequence: 1, nowMs });
    const pinned = await Promise.all(['service', 'other'].map((name) => keystore.get(name)));
    const pins = pinned.map(({ keyId }) => ({ keyId }));
    const previous = verifyDirectory(await publish('service'), { pinned: pins, nowMs });
    const other = await publish('other');
    expect(verifyDirectory(other, { pinned: pins, nowMs }).name).toBe('other');
    expect(() => verifyDirectory(other, { pinned: pins, previous, nowMs })).toThrow(
      code('ERR_AUTHENTICATION'),
    );
  });

  it('cannot be made from a class that looks like one', () => {
    const Made = KeyDirectory as unknown as new (token: unknown, parts: unknown) => KeyDirectory;
    expect(() => new Made('token', {})).toThrow(InputError);
    const fake = Object.create(KeyDirectory.prototype) as KeyDirectory;
    expect(() => verifyDirectory(new Uint8Array(8), { previous: fake })).toThrow(code('ERR_INPUT_TYPE'));
  });
});

describe('links', () => {
  it('say what they link', async () => {
    const service = await Service.open();
    await service.prepare();
    const [link] = service.links as [Uint8Array];
    const { keyId } = await service.keystore.get({ name: 'service', generation: 2 });
    expect(inspectLink(link)).toEqual({
      name: 'service',
      from: service.pin(1),
      to: { keyId, generation: 2 },
      createdAtMs: START_MS,
    });
    // Before the newer key is active, the directory is still signed by the older one.
    const directory = verifyDirectory(await service.publish(), { pinned: service.pin(1), nowMs: START_MS });
    expect(directory.followed).toBe(0);
    expect(directory.keys.find(({ ref }) => ref.name === 'service' && ref.generation === 2)?.state).toBe(
      'pending',
    );
  });

  it('are made by an active key, for a later one of its name', async () => {
    const keystore = await openKeystore({ backend: 'memory' });
    const { ref: kem } = await keystore.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' });
    const { ref: from } = await keystore.generate({ name: 'service', algorithm: 'ML-DSA-87' });
    const { ref: to } = await keystore.generate({
      name: 'service',
      algorithm: 'ML-DSA-87',
      state: 'pending',
    });
    await expect(linkIdentity(keystore, { from: to, to: from })).rejects.toThrow(code('ERR_INPUT_KEY'));
    await expect(linkIdentity(keystore, { from, to: kem })).rejects.toThrow(code('ERR_INPUT_KEY'));
    await expect(linkIdentity(keystore, { from, to: { ...to, generation: 9 } })).rejects.toThrow(
      code('ERR_KEYSTORE_NOT_FOUND'),
    );
    await keystore.update(from, { state: 'retired' });
    await expect(linkIdentity(keystore, { from, to })).rejects.toThrow(code('ERR_KEYSTORE_STATE'));
  });

  it('that lead nowhere, or to somebody else, are left out', async () => {
    const [service, other] = [await Service.open(), await Service.open()];
    await service.rotate();
    await other.rotate();
    const bytes = await service.publish({ links: other.links });
    expect(() => verifyDirectory(bytes, { pinned: service.pin(1), nowMs: service.nowMs })).toThrow(
      code('ERR_DIRECTORY_REPIN'),
    );
    const damaged = Uint8Array.from(service.links[0] as Uint8Array);
    damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1;
    const without = await service.publish({ links: [damaged] });
    expect(verifyDirectory(without, { pinned: service.pin(2), nowMs: service.nowMs }).followed).toBe(0);
  });
});

describe('publishing', () => {
  it('needs an active identity that signs', async () => {
    const keystore = await openKeystore({ backend: 'memory' });
    await keystore.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' });
    await keystore.generate({ name: 'data', algorithm: 'AES-256-GCM' });
    await keystore.generate({ name: 'service', algorithm: 'ML-DSA-87', state: 'pending' });
    const publish = (identity: string) => publishDirectory(keystore, { identity, sequence: 1 });
    await expect(publish('service')).rejects.toThrow(code('ERR_KEYSTORE_NOT_FOUND'));
    await expect(publish('data')).rejects.toThrow(code('ERR_KEYSTORE_NOT_FOUND'));
    await expect(publish('inbox')).rejects.toThrow(code('ERR_INPUT_ALGORITHM'));
  });

  it('refuses keys that are there twice, or another identity than the store has', async () => {
    const [service, other] = [await Service.open(), await Service.open()];
    const key = { ref: { name: 'service', generation: 1 }, state: 'active' as const };
    const publicKey = other.publicKeys.get(1) as never;
    await expect(service.publish({ keys: [{ ...key, publicKey }] })).rejects.toThrow(code('ERR_INPUT_KEY'));
    const own = { ...key, publicKey: service.publicKeys.get(1) as never };
    await expect(service.publish({ keys: [own, own] })).rejects.toThrow(code('ERR_INPUT_KEY'));
    const again = { ...own, ref: { name: 'copy', generation: 1 } };
    await expect(service.publish({ keys: [own, again] })).rejects.toThrow(code('ERR_INPUT_KEY'));
    const bytes = await service.publish({ keys: [own] });
    expect(verifyDirectory(bytes, { pinned: service.pin(1), nowMs: START_MS }).keys.length).toBe(1);
  });
});
