import { Readable } from 'node:stream';
import type { SplitStreamOptions } from '@mwrasp/crypto/fragment';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/bytes.ts';
import { ExpiredError, InputError, QuorumError } from '../../../src/errors.ts';
import { Channel } from '../../../src/fragment/channel.ts';
import { Collector } from '../../../src/fragment/collect.ts';
import { Epochs } from '../../../src/fragment/epochs.ts';
import { SECRECY } from '../../../src/fragment/format.ts';
import { ReplayWindow } from '../../../src/fragment/replay.ts';
import { sealMessage } from '../../../src/fragment/seal.ts';
import { theWiper } from '../../../src/fragment/wiper-thread.ts';
import { expectError } from '../../contract/support/errors.ts';
import { flipped } from '../../support/keys.ts';
import { ManualClock } from './support.ts';
import { LONG, makeVault, pattern } from './support-vault.ts';

async function all(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return parts;
}

const SHAPE: SplitStreamOptions = { threshold: 2, total: 3, pieceSizeBytes: 1000 };
const DATA = pattern(4500);

describe('streams', () => {
  it.each([0, 1, 999, 1000, 1001, 4500])('of %d bytes, of any kind, come back', async (length) => {
    const vault = await makeVault();
    const data = pattern(length);
    const sources = [
      [data],
      Readable.from([data.subarray(0, 7), data.subarray(7)].map((part) => Buffer.from(part))),
      new Blob([data.slice()]).stream() as ReadableStream<Uint8Array>,
    ];
    for (const source of sources) {
      const fragments = await all(vault.splitStream(source, SHAPE));
      expect(fragments.length).toBe(3 * Math.max(1, Math.ceil(length / 1000)));
      expect(concat(...(await all(vault.reassembleStream(fragments))))).toEqual(data);
      expect(concat(...(await all(vault.reassembleStream(Readable.from(fragments)))))).toEqual(data);
    }
  });

  it.each([1, 7, 100, 1117, 65_536])('may come as bytes, cut every %d', async (size) => {
    const vault = await makeVault();
    for (const shape of [SHAPE, { pieceSizeBytes: 1000 }, { ...SHAPE, secrecy: 'threshold' } as const]) {
      const bytes = concat(...(await all(vault.splitStream([DATA], shape))));
      const cut: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) cut.push(bytes.subarray(at, at + size));
      expect(concat(...(await all(vault.reassembleStream(cut))))).toEqual(DATA);
      await expectError(
        () => all(vault.reassembleStream(cut.slice(0, cut.length >> 1))),
        QuorumError,
        'ERR_QUORUM',
      );
    }
  });

  it('a fragment that comes whole is found behind the beginning of another', async () => {
    const vault = await makeVault();
    const fragments = await all(vault.splitStream([DATA], SHAPE));
    const given = fragments.flatMap((fragment) => [fragment.subarray(0, 100), fragment]);
    expect(concat(...(await all(vault.reassembleStream(given))))).toEqual(DATA);
  });

  it('may lose, repeat, damage and mix up fragments, up to what the threshold covers', async () => {
    const vault = await makeVault();
    const context = utf8('telemetry');
    const fragments = await all(vault.splitStream([DATA], { ...SHAPE, context }));
    const others = await all(vault.splitStream([DATA], { ...SHAPE, context }));
    const arriving = fragments.flatMap((fragment, i) => {
      if (i % 3 === 0) return [flipped(fragment, fragment.length - 1)];
      return [fragment, fragment, utf8('noise')];
    });
    const swapped = [...arriving.slice(14), ...arriving.slice(0, 14)];
    for (const given of [arriving, swapped]) {
      expect(concat(...(await all(vault.reassembleStream(given, { context }))))).toEqual(DATA);
    }
    const [first, ...rest] = arriving;
    const mixed = [first, ...rest, ...others] as Uint8Array[];
    expect(concat(...(await all(vault.reassembleStream(mixed, { context }))))).toEqual(DATA);
  });

  it('end with an error when a piece is missing, or the end', async () => {
    const vault = await makeVault();
    const fragments = await all(vault.splitStream([DATA], SHAPE));
    const withoutThird = fragments.filter((_, i) => Math.floor(i / 3) !== 2 || i % 3 === 0);
    for (const given of [withoutThird, fragments.slice(0, -3), [], [utf8('noise')]]) {
      await expectError(() => all(vault.reassembleStream(given)), QuorumError, 'ERR_QUORUM');
    }
    await expectError(
      () => all(vault.reassembleStream(fragments, { context: utf8('another') })),
      QuorumError,
      'ERR_QUORUM',
    );
  });

  it('each piece has a life of its own', async () => {
    const clock = new ManualClock();
    const vault = await makeVault({ ...LONG, clock });
    const fragments: Uint8Array[] = [];
    for await (const fragment of vault.splitStream([DATA], SHAPE)) {
      if (fragments.length === 6) clock.nowMs = 30_000;
      fragments.push(fragment);
    }
    async function* late() {
      yield* fragments.slice(0, 4);
      clock.nowMs = 60_000;
      yield* fragments.slice(4);
    }
    const opened: Uint8Array[] = [];
    const read = async () => {
      for await (const piece of vault.reassembleStream(late())) opened.push(piece);
    };
    await expectError(read, QuorumError, 'ERR_QUORUM');
    expect(concat(...opened)).toEqual(DATA.subarray(0, 1000));
  });

  it('stop when the vault is disposed', async () => {
    const vault = await makeVault();
    const fragments = await all(vault.splitStream([DATA], SHAPE));
    const splitting = vault.splitStream([DATA, DATA], SHAPE);
    const joining = vault.reassembleStream(fragments);
    await Promise.all([splitting.next(), joining.next()]);
    vault.dispose();
    await expectError(() => all(splitting), InputError, 'ERR_INPUT_DISPOSED');
    await expectError(() => all(joining), InputError, 'ERR_INPUT_DISPOSED');
  });
});

