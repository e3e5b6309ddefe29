import { inspect } from 'node:util';
import {
  inspectFragment,
  type SplitOptions,
  type TemporalVault,
  type VaultOptions,
} from '@mwrasp/crypto/fragment';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { concat, toHex, uintBytes, utf8 } from '../../../src/bytes.ts';
import { AuthenticationError, InputError, PqError, QuorumError } from '../../../src/errors.ts';
import { type Expected, errorOf, expectError } from '../../contract/support/errors.ts';
import { flipped } from '../../support/keys.ts';
import { ManualClock } from './support.ts';
import { LONG, makeVault, pattern } from './support-vault.ts';

const TYPE: Expected = [InputError, 'ERR_INPUT_TYPE'];
const LENGTH: Expected = [InputError, 'ERR_INPUT_LENGTH'];
const RANGE: Expected = [InputError, 'ERR_INPUT_RANGE'];
const OPTION: Expected = [InputError, 'ERR_INPUT_OPTION'];
const FORMAT: Expected = [InputError, 'ERR_INPUT_FORMAT'];
const KEY: Expected = [InputError, 'ERR_INPUT_KEY'];
const FORGED: Expected = [AuthenticationError, 'ERR_AUTHENTICATION'];

// biome-ignore lint/suspicious/noExplicitAny: what plain JavaScript may pass
type Any = any;

const DATA = utf8('a message of a few bytes');

const SHAPES: SplitOptions[] = [
  {},
  { total: 3 },
  { threshold: 2, total: 3 },
  { threshold: 4, total: 6 },
  { threshold: 1, total: 4 },
  { threshold: 1, total: 1, secrecy: 'threshold' },
  { threshold: 3, total: 5, secrecy: 'threshold' },
  { threshold: 3, total: 3, secrecy: 'threshold' },
];

describe.each(SHAPES)('%j', (shape) => {
  const { total = 1, threshold = total } = shape;

  it('any k of the fragments give back any data, in any order', async () => {
    const vault = await makeVault();
    const indices = Array.from({ length: total }, (_, i) => i);
    const chosen = fc.shuffledSubarray(indices, { minLength: threshold });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), chosen, (data, order) => {
        const original = data.slice();
        const fragments = vault.split(data, shape);
        expect(fragments.length).toBe(total);
        expect(vault.reassemble(order.map((i) => fragments[i] as Uint8Array))).toEqual(original);
        expect(data).toEqual(original);
      }),
      { numRuns: 60 },
    );
  });

  it('fewer say how many are missing', async () => {
    const vault = await makeVault();
    const fragments = vault.split(DATA, shape);
    for (let have = 1; have < threshold; have++) {
      const some = fragments.slice(total - have);
      for (const given of [some, [...some, ...some]]) {
        const error = await expectError(() => vault.reassemble(given), QuorumError, 'ERR_QUORUM');
        expect(error).toMatchObject({ have, need: threshold });
      }
    }
  });

  it('damage at any byte of a fragment is that fragment missing, and never other data', async () => {
    const vault = await makeVault();
    const fragments = vault.split(DATA, shape);
    const documented = [
      'AUTHENTICATION',
      'INPUT_FORMAT',
      'INPUT_KEY',
      'QUORUM',
      'UNSUPPORTED_VERSION',
      'EXPIRED_EPOCH_GONE',
      'EXPIRED_DEADLINE',
    ];
    const [first] = fragments as [Uint8Array];
    for (let offset = 0; offset < first.length; offset++) {
      for (const mask of [0x01, 0x80]) {
        const changed = fragments.with(0, flipped(first, offset, mask));
        if (threshold < total) expect(vault.reassemble(changed)).toEqual(DATA);
        else {
          const error = await errorOf(() => vault.reassemble(changed));
          expect(error).toBeInstanceOf(PqError);
          expect(documented.map((code) => `ERR_${code}`)).toContain((error as PqError).code);
        }
      }
    }
  });

  it('forged fragments do no harm to good ones', async () => {
    const vault = await makeVault();
    const fragments = vault.split(DATA, shape);
    const forged = fragments.map((fragment) => flipped(fragment, fragment.length - 1));
    const noise = [new Uint8Array(0), utf8('MWF'), new Uint8Array(200), (await makeVault()).split(DATA)[0]];
    const mixed = [...noise, ...forged, ...fragments, ...forged] as Uint8Array[];
    expect(vault.reassemble(mixed)).toEqual(DATA);
    if (threshold > 1)
      await expectError(() => vault.reassemble([...forged, fragments[0] as Uint8Array]), ...FORGED);
  });

  it('the context is part of the message', async () => {
    const vault = await makeVault();
    const context = utf8('track 17');
    const fragments = vault.split(DATA, { ...shape, context });
    expect(vault.reassemble(fragments, { context })).toEqual(DATA);
    expect(vault.reassemble(fragments, { context: utf8('track 17') })).toEqual(DATA);
    for (const other of [undefined, {}, { context: utf8('track 18') }, { context: new Uint8Array(0) }]) {
      await expectError(() => vault.reassemble(fragments, other), ...FORGED);
    }
    await expectError(() => vault.reassemble(vault.split(DATA, shape), { context }), ...FORGED);
  });
});

