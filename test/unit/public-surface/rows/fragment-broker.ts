import { InputError } from '@mwrasp/crypto';
import { brokeredReceiver, brokeredSender, FragmentBroker } from '@mwrasp/crypto/fragment/broker';
import { transportPair } from '@mwrasp/crypto/fragment/transport';
import { afterAll } from 'vitest';
import { type Argument, argument, bagOf, bytes, integer, optional, requiredOptions } from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { sample, signPrivate, signPublic } from '../values.ts';

const identity: Argument = argument('options.identity', () => ({ signer: signPrivate }), {
  // Who is asked at each handshake may give anything then.
  takes: ['a function', 'a class', 'a proxy of a function that throws'],
  wrong: { 'an identity without a signer': () => ({ generation: 1 }) },
});
const peer = (name: string): Argument =>
  argument(name, () => signPublic, {
    takes: [
      'a function',
      'a class',
      'a proxy of a function that throws',
      'a public key for signatures',
      'a key with the prototype of the other algorithm',
    ],
  });
const transport = (name: string): Argument =>
  argument(name, () => transportPair()[0], {
    wrong: { 'half a transport': () => ({ send: () => undefined }) },
  });
const partner = (name: string): Argument => bagOf(name, transport(`${name}.transport`), peer(`${name}.peer`));
const brokers: Argument = argument(
  'options.brokers',
  () => [{ transport: transportPair()[0], peer: signPublic }],
  {
    wrong: {
      'no broker': () => [],
      'a broker without a transport': () => [{ peer: signPublic }],
      'a broker without a key': () => [{ transport: transportPair()[0] }],
    },
  },
);
const times = [
  optional(integer('options.ttlMs', 100, 20, 60_000)),
  optional(integer('options.heartbeatMs', 1000, 50, 60_000)),
  optional(integer('options.renewMs', 60_000, 1000, 3_600_000)),
];

const live = await FragmentBroker.create({ identity: { signer: signPrivate } });
const ended = await FragmentBroker.create({ identity: { signer: signPrivate } });
await ended.close();

const receiver = { transport: transportPair()[0], peer: signPublic };
const senderOptions = { identity: { signer: signPrivate }, receiver, brokers: [receiver], threshold: 1 };
const receiverOptions = {
  identity: { signer: signPrivate },
  sender: receiver,
  brokers: [receiver],
  onMessage: () => undefined,
};
const sender = await brokeredSender(senderOptions);
const endedSender = await brokeredSender(senderOptions);
await endedSender.close();
const incoming = await brokeredReceiver(receiverOptions);
afterAll(async () => {
  await Promise.all([live.close(), sender.close(), incoming.close()]);
});

const open = async (made: Promise<{ close(): Promise<void> }>) => (await made).close();

export const FRAGMENT_BROKER: Table = {
  rows: {
    'fragment-broker.FragmentBroker.create': row(
      (wanted: never) => open(FragmentBroker.create(wanted)),
      [requiredOptions(identity, optional(integer('options.maxDeposits', 10, 1, 2 ** 20)))],
    ),
    'fragment-broker.brokeredSender': row(
      (wanted: never) => open(brokeredSender(wanted)),
      [
        requiredOptions(
          identity,
          partner('options.receiver'),
          brokers,
          integer('options.threshold', 1, 1, 1),
          optional(integer('options.maxTtlMs', 100, 20, 60_000)),
        ),
      ],
    ),
    'fragment-broker.brokeredReceiver': row(
      (wanted: never) => open(brokeredReceiver(wanted)),
      [
        requiredOptions(
          identity,
          partner('options.sender'),
          brokers,
          argument('options.onMessage', () => () => undefined, {
            takes: ['a function', 'a class', 'a proxy of a function that throws'],
          }),
          optional(integer('options.maxPending', 10, 1, 65_536)),
          optional(integer('options.maxPendingBytes', 10, 1, 2 ** 31)),
          ...times,
        ),
      ],
    ),
    // Nobody has a session with these, which is a documented answer as well.
    'fragment-broker.BrokeredSender#send': row(
      async (data: Uint8Array) => {
        try {
          await sender.send(data);
        } catch (error) {
          if (!(error instanceof InputError && error.code === 'ERR_INPUT_STATE')) throw error;
        }
      },
      [bytes('data', sample(100), 2 ** 20)],
    ),
    'fragment-broker.BrokeredSender#ready': row(() => undefined, []),
    'fragment-broker.BrokeredSender#close': row(() => open(brokeredSender(senderOptions)), []),
    'fragment-broker.BrokeredReceiver#close': row(() => open(brokeredReceiver(receiverOptions)), []),
    'fragment-broker.FragmentBroker#close': row(
      () => open(FragmentBroker.create({ identity: { signer: signPrivate } })),
      [],
    ),
    'fragment-broker.FragmentBroker#[Symbol.asyncDispose]': row(async () => {
      await using broker = await FragmentBroker.create({ identity: { signer: signPrivate } });
      return broker.counters;
    }, []),
  },
  subjects: {
    'fragment-broker.FragmentBroker': {
      live: () => live,
      ended: () => ended,
      methods: {
        serveSender: [transport('transport'), requiredOptions(peer('options.peer'), ...times)],
        serveReceiver: [
          transport('transport'),
          requiredOptions(peer('options.peer'), optional(integer('options.maxTtlMs', 100, 20, 60_000))),
        ],
      },
    },
    'fragment-broker.BrokeredSender': {
      live: () => sender,
      ended: () => endedSender,
      methods: {},
    },
    'fragment-broker.BrokeredReceiver': { live: () => incoming, methods: {} },
  },
};
