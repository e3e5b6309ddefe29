/** What happens while time passes: heartbeats, renewals, silence, clocks that go wrong. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../../src/clock.ts';
import { EpochChain } from '../../../../src/fragment/chain.ts';
import { isPossibleAge, startOf, stretched } from '../../../../src/fragment/session/age.ts';
import { SESSION_CHANNEL, type SessionEvent } from '../../../../src/fragment/session/index.ts';
import { thrownBy } from '../../../support/errors.ts';
import { converse, makePair, only, openPair, pause, shakeHands, until } from './support.ts';

const data = Uint8Array.from({ length: 64 }, (_, i) => i);
const BEATS = { heartbeatMs: 100 };

afterEach(() => {
  vi.restoreAllMocks();
});

/** Every chain that is made, so that a test can do to it what the thread that wipes does. */
function watchChains(): EpochChain[] {
  const chains: EpochChain[] = [];
  const create = EpochChain.create.bind(EpochChain);
  vi.spyOn(EpochChain, 'create').mockImplementation((...args) => {
    const chain = create(...args);
    chains.push(chain);
    return chain;
  });
  return chains;
}

describe('the age of epoch 0', () => {
  it('is never above what it is, whatever the network and the clocks do', () => {
    const random = () => Math.random();
    for (let run = 0; run < 2_000; run++) {
      // The sender's clock runs up to 500 ppm fast, and is somewhere else.
      const rate = 1 + (random() * 2 - 1) * 500e-6;
      const senderTime = (trueMs: number) => 1_000 + trueMs * rate;
      let startMs = Number.POSITIVE_INFINITY;
      let trueMs = 0;
      for (let beat = 0; beat < 5; beat++) {
        trueMs += random() * 3_000;
        const ageMs = Math.floor(trueMs * 1_000) / 1_000;
        const arrivesMs = trueMs + random() * 200;
        startMs = Math.min(startMs, startOf(ageMs, senderTime(arrivesMs)));
        const laterMs = arrivesMs + random() * 3_000;
        for (const epochMs of [5, 25, 250]) {
          const believed = Math.floor((senderTime(laterMs) - startMs) / stretched(epochMs));
          expect(believed).toBeLessThanOrEqual(Math.floor(laterMs / epochMs));
        }
      }
    }
  });

  it('cannot be more than the time since the answer', () => {
    expect(isPossibleAge(0, 0)).toBe(true);
    expect(isPossibleAge(1_000, 1_000)).toBe(true);
    expect(isPossibleAge(60_030, 60_000)).toBe(true);
    expect(isPossibleAge(1_050, 1_000)).toBe(false);
    expect(isPossibleAge(Number.MAX_SAFE_INTEGER, 1e6)).toBe(false);
  });
});

describe('heartbeats', () => {
  it('keep a session going, counted on both sides', async () => {
    using pair = await openPair(BEATS);
    const { receiver, sender } = pair;
    const id = sender.sessionId;
    await until(() => receiver.nextDueMs <= performance.now());
    await converse(pair);
    expect(receiver.counters.heartbeats).toBeGreaterThan(0);
    expect(sender.counters.heartbeats).toBe(receiver.counters.heartbeats);
    expect(sender.sessionId).toEqual(id);
    expect(receiver.openMany(sender.seal(data))).toEqual([data]);
  });

  it('that are forged, replayed or turned back are counted, and change nothing', async () => {
    using pair = await openPair(BEATS);
    const { receiver, sender, ack } = pair;
    await until(() => receiver.nextDueMs <= performance.now());
    const heartbeat = only(await receiver.due());
    for (let bit = 21 * 8; bit < heartbeat.length * 8; bit++) {
      const forged = Uint8Array.from(heartbeat);
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(await sender.receive(forged)).toEqual([]);
    }
    const answer = only(await sender.receive(heartbeat));
    expect(await sender.receive(heartbeat)).toEqual([]);
    expect(await receiver.receive(heartbeat)).toEqual([]);
    expect(sender.counters.refused).toEqual({ forged: (heartbeat.length - 21) * 8, replayed: 1 });
    await receiver.receive(ack);
    for (let bit = 21 * 8; bit < answer.length * 8; bit++) {
      const forged = Uint8Array.from(answer);
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
      await receiver.receive(forged);
    }
    expect(receiver.counters.refused).toEqual({
      unexpected: 1,
      replayed: 1,
      forged: (answer.length - 21) * 8,
    });
    expect(receiver.openMany(sender.seal(data))).toEqual([data]);
  });

  it('of one session are nothing in another', async () => {
    using one = await openPair(BEATS);
    using other = await openPair(BEATS);
    await until(() => one.receiver.nextDueMs <= performance.now());
    const heartbeat = only(await one.receiver.due());
    expect(await other.sender.receive(heartbeat)).toEqual([]);
    const renamed = Uint8Array.from(heartbeat);
    renamed.set(other.sender.sessionId as Uint8Array, 5);
    expect(await other.sender.receive(renamed)).toEqual([]);
    expect(other.sender.counters.refused).toEqual({ unknown: 1, forged: 1 });
  });

  it('that stop for three intervals stop the sender, which asks for a new handshake', async () => {
    const chains = watchChains();
    using pair = await openPair({ heartbeatMs: 50 });
    const { receiver, sender } = pair;
    await pause(160);
    expect(thrownBy(() => sender.seal(data))).toMatchObject({ code: 'ERR_INPUT_STATE' });
    expect(sender.lastEnd).toBe('silent');
    expect(sender.counters.silences).toBe(1);
    expect(chains[1]?.death).toBe('disposed');
    // The receiver, which hears nothing either, gives up too; then both begin again.
    await until(() => receiver.nextDueMs <= performance.now());
    await pause(60);
    await converse(pair);
    await until(() => sender.nextDueMs <= performance.now() || receiver.nextDueMs <= performance.now());
    await converse(pair);
    await converse(pair);
    expect(sender.isReady).toBe(true);
    expect(receiver.openMany(sender.seal(data))).toEqual([data]);
  });

  it('say when the other end closes: its keys go at once, on both sides', async () => {
    const chains = watchChains();
    using pair = await openPair();
    const [last] = pair.receiver.close();
    await pair.sender.receive(last as Uint8Array);
    expect(pair.sender.lastEnd).toBe('ended by peer');
    expect(chains.map(({ death }) => death)).toEqual(['disposed', 'disposed']);
    using other = await openPair();
    await other.receiver.receive(only(other.sender.close()));
    expect(other.receiver.lastEnd).toBe('ended by peer');
  });

  it('whose age cannot be end the session as a clock that went wrong', async () => {
    using pair = await openPair(BEATS);
    const { receiver, sender } = pair;
    await until(() => receiver.nextDueMs <= performance.now());
    const real = systemClock.monotonicMs.bind(systemClock);
    vi.spyOn(systemClock, 'monotonicMs').mockImplementation(() => real() + 60);
    const heartbeat = only(await receiver.due());
    vi.restoreAllMocks();
    expect(await sender.receive(heartbeat)).toEqual([]);
    expect(sender.lastEnd).toBe('clock anomaly');
    expect(thrownBy(() => sender.seal(data))).toMatchObject({ code: 'ERR_EXPIRED_CLOCK_ANOMALY' });
  });
});