describe('split and reassemble', () => {
  it.each([0, 1, 2, 15, 16, 17, 254, 255, 256, 65_535, 2 ** 20])('of %d bytes', async (length) => {
    const vault = await makeVault();
    const data = pattern(length);
    for (const total of [1, 2, 255]) {
      const fragments = vault.split(data, { total });
      const bytes = fragments.reduce((sum, fragment) => sum + fragment.length, 0);
      expect(bytes).toBe(Math.ceil(length / total) * total + total * (85 + 16));
      expect(Buffer.compare(vault.reassemble(fragments.toReversed()), data)).toBe(0);
    }
  });

  it('take views of larger buffers, and share no memory with what they return', async () => {
    const vault = await makeVault();
    const pool = Buffer.from(concat(utf8('xx'), DATA, utf8('yy')));
    const fragments = vault.split(pool.subarray(2, 2 + DATA.length), { total: 2 });
    pool.fill(0);
    const moved = fragments.map((fragment) =>
      Buffer.from(concat(fragment, fragment)).subarray(0, fragment.length),
    );
    const opened = vault.reassemble(moved);
    for (const fragment of [...fragments, ...moved]) fragment.fill(0);
    expect(opened).toEqual(DATA);
  });

  it('may be done any number of times while the key lives', async () => {
    const vault = await makeVault();
    const fragments = vault.split(DATA, { total: 4 });
    for (let i = 0; i < 5; i++) expect(vault.reassemble(fragments)).toEqual(DATA);
  });

  it('do not mix messages', async () => {
    const vault = await makeVault();
    const [one, two] = [vault.split(DATA, { total: 2 }), vault.split(DATA, { total: 2 })];
    const error = await expectError(
      () => vault.reassemble([one[0], two[1]] as Uint8Array[]),
      QuorumError,
      'ERR_QUORUM',
    );
    expect(error).toMatchObject({ have: 1, need: 2 });
    expect(vault.reassemble([...one, two[1] as Uint8Array])).toEqual(DATA);
    await expectError(() => vault.reassemble([...one, ...two]), ...KEY);
    await expectError(() => vault.reassemble([]), QuorumError, 'ERR_QUORUM');
  });

  it('do not mix vaults', async () => {
    const [vault, other] = [await makeVault(), await makeVault()];
    const [own, foreign] = [vault.split(DATA), other.split(DATA)];
    await expectError(() => vault.reassemble(foreign), ...KEY);
    expect(vault.reassemble([...foreign, ...own])).toEqual(DATA);
    // Not even with the id, or with the id and the commitment copied.
    const forged = foreign[0] as Uint8Array;
    forged.set((own[0] as Uint8Array).subarray(21, 41), 21);
    await expectError(() => vault.reassemble([forged]), ...FORGED);
    forged.set((own[0] as Uint8Array).subarray(53, 85), 53);
    await expectError(() => vault.reassemble([forged]), ...FORGED);
  });

  it('take at most 1020 fragments', async () => {
    const vault = await makeVault();
    const [fragment] = vault.split(DATA) as [Uint8Array];
    expect(vault.reassemble(new Array(1020).fill(fragment))).toEqual(DATA);
    await expectError(() => vault.reassemble(new Array(1021).fill(fragment)), ...LENGTH);
  });
});

