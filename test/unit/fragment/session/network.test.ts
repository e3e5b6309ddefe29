/** A network that loses, doubles, delays, changes and forges; memory that stays bounded whatever comes. */
import { expect, it } from 'vitest';
import { randomFill } from '../../../../src/bytes.ts';
import { connectReceiver, connectSender } from '../../../../src/fragment/session/index.ts';
import { type Faults, makePair, network, openPair, pause, seeded } from './support.ts';

const FULL = process.env['MWRASP_FAULT'] === 'full';
const BEATS = { heartbeatMs: 200, renewMs: 1_000, ttlMs: 500, epochMs: 100 };

async function run(
  faults: Faults,
  seed: number,
  messages: number,
): Promise<{ delivered: Map<number, number>; sent: number }> {
  const random = seeded(seed);
  const [here, there] = network(faults, random);
  using pair = await makePair(BEATS, { maxTtlMs: 500 });
  const delivered = new Map<number, number>();
  const receiving = connectReceiver(pair.receiver, there, ({ data }) => {
    const number = new DataView(data.buffer, data.byteOffset).getUint32(0);
    for (let i = 4; i < data.length; i++) expect(data[i]).toBe((number + i) & 255);
    delivered.set(number, (delivered.get(number) ?? 0) + 1);
  });
  const sending = connectSender(pair.sender, here);
  let sent = 0;
  for (let number = 0; number < messages; number++) {
    const data = Uint8Array.from({ length: 200 }, (_, i) => (number + i) & 255);
    new DataView(data.buffer).setUint32(0, number);
    const coded = { threshold: 4, total: 6 };
    if (number % 5 === 4) await sending.sendBatch([data], coded);
    else await sending.send(data, coded);
    sent++;
    await pause(4);
  }
  await pause(200);
  await sending.close();
  await receiving.close();
  return { delivered, sent };
}

it.each([
  ['nothing', {}],
  ['delay and another order', { delayMs: 20 }],
  ['duplication', { duplication: 0.5, delayMs: 5 }],
])('with %s everything arrives, once', async (_, faults) => {
  const { delivered, sent } = await run(faults, 3, FULL ? 5_000 : 300);
  expect(delivered.size).toBe(sent);
  expect([...delivered.values()].every((times) => times === 1)).toBe(true);
});

it.each([
  [{ loss: 0.1, delayMs: 5 }, 0.95],
  [{ loss: 0.3, duplication: 0.1, delayMs: 10 }, 0.6],
  [{ loss: 0.6, duplication: 0.2, delayMs: 10 }, 0.05],
  [{ corruption: 0.1, delayMs: 5 }, 0.95],
  [{ loss: 0.1, corruption: 0.1, duplication: 0.2, delayMs: 20 }, 0.7],
])('with %o it goes on, and nothing arrives twice or changed', async (faults, share) => {
  const { delivered, sent } = await run(faults, 5, FULL ? 5_000 : 200);
  expect(delivered.size).toBeGreaterThan(share * sent);
  expect([...delivered.values()].every((times) => times === 1)).toBe(true);
});

it('any two of six fragments may be lost, changed or forged when four are needed', async () => {
  using pair = await openPair({ ttlMs: 2_000, epochMs: 1_000 }, { maxTtlMs: 2_000 });
  const { receiver, sender } = pair;
  const data = randomFill(new Uint8Array(1_000));
  for (let first = 0; first < 6; first++) {
    for (let second = first + 1; second < 6; second++) {
      for (const secrecy of ['normal', 'threshold'] as const) {
        const fragments = sender.seal(data, { threshold: 4, total: 6, secrecy });
        const lost = fragments.filter((_, i) => i !== first && i !== second);
        expect(receiver.openMany(lost)).toEqual([data]);
        const damaged = sender.seal(data, { threshold: 4, total: 6, secrecy });
        for (const at of [first, second]) {
          const fragment = damaged[at] as Uint8Array;
          fragment[fragment.length - 1] = (fragment[fragment.length - 1] as number) ^ 1;
        }
        expect(receiver.openMany(damaged)).toEqual([data]);
      }
    }
  }
});

it('bogus messages and fragments take no memory and make no good one fail', async () => {
  using pair = await openPair(
    { maxMessagesInFlight: 64, maxBytesInFlight: 2 ** 20, ttlMs: 2_000, epochMs: 1_000 },
    { maxTtlMs: 2_000 },
  );
  const { receiver, sender, offer, accept, confirm, ack } = pair;
  const data = randomFill(new Uint8Array(100));
  const samples = [offer, accept, confirm, ack, ...sender.seal(data, { threshold: 2, total: 3 })];
  const random = seeded(9);
  const count = FULL ? 1_000_000 : 30_000;
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < count; i++) {
    const bogus = Uint8Array.from(samples[i % samples.length] as Uint8Array);
    if (i % 3 === 0) bogus[Math.floor(random() * bogus.length)] = Math.floor(random() * 256);
    else if (i % 3 === 1) bogus.fill(i & 255, 21);
    const cut = i % 7 === 0 ? bogus.subarray(0, Math.floor(random() * bogus.length)) : bogus;
    if (cut[2] === 0x54) {
      await receiver.receive(cut);
      await sender.receive(cut);
    } else receiver.open(cut);
    if (i % 1_000 === 0 && sender.isReady) expect(receiver.openMany(sender.seal(data)).length).toBe(1);
  }
  expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(150);
});

it('a flood of offers is answered within bounds', async () => {
  using pair = await makePair();
  const offers: Uint8Array[] = [];
  for (let i = 0; i < 12; i++) {
    using other = await makePair();
    offers.push(...(await other.receiver.due()));
  }
  const answers = await Promise.all(
    [...offers, ...offers, ...offers].map((offer) => pair.sender.receive(offer)),
  );
  expect(answers.flat().length).toBeLessThanOrEqual(16);
  expect(pair.sender.counters.refused.busy).toBeGreaterThan(0);
});
