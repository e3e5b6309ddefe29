import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { systemClock } from '@mwrasp/crypto';
import {
  FRAGMENT_CHANNEL,
  type FragmentEvent,
  inspectFragment,
  TemporalVault,
  type VaultOptions,
  verifyReceipt,
} from '@mwrasp/crypto/fragment';
import { generateSignKey } from '@mwrasp/crypto/sign';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { concat, toHex, utf8 } from '../../../src/bytes.ts';
import { AuthenticationError, ExpiredError, InputError, QuorumError } from '../../../src/errors.ts';
import { type Expected, expectError } from '../../contract/support/errors.ts';
import { flipped } from '../../support/keys.ts';
import { ManualClock, pattern, until } from './support.ts';

const KEY: Expected = [InputError, 'ERR_INPUT_KEY'];
const FORGED: Expected = [AuthenticationError, 'ERR_AUTHENTICATION'];
const GONE: Expected = [ExpiredError, 'ERR_EXPIRED_EPOCH_GONE'];
const DEADLINE: Expected = [ExpiredError, 'ERR_EXPIRED_DEADLINE'];
const ANOMALY: Expected = [ExpiredError, 'ERR_EXPIRED_CLOCK_ANOMALY'];

/** A life so long that no test outlasts it: only what a test does to its clock counts. */
const LONG: VaultOptions = { ttlMs: 60_000 };
const DATA = utf8('a message of a few bytes');

const vaults: TemporalVault[] = [];

async function makeVault(options: VaultOptions = LONG): Promise<TemporalVault> {
  const vault = await TemporalVault.create(options);
  vaults.push(vault);
  return vault;
}

afterEach(() => {
  vi.restoreAllMocks();
  for (const vault of vaults.splice(0)) vault.dispose();
});

describe('split and reassemble', () => {
  it('give back any data from any k of n, in any order', async () => {
    const vault = await makeVault();
    const any = fc.record({
      data: fc.uint8Array({ maxLength: 5000, size: 'max' }),
      total: fc.integer({ min: 1, max: 16 }),
      seed: fc.nat(),
      secrecy: fc.constantFrom('normal' as const, 'threshold' as const),
      context: fc.uint8Array({ maxLength: 20 }),
    });
    fc.assert(
      fc.property(any, ({ data, total, seed, secrecy, context }) => {
        const threshold = 1 + (seed % total);
        const fragments = vault.split(data, { threshold, total, secrecy, context });
        const some = fragments.slice(total - threshold).reverse();
        expect(vault.reassemble(some, { context })).toEqual(data);
        expect(vault.reassemble([...fragments, ...some], { context })).toEqual(data);
      }),
      { numRuns: 60 },
    );
  });

  it('bear lost and damaged fragments up to n − k, wherever the damage is', async () => {
    const vault = await makeVault();
    const data = pattern(999);
    const fragments = vault.split(data, { threshold: 4, total: 6 });
    for (let at = 0; at < (fragments[0] as Uint8Array).length; at++) {
      const damaged = [flipped(fragments[0] as Uint8Array, at, 0x08), ...fragments.slice(2)];
      expect(vault.reassemble(damaged)).toEqual(data);
    }
    const three = fragments.map((f, i) => (i < 3 ? flipped(f, 90, 1) : f));
    await expectError(() => vault.reassemble(three), ...FORGED);
    const error = await expectError(() => vault.reassemble(fragments.slice(3)), QuorumError, 'ERR_QUORUM');
    expect(error).toMatchObject({ have: 3, need: 4 });
  });

  it('find a good message among any number of forged ones, also expired ones', async () => {
    const vault = await makeVault();
    const [good] = vault.split(DATA) as [Uint8Array];
    // As if of an epoch long gone, and more of them than of the good one.
    const forged = Array.from({ length: 3 }, (_, i) => flipped(good, good.length - 1 - i, 1).with(13, 0));
    const old = vault.split(pattern(5), { threshold: 2, total: 4 }).map((f) => flipped(f, f.length - 1, 1));
    expect(vault.reassemble([...old, ...forged, good])).toEqual(DATA);
  });

  it('never put two messages together', async () => {
    const vault = await makeVault();
    const [one, two] = [vault.split(DATA, { total: 2 }), vault.split(DATA, { total: 2 })];
    await expectError(() => vault.reassemble([one[0], two[1]] as Uint8Array[]), QuorumError, 'ERR_QUORUM');
    await expectError(() => vault.reassemble([...one, ...two]), ...KEY);
    expect(vault.reassemble([...one, two[0] as Uint8Array])).toEqual(DATA);
  });

  it('do not open what another vault made, nor another kind of message', async () => {
    const [vault, other] = [await makeVault(), await makeVault()];
    const foreign = other.split(DATA);
    await expectError(() => vault.reassemble(foreign), ...KEY);
    const [own] = vault.split(DATA) as [Uint8Array];
    const copied = Uint8Array.from(foreign[0] as Uint8Array);
    copied.set(own.subarray(17, 33), 17);
    await expectError(() => vault.reassemble([copied]), ...FORGED);
    const [batch] = vault.splitMany([DATA]);
    await expectError(() => vault.reassemble(batch as Uint8Array[]), ...KEY);
    await expectError(() => vault.reassembleMany([[own]]), ...KEY);
  });

  it('need the same context', async () => {
    const vault = await makeVault();
    const fragments = vault.split(DATA, { context: pattern(5) });
    await expectError(() => vault.reassemble(fragments), ...FORGED);
    await expectError(() => vault.reassemble(fragments, { context: pattern(6) }), ...FORGED);
    expect(vault.reassemble(fragments, { context: pattern(5) })).toEqual(DATA);
  });

  it('make nonces that are unique, even with a random generator that stands still', async () => {
    const vault = await makeVault();
    vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((out) => {
      (out as Uint8Array).fill(7);
      return out;
    });
    const nonces = new Set<string>();
    for (let i = 0; i < 3000; i++) {
      for (const fragment of vault.split(DATA, { total: 3 })) nonces.add(toHex(fragment.subarray(13, 85)));
    }
    expect(nonces.size).toBe(9000);
  });

  it('leave the data as they are, and share no memory with what they return', async () => {
    const vault = await makeVault();
    const data = pattern(50);
    const fragments = vault.split(data, { total: 2 });
    const opened = vault.reassemble(fragments);
    data.fill(0);
    for (const fragment of fragments) fragment.fill(0);
    expect(opened).toEqual(pattern(50));
  });
});