describe('a renewal', () => {
  it('goes on without a gap, with a new id and epochs from 0', async () => {
    const chains = watchChains();
    using pair = await openPair({ renewMs: 1_000, ...BEATS });
    const { receiver, sender } = pair;
    const ids = new Set<string>();
    let [sent, delivered] = [0, 0];
    const startMs = performance.now();
    const late: Uint8Array[][] = [];
    while (performance.now() - startMs < 2_600) {
      if (receiver.nextDueMs <= performance.now()) {
        for (const message of await receiver.due()) {
          for (const reply of await sender.receive(message)) {
            // What is sealed while the receiver has renewed and the sender does not know.
            const [confirm] = await receiver.receive(reply);
            late.push(sender.seal(data));
            if (confirm !== undefined)
              for (const ack of await sender.receive(confirm)) await receiver.receive(ack);
          }
        }
      }
      sent++;
      delivered += receiver.openMany(sender.seal(data)).length;
      for (const fragments of late.splice(0)) {
        sent++;
        delivered += receiver.openMany(fragments).length;
      }
      ids.add(String(sender.sessionId));
      await pause(5);
    }
    expect(ids.size).toBeGreaterThanOrEqual(3);
    expect(delivered).toBe(sent);
    expect(sender.counters.renewed).toBe(ids.size - 1);
    // Of the old sessions nothing is left.
    await pause(150);
    await receiver.due();
    const deaths = chains.map(({ death }) => death);
    expect(deaths.filter((death) => death === undefined)).toHaveLength(2);
  });

  it('whose confirmation is lost is made again, and what is in use stays in use', async () => {
    using pair = await openPair({ renewMs: 1_000, ...BEATS });
    const { receiver, sender } = pair;
    const id = sender.sessionId;
    const beat = async (lost: boolean) => {
      for (const message of await receiver.due()) {
        for (const reply of await sender.receive(message)) {
          for (const confirm of await receiver.receive(reply)) {
            if (!lost) for (const ack of await sender.receive(confirm)) await receiver.receive(ack);
          }
        }
      }
      await sender.due();
    };
    while (receiver.counters.handshakes < 2) {
      await beat(true);
      await pause(10);
    }
    expect(sender.sessionId).toEqual(id);
    expect(receiver.openMany(sender.seal(data))).toEqual([data]);
    while (String(sender.sessionId) === String(id)) {
      expect(receiver.openMany(sender.seal(data))).toEqual([data]);
      await beat(false);
      await pause(10);
    }
    expect(receiver.openMany(sender.seal(data))).toEqual([data]);
  });

  it('is refused to a replay: old messages open nothing in the new session', async () => {
    using pair = await openPair({ renewMs: 1_000, ...BEATS });
    const { receiver, sender } = pair;
    const fragments = sender.seal(data, { threshold: 2, total: 2 });
    receiver.open(fragments[0] as Uint8Array);
    const id = String(sender.sessionId);
    while (String(sender.sessionId) === id) {
      await converse(pair);
      await pause(10);
    }
    expect(receiver.open(fragments[1] as Uint8Array)).toMatchObject({ kind: 'refused' });
  });
});

