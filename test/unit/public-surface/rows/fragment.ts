import { systemClock } from '@mwrasp/crypto';
import { explainFragment, inspectFragment, TemporalVault, verifyReceipt } from '@mwrasp/crypto/fragment';
import { afterAll, vi } from 'vitest';
import {
  type Argument,
  argument,
  arrayOf,
  bytes,
  bytesOf,
  integer,
  oneOf,
  optional,
  options,
  pick,
  signPublicKey,
  source,
} from '../arguments.ts';
import { row, type Table } from '../row.ts';
import { sample, signPrivate, signPublic, throwingGetters } from '../values.ts';

/**
 * Time stands still until the rows of sessions: however long those of the vault take, nothing expires under them. A thread that
 * zeroes keys has a clock of its own, so a timer does it here.
 */
const spies = [
  vi.spyOn(systemClock, 'monotonicMs').mockReturnValue(0),
  vi.spyOn(systemClock, 'wallMs').mockReturnValue(Date.now()),
];
export const stoppedClock: { mockRestore(): void } = {
  mockRestore: () => {
    for (const spy of spies) spy.mockRestore();
  },
};
vi.stubGlobal('SharedArrayBuffer', undefined);
const vault = await TemporalVault.create({ ttlMs: 60_000 });
vi.unstubAllGlobals();
const ended = await TemporalVault.create();
ended.dispose();
afterAll(() => vault.dispose());

const [fragment] = vault.split(sample(100)) as [Uint8Array];
const [batch] = vault.splitMany([sample(100)]) as [Uint8Array[]];
const receipt = await vault.receipt(signPrivate);
const pieces: Uint8Array[] = [];
for await (const piece of vault.splitStream([sample(100)])) pieces.push(piece);

const context = optional(bytes('options.context', new Uint8Array(0), 65_536));
const howToSplit = [
  optional(integer('options.threshold', 1, 1, 1)),
  optional(integer('options.total', 1, 1, 255)),
  optional(oneOf('options.secrecy', 'normal', 'threshold')),
  context,
] as const;

const signer: Argument = argument('signer', () => signPrivate, {
  takes: ['a private key for signatures'],
  right: { 'a signer': () => ({ publicKey: signPublic, sign: () => sample(4627) }) },
  wrong: {
    'half a signer': () => ({ publicKey: signPublic }),
    'the other half': () => ({ sign: () => sample(4627) }),
    'a signer that signs with too little': () => ({ publicKey: signPublic, sign: () => sample(7) }),
  },
});

/** What ends with the last fragment is not read further: what is wrong stands first. */
const fragments: Argument = argument('source', () => pieces, {
  takes: ['a map'],
  right: { 'a set': () => new Set(pieces) },
  wrong: {
    'bytes in hand': () => pieces[0],
    'a piece that is no bytes': () => ['text', ...pieces],
    'a piece that is nothing': () => [undefined, ...pieces],
  },
  throwing: pick('a proxy of bytes', 'an imitation of bytes'),
});
const listener: Argument = argument('listener', () => () => {}, {
  takes: ['a function', 'a class', 'a proxy of a function that throws'],
});

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
    'fragment.explainFragment': row(explainFragment, [bytes('fragment', fragment)]),
    'fragment.verifyReceipt': row(verifyReceipt, [signPublicKey('publicKey'), bytesOf('receipt', receipt)]),
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
        split: [bytes('data', sample(100), 2 ** 20), options(...howToSplit)],
        reassemble: [
          arrayOf('fragments', bytes('fragments', fragment), ['an empty array']),
          options(context),
        ],
        splitMany: [
          arrayOf('messages', bytes('messages', sample(100), 2 ** 20 - 4), ['an empty array']),
          options(...howToSplit),
        ],
        reassembleMany: [
          arrayOf('sets', arrayOf('sets', bytes('sets', batch[0] as Uint8Array)), ['an empty array']),
          options(context),
        ],
        splitStream: [
          source('source'),
          options(...howToSplit, optional(integer('options.pieceBytes', 1000, 1, 2 ** 20))),
        ],
        reassembleStream: [fragments, options(context)],
        receipt: [signer],
        onEvent: [listener],
      },
    },
  },
};
