import { type CryptoPool, createPool, type SignedMessage } from '@mwrasp/crypto/pool';
import { sign } from '@mwrasp/crypto/sign';
import { afterAll } from 'vitest';
import {
  type Argument,
  argument,
  arrayOf,
  bytes,
  flag,
  integer,
  optional,
  options,
  pick,
  signPrivateKey,
  signPublicKey,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { formsOf, sample, signPrivate, throwingGetters } from '../values.ts';

const pool = createPool({ threads: 1 });
const ended = createPool({ threads: 1 });
await ended.close();
afterAll(() => pool.close());

const message = sample(50);
const signature = sign(signPrivate, message);
const item: SignedMessage = { message, signature };

const context = optional(bytes('options.context', sample(9), 255));
const deterministic = optional(flag('options.deterministic'));
const signal = optional(
  argument('options.signal', () => new AbortController().signal, {
    wrong: {
      'a controller': () => new AbortController(),
      'what only looks like one': () => ({ aborted: false }),
      'a signal that cannot be read': () => throwingGetters('throwIfAborted'),
    },
  }),
);

/** Items, of which one may be wrong. */
function many(name: string, element: Argument, values: readonly unknown[]): Argument {
  const kind = arrayOf(name, element, ['an empty array', 'a map']);
  return {
    ...kind,
    valid: () => values,
    right: {
      ...kind.right,
      'a set': () => new Set(values),
      'an async generator': async function* () {
        yield* values;
      },
    },
    // They are iterables, whose iteration throws what it throws.
    throwing: pick('a proxy of bytes', 'an imitation of bytes'),
  };
}

const messages = many('messages', bytes('messages', message), [message, message]);
const items = many(
  'items',
  argument('items', () => item, {
    right: Object.fromEntries(
      Object.entries(formsOf(message)).map(([form, make]) => [
        `a message that is ${form}`,
        () => ({ message: make(), signature }),
      ]),
    ),
    wrong: {
      'an item without signature': () => ({ message }),
      'an item without message': () => ({ signature }),
      'an item whose message is a text': () => ({ message: 'text', signature }),
      'an item that cannot be read': () => throwingGetters('message'),
    },
  }),
  [item, { message, signature: signature.slice(1) }],
);

const threads = optional(integer('options.threads', 1, 1, 64));
const batchSize = optional(integer('options.batchSize', 32, 1, 1024));
const keyCount = integer('count', 2, 0, 2 ** 20);

async function createAndClose(wanted: never): Promise<void> {
  await createPool(wanted).close();
}

export const POOL: Table = {
  rows: {
    'pool.createPool': row(createAndClose, [options(threads, batchSize)]),
    'pool.CryptoPool#close': row(async () => {
      const other: CryptoPool = createPool();
      await other.close();
      await other.close();
    }, []),
    'pool.CryptoPool#[Symbol.asyncDispose]': row(async () => {
      await createPool()[Symbol.asyncDispose]();
    }, []),
  },
  subjects: {
    'pool.CryptoPool': {
      live: () => pool,
      ended: () => ended,
      methods: {
        verifyMany: [signPublicKey('publicKey'), items, options(context, signal)],
        signMany: [signPrivateKey('privateKey'), messages, options(context, deterministic, signal)],
        generateSignKeys: [keyCount, options(signal)],
        generateKemKeys: [keyCount, options(signal)],
      },
    },
  },
};