describe('time that went lost', () => {
  it.each(['late', 'clock-step', 'wiper-stalled'] as const)(
    'at the receiver (%s) destroys every epoch, and it offers anew by itself',
    async (death) => {
      const chains = watchChains();
      using pair = await openPair();
      const { receiver, sender } = pair;
      const fragments = sender.seal(data, { threshold: 2, total: 2 });
      receiver.open(fragments[0] as Uint8Array);
      chains[0]?.destroyAll(death);
      expect(receiver.open(fragments[1] as Uint8Array)).toEqual({ kind: 'refused', reason: 'dead' });
      expect(receiver.nextDueMs).toBeLessThanOrEqual(performance.now());
      await converse(pair);
      expect(receiver.counters.anomalies).toBe(1);
      expect(receiver.lastEnd).toBe('clock anomaly');
      expect(receiver.open(fragments[1] as Uint8Array)).toMatchObject({ kind: 'refused' });
      expect(receiver.openMany(sender.seal(data))).toEqual([data]);
    },
  );

  it('at the sender destroys every epoch, and it asks for a handshake by itself', async () => {
    const chains = watchChains();
    const heard: SessionEvent[] = [];
    const hear = (message: unknown) => void heard.push(message as SessionEvent);
    subscribe(SESSION_CHANNEL, hear);
    using pair = await openPair();
    const { receiver, sender } = pair;
    chains[1]?.destroyAll('clock-step');
    expect(thrownBy(() => sender.seal(data))).toMatchObject({ code: 'ERR_EXPIRED_CLOCK_ANOMALY' });
    expect(thrownBy(() => sender.seal(data))).toMatchObject({ code: 'ERR_EXPIRED_CLOCK_ANOMALY' });
    expect(sender.isReady).toBe(false);
    // The receiver has just heard of the sender, so whoever asks in its name waits for a heartbeat.
    while (!sender.isReady) {
      await converse(pair);
      await pause(10);
    }
    expect(receiver.openMany(sender.seal(data))).toEqual([data]);
    unsubscribe(SESSION_CHANNEL, hear);
    const told = heard.map(({ role, event, reason }) =>
      [role, event, ...(reason === undefined ? [] : [reason])].join(' '),
    );
    expect(told).toEqual(
      expect.arrayContaining([
        'receiver offered',
        'sender answered',
        'receiver established',
        'sender ended clock anomaly',
      ]),
    );
  });

  it('the receiver refuses epochs ahead of its own', async () => {
    const chains = watchChains();
    using pair = await openPair({ epochMs: 50 });
    const { receiver, sender } = pair;
    const ahead = chains[1] as EpochChain;
    ahead.moveStart(60);
    expect(receiver.open(only(sender.seal(data)))).toEqual({ kind: 'refused', reason: 'ahead' });
  });
});

describe('requests', () => {
  it('bring an offer, the same one while it is open, and are bounded', async () => {
    using pair = await makePair({ ttlMs: 1_000 }, { maxTtlMs: 1_000 });
    const { receiver, sender } = pair;
    const request = only(await sender.due());
    const offer = only(await receiver.due());
    expect(await receiver.receive(request)).toEqual([]);
    await pause(180);
    expect(await receiver.receive(request)).toEqual([offer]);
    expect(await receiver.receive(request)).toEqual([]);
    expect(receiver.counters).toMatchObject({ handshakes: 1, refused: { busy: 2 } });
  });

  it('in the name of a sender that is there make no more than a handshake a heartbeat', async () => {
    using pair = await openPair({ heartbeatMs: 300 });
    using twin = await makePair();
    const request = only(await twin.sender.due());
    for (let i = 0; i < 20; i++) {
      await pair.receiver.receive(request);
      await pair.receiver.due();
    }
    expect(pair.receiver.counters.handshakes).toBe(1);
    expect(pair.receiver.openMany(pair.sender.seal(data))).toEqual([data]);
  });

  it('for another receiver, or of another sender, are refused', async () => {
    using pair = await makePair();
    using reversed = await makePair();
    const request = only(await pair.sender.due());
    const foreign = Uint8Array.from(request);
    foreign[6] = (foreign[6] as number) ^ 1;
    await reversed.receiver.receive(foreign);
    const elsewhere = Uint8Array.from(request);
    elsewhere[40] = (elsewhere[40] as number) ^ 1;
    await reversed.receiver.receive(elsewhere);
    expect(reversed.receiver.counters.refused).toEqual({ unknown: 2 });
  });

  it('nobody answers become rarer', async () => {
    using pair = await makePair();
    let made = 0;
    for (let i = 0; i < 40; i++) {
      made += (await pair.receiver.due()).length;
      await pause(20);
    }
    expect(made).toBeGreaterThan(1);
    expect(made).toBeLessThan(16);
    await shakeHands({ ...pair, receiver: (await makePair()).receiver });
  });
});