describe('nonces', () => {
  it('are 48 random bits, the number of the message in its epoch, and the index', async () => {
    const clock = new ManualClock();
    const vault = await makeVault({ ...LONG, clock });
    const randoms = new Set<string>();
    for (const [epoch, nowMs] of [
      [0, 0],
      [1, 15_000],
      [3, 45_000],
    ] as const) {
      clock.nowMs = nowMs;
      for (let number = 0; number < 300; number++) {
        for (const [index, fragment] of vault.split(DATA, { total: 3 }).entries()) {
          expect(inspectFragment(fragment)).toMatchObject({ epoch, messageNumber: number, index });
          const tail = concat(Uint8Array.of(0), uintBytes(number, 4), Uint8Array.of(index));
          expect(toHex(fragment.subarray(47, 53))).toBe(toHex(tail));
          randoms.add(toHex(fragment.subarray(41, 47)));
        }
      }
    }
    expect(randoms.size).toBe(900);
  });

  it('are unique, even with a random generator that stands still', async () => {
    const vault = await makeVault();
    vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((out) => {
      (out as Uint8Array).fill(7);
      return out;
    });
    const nonces = new Set<string>();
    for (let i = 0; i < 3000; i++) {
      for (const fragment of vault.split(DATA, { total: 3 })) nonces.add(toHex(fragment.subarray(37, 53)));
    }
    expect(nonces.size).toBe(9000);
  });
});

describe('batches', () => {
  it.each(SHAPES)('%j', async (shape) => {
    const vault = await makeVault();
    const messages = Array.from({ length: 100 }, (_, i) => pattern(i));
    const fragments = vault.splitMany(messages, shape);
    expect(vault.reassembleMany(fragments)).toEqual(messages);
    expect(vault.reassembleMany(vault.splitMany([], shape))).toEqual([]);
    await expectError(() => vault.reassemble(fragments), ...FORMAT);
    await expectError(() => vault.reassembleMany(vault.split(DATA, shape)), ...FORMAT);
  });
});

describe('options', () => {
  const accepted: [VaultOptions, ttlMs: number, epochMs: number][] = [
    [{}, 100, 25],
    [{ ttlMs: 20 }, 20, 5],
    [{ ttlMs: 23 }, 23, 5],
    [{ ttlMs: 60_000 }, 60_000, 15_000],
    [{ ttlMs: 100, epochMs: 5 }, 100, 5],
    [{ ttlMs: 100, epochMs: 50 }, 100, 50],
    [{ ttlMs: 101, epochMs: 50 }, 101, 50],
    [{ clock: new ManualClock() }, 100, 25],
  ];

  it.each(accepted)('%j give ttlMs %d and epochMs %d', async (options, ttlMs, epochMs) => {
    const vault = await makeVault(options);
    expect([vault.ttlMs, vault.epochMs, vault.wipedBy]).toEqual([ttlMs, epochMs, 'thread']);
  });

  const refused: [label: string, options: Any, expected: Expected][] = [
    ['a number', 100, TYPE],
    ['an unknown option', { ttl: 100 }, OPTION],
    ['ttlMs 19', { ttlMs: 19 }, RANGE],
    ['ttlMs 60001', { ttlMs: 60_001 }, RANGE],
    ['ttlMs in text', { ttlMs: '100' }, TYPE],
    ['epochMs 4', { epochMs: 4 }, RANGE],
    ['epochMs above half of ttlMs', { ttlMs: 101, epochMs: 51 }, RANGE],
    ['half a clock', { clock: { monotonicMs: () => 0 } }, TYPE],
  ];

  it.each(refused)('%s: refused', async (_label, options, expected) => {
    await expectError(() => makeVault(options), ...expected);
  });
});

