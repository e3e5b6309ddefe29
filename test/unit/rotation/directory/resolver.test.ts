/** Followers of directories, and what handshakes are told of peers. */
import { describe, expect, it } from 'vitest';
import {
  DirectoryFollower,
  directoryResolver,
  verifyDirectory,
} from '../../../../src/rotation/directory/index.ts';
import { HOUR_MS, Service, START_MS } from './support.ts';

/** A clock that stands still. */
class StillClock {
  nowMs = START_MS;
  wallMs(): number {
    return this.nowMs;
  }
  monotonicMs(): number {
    return this.nowMs - START_MS;
  }
}

describe('a follower', () => {
  it('gets the newest directory, once for all that ask, and tells of it', async () => {
    const service = await Service.open();
    const bytes = await service.publish();
    let fetched = 0;
    const sequences: number[] = [];
    const follower = new DirectoryFollower({
      fetch: async () => {
        fetched++;
        return bytes;
      },
      pinned: service.pin(1),
      clock: new StillClock(),
      onUpdate: ({ sequence }) => {
        sequences.push(sequence);
        throw new Error('a listener that fails');
      },
    });
    expect(follower.current).toBeUndefined();
    const found = await Promise.all([follower.refresh(), follower.refresh()]);
    expect(found[0]).toBe(found[1]);
    expect(follower.current).toBe(found[0]);
    await follower.refresh();
    expect({ fetched, sequences }).toEqual({ fetched: 2, sequences: [1] });
  });

  it('keeps what it has when an older one, a forged one or none comes', async () => {
    const service = await Service.open();
    const answers = [await service.publish(), await service.publish()];
    const [first, second] = answers as [Uint8Array, Uint8Array];
    let answer = second;
    const errors: unknown[] = [];
    const clock = new StillClock();
    const follower = new DirectoryFollower({
      fetch: async () => answer,
      pinned: service.pin(1),
      cooldownMs: 0,
      clock,
      onError: (error) => errors.push(error),
    });
    await follower.refresh();
    answer = first;
    await expect(follower.refresh()).rejects.toMatchObject({ code: 'ERR_DIRECTORY_REPLAYED' });
    answer = new Uint8Array(3);
    expect(await follower.tryRefresh()).toBe(false);
    expect(errors).toMatchObject([{ code: 'ERR_INPUT_FORMAT' }]);
    expect(follower.current?.sequence).toBe(2);
    // The next run goes on where this one was.
    const next = { fetch: async () => first, clock };
    const later = new DirectoryFollower({ ...next, pinned: service.pin(1), minSequence: 2 });
    await expect(later.refresh()).rejects.toMatchObject({ code: 'ERR_DIRECTORY_REPLAYED' });
    const previous = new DirectoryFollower({ ...next, previous: follower.current as never });
    await expect(previous.refresh()).rejects.toMatchObject({ code: 'ERR_DIRECTORY_REPLAYED' });
  });
});

describe('a resolver', () => {
  it('knows who is active, was shortly before, or will be', async () => {
    const service = await Service.open();
    await service.rotate();
    await service.prepare();
    const clock = new StillClock();
    const retiredMs = service.nowMs;
    clock.nowMs = retiredMs;
    const directory = verifyDirectory(await service.publish(), { pinned: service.pin(1), nowMs: retiredMs });
    const resolve = directoryResolver(directory, { clock });
    const find = async (generation: number, named = generation) => {
      const { keyId } = await service.keystore.get({ name: 'service', generation });
      return (await resolve(keyId, named))?.keyId === keyId;
    };
    const all = async () => [await find(1), await find(2), await find(3)];
    expect(await all()).toEqual([true, true, true]);
    expect(await find(2, 1)).toBe(false);
    expect(await resolve('nobody', 1)).toBeUndefined();
    expect(await resolve((await service.keystore.get('inbox')).keyId, 1)).toBeUndefined();
    expect(await resolve(1 as never, undefined as never)).toBeUndefined();
    clock.nowMs = retiredMs + HOUR_MS - 1;
    expect(await find(1)).toBe(true);
    clock.nowMs = retiredMs + HOUR_MS;
    expect(await all()).toEqual([false, true, true]);
    clock.nowMs = directory.expiresAtMs;
    expect(await all()).toEqual([false, false, false]);
  });

  it('never gives what was suspended or compromised', async () => {
    const service = await Service.open();
    await service.rotate();
    for (const state of ['suspended', 'compromised'] as const) {
      await service.keystore.update({ name: 'service', generation: 1 }, { state });
      const directory = verifyDirectory(await service.publish(), {
        pinned: service.pin(2),
        nowMs: service.nowMs,
      });
      const clock = new StillClock();
      clock.nowMs = service.nowMs;
      expect(await directoryResolver(directory, { clock })(service.pin(1).keyId, 1)).toBeUndefined();
    }
  });

  it('looks for a key that it does not know once in the cooldown, whoever asks', async () => {
    const service = await Service.open();
    const clock = new StillClock();
    let answer = await service.publish();
    let fetched = 0;
    const follower = new DirectoryFollower({
      fetch: async () => {
        fetched++;
        return answer;
      },
      pinned: service.pin(1),
      cooldownMs: 10_000,
      clock,
    });
    const resolve = directoryResolver(follower, { clock });
    expect((await resolve(service.pin(1).keyId, 1))?.keyId).toBe(service.pin(1).keyId);
    expect(fetched).toBe(1);
    for (let i = 0; i < 1000; i++) expect(await resolve(`garbage-${i}`, 1)).toBeUndefined();
    expect(fetched).toBe(1);
    await service.rotate();
    service.nowMs = START_MS;
    answer = await service.publish();
    // A key that the directory has, under another generation, is no reason to look.
    clock.nowMs += 10_000;
    expect(await resolve(service.pin(1).keyId, 7)).toBeUndefined();
    expect(fetched).toBe(1);
    expect((await resolve(service.pin(2).keyId, 2))?.keyId).toBe(service.pin(2).keyId);
    expect(fetched).toBe(2);
    for (let i = 0; i < 1000; i++) expect(await resolve(`garbage-${i}`, 1)).toBeUndefined();
    expect(fetched).toBe(2);
  });
});
