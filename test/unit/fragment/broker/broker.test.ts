import { setTimeout as sleep } from 'node:timers/promises';
import { QuorumError } from '@mwrasp/crypto';
import { brokeredReceiver, brokeredSender, FragmentBroker } from '@mwrasp/crypto/fragment/broker';
import { transportPair } from '@mwrasp/crypto/fragment/transport';
import { afterEach, describe, expect, it } from 'vitest';
import { isBrokerMessage, readMessage, writeMessage } from '../../../../src/fragment/broker/wire.ts';
import { expectInputLater, rejectionOf } from '../../../support/errors.ts';
import { pattern, until } from '../transport/contract.ts';
import { KEYS, type Net, type NetOptions, openNet, settled, type Tamper } from './support.ts';

let nets: Net[] = [];

async function netOf(options?: NetOptions): Promise<Net> {
  const net = await openNet(options);
  nets.push(net);
  return net;
}

afterEach(async () => {
  await Promise.all(nets.map((net) => net.close()));
  nets = [];
});

const drop: Tamper = (message) => (isBrokerMessage(message) ? [] : [message]);
/** Flips the last bit, which is one of a fragment's tag. */
const corrupt: Tamper = (message) => {
  if (!isBrokerMessage(message)) return [message];
  const copy = message.slice();
  copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1;
  return [copy];
};
const onlyFor =
  (brokers: readonly number[], tamper: Tamper) =>
  (broker: number): Tamper =>
    brokers.includes(broker) ? tamper : (message) => [message];

const released = (net: Net) => net.brokers.reduce((sum, { counters }) => sum + counters.released, 0);

describe('messages through brokers', () => {
  it('arrive, each once, whatever their size', async () => {
    const net = await netOf();
    await settled(net);
    const messages = [0, 1, 100, 70_000, 1_000_000].map((size, i) => pattern(size, i));
    for (const [i, message] of messages.entries()) {
      expect(await net.sender.send(message)).toBe(3);
      await until(() => net.received.length > i);
    }
    expect(net.received).toEqual(messages);
    expect(net.receiver.counters).toEqual({ opened: 5, missed: 0, wrongShares: 0, refused: 0 });
  });

  it('need no more brokers than the threshold', async () => {
    const net = await netOf({ threshold: 2, fromBroker: onlyFor([1], drop) });
    await settled(net);
    await net.sender.send(pattern(100));
    await until(() => net.received.length === 1);
    expect(net.received).toEqual([pattern(100)]);
  });

  it('do not arrive with one broker fewer, and tell nothing', async () => {
    const net = await netOf({ threshold: 3, ttlMs: 200, fromBroker: onlyFor([2], drop) });
    await settled(net);
    await net.sender.send(pattern(100));
    await until(() => net.receiver.counters.missed === 1);
    expect(net.received).toEqual([]);
    expect(net.receiver.counters.opened).toBe(0);
  });

  it('arrive although a broker is lost before they are sent', async () => {
    const net = await netOf({ threshold: 2 });
    await settled(net);
    await net.brokers[0]?.close();
    await until(() => net.sender.brokersReady === 2);
    expect(await net.sender.send(pattern(10))).toBe(2);
    await until(() => net.received.length === 1);
    await net.brokers[1]?.close();
    await until(() => net.sender.brokersReady === 1);
    const error = await rejectionOf(() => net.sender.send(pattern(11)));
    expect(error).toBeInstanceOf(QuorumError);
    expect(error).toMatchObject({ have: 1, need: 2 });
  });

  it('survive a broker that gives something else, and forged pieces before the right ones', async () => {
    const forgedFirst: Tamper = (message) => [...corrupt(message), message];
    const net = await netOf({
      threshold: 2,
      toReceiver: forgedFirst,
      toBroker: () => forgedFirst,
      fromBroker: onlyFor([0], corrupt),
    });
    await settled(net);
    await net.sender.send(pattern(500));
    await until(() => net.received.length === 1);
    expect(net.received).toEqual([pattern(500)]);
    expect(net.brokers.every(({ counters }) => counters.released <= 1)).toBe(true);
  });
});