describe('batches', () => {
  it('give back all messages in their order, however many', async () => {
    const vault = await makeVault();
    for (const count of [0, 1, 1000, 70_000]) {
      const messages = Array.from({ length: count }, (_, i) => pattern(i % 40, i));
      const sets = vault.splitMany(messages, { threshold: 2, total: 3 });
      expect(vault.reassembleMany(sets.map((set) => set.slice(1)))).toEqual(messages);
    }
    const large = [pattern(2 ** 20 - 4), pattern(2 ** 20 - 4, 1)];
    expect(vault.splitMany(large).length).toBe(2);
    await expectError(() => vault.splitMany([pattern(2 ** 20 - 3)]), InputError, 'ERR_INPUT_LENGTH');
  });

  it('are all or nothing', async () => {
    const vault = await makeVault();
    const sets = [...vault.splitMany([DATA]), ...vault.splitMany([DATA])];
    const [, second] = sets as [Uint8Array[], Uint8Array[]];
    second[0] = flipped(second[0] as Uint8Array, 100, 1);
    await expectError(() => vault.reassembleMany(sets), ...FORGED);
  });
});

describe('streams', () => {
  async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const part of source) parts.push(part);
    return concat(...parts);
  }

  const SPLIT = { threshold: 2, total: 4, pieceBytes: 1000 };

  it.each([0, 1, 999, 1000, 1001, 10_000])('of %d bytes, from every kind of source', async (length) => {
    const vault = await makeVault();
    const data = pattern(length);
    const sources = [
      [data],
      Readable.from([data.subarray(0, 7), data.subarray(7)]),
      new Blob([Uint8Array.from(data)]).stream(),
    ];
    for (const source of sources) {
      const joined = vault.reassembleStream(
        vault.splitStream(source as unknown as Iterable<Uint8Array>, SPLIT),
      );
      expect(await collect(joined)).toEqual(data);
    }
  });

  it('lost, repeated, damaged and out of order, as far as the pieces allow', async () => {
    const vault = await makeVault();
    const data = pattern(9500);
    const fragments: Uint8Array[] = [];
    for await (const fragment of vault.splitStream([data], SPLIT)) fragments.push(fragment);
    const some = fragments
      .filter((_, i) => i % 4 !== 1)
      .map((f, i) => (i % 3 === 0 ? flipped(f, 120, 1) : f));
    expect(await collect(vault.reassembleStream([...some.toReversed(), ...some]))).toEqual(data);
  });

  it('fail when a piece is lost, or the end is', async () => {
    const vault = await makeVault();
    const fragments: Uint8Array[] = [];
    for await (const fragment of vault.splitStream([pattern(3500)], SPLIT)) fragments.push(fragment);
    for (const rest of [fragments.slice(0, 12), [...fragments.slice(0, 4), ...fragments.slice(7)], []]) {
      await expectError(() => collect(vault.reassembleStream(rest)), QuorumError, 'ERR_QUORUM');
    }
  });

  it('do not mix with other streams and messages', async () => {
    const vault = await makeVault();
    const [a, b]: Uint8Array[][] = [[], []];
    for await (const fragment of vault.splitStream([pattern(2500)], SPLIT))
      (a as Uint8Array[]).push(fragment);
    for await (const fragment of vault.splitStream([pattern(2500, 1)], SPLIT))
      (b as Uint8Array[]).push(fragment);
    const mixed = (a as Uint8Array[]).flatMap((fragment, i) => [
      fragment,
      (b as Uint8Array[])[i] as Uint8Array,
    ]);
    expect(await collect(vault.reassembleStream([...vault.split(DATA), ...mixed]))).toEqual(pattern(2500));
  });

  it('in bounded memory: a source is asked for no more than what is taken', async () => {
    const vault = await makeVault();
    let asked = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 1000; i++) {
        asked++;
        yield pattern(1000, i);
      }
    }
    const joined = vault.reassembleStream(vault.splitStream(source(), SPLIT));
    for (let i = 0; i < 10; i++) await joined.next();
    expect(asked).toBeLessThan(20);
    await joined.return(undefined);
    // A piece that never comes does not make the window grow without end.
    let sent = 0;
    async function* lossy(): AsyncGenerator<Uint8Array> {
      for await (const fragment of vault.splitStream(
        Array.from({ length: 64 }, () => new Uint8Array(2 ** 19)),
        { pieceBytes: 2 ** 19 },
      )) {
        if (sent++ > 0) yield fragment;
      }
    }
    await expectError(() => collect(vault.reassembleStream(lossy())), QuorumError, 'ERR_QUORUM');
    expect(sent).toBeLessThan(20);
  });
});

