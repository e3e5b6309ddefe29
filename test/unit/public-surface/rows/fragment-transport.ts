import { PassThrough } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { TransportError } from '@mwrasp/crypto';
import {
  createTransport,
  messagePortTransport,
  redisTransport,
  socketTransport,
  transportPair,
} from '@mwrasp/crypto/fragment/transport';
import {
  type Argument,
  argument,
  bagOf,
  bytes,
  flag,
  integer,
  optional,
  requiredOptions,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { sample, throwingGetters } from '../values.ts';

const [live] = transportPair({ maxMessageBytes: 1000 });
const [ended] = transportPair();
await ended.close();

const driver = { name: 'mine', send: () => undefined, close: () => undefined };
const functionOf = (name: string): Argument =>
  argument(name, () => () => undefined, {
    takes: ['a function', 'a class', 'a proxy of a function that throws'],
  });

const bounds = (name: string) => [
  optional(integer(`${name}.maxMessageBytes`, 1000, 1, 2 ** 30)),
  optional(integer(`${name}.maxBufferedBytes`, 1000, 1, 2 ** 30)),
  optional(functionOf(`${name}.onEvent`)),
];

/** Options that may be left out, under any name. */
function optionsNamed(name: string): Argument {
  const kind = bagOf(name, ...bounds(name));
  return optional({ ...kind, takes: [...kind.takes, 'an empty object', 'an object without prototype'] });
}

const channel = (name: string): Argument =>
  argument(name, () => 'telemetry', {
    takes: ['a string', 'a public key in PEM', 'a private key in PEM'],
    wrong: { 'too long a name': () => 'x'.repeat(1025) },
  });

const event = argument('event', () => ({ type: 'connected' }), {
  wrong: { 'an event of no type': () => ({ type: 'other' }) },
});

export const FRAGMENT_TRANSPORT: Table = {
  rows: {
    'fragment-transport.transportPair': row(transportPair, [optionsNamed('left'), optionsNamed('right')]),
    'fragment-transport.createTransport': row(createTransport, [
      argument('driver', () => driver, {
        wrong: {
          'a driver that cannot close': () => ({ ...driver, close: undefined }),
          'a driver that listens with a text': () => ({ ...driver, listening: 'now' }),
          'a driver that cannot be read': () => throwingGetters('send'),
        },
      }),
      optionsNamed('options'),
    ]),
    'fragment-transport.messagePortTransport': row(
      (...args: Parameters<typeof messagePortTransport>) => messagePortTransport(...args).close(),
      [
        argument('port', () => new MessageChannel().port1, {
          wrong: { 'half a port': () => ({ postMessage: () => undefined }) },
        }),
        optionsNamed('options'),
      ],
    ),
    'fragment-transport.socketTransport': row(
      (...args: Parameters<typeof socketTransport>) => {
        void socketTransport(...args).close();
      },
      [
        argument('socket', () => new PassThrough(), {
          wrong: { 'half a socket': () => ({ write: () => true, on: () => undefined }) },
        }),
        optionsNamed('options'),
      ],
    ),
    // Without a server every call fails; that there is none is a documented answer as well.
    'fragment-transport.redisTransport': row(
      async (options: never) => {
        try {
          await redisTransport(options);
        } catch (error) {
          if (!(error instanceof TransportError)) throw error;
        }
      },
      [
        requiredOptions(
          ...bounds('options'),
          argument('options.url', () => 'redis://127.0.0.1:1', {
            takes: ['undefined'],
            wrong: { 'another protocol': () => 'http://127.0.0.1:1' },
          }),
          channel('options.send'),
          channel('options.receive'),
          optional(flag('options.sharded')),
        ),
      ],
    ),
  },
  subjects: {
    'fragment-transport.FragmentTransport': {
      live: () => live,
      ended: () => ended,
      methods: {
        send: [bytes('message', sample(100), 1000)],
        onMessage: [functionOf('listener')],
      },
    },
    'fragment-transport.TransportHandle': {
      live: () => createTransport(driver),
      methods: {
        receive: [bytes('message')],
        tell: [event],
      },
    },
  },
};
