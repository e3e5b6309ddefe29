import { systemClock } from '@mwrasp/crypto';
import { inspectFragment, TemporalVault } from '@mwrasp/crypto/fragment';
import { afterAll, vi } from 'vitest';
import { theWiper } from '../../../../src/fragment/wiper-thread.ts';
import { collect } from '../../../support/streams.ts';
import {
  type Argument,
  argument,
  arrayOf,
  bytes,
  integer,
  oneOf,
  optional,
  options,
  source,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { sample, throwingGetters } from '../values.ts';

// Time stands still, and so far ahead that the thread that destroys keys, which has a clock of its own, leaves them alone:
// however long these tests take, nothing expires under them.
vi.spyOn(systemClock, 'monotonicMs').mockReturnValue(1e9);
vi.spyOn(systemClock, 'wallMs').mockReturnValue(1e9);
vi.spyOn(await theWiper(), 'lateMs').mockReturnValue(0);
const vault = await TemporalVault.create({ ttlMs: 60_000 });
const ended = await TemporalVault.create();
ended.dispose();
afterAll(() => vault.dispose());

const [fragment] = vault.split(sample(100)) as [Uint8Array];
const [batch] = vault.splitMany([sample(100)]) as [Uint8Array];
const pieces = await collect(vault.splitStream([sample(100)], { pieceSizeBytes: 50 }));

const clock: Argument = optional(
  argument('options.clock', () => ({ wallMs: () => 1, monotonicMs: () => 1 }), {
    right: {
      'a clock that gives no number': () => ({ wallMs: () => 1n, monotonicMs: () => Symbol('time') }),
    },
    wrong: {
      'half a clock': () => ({ monotonicMs: () => 1 }),
      'a clock of numbers': () => ({ wallMs: 1, monotonicMs: 1 }),
      'a clock that cannot be read': () => throwingGetters('wallMs'),
    },
  }),
);

const context = optional(bytes('options.context', new Uint8Array(0), 2 ** 16));

const shape = [
  optional(integer('options.threshold', 1, 1, 1)),
  optional(integer('options.total', 1, 1, 255)),
  optional(oneOf('options.secrecy', 'epoch', 'threshold')),
  context,
];

const listener: Argument = argument('listener', () => () => {}, {
  takes: ['a function', 'a class', 'a proxy of a function that throws'],
});

async function createAndDispose(wanted: never): Promise<void> {
  const made = await TemporalVault.create(wanted);
  made.dispose();
}

export const FRAGMENT: Table = {
  rows: {
    'fragment.inspectFragment': row(inspectFragment, [bytes('fragment', fragment)]),
    'fragment.TemporalVault.create': row(createAndDispose, [
      options(
        optional(integer('options.ttlMs', 1000, 20, 60_000)),
        optional(integer('options.epochMs', 25, 5, 500)),
        clock,
      ),
    ]),
  },
  subjects: {
    'fragment.TemporalVault': {
      live: () => vault,
      ended: () => ended,
      methods: {
        split: [bytes('data', sample(100), 2 ** 20), options(...shape)],
        reassemble: [
          arrayOf('fragments', bytes('fragments', fragment), ['an empty array']),
          options(context),
        ],
        splitMany: [
          arrayOf('messages', bytes('messages', sample(100)), ['an empty array']),
          options(...shape),
        ],
        reassembleMany: [
          arrayOf('fragments', bytes('fragments', batch), ['an empty array']),
          options(context),
        ],
        splitStream: [
          source('source'),
          options(...shape, optional(integer('options.pieceSizeBytes', 1000, 1, 2 ** 20))),
        ],
        reassembleStream: [source('source', pieces), options(context)],
        onEvent: [listener],
      },
    },
  },
};
