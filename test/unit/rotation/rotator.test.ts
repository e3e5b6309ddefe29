/**
 * A rotator over a real store: what it does on its own, what it is asked for, and what it refuses.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from 'vitest';
import { openKeystore } from '../../../src/keystore/index.ts';
import {
  createRotator,
  identityLinks,
  inspectLink,
  type LeaseProvider,
  MemoryLeaseProvider,
  ROTATION_CHANNEL,
  type RotationEvent,
  rotationStatus,
} from '../../../src/rotation/index.ts';
import { DAY, HOUR, makeScene, type Scene, START, ToldClock } from './support.ts';

const KEM = { inbox: { algorithm: 'ML-KEM-1024' } } as const;
const SIGN = { service: { algorithm: 'ML-DSA-87' } } as const;

let scene: Scene;
afterEach(() => scene?.close());

const kinds = (events: readonly RotationEvent[]) =>
  events.flatMap((event) => ('ref' in event ? [`${event.kind} ${event.ref.generation}`] : [event.kind]));

describe('time passes', () => {
  it('one rotation a day, three retained, the rest destroyed', async () => {
    scene = await makeScene(KEM);
    await scene.until(5 * DAY + HOUR);
    expect(await scene.states()).toBe('3 retired, 4 retired, 5 retired, 6 active');
    expect(kinds(scene.events).slice(0, 12)).toEqual([
      'leader',
      'created 1',
      'activated 1',
      'created 2',
      'retired 1',
      'activated 2',
      'created 3',
      'retired 2',
      'activated 3',
      'created 4',
      'retired 3',
      'activated 4',
    ]);
    expect(kinds(scene.events)).toContain('destroyed 2');
    const expiring = scene.events.filter((event) => event.kind === 'expiring');
    expect(expiring.slice(0, 2)).toEqual([
      { kind: 'expiring', ref: { name: 'inbox', generation: 1 }, last: false, destroyAtMs: START + 4 * DAY },
      { kind: 'expiring', ref: { name: 'inbox', generation: 1 }, last: true, destroyAtMs: START + 4 * DAY },
    ]);
  });

  it('a key that signs: the private half goes with its time, links lead from each generation to the next', async () => {
    scene = await makeScene(SIGN);
    await scene.until(5 * DAY);
    const infos = await scene.keystore.list();
    expect(infos.map(({ publicOnly }) => publicOnly === true)).toEqual([true, true, true, false]);
    await expect(
      scene.keystore.sign({ name: 'service', generation: 5 }, new Uint8Array(1)),
    ).rejects.toMatchObject({
      code: 'ERR_KEYSTORE_STATE',
    });
    await expect(
      scene.keystore.update({ name: 'service', generation: 5 }, { state: 'active' }),
    ).rejects.toMatchObject({ code: 'ERR_KEYSTORE_STATE' });
    const links = (await identityLinks(scene.keystore, 'service')).slice(-3).map(inspectLink);
    expect(links.map(({ from, to }) => [from.generation, to.generation])).toEqual([
      [3, 4],
      [4, 5],
      [5, 6],
    ]);
  });

  it('keys with policies of their own, in one commit where they meet', async () => {
    const policy = { periodMs: 12 * HOUR };
    scene = await makeScene({ ...KEM, data: { algorithm: 'AES-256-GCM', policy } });
    await scene.until(DAY);
    expect(await scene.states('inbox')).toBe('1 retired, 2 active');
    expect(await scene.states('data')).toBe('1 retired, 2 retired, 3 active');
    const { keys } = await rotationStatus(scene.keystore, { nowMs: scene.clock.nowMs });
    expect(keys.map(({ name, policy: { periodMs } }) => [name, periodMs])).toEqual([
      ['data', 12 * HOUR],
      ['inbox', DAY],
    ]);
  });

  it('takes keys over that are there, and retires all active ones but the newest', async () => {
    const clock = new ToldClock();
    const keystore = await openKeystore({ backend: 'memory', clock });
    for (let i = 0; i < 3; i++) await keystore.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' });
    scene = await makeScene(KEM, { keystore, clock });
    await scene.until(0);
    expect(await scene.states()).toBe('1 retired, 2 retired, 3 active');
  });

  it('refuses a name that is one of another algorithm', async () => {
    const keystore = await openKeystore({ backend: 'memory' });
    await keystore.generate({ name: 'inbox', algorithm: 'AES-256-GCM', state: 'pending' });
    await keystore.destroy({ name: 'inbox', generation: 1 });
    scene = await makeScene(KEM, { keystore });
    await expect(scene.rotator.tick()).rejects.toMatchObject({ code: 'ERR_KEYSTORE_EXISTS' });
  });
});

describe('on demand', () => {
  it('a rotation waits for the minimum lead', async () => {
    scene = await makeScene(KEM);
    await scene.until(HOUR);
    await scene.rotator.rotateNow('somebody left');
    expect(await scene.states()).toBe('1 active, 2 pending');
    await scene.until(2 * HOUR - 1);
    expect(await scene.states()).toBe('1 active, 2 pending');
    await scene.until(2 * HOUR + 1000);
    expect(await scene.states()).toBe('1 retired, 2 active');
    expect(scene.events).toContainEqual({ kind: 'demanded', name: 'inbox', reason: 'somebody left' });
  });

  it('an urgent one does not, and is linked all the same', async () => {
    scene = await makeScene(SIGN);
    await scene.until(HOUR);
    await scene.rotator.rotateNow('now', { urgent: true, name: 'service' });
    expect(await scene.states()).toBe('1 retired, 2 active');
    expect(await identityLinks(scene.keystore, 'service')).toHaveLength(1);
    expect((await rotationStatus(scene.keystore)).keys[0]?.policy.minLeadMs).toBe(HOUR);
  });

  it('a compromise lets the published one take over at once, and the bad one does nothing any more', async () => {
    scene = await makeScene(KEM);
    await scene.until(23 * HOUR);
    await scene.rotator.compromise({ name: 'inbox', generation: 1 });
    expect(await scene.states()).toBe('1 compromised, 2 active');
    await expect(
      scene.keystore.decapsulate({ name: 'inbox', generation: 1 }, new Uint8Array(1568)),
    ).rejects.toMatchObject({ code: 'ERR_KEYSTORE_STATE' });
    await expect(scene.rotator.resume({ name: 'inbox', generation: 1 })).rejects.toMatchObject({
      code: 'ERR_KEYSTORE_STATE',
    });
  });

  it('a suspended generation is followed by another one, and retired when it is resumed', async () => {
    scene = await makeScene(KEM);
    await scene.until(HOUR);
    await scene.rotator.suspend({ name: 'inbox', generation: 1 });
    expect(await scene.states()).toBe('1 suspended, 2 active');
    await scene.rotator.resume({ name: 'inbox', generation: 1 });
    expect(await scene.states()).toBe('1 retired, 2 active');
    expect(kinds(scene.events)).toEqual(expect.arrayContaining(['suspended 1', 'resumed 1']));
  });

  it('a hold postpones a destruction until it is lifted', async () => {
    scene = await makeScene(KEM);
    await scene.until(DAY);
    await scene.rotator.hold({ name: 'inbox', generation: 1 });
    await scene.until(6 * DAY);
    expect(await scene.states()).toMatch(/^1 retired, 4 retired/);
    await scene.rotator.hold({ name: 'inbox', generation: 1 }, 0);
    await scene.until(6 * DAY + 7 * HOUR);
    expect(await scene.states()).toMatch(/^4 retired/);
  });

  it('only of its keys', async () => {
    scene = await makeScene(KEM);
    await expect(scene.rotator.suspend({ name: 'other', generation: 1 })).rejects.toMatchObject({
      code: 'ERR_INPUT_OPTION',
    });
  });
});

describe('clocks', () => {
  it.each([1000, HOUR, 365 * DAY])('a jump of %d ms forward destroys nothing by itself', async (byMs) => {
    scene = await makeScene(KEM);
    await scene.until(3 * DAY + 12 * HOUR);
    scene.clock.nowMs += byMs;
    await scene.rotator.tick();
    expect(await scene.states()).toMatch(/^1 retired, 2 retired, 3 retired, 4 active/);
    scene.clock.pass(5 * HOUR);
    await scene.rotator.tick();
    expect(await scene.states()).toMatch(/^1 retired/);
  });

  it.each([1000, HOUR, 365 * DAY])('a jump of %d ms back brings nothing back', async (byMs) => {
    scene = await makeScene(KEM);
    await scene.until(3 * DAY);
    const before = await scene.states();
    scene.clock.nowMs -= byMs;
    await scene.rotator.tick();
    expect(await scene.states()).toBe(before);
    expect(kinds(scene.events).includes('clock')).toBe(byMs > 1000);
    // By the running time, rotation goes on.
    scene.clock.pass(DAY + byMs / 365);
    await scene.rotator.tick();
    scene.clock.pass(2 * HOUR);
    await scene.rotator.tick();
    expect(await scene.states()).toMatch(/5 active/);
  });

  it('after a suspend: one rotation, and no destruction that nobody was told of', async () => {
    scene = await makeScene(KEM);
    await scene.until(4 * DAY - 12 * HOUR);
    // The monotonic clock stands still meanwhile.
    scene.clock.nowMs += 30 * DAY;
    await scene.rotator.tick();
    expect(await scene.states()).toBe('1 retired, 2 retired, 3 retired, 4 active, 5 pending');
    scene.clock.pass(HOUR);
    await scene.rotator.tick();
    expect(await scene.states()).toBe('1 retired, 2 retired, 3 retired, 4 retired, 5 active');
    scene.clock.pass(6 * HOUR);
    await scene.rotator.tick();
    scene.clock.pass(HOUR);
    await scene.rotator.tick();
    expect(await scene.states()).toBe('2 retired, 3 retired, 4 retired, 5 active');
  });
});

describe('leases and fences', () => {
  it('one of two rotates, and the other goes on when it is gone', async () => {
    const clock = new ToldClock();
    const leases = new MemoryLeaseProvider(clock);
    scene = await makeScene(KEM, { clock, leases, leaseMs: 30_000, holder: 'first' });
    const { keystore } = scene;
    const second = createRotator({ keystore, keys: KEM, clock, leases, leaseMs: 30_000, holder: 'second' });
    expect(await scene.rotator.tick()).toMatchObject({ isLeader: true, commits: 1 });
    expect(await second.tick()).toMatchObject({ isLeader: false, commits: 0 });
    clock.pass(22 * HOUR);
    expect(await second.tick()).toMatchObject({ isLeader: true });
    expect(await scene.rotator.tick()).toMatchObject({ isLeader: false, commits: 0 });
    expect(await scene.states()).toBe('1 active, 2 pending');
    await second.stop();
  });

  it('a commit under a lower fence is refused', async () => {
    const fences = [9, 3];
    const leases: LeaseProvider = {
      acquire: async () => {
        const fence = fences.shift() ?? 3;
        return { fence, isHeld: () => true, renew: async () => true, release: async () => {} };
      },
      current: async () => undefined,
      close: async () => {},
    };
    scene = await makeScene(KEM, { leases });
    await scene.rotator.tick();
    const late = createRotator({ keystore: scene.keystore, keys: KEM, leases, clock: scene.clock });
    scene.clock.pass(22 * HOUR);
    await expect(late.tick()).rejects.toMatchObject({ name: 'KeyStoreError', code: 'ERR_KEYSTORE_FENCED' });
    expect(await scene.states()).toBe('1 active');
    await late.stop();
  });

  it('a counter that was lost is raised over the fence that the store has seen', async () => {
    scene = await makeScene(KEM);
    await scene.until(DAY);
    const next = await makeScene(KEM, { keystore: scene.keystore, clock: scene.clock });
    await scene.rotator.stop();
    await next.until(2 * DAY);
    expect(await next.states()).toBe('1 retired, 2 retired, 3 active');
    await next.rotator.stop();
  });
});

describe('as a service', () => {
  it('rotates by timers, publishes on the channel, and ends', async () => {
    const heard: unknown[] = [];
    const listener = (message: unknown) => heard.push(message);
    subscribe(ROTATION_CHANNEL, listener);
    const keystore = await openKeystore({ backend: 'memory' });
    const rotator = createRotator({ keystore, keys: KEM, tickMs: 10 });
    const activated = new Promise<void>((done) => {
      rotator.onEvent(({ kind }) => void (kind === 'activated' && done()));
    });
    rotator.start();
    rotator.start();
    await activated;
    expect(rotator.isLeader).toBe(true);
    await rotator.stop();
    unsubscribe(ROTATION_CHANNEL, listener);
    expect(heard).toContainEqual({ kind: 'activated', ref: { name: 'inbox', generation: 1 } });
    await expect(rotator.tick()).rejects.toMatchObject({ code: 'ERR_INPUT_STATE' });
    expect(() => rotator.start()).toThrow('stopped');
    await keystore.close();
  });

  it('tells what fails, and tries again', async () => {
    const keystore = await openKeystore({ backend: 'memory' });
    const rotator = createRotator({ keystore, keys: KEM, tickMs: 10 });
    await keystore.close();
    const failed = new Promise<RotationEvent>((done) => {
      rotator.onEvent((event) => void (event.kind === 'failure' && done(event)));
    });
    rotator.start();
    expect(await failed).toMatchObject({ code: 'ERR_KEYSTORE_STATE' });
    await rotator.stop();
  });

  it('is disposed of like anything else', async () => {
    const keystore = await openKeystore({ backend: 'memory' });
    let rotator: ReturnType<typeof createRotator> | undefined;
    {
      await using own = createRotator({ keystore, keys: KEM });
      await own.tick();
      rotator = own;
    }
    await expect(rotator.rotateNow('late')).rejects.toMatchObject({ code: 'ERR_INPUT_STATE' });
    await keystore.close();
  });
});