describe('wrong inputs', () => {
  const data = pattern(10);
  const cases: [label: string, call: (vault: TemporalVault) => unknown, expected: Expected][] = [
    ['split text', (vault) => vault.split('text' as Any), TYPE],
    ['split a byte too many', (vault) => vault.split(new Uint8Array(2 ** 20 + 1)), LENGTH],
    ['split with an unknown option', (vault) => vault.split(data, { n: 3 } as Any), OPTION],
    ['split with a life of its own', (vault) => vault.split(data, { ttlMs: 50 } as Any), OPTION],
    ['total 0', (vault) => vault.split(data, { total: 0 }), RANGE],
    ['total 256', (vault) => vault.split(data, { total: 256 }), RANGE],
    ['threshold above total', (vault) => vault.split(data, { total: 3, threshold: 4 }), RANGE],
    ['threshold alone', (vault) => vault.split(data, { threshold: 2 }), RANGE],
    ['another secrecy', (vault) => vault.split(data, { secrecy: 'none' } as Any), OPTION],
    ['a context of text', (vault) => vault.split(data, { context: 'text' } as Any), TYPE],
    [
      'a context of 64 KiB and a byte',
      (vault) => vault.split(data, { context: new Uint8Array(65_537) }),
      LENGTH,
    ],
    ['splitMany one message', (vault) => vault.splitMany(data as Any), TYPE],
    ['splitMany texts', (vault) => vault.splitMany(['text'] as Any), TYPE],
    ['splitStream text', (vault) => vault.splitStream('text' as Any), TYPE],
    ['pieces of nothing', (vault) => vault.splitStream([data], { pieceSizeBytes: 0 }), RANGE],
    [
      'pieces of a byte too many',
      (vault) => vault.splitStream([data], { pieceSizeBytes: 2 ** 20 + 1 }),
      RANGE,
    ],
    ['reassembleStream bytes', (vault) => vault.reassembleStream(data as Any), TYPE],
    ['reassemble null', (vault) => vault.reassemble(null as Any), TYPE],
    ['reassemble one that is in no array', (vault) => vault.reassemble(vault.split(data)[0] as Any), TYPE],
    ['reassemble [undefined]', (vault) => vault.reassemble([undefined] as Any), TYPE],
    ['reassemble text', (vault) => vault.reassemble(['MWF'] as Any), TYPE],
    ['reassemble nothing', (vault) => vault.reassemble([new Uint8Array(0)]), FORMAT],
    ['reassemble zeros', (vault) => vault.reassemble([new Uint8Array(1000)]), FORMAT],
    ['reassemble with a threshold', (vault) => vault.reassemble([], { threshold: 1 } as Any), OPTION],
    ['a listener that is none', (vault) => vault.onEvent({} as Any), TYPE],
  ];

  it.each(cases)('%s', async (_label, call, expected) => {
    const vault = await makeVault();
    await expectError(() => call(vault), ...expected);
    expect(vault.reassemble(vault.split(data, { total: 2 }))).toEqual(data);
  });
});

describe('printing', () => {
  it('says [secret] and nothing else', async () => {
    const vault = await makeVault();
    vault.split(DATA);
    expect(`${vault}`).toBe('[secret]');
    expect(JSON.stringify({ vault })).toBe('{"vault":"[secret]"}');
    expect(inspect({ vault }, { depth: 9, showHidden: true })).toBe('{ vault: [secret] }');
  });
});
