import {
  connectReceiver,
  connectSender,
  FragmentReceiver,
  FragmentSender,
  type FragmentTransport,
} from '@mwrasp/crypto/fragment/session';
import { generateSignKey } from '@mwrasp/crypto/sign';
import { afterAll } from 'vitest';
import {
  type Argument,
  argument,
  arrayOf,
  bytes,
  integer,
  oneOf,
  optional,
  options,
  requiredOptions,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { kemPublic, sample, signPrivate, signPublic, throwingGetters } from '../values.ts';
import { stoppedClock } from './fragment.ts';

const peerKey = generateSignKey();

const identity: Argument = argument('options.identity', () => ({ signer: signPrivate }), {
  takes: ['a function', 'a class', 'a proxy of a function that throws'],
  right: { 'one with a generation': () => ({ signer: signPrivate, generation: 3 }) },
  wrong: {
    'a key alone': () => signPrivate,
    'no signer': () => ({ generation: 1 }),
    'an identity that cannot be read': () => throwingGetters('signer'),
  },
});
const peer: Argument = argument('options.peer', () => peerKey.publicKey, {
  takes: [
    'a function',
    'a class',
    'a proxy of a function that throws',
    'a public key for signatures',
    // The mark of a key is its own, whatever its prototype.
    'a key with the prototype of the other algorithm',
  ] as never,
  right: { 'one with a generation': () => ({ publicKey: signPublic, generation: 3 }) },
  wrong: {
    'a KEM key in its place': () => ({ publicKey: kemPublic }),
    'a peer that cannot be read': () => throwingGetters('publicKey'),
  },
});

const long = { ttlMs: 60_000, epochMs: 30_000, heartbeatMs: 60_000 };
/** Two ends with a session between them. */
async function established() {
  const receiver = await FragmentReceiver.create({
    identity: { signer: signPrivate },
    peer: peerKey.publicKey,
    ...long,
  });
  const sender = await FragmentSender.create({
    identity: { signer: peerKey },
    peer: signPublic,
    maxTtlMs: 60_000,
    maxHeartbeatMs: 60_000,
  });
  const [offer] = (await receiver.due()) as [Uint8Array];
  const [accept] = (await sender.receive(offer)) as [Uint8Array];
  const [confirm] = (await receiver.receive(accept)) as [Uint8Array];
  await sender.receive(confirm);
  return { receiver, sender, offer };
}

const { receiver, sender, offer } = await established();

/** A sender whose session is young: the table takes longer than keys live. */
let young: { readonly madeAtMs: number; readonly sender: FragmentSender } | undefined;
async function liveSender(): Promise<FragmentSender> {
  stoppedClock.mockRestore();
  if (!young?.sender.isReady || performance.now() - young.madeAtMs > 5_000) {
    young?.sender.close();
    young = { madeAtMs: performance.now(), sender: (await established()).sender };
  }
  return young.sender;
}
const [fragment] = sender.seal(sample(100)) as [Uint8Array];

const endedReceiver = await FragmentReceiver.create({
  identity: { signer: signPrivate },
  peer: peerKey.publicKey,
});
const endedSender = await FragmentSender.create({ identity: { signer: peerKey }, peer: signPublic });
endedReceiver.close();
endedSender.close();
afterAll(() => {
  receiver.close();
  sender.close();
});

const quiet: FragmentTransport = {
  send: () => undefined,
  onMessage: () => () => undefined,
  close: async () => undefined,
};
const transport: Argument = argument('transport', () => quiet, {
  wrong: {
    'half a transport': () => ({ send: () => undefined }),
    'a transport that cannot be read': () => throwingGetters('send'),
  },
});
const handler: Argument = argument('onMessage', () => () => undefined, {
  takes: ['a function', 'a class', 'a proxy of a function that throws'],
});

const sealOptions = options(
  optional(integer('options.threshold', 1, 1, 255)),
  optional(integer('options.total', 255, 1, 255)),
  optional(oneOf('options.secrecy', 'normal', 'threshold')),
  optional(bytes('options.context', sample(10), 16_384)),
);

const closing = async (make: () => Promise<{ close(): unknown }>) => {
  (await make()).close();
};

export const FRAGMENT_SESSION: Table = {
  rows: {
    'fragment-session.FragmentReceiver.create': row(
      (wanted: never) => closing(() => FragmentReceiver.create(wanted)),
      [
        requiredOptions(
          identity,
          peer,
          optional(bytes('options.context', sample(10), 16_384)),
          optional(integer('options.ttlMs', 60_000, 20, 60_000)),
          optional(integer('options.epochMs', 10, 5, 30_000)),
          optional(integer('options.heartbeatMs', 1_000, 50, 60_000)),
          optional(integer('options.renewMs', 60_000, 1_000, 3_600_000)),
          optional(integer('options.maxMessageBytes', 1_000, 1, 2 ** 20)),
          optional(integer('options.maxTotal', 10, 1, 255)),
          optional(integer('options.maxMessagesInFlight', 10, 1, 2 ** 20)),
          optional(integer('options.maxBytesInFlight', 1_000, 1, 2 ** 31)),
          optional(integer('options.maxMessagesPerEpoch', 1_000, 1, 2 ** 24)),
        ),
      ],
    ),
    'fragment-session.FragmentSender.create': row(
      (wanted: never) => closing(() => FragmentSender.create(wanted)),
      [
        requiredOptions(
          identity,
          peer,
          optional(integer('options.maxTtlMs', 100, 20, 60_000)),
          optional(integer('options.minEpochMs', 5, 5, 30_000)),
          optional(integer('options.maxHeartbeatMs', 1_000, 50, 60_000)),
        ),
      ],
    ),
    'fragment-session.connectReceiver': row(connectReceiver, [
      argument('receiver', () => endedReceiver),
      transport,
      handler,
    ]),
    'fragment-session.connectSender': row(connectSender, [argument('sender', () => endedSender), transport]),
  },
  subjects: {
    'fragment-session.FragmentReceiver': {
      live: () => receiver,
      ended: () => endedReceiver,
      methods: {
        receive: [bytes('message', offer)],
        open: [bytes('fragment', fragment)],
        openMany: [arrayOf('fragments', bytes('fragments', fragment), ['an empty array'])],
      },
    },
    'fragment-session.FragmentSender': {
      live: liveSender,
      ended: () => endedSender,
      methods: {
        receive: [bytes('message', offer)],
        seal: [bytes('data', sample(100), 2 ** 20), sealOptions],
        sealMany: [
          arrayOf('messages', bytes('messages', sample(100), 2 ** 20), ['an empty array']),
          sealOptions,
        ],
        sealBatch: [
          arrayOf('messages', bytes('messages', sample(100), 2 ** 20 - 4), ['an empty array']),
          sealOptions,
        ],
      },
    },
    'fragment-session.Endpoint': {
      live: () => receiver,
      ended: () => endedReceiver,
      methods: { receive: [bytes('message', offer)] },
    },
    'fragment-session.ReceiverLink': {
      live: () => connectReceiver(receiver, quiet, () => undefined),
      methods: {},
    },
    'fragment-session.SenderLink': {
      live: async () => connectSender(await liveSender(), quiet),
      methods: {
        send: [bytes('data', sample(100), 2 ** 20), sealOptions],
        sendBatch: [
          arrayOf('messages', bytes('messages', sample(100), 2 ** 20 - 4), ['an empty array']),
          sealOptions,
        ],
      },
    },
  },
};