describe('a share', () => {
  it('is released once', async () => {
    const shares: Uint8Array[] = [];
    const note: Tamper = (message) => {
      if (readMessage(message)?.kind === 'share') shares.push(message);
      return [message];
    };
    let deposit: Uint8Array | undefined;
    const net = await netOf({
      fromBroker: onlyFor([0], note),
      toBroker: onlyFor([0], (message) => {
        if (readMessage(message)?.kind === 'deposit') deposit = message;
        return [message, message];
      }),
    });
    await settled(net);
    await net.sender.send(pattern(10));
    await until(() => shares.length === 1 && net.received.length === 1);
    // Asked again, by whoever, and deposited again, by whoever recorded it.
    const { id, receiver, threshold, total } = readMessage(deposit as Uint8Array) as NonNullable<
      ReturnType<typeof readMessage>
    >;
    const request = writeMessage('request', { id, receiver, threshold, total }, new Uint8Array(0));
    for (let i = 0; i < 3; i++) await net.toBrokers[0]?.send(request);
    await sleep(50);
    expect(shares).toHaveLength(1);
    expect(net.brokers[0]?.counters.released).toBe(1);
    expect(net.received).toHaveLength(1);
  });

  it('goes to nobody but its receiver, whatever stands in clear', async () => {
    const stranger = KEYS.stranger.publicKey;
    const deposits: Uint8Array[] = [];
    const net = await netOf({
      toReceiver: drop,
      // Broker 0 is told of another receiver than the sealed share names, broker 1 of the right one.
      toBroker: (broker) => (message) => {
        const read = readMessage(message);
        if (read?.kind !== 'deposit') return [message];
        deposits.push(message);
        if (broker !== 0) return [message];
        return [writeMessage('deposit', { ...read, receiver: stranger.thumbprint() }, read.fragment)];
      },
    });
    const shares: Uint8Array[] = [];
    const ends = [transportPair(), transportPair()];
    for (const [i, [, brokerEnd]] of ends.entries()) {
      await net.brokers[i]?.serveReceiver(brokerEnd, { peer: stranger, maxTtlMs: 1000 });
    }
    const nosy = await brokeredReceiver({
      identity: { signer: KEYS.stranger },
      sender: { transport: transportPair()[0], peer: KEYS.sender.publicKey },
      brokers: ends.map(([transport], i) => ({
        transport,
        peer: (KEYS.brokers[i] as (typeof KEYS.brokers)[0]).publicKey,
      })),
      onMessage: () => undefined,
      ttlMs: 1000,
      heartbeatMs: 200,
    });
    for (const [strangerEnd] of ends) {
      strangerEnd.onMessage((message) => {
        if (readMessage(message)?.kind === 'share') shares.push(message);
      });
    }
    await settled(net);
    await sleep(300);
    await net.sender.send(pattern(10));
    await until(() => net.brokers.every(({ counters }) => counters.deposited === 1));
    const subject = readMessage(deposits[0] as Uint8Array) as NonNullable<ReturnType<typeof readMessage>>;
    for (const [strangerEnd] of ends) {
      await strangerEnd.send(writeMessage('request', subject, new Uint8Array(0)));
    }
    await until(() => net.brokers[0]?.counters.unopened === 1 && net.brokers[1]?.counters.foreign === 1);
    expect(shares).toEqual([]);
    expect(released(net)).toBe(0);
    await nosy.close();
  });

  it('is not released after its time, although it was kept', async () => {
    const deposits: Uint8Array[] = [];
    const net = await netOf({
      ttlMs: 100,
      // The message does not arrive, so nobody asks in time.
      toReceiver: drop,
      toBroker: onlyFor([0], (message) => {
        if (readMessage(message)?.kind === 'deposit') deposits.push(message);
        return [message];
      }),
    });
    await settled(net);
    await net.sender.send(pattern(10));
    await until(() => net.brokers[0]?.counters.deposited === 1);
    const subject = readMessage(deposits[0] as Uint8Array) as NonNullable<ReturnType<typeof readMessage>>;
    await sleep(150);
    await net.toBrokers[0]?.send(writeMessage('request', subject, new Uint8Array(0)));
    await until(() => net.brokers[0]?.counters.unopened === 1);
    expect(net.brokers[0]?.counters.released).toBe(0);
  });
});

describe('what is wrong', () => {
  it('is refused', async () => {
    const [transport] = transportPair();
    const identity = { signer: KEYS.sender };
    const peer = KEYS.receiver.publicKey;
    const one = { transport, peer };
    await expectInputLater(
      () => FragmentBroker.create(undefined as never),
      'ERR_INPUT_TYPE',
      'options.identity',
    );
    await expectInputLater(
      () => FragmentBroker.create({ identity, maxDeposits: 0 }),
      'ERR_INPUT_RANGE',
      'options.maxDeposits',
    );
    const broker = await FragmentBroker.create({ identity });
    await expectInputLater(() => broker.serveSender({} as never, { peer }), 'ERR_INPUT_TYPE', 'transport');
    await expectInputLater(
      () => broker.serveReceiver(transport, {} as never),
      'ERR_INPUT_TYPE',
      'options.peer',
    );
    await broker.close();
    await expectInputLater(() => broker.serveSender(transport, { peer }), 'ERR_INPUT_DISPOSED', 'broker');
    const base = { identity, receiver: one, brokers: [one], threshold: 1 };
    const refused = (change: object, code: Parameters<typeof expectInputLater>[1], argument: string) =>
      expectInputLater(() => brokeredSender({ ...base, ...change } as never), code, argument);
    await refused({ threshold: 2 }, 'ERR_INPUT_RANGE', 'options.threshold');
    await refused({ brokers: [] }, 'ERR_INPUT_LENGTH', 'options.brokers');
    await refused({ brokers: Array(17).fill(one) }, 'ERR_INPUT_LENGTH', 'options.brokers');
    await refused({ brokers: [{ peer }] }, 'ERR_INPUT_TYPE', 'options.brokers[0].transport');
    await refused({ receiver: undefined }, 'ERR_INPUT_TYPE', 'options.receiver');
    await refused({ identity: undefined }, 'ERR_INPUT_TYPE', 'options.identity');
    await expectInputLater(
      () => brokeredReceiver({ identity, sender: one, brokers: [one] } as never),
      'ERR_INPUT_TYPE',
      'options.onMessage',
    );
  });

  it('is told of a sender without a session, or one that is closed', async () => {
    const [transport] = transportPair();
    const one = { transport, peer: KEYS.receiver.publicKey };
    const sender = await brokeredSender({
      identity: { signer: KEYS.sender },
      receiver: one,
      brokers: [one],
      threshold: 1,
    });
    await expectInputLater(() => sender.send(pattern(1)), 'ERR_INPUT_STATE', 'sender');
    await expectInputLater(() => sender.send(new Uint8Array(2 ** 20)), 'ERR_INPUT_LENGTH', 'data');
    await sender.close();
    await expectInputLater(() => sender.send(pattern(1)), 'ERR_INPUT_DISPOSED', 'sender');
  });
});