describe('time', () => {
  it('by a clock in hand: a message lives from its epoch on for one time to live', async () => {
    const clock = new ManualClock();
    const vault = await makeVault({ ...LONG, clock });
    clock.nowMs = 20_000;
    const fragments = vault.split(DATA);
    expect(inspectFragment(fragments[0] as Uint8Array).epoch).toBe(1);
    // Not until just before the end: from here on the key has that long on the system's clock.
    clock.nowMs = 65_000;
    expect(vault.reassemble(fragments)).toEqual(DATA);
    clock.nowMs = 75_000;
    await expectError(() => vault.reassemble(fragments), ...DEADLINE);
    // A clock that goes back gives nothing back: the keys died when it was ahead.
    await until(() => vault.lag().count > 0);
    clock.nowMs = 20_000;
    await expectError(() => vault.reassemble(fragments), ...GONE);
    expect(vault.reassemble(vault.split(DATA))).toEqual(DATA);
  });

  it('a clock that is hours ahead: new messages work, old ones are over', async () => {
    const clock = new ManualClock();
    const vault = await makeVault({ ttlMs: 1000, clock });
    const old = vault.split(DATA);
    clock.nowMs = 7_200_000;
    await expectError(() => vault.reassemble(old), ...DEADLINE);
    expect(vault.reassemble(vault.split(DATA))).toEqual(DATA);
    clock.nowMs = 0;
    await expectError(() => vault.reassemble(old), ...GONE);
  });

  it('a clock that stands still keeps no key alive', async () => {
    const vault = await makeVault({ ttlMs: 40, clock: new ManualClock() });
    const fragments = vault.split(DATA);
    await until(() => {
      try {
        vault.reassemble(fragments);
        return false;
      } catch {
        return true;
      }
    });
    await expectError(() => vault.reassemble(fragments), ...GONE);
    expect(vault.reassemble(vault.split(DATA))).toEqual(DATA);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined, 1n])('a clock that says %s', async (reading) => {
    const clock = new ManualClock();
    const vault = await makeVault({ ...LONG, clock });
    const old = vault.split(DATA);
    clock.nowMs = reading as number;
    await expectError(() => vault.reassemble(old), ...ANOMALY);
    await expectError(() => vault.split(DATA), ...ANOMALY);
    clock.nowMs = 1;
    await expectError(() => vault.reassemble(old), ...ANOMALY);
    expect(vault.reassemble(vault.split(DATA))).toEqual(DATA);
  });

  it('an epoch that has not begun was not sealed here', async () => {
    const vault = await makeVault();
    const [fragment] = vault.split(DATA) as [Uint8Array];
    await expectError(() => vault.reassemble([fragment.with(16, 2)]), ...FORGED);
  });

  it('the keys of a vault that nobody uses are gone, and fresh ones are there when it is used', async () => {
    const vault = await makeVault({ ttlMs: 20, epochMs: 10 });
    vault.split(DATA);
    const { count } = vault.lag();
    await until(() => vault.lag().count > count);
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (let i = 0; i < 20; i++) {
      try {
        expect(vault.reassemble(vault.split(DATA))).toEqual(DATA);
      } catch (error) {
        // A busy machine may need longer than a life.
        expect(error).toBeInstanceOf(ExpiredError);
      }
      await new Promise((resolve) => setTimeout(resolve, i * 3));
    }
  });

  it('keys die while the main thread is blocked', async () => {
    const vault = await makeVault({ ttlMs: 40, epochMs: 10 });
    expect(vault.wipedBy).toBe('thread');
    vault.split(DATA);
    const { count } = vault.lag();
    const end = systemClock.monotonicMs() + 300;
    while (systemClock.monotonicMs() < end);
    expect(vault.lag().count).toBeGreaterThan(count);
  });
});

