/** Leases in a real server of Redis: restarts, lost connections, and a server that sleeps. */
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Lease, LeaseProvider } from '../../../../src/rotation/lease.ts';
import { redisLease } from '../../../../src/rotation/redis-lease.ts';
import { needsRedis } from '../../../support/redis-server.ts';
import { granted, HandClock, LeaseServer, raised } from './support.ts';

const TTL_MS = 60_000;
const UNREACHABLE = { name: 'LeaseError', code: 'ERR_LEASE_UNREACHABLE' };

let keys = 0;
let key: string;
const open: LeaseProvider[] = [];
beforeEach(() => {
  key = `lease ${keys++}`;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((provider) => provider.close()));
});

function party(server: LeaseServer, timeoutMs = 5000): { clock: HandClock; provider: LeaseProvider } {
  const clock = new HandClock();
  const provider = redisLease({ url: server.url, key, clock, timeoutMs });
  open.push(provider);
  return { clock, provider };
}

/** Asks again until the server is there. */
async function untilReached<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      expect(error).toMatchObject(UNREACHABLE);
    }
  }
}

needsRedis('a lease in Redis', () => {
  let server: LeaseServer;
  beforeAll(async () => {
    server = await LeaseServer.start(true);
  });
  afterAll(() => server.remove());

  it('is granted to one, until it is given back', async () => {
    const [a, b] = [party(server), party(server)];
    const first = await granted(a.provider, 'host a: ein Name mit Leerzeichen', TTL_MS);
    expect(first.isHeld()).toBe(true);
    expect(await b.provider.acquire('b', TTL_MS)).toBeUndefined();
    expect(await a.provider.acquire('a', TTL_MS)).toBeUndefined();
    const current = await b.provider.current();
    expect(current).toMatchObject({ holder: 'host a: ein Name mit Leerzeichen', fence: first.fence });
    expect((current?.expiresAtMs ?? 0) - b.clock.wall).toBeGreaterThan(0);
    expect(await first.renew()).toBe(true);
    await first.release();
    await first.release();
    expect(first.isHeld()).toBe(false);
    expect(await first.renew()).toBe(false);
    expect(await b.provider.current()).toBeUndefined();
    const second = await granted(b.provider, 'b', TTL_MS);
    expect(second.fence).toBeGreaterThan(first.fence);
    await second.release();
  });

  it('is held by its own clock, from before it was asked for, and a little less than the server gives', async () => {
    const { clock, provider } = party(server);
    clock.onAsk = () => {
      clock.onAsk = undefined;
      // The request takes its time.
      queueMicrotask(() => {
        clock.monotonic += TTL_MS / 2;
      });
    };
    const lease = await granted(provider, 'a', TTL_MS);
    expect(lease.isHeld()).toBe(true);
    clock.monotonic += TTL_MS * 0.49 - 3;
    expect(lease.isHeld()).toBe(true);
    clock.monotonic += 1;
    expect(lease.isHeld()).toBe(false);
    // The server still has it, so nobody else had it meanwhile.
    expect(await lease.renew()).toBe(true);
    expect(lease.isHeld()).toBe(true);
    await lease.release();
  });

  it('is taken over when it expired, and the old holder finds out', async () => {
    const [a, b] = [party(server), party(server)];
    const first = await granted(a.provider, 'a', TTL_MS);
    server.cli('PEXPIRE', key, '1');
    while (server.cli('EXISTS', key) === '1');
    const second = await granted(b.provider, 'b', TTL_MS);
    expect(second.fence).toBeGreaterThan(first.fence);
    expect(await first.renew()).toBe(false);
    expect(first.isHeld()).toBe(false);
    await first.release();
    expect(await second.renew()).toBe(true);
    await second.release();
  });

  it('is granted to one of many that ask at the same time', async () => {
    const parties = Array.from({ length: 8 }, () => party(server));
    const fences: number[] = [];
    for (let round = 0; round < 20; round++) {
      const leases = await Promise.all(
        parties.map(({ provider }, i) => provider.acquire(`party ${i}`, TTL_MS)),
      );
      const [lease, ...more] = leases.filter((one) => one !== undefined);
      expect(more).toEqual([]);
      fences.push(lease?.fence as number);
      await lease?.release();
    }
    expect(fences).toEqual([...new Set(fences)].sort((x, y) => x - y));
  });

  it('has fences above those of before when the counter was lost, and above a floor', async () => {
    const { provider } = party(server);
    const first = await granted(provider, 'a', TTL_MS);
    server.cli('FLUSHALL');
    expect(await first.renew()).toBe(false);
    const second = await granted(party(server).provider, 'b', TTL_MS);
    expect(second.fence).toBeGreaterThan(first.fence);
    await second.release();
    const floor = second.fence + 1_000_000_000;
    const third = await raised(provider, floor);
    expect(third?.fence).toBe(floor + 1);
    await third?.release();
    expect((await granted(party(server).provider, 'b', TTL_MS)).fence).toBe(floor + 2);
  });

  it('outlives a restart of a server that keeps its data', async () => {
    const [a, b] = [party(server), party(server)];
    const lease = await granted(a.provider, 'a', TTL_MS);
    await server.kill();
    await expect(lease.renew()).rejects.toMatchObject(UNREACHABLE);
    await expect(b.provider.acquire('b', TTL_MS)).rejects.toMatchObject(UNREACHABLE);
    // Nobody was told otherwise: it is held until its end.
    expect(lease.isHeld()).toBe(true);
    await server.start();
    expect(await untilReached(() => lease.renew())).toBe(true);
    expect(await untilReached(() => b.provider.acquire('b', TTL_MS))).toBeUndefined();
    await lease.release();
    expect((await granted(b.provider, 'b', TTL_MS)).fence).toBeGreaterThan(lease.fence);
  });

  it('outlives a lost connection', async () => {
    const { provider } = party(server);
    const lease = await granted(provider, 'a', TTL_MS);
    server.cli('CLIENT', 'KILL', 'TYPE', 'normal');
    expect(await untilReached(() => lease.renew())).toBe(true);
    await lease.release();
  });

  it('is not known to be held while the server sleeps; what it grants late is given back', async () => {
    const [a, b] = [party(server, 200), party(server, 200)];
    const lease = await granted(a.provider, 'a', TTL_MS);
    server.pause();
    try {
      await expect(lease.renew()).rejects.toMatchObject(UNREACHABLE);
      a.clock.monotonic += TTL_MS;
      expect(lease.isHeld()).toBe(false);
      await expect(b.provider.acquire('b', TTL_MS)).rejects.toMatchObject(UNREACHABLE);
      await expect(b.provider.current()).rejects.toMatchObject(UNREACHABLE);
    } finally {
      server.resume();
    }
    server.cli('DEL', key);
    expect(await untilReached(() => lease.renew())).toBe(false);
    const next = await untilReached(() => granted(b.provider, 'b', TTL_MS));
    expect(next.fence).toBeGreaterThan(lease.fence);
    await next.release();
  });

  it("works with a client of the caller's, which stays open, and gives back what it was granted late", async () => {
    const client = createClient({ url: server.url });
    client.on('error', () => {});
    await client.connect();
    const provider = redisLease({ client, key, timeoutMs: 200 });
    server.pause();
    await expect(provider.acquire('a', TTL_MS)).rejects.toMatchObject(UNREACHABLE);
    server.resume();
    // The grant came, and went: somebody else need not wait for its end.
    const other = party(server).provider;
    for (let lease: Lease | undefined; lease === undefined; ) lease = await other.acquire('b', TTL_MS);
    await provider.close();
    expect(client.isOpen).toBe(true);
    client.destroy();
    await expect(provider.acquire('a', TTL_MS)).rejects.toMatchObject({ code: 'ERR_INPUT_STATE' });
  });
});

