import { setTimeout as sleep } from 'node:timers/promises';
import { PqError, TransportError } from '@mwrasp/crypto';
import { TemporalVault } from '@mwrasp/crypto/fragment';
import { type FragmentStore, memoryStore, redisStore } from '@mwrasp/crypto/fragment/store';
import { createClient, createCluster } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInputLater, rejectionOf, thrownBy } from '../../../support/errors.ts';
import {
  needsRedis,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '../../../support/redis-server.ts';
import { pattern } from '../transport/contract.ts';
import { faultyStore, seeded } from './faulty.ts';

const hex = (fragments: readonly Uint8Array[]) =>
  fragments.map((fragment) => Buffer.from(fragment).toString('hex')).sort();

/** What every store keeps to. */
function describeStore(name: string, open: () => Promise<FragmentStore>): void {
  describe(`${name}, as every store`, () => {
    let store: FragmentStore;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    it.each([
      ['one', [100]],
      ['six', [10, 20, 30, 40, 50, 60]],
      ['empty ones', [0, 0, 1]],
      ['255', Array.from({ length: 255 }, (_, i) => i)],
      ['a large one', [2 ** 20 + 100]],
    ])('keeps %s', async (id, sizes) => {
      const fragments = sizes.map((size, i) => pattern(size, i));
      expect(await store.put(id, fragments, 60_000)).toBe(fragments.length);
      expect(hex(await store.get(id))).toEqual(hex(fragments));
    });

    it('takes a text for its bytes, and any bytes for an id', async () => {
      await store.put('schlüssel', [pattern(7)], 60_000);
      expect(await store.get(new TextEncoder().encode('schlüssel'))).toEqual([pattern(7)]);
      const id = pattern(256);
      await store.put(id, [pattern(8)], 60_000);
      expect(await store.get(id)).toEqual([pattern(8)]);
      expect(await store.get(id.slice(1))).toEqual([]);
      expect(await store.get('{}:*')).toEqual([]);
    });

    it('puts the new in place of the old, even where it is less', async () => {
      await store.put('again', [pattern(1), pattern(2), pattern(3), pattern(4)], 60_000);
      await store.put('again', [pattern(5)], 60_000);
      expect(await store.get('again')).toEqual([pattern(5)]);
    });

    it('shares no memory with the caller', async () => {
      const fragment = pattern(50);
      await store.put('copy', [fragment], 60_000);
      fragment.fill(0);
      (await store.get('copy'))[0]?.fill(1);
      expect(await store.get('copy')).toEqual([pattern(50)]);
    });

    it('lets go of what is over, and of what is deleted', async () => {
      await store.put('short', [pattern(5), pattern(6)], 1);
      while ((await store.get('short')).length > 0) await sleep(5);
      await store.put('deleted', [pattern(5), pattern(6)], 60_000);
      await store.delete('deleted');
      await store.delete('deleted');
      expect(await store.get('deleted')).toEqual([]);
    });

    it('refuses what is wrong', async () => {
      const some = [pattern(1)];
      await expectInputLater(() => store.put('', some, 1), 'ERR_INPUT_LENGTH', 'id');
      await expectInputLater(() => store.put('x'.repeat(257), some, 1), 'ERR_INPUT_LENGTH', 'id');
      await expectInputLater(() => store.get(7 as never), 'ERR_INPUT_TYPE', 'id');
      await expectInputLater(() => store.delete(null as never), 'ERR_INPUT_TYPE', 'id');
      await expectInputLater(() => store.put('a', [], 1), 'ERR_INPUT_LENGTH', 'fragments');
      await expectInputLater(() => store.put('a', ['x'] as never, 1), 'ERR_INPUT_TYPE', 'fragments[0]');
      const many = Array.from({ length: 256 }, () => pattern(1));
      await expectInputLater(() => store.put('a', many, 1), 'ERR_INPUT_LENGTH', 'fragments');
      await expectInputLater(() => store.put('a', some, 0), 'ERR_INPUT_RANGE', 'ttlMs');
      await expectInputLater(() => store.put('a', some, 86_400_001), 'ERR_INPUT_RANGE', 'ttlMs');
      const tooLong = [new Uint8Array(2 ** 20 + 2 ** 16 + 1)];
      await expectInputLater(() => store.put('a', tooLong, 1), 'ERR_INPUT_LENGTH', 'fragments[0]');
    });

    it('gives a vault its message again, as long as enough of it is unharmed', async () => {
      using vault = await TemporalVault.create({ ttlMs: 60_000 });
      const data = pattern(5000);
      const fragments = vault.split(data, { threshold: 4, total: 6 });
      await store.put('vault', fragments, 60_000);
      const random = seeded(1);
      const faults = { loss: 0.2, duplication: 0.3, corruption: 0.1, delayMs: 2, random };
      const faulty = faultyStore(store, faults);
      let opened = 0;
      for (let i = 0; i < 40; i++) {
        const got = await faulty.get('vault');
        const unharmed = new Set(hex(got).filter((one) => hex(fragments).includes(one))).size;
        if (unharmed >= 4) {
          expect(vault.reassemble(got)).toEqual(data);
          opened++;
        } else expect(thrownBy(() => vault.reassemble(got))).toBeInstanceOf(PqError);
      }
      expect(opened).toBeGreaterThan(10);
      expect(opened).toBeLessThan(40);
    });

    it('loses and changes under a faulty one, and is itself unharmed', async () => {
      const fragments = Array.from({ length: 40 }, (_, i) => pattern(100, i));
      await store.put('faulty', fragments, 60_000);
      const faulty = faultyStore(store, { loss: 0.3, corruption: 0.3, random: seeded(2) });
      const got = await faulty.get('faulty');
      expect(got.length).toBeLessThan(40);
      const unharmed = got.filter((one) => hex(fragments).includes(hex([one])[0] as string));
      expect(unharmed.length).toBeGreaterThan(5);
      expect(unharmed.length).toBeLessThan(got.length);
      expect(hex(await store.get('faulty'))).toEqual(hex(fragments));
    });

    it('is closed once', async () => {
      const other = await open();
      await other.close();
      await other.close();
      for (const work of [
        () => other.put('a', [pattern(1)], 1),
        () => other.get('a'),
        () => other.delete('a'),
      ]) {
        const error = await rejectionOf(work);
        expect(error).toBeInstanceOf(TransportError);
        expect(error).toMatchObject({ code: 'ERR_TRANSPORT_CLOSED' });
      }
    });
  });
}

describeStore('memory', async () => memoryStore());

describe('memory', () => {
  it('removes what is over by its clock, and refuses what has no room', async () => {
    let now = 0;
    const clock = { wallMs: () => 0, monotonicMs: () => now };
    const store = memoryStore({ maxBytes: 2000, clock });
    await store.put('a', [pattern(700)], 100);
    await store.put('b', [pattern(700)], 200);
    expect(await rejectionOf(() => store.put('c', [pattern(700)], 1))).toMatchObject({
      code: 'ERR_TRANSPORT_FULL',
    });
    expect(await store.get('a')).toHaveLength(1);
    now = 100;
    expect(await store.get('a')).toEqual([]);
    await store.put('c', [pattern(700)], 100);
    now = 200;
    await store.put('d', [pattern(1400)], 100);
    expect(await store.get('b')).toEqual([]);
    now = Number.NaN;
    expect(await store.get('d')).toEqual([]);
    await store.close();
  });
});

needsRedis('Redis', () => {
  let server: RedisServer;
  let client: ReturnType<typeof createClient>;
  beforeAll(async () => {
    server = await startRedis();
    client = createClient({ url: server.url });
    client.on('error', () => undefined);
    await client.connect();
  });
  afterAll(async () => {
    client.destroy();
    await server.stop();
  });

  describeStore('a URL of Redis', () => redisStore({ url: server.url }));
  describeStore('a client of Redis, spread', async () => redisStore({ client, spread: 6 }));

  it('reads what somebody else put there as far as it makes sense', async () => {
    const store = await redisStore({ client, prefix: 'p:', maxFragmentBytes: 100 });
    await store.put('a', [pattern(10)], 60_000);
    const [key] = await client.keys('p:*');
    const hostile: Buffer[] = [
      Buffer.alloc(0),
      Buffer.from([0xff, 0xff, 0xff, 0xff, 1]),
      Buffer.from([0, 0, 0]),
      Buffer.concat([Buffer.from([0, 0, 0, 2, 7, 8]), Buffer.from([0, 0, 0, 101]), Buffer.alloc(101)]),
      Buffer.alloc(4 * 1000),
    ];
    const counts: number[] = [];
    for (const value of hostile) {
      await client.set(key as string, value);
      counts.push((await store.get('a')).length);
    }
    expect(counts).toEqual([0, 0, 0, 1, 255]);
    await client.del(key as string);
    await client.hSet(key as string, 'a', 'b');
    expect(await rejectionOf(() => store.get('a'))).toMatchObject({ code: 'ERR_TRANSPORT_IO' });
    await client.del(key as string);
  });

  it('sets a time to live on every key', async () => {
    const store = await redisStore({ client, prefix: 't:', spread: 3 });
    await store.put('a', [pattern(1), pattern(2), pattern(3)], 60_000);
    const keys = await client.keys('t:*');
    expect(keys.sort()).toEqual(['t:{61.0}', 't:{61.1}', 't:{61.2}']);
    for (const key of keys) expect(await client.pTTL(key)).toBeGreaterThan(1000);
  });

  it('says so when Redis is not there', async () => {
    const other = await startRedis();
    const store = await redisStore({ url: other.url });
    await other.stop();
    let error: unknown;
    while (error === undefined)
      error = await store.put('a', [pattern(1)], 1000).then(
        () => undefined,
        (e) => e,
      );
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT_IO' });
    await store.close();
    const gone = await rejectionOf(() => redisStore({ url: other.url }));
    expect(gone).toMatchObject({ code: 'ERR_TRANSPORT_IO' });
  });
});

needsRedis('a cluster of Redis', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
  const makeClient = () => createCluster({ rootNodes: cluster.servers.map(({ url }) => ({ url })) });
  let client: ReturnType<typeof makeClient>;
  beforeAll(async () => {
    cluster = await startRedisCluster();
    client = makeClient();
    client.on('error', () => undefined);
    await client.connect();
  });
  afterAll(async () => {
    client.destroy();
    await cluster.stop();
  });

  describeStore('together', () => redisStore({ client }));
  describeStore('spread', () => redisStore({ client, spread: 6 }));
});