describe('events and receipts', () => {
  it('tell of keys that died and of anomalies', async () => {
    const published: FragmentEvent[] = [];
    const onMessage = (event: unknown) => published.push(event as FragmentEvent);
    subscribe(FRAGMENT_CHANNEL, onMessage);
    const clock = new ManualClock();
    const vault = await makeVault({ ttlMs: 40, clock });
    const told: FragmentEvent[] = [];
    const stop = vault.onEvent((event) => told.push(event));
    vault.split(DATA);
    await until(() => told.some(({ event }) => event === 'destroyed'));
    clock.nowMs = Number.NaN;
    await expectError(() => vault.split(DATA), ...ANOMALY);
    clock.nowMs = 1;
    vault.split(DATA);
    await until(() => told.some(({ event }) => event === 'recovered'));
    unsubscribe(FRAGMENT_CHANNEL, onMessage);
    expect(told).toContainEqual({ event: 'anomaly', id: vault.id, reason: 'clock-failed' });
    expect(published.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['destroyed', 'anomaly', 'recovered']),
    );
    stop();
  });

  it('a receipt says what was destroyed, and is the signer’s', async () => {
    const vault = await makeVault({ ttlMs: 40 });
    const signer = generateSignKey();
    vault.split(DATA);
    const { count } = vault.lag();
    await until(() => vault.lag().count > count);
    const receipt = await vault.receipt(signer);
    const read = verifyReceipt(signer.publicKey, receipt);
    expect(read).toMatchObject({ id: vault.id, ttlMs: 40, epochMs: 10, wipedBy: 'thread' });
    expect(read.destroyed).toBeGreaterThan(0);
    expect(read.untilMs).toBeGreaterThanOrEqual(read.sinceMs);
    for (const at of [10, 40, 60, 4000]) {
      await expectError(() => verifyReceipt(signer.publicKey, flipped(receipt, at, 1)), ...FORGED);
    }
    await expectError(() => verifyReceipt(generateSignKey().publicKey, receipt), ...FORGED);
  });
});

it('a disposed vault does nothing, and shows nothing', async () => {
  const vault = await makeVault();
  const fragments = vault.split(DATA);
  expect(inspect(vault)).toBe('[secret]');
  vault.dispose();
  vault.dispose();
  for (const use of [() => vault.split(DATA), () => vault.reassemble(fragments), () => vault.splitMany([])]) {
    await expectError(use, InputError, 'ERR_INPUT_DISPOSED');
  }
});