needsRedis('a lease in Redis that forgets', () => {
  it('is lost with the data of the server, and the next has a larger fence', async () => {
    const server = await LeaseServer.start(false);
    try {
      const [a, b] = [party(server), party(server)];
      const first = await granted(a.provider, 'a', TTL_MS);
      await server.kill();
      await server.start();
      const second = await untilReached(() => granted(b.provider, 'b', TTL_MS));
      // Both believe in theirs until the first asks: the fence tells them apart.
      expect(first.isHeld()).toBe(true);
      expect(second.fence).toBeGreaterThan(first.fence);
      expect(await untilReached(() => first.renew())).toBe(false);
      expect(first.isHeld()).toBe(false);
    } finally {
      await server.remove();
    }
  });
});

describe('redisLease', () => {
  it('refuses what is no client, no URL and no key, and shows no password', () => {
    const wrong = (options: object) => () => redisLease(options as never);
    const code = (name: string) => expect.objectContaining({ code: name });
    expect(wrong({ key: 'a' })).toThrow(code('ERR_INPUT_OPTION'));
    expect(wrong({ key: 'a', url: 'redis://a', client: {} })).toThrow(code('ERR_INPUT_OPTION'));
    expect(wrong({ key: 'a', client: {} })).toThrow(code('ERR_INPUT_TYPE'));
    expect(wrong({ key: 'a', url: 'http://:hunter2@a' })).toThrow(code('ERR_INPUT_FORMAT'));
    expect(wrong({ key: 'a', url: 'http://:hunter2@a' })).not.toThrow(/hunter2/);
    expect(wrong({ key: '', url: 'redis://a' })).toThrow(code('ERR_INPUT_LENGTH'));
    expect(wrong({ key: 1, url: 'redis://a' })).toThrow(code('ERR_INPUT_TYPE'));
    expect(wrong({ key: 'a', url: 'redis://a', timeoutMs: 0 })).toThrow(code('ERR_INPUT_RANGE'));
  });

  it('says when nobody is there', async () => {
    const server = await LeaseServer.start(false);
    await server.remove();
    const { provider } = party(server, 200);
    await expect(provider.acquire('a', TTL_MS)).rejects.toMatchObject(UNREACHABLE);
  });
});