describe('Collector', () => {
  const clock = new ManualClock();
  const NO_CONTEXT = new Uint8Array(0);

  async function setUp(limits: { maxBytes?: number; maxMessages?: number } = {}) {
    const epochs = new Epochs(await theWiper(), 60_000, 15_000, clock);
    const collector = new Collector(epochs, new ReplayWindow(), NO_CONTEXT, limits);
    const seal = (data: Uint8Array, threshold = 2, total = 3) => {
      const { channel, key, number } = epochs.enter();
      const message = { data, threshold, total, content: 0, secrecy: SECRECY.epoch, context: NO_CONTEXT };
      return sealMessage(channel, key, number, message) as Uint8Array[];
    };
    return { epochs, collector, seal };
  }

  it('gives a message once, when enough of it is there', async () => {
    const { epochs, collector, seal } = await setUp();
    const [a, b, c] = seal(DATA) as [Uint8Array, Uint8Array, Uint8Array];
    expect([collector.add(a), collector.add(a)]).toEqual([undefined, undefined]);
    expect(collector.add(c)?.data).toEqual(DATA);
    expect([b, a, c].map((fragment) => collector.add(fragment))).toEqual([undefined, undefined, undefined]);
    expect(collector.report).toEqual({ ignored: 4, forged: 0, overflow: 0, expired: 0 });
    expect(collector.bytes).toBe(0);
    epochs.dispose();
  });

  it('keeps within its memory under a flood of forged fragments, and they never cost a good message', async () => {
    const { epochs, collector, seal } = await setUp({ maxBytes: 200_000, maxMessages: 100 });
    const [template] = seal(pattern(2000)) as [Uint8Array];
    let delivered = 0;
    for (let round = 0; round < 20; round++) {
      const [a, b] = seal(pattern(round)) as [Uint8Array, Uint8Array];
      collector.add(a);
      for (let i = 0; i < 500; i++) {
        const forged = template.slice();
        new DataView(forged.buffer).setUint32(48, 1000 + round * 500 + i);
        forged[52] = i % 2;
        collector.add(forged);
        expect(collector.bytes).toBeLessThanOrEqual(200_000);
      }
      const arrival = collector.add(b);
      if (arrival !== undefined) delivered++;
      expect(arrival?.data).toEqual(pattern(round));
    }
    expect(delivered).toBe(20);
    expect(collector.report.forged).toBeGreaterThan(9000);
    epochs.dispose();
  });

  it('does not let forged fragments of a message stand for good ones', async () => {
    const { epochs, collector, seal } = await setUp();
    const [a, b, c] = seal(DATA, 2, 3) as [Uint8Array, Uint8Array, Uint8Array];
    for (const good of [a, b]) collector.add(flipped(good, good.length - 1));
    expect(collector.report.forged).toBe(2);
    expect(collector.bytes).toBe(0);
    collector.add(flipped(c, 90));
    collector.add(c);
    expect(collector.add(a)?.data).toEqual(DATA);
    epochs.dispose();
  });

  it('drops what is over', async () => {
    clock.nowMs = 0;
    const { epochs, collector, seal } = await setUp({ maxMessages: 2 });
    for (const data of [DATA, DATA]) collector.add(seal(data)[0] as Uint8Array);
    expect(collector.add(seal(DATA)[0] as Uint8Array)).toBeUndefined();
    expect(collector.report.overflow).toBe(1);
    clock.nowMs = 60_000;
    const [a, b] = seal(DATA) as [Uint8Array, Uint8Array];
    collector.add(a);
    expect(collector.add(b)?.data).toEqual(DATA);
    expect(collector.report.expired).toBe(2);
    expect(collector.bytes).toBe(0);
    epochs.dispose();
  });

  it('says so when time was lost', async () => {
    const { epochs, collector, seal } = await setUp();
    const [a, b] = seal(DATA) as [Uint8Array, Uint8Array];
    collector.add(a);
    clock.setMs += 3_600_000;
    await expectError(() => collector.add(b), ExpiredError, 'ERR_EXPIRED_CLOCK_ANOMALY');
    expect(collector.add(b)).toBeUndefined();
    epochs.dispose();
  });

  it('is bound to its channel', async () => {
    const { epochs, collector } = await setUp();
    const { key, number } = epochs.enter();
    const message = {
      data: DATA,
      threshold: 1,
      total: 1,
      content: 0,
      secrecy: SECRECY.epoch,
      context: NO_CONTEXT,
    };
    const bound = new Channel(epochs.channel.id, 60_000, utf8('sender and receiver'));
    const [fragment] = sealMessage(bound, key, number, message) as [Uint8Array];
    expect(collector.add(fragment)).toBeUndefined();
    expect(collector.report.forged).toBe(1);
    epochs.dispose();
  });
});
