import { systemClock } from '@mwrasp/crypto';
import { inspectFragment, TemporalVault } from '@mwrasp/crypto/fragment';
import { afterAll, vi } from 'vitest';
import { type Argument, argument, arrayOf, bytes, integer, optional, options } from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { sample, throwingGetters } from '../values.ts';

// Time stands still: however long these tests take, nothing expires under them.
vi.spyOn(systemClock, 'monotonicMs').mockReturnValue(0);
const vault = await TemporalVault.create({ ttlMs: 60_000 });
const ended = await TemporalVault.create();
ended.dispose();
afterAll(() => vault.dispose());

const [fragment] = vault.split(sample(100)) as [Uint8Array];

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
        split: [
          bytes('data', sample(100), 2 ** 20),
          options(
            optional(integer('options.threshold', 1, 1, 1)),
            optional(integer('options.total', 1, 1, 255)),
          ),
        ],
        reassemble: [arrayOf('fragments', bytes('fragments', fragment), ['an empty array'])],
      },
    },
  },
};
