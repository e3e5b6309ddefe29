import { TransportError } from '@mwrasp/crypto';
import { memoryStore, redisStore } from '@mwrasp/crypto/fragment/store';
import {
  type Argument,
  argument,
  arrayOf,
  bytes,
  integer,
  optional,
  options,
  requiredOptions,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { sample, throwingGetters } from '../values.ts';

const live = memoryStore();
const ended = memoryStore();
await ended.close();

const id: Argument = argument('id', () => 'reading-17', {
  takes: ['a string', 'a private key in PEM', 'seven bytes'],
  right: { bytes: () => sample(16), 'a Buffer': () => Buffer.from('id') },
  wrong: { 'too long an id': () => sample(257), 'too long a text': () => 'ü'.repeat(129) },
});
const fragments = arrayOf('fragments', bytes('fragments', sample(100), 2 ** 20 + 2 ** 16));

export const FRAGMENT_STORE: Table = {
  rows: {
    'fragment-store.memoryStore': row(memoryStore, [
      options(
        optional(integer('options.maxBytes', 10_000, 1, 2 ** 40)),
        optional(integer('options.maxFragmentBytes', 1000, 1, 2 ** 30)),
        optional(
          argument('options.clock', () => ({ wallMs: () => 1, monotonicMs: () => 1 }), {
            wrong: {
              'half a clock': () => ({ wallMs: () => 1 }),
              'one that cannot be read': () => throwingGetters('wallMs'),
            },
          }),
        ),
      ),
    ]),
    // Without a server every call fails; that there is none is a documented answer as well.
    'fragment-store.redisStore': row(
      async (wanted: never) => {
        try {
          await redisStore(wanted);
        } catch (error) {
          if (!(error instanceof TransportError)) throw error;
        }
      },
      [
        requiredOptions(
          argument('options.url', () => 'redis://127.0.0.1:1', {
            takes: ['undefined'],
            wrong: { 'another protocol': () => 'http://127.0.0.1:1' },
          }),
          optional(
            argument('options.prefix', () => 'p:', {
              takes: ['an empty string', 'a string'],
              wrong: { braces: () => 'a{b}', 'a space': () => 'a b' },
            }),
          ),
          optional(integer('options.spread', 3, 1, 16)),
          optional(integer('options.maxFragmentBytes', 1000, 1, 2 ** 26)),
        ),
      ],
    ),
  },
  subjects: {
    'fragment-store.FragmentStore': {
      live: () => live,
      ended: () => ended,
      methods: {
        put: [id, fragments, integer('ttlMs', 100, 1, 86_400_000)],
        get: [id],
        delete: [id],
      },
    },
  },
};
