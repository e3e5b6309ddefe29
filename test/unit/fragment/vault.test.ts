import { createCipheriv, createHash, hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';
import { inspectFragment, TemporalVault, type VaultOptions } from '@mwrasp/crypto/fragment';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { concat, toHex, uintBytes, utf8 } from '../../../src/bytes.ts';
import {
  AuthenticationError,
  ExpiredError,
  InputError,
  PqError,
  QuorumError,
  UnsupportedError,
} from '../../../src/errors.ts';
import { readHeader } from '../../../src/fragment/format.ts';
import { type Expected, errorOf, expectError } from '../../contract/support/errors.ts';
import { counting, flipped } from '../../support/keys.ts';
import { countingRandom, KEY_BYTES, ManualClock, withSlab } from './support.ts';

const TYPE: Expected = [InputError, 'ERR_INPUT_TYPE'];
const LENGTH: Expected = [InputError, 'ERR_INPUT_LENGTH'];
const RANGE: Expected = [InputError, 'ERR_INPUT_RANGE'];
const OPTION: Expected = [InputError, 'ERR_INPUT_OPTION'];
const FORMAT: Expected = [InputError, 'ERR_INPUT_FORMAT'];
const KEY: Expected = [InputError, 'ERR_INPUT_KEY'];
const VERSION: Expected = [UnsupportedError, 'ERR_UNSUPPORTED_VERSION'];
const FORGED: Expected = [AuthenticationError, 'ERR_AUTHENTICATION'];
const GONE: Expected = [ExpiredError, 'ERR_EXPIRED_EPOCH_GONE'];

// biome-ignore lint/suspicious/noExplicitAny: what plain JavaScript may pass
type Any = any;

/** A life so long that no test outlasts it: only what a test does to its clock counts. */
const LONG: VaultOptions = { ttlMs: 60_000 };
const DATA = utf8('a message of a few bytes');

const vaults: TemporalVault[] = [];

async function makeVault(options: VaultOptions = LONG): Promise<TemporalVault> {
  const vault = await TemporalVault.create(options);
  vaults.push(vault);
  return vault;
}

afterEach(() => {
  vi.restoreAllMocks();
  for (const vault of vaults.splice(0)) vault.dispose();
});

/** Bytes that differ from place to place. */
const pattern = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);

describe('split and reassemble', () => {
  it('give back any data, cut into any number of fragments, in any order', async () => {
    const vault = await makeVault();
    const shuffled = fc.integer({ min: 1, max: 16 }).chain((total) =>
      fc.shuffledSubarray(
        Array.from({ length: total }, (_, i) => i),
        { minLength: total },
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 65_536, size: 'max' }), shuffled, (data, order) => {
        const fragments = vault.split(data, { total: order.length });
        const original = Uint8Array.from(data);
        expect(fragments.length).toBe(order.length);
        const opened = vault.reassemble(order.map((index) => fragments[index] as Uint8Array));
        expect(Buffer.compare(opened, original)).toBe(0);
        expect(Buffer.compare(data, original)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it.each([0, 1, 2, 15, 16, 17, 254, 255, 256, 65_535, 2 ** 20])('of %d bytes', async (length) => {
    const vault = await makeVault();
    const data = pattern(length);
    for (const total of [1, 2, 255]) {
      const fragments = vault.split(data, { total });
      expect(fragments.length).toBe(total);
      const bytes = fragments.reduce((sum, fragment) => sum + fragment.length, 0);
      expect(bytes).toBe(length + total * (79 + 16));
      expect(Buffer.compare(vault.reassemble(fragments.toReversed()), data)).toBe(0);
    }
  });

  it('make one fragment unless asked for more', async () => {
    const vault = await makeVault();
    for (const fragments of [vault.split(DATA), vault.split(DATA, {}), vault.split(DATA, { threshold: 1 })]) {
      expect(fragments.map(inspectFragment)).toMatchObject([{ index: 0, total: 1, threshold: 1 }]);
      expect(vault.reassemble(fragments)).toEqual(DATA);
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

  it('do not repeat themselves: the same data gives other bytes', async () => {
    const vault = await makeVault();
    const [one] = vault.split(DATA) as [Uint8Array];
    const [two] = vault.split(DATA) as [Uint8Array];
    expect(toHex(one.subarray(79))).not.toBe(toHex(two.subarray(79)));
    expect(toHex(one)).not.toContain(toHex(DATA));
  });

  it('may be done any number of times while the key lives', async () => {
    const vault = await makeVault();
    const fragments = vault.split(DATA, { total: 4 });
    for (let i = 0; i < 5; i++) expect(vault.reassemble(fragments)).toEqual(DATA);
  });

  it('do not mind duplicates', async () => {
    const vault = await makeVault();
    const fragments = vault.split(DATA, { total: 3 });
    expect(
      vault.reassemble([...fragments, ...fragments, ...fragments.map((f) => Uint8Array.from(f))]),
    ).toEqual(DATA);
  });

  it('say how many are missing', async () => {
    const vault = await makeVault();
    const fragments = vault.split(DATA, { total: 5 });
    for (let have = 1; have < 5; have++) {
      const some = fragments.slice(5 - have);
      for (const given of [some, [...some, ...some]]) {
        const error = await expectError(() => vault.reassemble(given), QuorumError, 'ERR_QUORUM');
        expect(error).toMatchObject({ have, need: 5 });
      }
    }
    const error = await expectError(() => vault.reassemble([]), QuorumError, 'ERR_QUORUM');
    expect(error).toMatchObject({ have: 0, need: 1 });
  });

  it('do not mix messages', async () => {
    const clock = new ManualClock();
    const vault = await makeVault({ ...LONG, clock });
    const one = vault.split(DATA, { total: 2 });
    const two = vault.split(DATA, { total: 2 });
    const longer = vault.split(concat(DATA, DATA), { total: 2 });
    const more = vault.split(DATA, { total: 3 });
    clock.nowMs = 20_000;
    const later = vault.split(DATA, { total: 2 });
    for (const other of [two, longer, more, later]) {
      for (const mixed of [
        [one[0], other[1]],
        [other[0], one[1]],
        [...one, other[0]],
        [...other, one[1]],
      ]) {
        const error = await expectError(() => vault.reassemble(mixed as Uint8Array[]), ...KEY);
        expect((error as InputError).argument).toBe(`fragments[${mixed.length - 1}]`);
      }
      expect(vault.reassemble(other).length).toBeGreaterThan(0);
    }
    expect(vault.reassemble(one)).toEqual(DATA);
  });

  it('do not mix vaults', async () => {
    const [vault, other] = [await makeVault(), await makeVault()];
    const [own, foreign] = [vault.split(DATA, { total: 2 }), other.split(DATA, { total: 2 })];
    for (const fragments of [foreign, [own[0], foreign[1]], [foreign[0], own[1]]]) {
      await expectError(() => vault.reassemble(fragments as Uint8Array[]), ...KEY);
    }
    expect(vault.reassemble(own)).toEqual(DATA);
    expect(other.reassemble(foreign)).toEqual(DATA);
  });

  it('do not take a fragment for one of a vault whose id was copied', async () => {
    const [vault, other] = [await makeVault(), await makeVault()];
    vault.split(DATA);
    const [own] = vault.split(DATA) as [Uint8Array];
    const [foreign] = other.split(DATA) as [Uint8Array];
    foreign.set(own.subarray(0, 20));
    await expectError(() => vault.reassemble([foreign]), ...FORGED);
    // Not even with the commitment copied as well.
    foreign.set(own.subarray(35, 67), 35);
    await expectError(() => vault.reassemble([foreign]), ...FORGED);
  });
});

/**
 * Key and commitment of epoch 0 of a vault made under {@link countingRandom}, whose first 48 bytes drawn are the vault's
 * id and the chain key, in either order.
 */
function firstKeys(fragment: Uint8Array): Uint8Array {
  const drawn = counting(48);
  const chainKey = fragment[4] === 0 ? drawn.slice(16) : drawn.slice(0, 32);
  const messageKey = createHash('sha3-512')
    .update(concat(utf8('mwrasp-crypto/fragment/v0/ratchet'), uintBytes(0, 4), chainKey))
    .digest()
    .subarray(0, KEY_BYTES);
  return new Uint8Array(
    hkdfSync('sha3-512', messageKey, new Uint8Array(0), 'mwrasp-crypto/fragment/v0/key', 64),
  );
}

/** AES-256-GCM by node:crypto: ciphertext and tag under the nonce at the end of a header. */
function sealBody(key: Uint8Array, header: Uint8Array, data: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, header.subarray(67));
  cipher.setAAD(header);
  return concat(cipher.update(data), cipher.final(), cipher.getAuthTag());
}

describe('sealed bytes', () => {
  it('are what node:crypto makes of the documented formats', async () => {
    countingRandom();
    const vault = await makeVault({ ...LONG, clock: new ManualClock() });
    const [fragment] = vault.split(DATA) as [Uint8Array];
    const vaultId = fragment.slice(4, 20);
    const derived = firstKeys(fragment);
    const header = fragment.subarray(0, 79);
    expect(toHex(header.subarray(35, 67))).toBe(toHex(derived.subarray(32)));
    const body = sealBody(derived.subarray(0, 32), header, DATA);
    expect(toHex(fragment.subarray(79))).toBe(toHex(body));
    expect(toHex(header.subarray(0, 35))).toBe(
      toHex(
        concat(
          Uint8Array.of(0x4d, 0x57, 0x46, 0),
          vaultId,
          uintBytes(0, 4),
          Uint8Array.of(1, 1, 0),
          uintBytes(60_000, 4),
          uintBytes(DATA.length, 4),
        ),
      ),
    );
    expect(toHex(header.subarray(67))).toBe(`${toHex(counting(6, 48))}000000000000`);
  });

  it('must bear the commitment to their key, though the rest of them is sealed rightly', async () => {
    countingRandom();
    const vault = await makeVault({ ...LONG, clock: new ManualClock() });
    const [fragment] = vault.split(DATA) as [Uint8Array];
    const key = firstKeys(fragment).subarray(0, 32);
    const resealed = (header: Uint8Array) => concat(header, sealBody(key, header, DATA));
    expect(vault.reassemble([resealed(fragment.slice(0, 79))])).toEqual(DATA);
    for (let offset = 35; offset < 67; offset++) {
      const forged = resealed(flipped(fragment.subarray(0, 79), offset, 0x04));
      await expectError(() => vault.reassemble([forged]), ...FORGED);
    }
  });

  it('have nonces of 48 random bits, the number of the message in its epoch, and the index', async () => {
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
        const headers = vault.split(DATA, { total: 3 }).map((fragment) => readHeader('fragment', fragment));
        for (const [index, header] of headers.entries()) {
          expect(header.epoch).toBe(epoch);
          expect(toHex(header.nonce.subarray(6))).toBe(
            toHex(concat(Uint8Array.of(0), uintBytes(number, 4), Uint8Array.of(index))),
          );
          expect(toHex(header.nonce.subarray(0, 6))).toBe(
            toHex((headers[0] as { nonce: Uint8Array }).nonce.subarray(0, 6)),
          );
        }
        randoms.add(toHex((headers[0] as { nonce: Uint8Array }).nonce.subarray(0, 6)));
      }
    }
    expect(randoms.size).toBe(900);
  });

  it('have nonces that are unique over 10 000 messages, even with a random generator that stands still', async () => {
    const vault = await makeVault();
    vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((out) => {
      (out as Uint8Array).fill(7);
      return out;
    });
    const nonces = new Set<string>();
    for (let i = 0; i < 10_000; i++) {
      for (const fragment of vault.split(DATA, { total: 3 })) {
        nonces.add(`${inspectFragment(fragment).epoch} ${toHex(fragment.subarray(67, 79))}`);
      }
    }
    expect(nonces.size).toBe(30_000);
  });

  it('spend no message number twice, not even that of a message that failed', async () => {
    const vault = await makeVault({ ...LONG, clock: new ManualClock() });
    const spy = vi.spyOn(globalThis.crypto, 'getRandomValues');
    vault.split(DATA);
    spy.mockImplementationOnce(() => {
      throw new Error('no randomness');
    });
    await expectError(() => vault.split(DATA), UnsupportedError, 'ERR_UNSUPPORTED_RUNTIME');
    const [fragment] = vault.split(DATA) as [Uint8Array];
    expect(toHex(fragment.subarray(73, 78))).toBe('0000000002');
  });

  it('commit to their key: one commitment an epoch', async () => {
    const clock = new ManualClock();
    const vault = await makeVault({ ...LONG, clock });
    const commitment = (fragment: Uint8Array | undefined) => toHex((fragment as Uint8Array).subarray(35, 67));
    const [first, second] = vault.split(DATA, { total: 2 });
    expect(commitment(first)).toBe(commitment(second));
    expect(commitment(vault.split(DATA)[0])).toBe(commitment(first));
    clock.nowMs = 15_000;
    expect(commitment(vault.split(DATA)[0])).not.toBe(commitment(first));
  });
});

describe('changed fragments', () => {
  /** What a change at each byte of the header of a message of one fragment gives. */
  const fields: [name: string, from: number, to: number, expected: Expected[]][] = [
    ['magic', 0, 3, [FORMAT]],
    ['version', 3, 4, [VERSION]],
    ['vault id', 4, 20, [KEY]],
    ['epoch', 20, 24, [GONE]],
    ['threshold', 24, 25, [FORMAT]],
    ['total', 25, 26, [FORMAT]],
    ['index', 26, 27, [FORMAT]],
    ['time to live', 27, 31, [FORGED]],
    ['message length', 31, 35, [FORMAT]],
    ['commitment', 35, 67, [FORGED]],
    ['nonce', 67, 79, [FORGED]],
  ];

  it.each(fields)('%s', async (_name, from, to, expected) => {
    const vault = await makeVault({ ...LONG, clock: new ManualClock() });
    const [fragment] = vault.split(DATA) as [Uint8Array];
    for (let offset = from; offset < to; offset++) {
      for (const mask of [0x01, 0x10, 0x80, 0xff]) {
        for (const [type, code] of expected) {
          await expectError(() => vault.reassemble([flipped(fragment, offset, mask)]), type, code);
        }
      }
    }
    expect(vault.reassemble([fragment])).toEqual(DATA);
  });

  it('at every byte of the body and tag', async () => {
    const vault = await makeVault();
    const [fragment] = vault.split(DATA) as [Uint8Array];
    for (let offset = 79; offset < fragment.length; offset++) {
      await expectError(() => vault.reassemble([flipped(fragment, offset)]), ...FORGED);
    }
  });

  it('at sampled bytes of a large body', async () => {
    const vault = await makeVault();
    const fragments = vault.split(pattern(2 ** 20), { total: 3 });
    for (const [i, fragment] of fragments.entries()) {
      for (let offset = 79; offset < fragment.length; offset += 60_013) {
        const changed = fragments.with(i, flipped(fragment, offset, 0x40));
        await expectError(() => vault.reassemble(changed), ...FORGED);
      }
    }
  });

  it('at every byte of one of three: never data, always a documented error', async () => {
    const vault = await makeVault({ ...LONG, clock: new ManualClock() });
    const fragments = vault.split(DATA, { total: 3 });
    const documented = [
      'ERR_AUTHENTICATION',
      'ERR_INPUT_FORMAT',
      'ERR_INPUT_KEY',
      'ERR_QUORUM',
      'ERR_UNSUPPORTED_VERSION',
    ];
    for (const [i, fragment] of fragments.entries()) {
      for (let offset = 0; offset < fragment.length; offset++) {
        for (const mask of [0x01, 0x02, 0x80]) {
          const changed = fragments.with(i, flipped(fragment, offset, mask));
          const error = await errorOf(() => vault.reassemble(changed));
          expect(error).toBeInstanceOf(PqError);
          expect(documented).toContain((error as PqError).code);
        }
      }
    }
  });

  it('that swapped their bodies or their indices', async () => {
    const vault = await makeVault();
    const [one, two] = vault.split(pattern(20), { total: 2 }) as [Uint8Array, Uint8Array];
    const bodies = [
      concat(one.subarray(0, 79), two.subarray(79)),
      concat(two.subarray(0, 79), one.subarray(79)),
    ];
    await expectError(() => vault.reassemble(bodies), ...FORGED);
    const indices = [one, two].map((fragment) => flipped(fragment, 26));
    await expectError(() => vault.reassemble(indices), ...FORGED);
  });

  it('that are too short or too long', async () => {
    const vault = await makeVault();
    const [fragment] = vault.split(DATA) as [Uint8Array];
    for (let length = 0; length < fragment.length; length++) {
      await expectError(() => vault.reassemble([fragment.subarray(0, length)]), ...FORMAT);
    }
    await expectError(() => vault.reassemble([concat(fragment, Uint8Array.of(0))]), ...FORMAT);
  });

  it('release nothing: the buffer that was being filled is wiped', async () => {
    const vault = await makeVault();
    const fragments = vault.split(pattern(5000), { total: 2 });
    const last = fragments[1] as Uint8Array;
    const made: Uint8Array[] = [];
    vi.stubGlobal(
      'Uint8Array',
      new Proxy(Uint8Array, {
        construct(target, args) {
          const array: Uint8Array = Reflect.construct(target, args);
          if (args[0] === 5000) made.push(array);
          return array;
        },
      }),
    );
    try {
      await expectError(
        () => vault.reassemble([fragments[0] as Uint8Array, flipped(last, last.length - 1)]),
        ...FORGED,
      );
    } finally {
      vi.unstubAllGlobals();
    }
    expect(made.length).toBe(1);
    expect(made[0]?.every((byte) => byte === 0)).toBe(true);
  });
});

describe('options', () => {
  const accepted: [VaultOptions | undefined, ttlMs: number, epochMs: number][] = [
    [undefined, 100, 25],
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
    const vault = await TemporalVault.create(options);
    vaults.push(vault);
    expect([vault.ttlMs, vault.epochMs]).toEqual([ttlMs, epochMs]);
    expect(inspectFragment(vault.split(DATA)[0] as Uint8Array).ttlMs).toBe(ttlMs);
  });

  const refused: [label: string, options: Any, expected: Expected][] = [
    ['null', null, TYPE],
    ['a number', 100, TYPE],
    ['text', '100', TYPE],
    ['an array', [], TYPE],
    ['an unknown option', { ttl: 100 }, OPTION],
    ['ttlMs 19', { ttlMs: 19 }, RANGE],
    ['ttlMs 60001', { ttlMs: 60_001 }, RANGE],
    ['ttlMs 0', { ttlMs: 0 }, RANGE],
    ['ttlMs -100', { ttlMs: -100 }, RANGE],
    ['ttlMs 100.5', { ttlMs: 100.5 }, RANGE],
    ['ttlMs NaN', { ttlMs: Number.NaN }, RANGE],
    ['ttlMs Infinity', { ttlMs: Number.POSITIVE_INFINITY }, RANGE],
    ['ttlMs in text', { ttlMs: '100' }, TYPE],
    ['ttlMs as a bigint', { ttlMs: 100n }, TYPE],
    ['ttlMs null', { ttlMs: null }, TYPE],
    ['epochMs 4', { epochMs: 4 }, RANGE],
    ['epochMs 0', { epochMs: 0 }, RANGE],
    ['epochMs above half of ttlMs', { ttlMs: 100, epochMs: 51 }, RANGE],
    ['epochMs above half of an odd ttlMs', { ttlMs: 101, epochMs: 51 }, RANGE],
    ['epochMs of a fraction', { epochMs: 12.5 }, RANGE],
    ['epochMs in text', { epochMs: '25' }, TYPE],
    ['clock null', { clock: null }, TYPE],
    ['a clock without methods', { clock: {} }, TYPE],
    ['half a clock', { clock: { monotonicMs: () => 0 } }, TYPE],
    ['Date as a clock', { clock: Date }, TYPE],
  ];

  it.each(refused)('%s: refused', async (_label, options, expected) => {
    await expectError(() => TemporalVault.create(options), ...expected);
  });
});

describe('wrong inputs', () => {
  const data = pattern(10);
  const cases: [label: string, call: (vault: TemporalVault) => unknown, expected: Expected][] = [
    ['split()', (vault) => (vault.split as Any)(), TYPE],
    ['split text', (vault) => vault.split('text' as Any), TYPE],
    ['split an array', (vault) => vault.split([1, 2] as Any), TYPE],
    ['split an ArrayBuffer', (vault) => vault.split(new ArrayBuffer(5) as Any), TYPE],
    ['split a Uint16Array', (vault) => vault.split(new Uint16Array(5) as Any), TYPE],
    ['split a byte too many', (vault) => vault.split(new Uint8Array(2 ** 20 + 1)), LENGTH],
    ['split with null', (vault) => vault.split(data, null as Any), TYPE],
    ['split with a number', (vault) => vault.split(data, 3 as Any), TYPE],
    ['split with an unknown option', (vault) => vault.split(data, { n: 3 } as Any), OPTION],
    ['split with a life of its own', (vault) => vault.split(data, { ttlMs: 50 } as Any), OPTION],
    ['total 0', (vault) => vault.split(data, { total: 0 }), RANGE],
    ['total 256', (vault) => vault.split(data, { total: 256 }), RANGE],
    ['total 1.5', (vault) => vault.split(data, { total: 1.5 }), RANGE],
    ['total NaN', (vault) => vault.split(data, { total: Number.NaN }), RANGE],
    ['total in text', (vault) => vault.split(data, { total: '3' } as Any), TYPE],
    ['threshold 0', (vault) => vault.split(data, { total: 3, threshold: 0 }), RANGE],
    ['threshold above total', (vault) => vault.split(data, { total: 3, threshold: 4 }), RANGE],
    ['threshold alone', (vault) => vault.split(data, { threshold: 2 }), RANGE],
    ['threshold in text', (vault) => vault.split(data, { total: 3, threshold: '3' } as Any), TYPE],
    [
      'threshold below total',
      (vault) => vault.split(data, { total: 3, threshold: 2 }),
      [UnsupportedError, 'ERR_UNSUPPORTED_OPERATION'],
    ],
    ['reassemble()', (vault) => (vault.reassemble as Any)(), TYPE],
    ['reassemble null', (vault) => vault.reassemble(null as Any), TYPE],
    [
      'reassemble one fragment that is in no array',
      (vault) => vault.reassemble(vault.split(data)[0] as Any),
      TYPE,
    ],
    ['reassemble a set', (vault) => vault.reassemble(new Set(vault.split(data)) as Any), TYPE],
    ['reassemble [undefined]', (vault) => vault.reassemble([undefined] as Any), TYPE],
    ['reassemble a hole', (vault) => vault.reassemble(new Array(1)), TYPE],
    [
      'reassemble a hole behind a fragment',
      (vault) => vault.reassemble([...vault.split(data), ...new Array(1)]),
      TYPE,
    ],
    [
      'reassemble a sparse array',
      (vault) => vault.reassemble(Object.assign(new Array(3), { 2: vault.split(data)[0] })),
      TYPE,
    ],
    ['reassemble text', (vault) => vault.reassemble(['MWF'] as Any), TYPE],
    ['reassemble nothing', (vault) => vault.reassemble([new Uint8Array(0)]), FORMAT],
    ['reassemble zeros', (vault) => vault.reassemble([new Uint8Array(1000)]), FORMAT],
    [
      'reassemble plaintext',
      (vault) => vault.reassemble([utf8('not a fragment of ours, but long enough'.repeat(5))]),
      FORMAT,
    ],
  ];

  it.each(cases)('%s', async (_label, call, expected) => {
    const vault = await makeVault();
    await expectError(() => call(vault), ...expected);
    expect(vault.reassemble(vault.split(data, { total: 2 }))).toEqual(data);
  });

  it('names the fragment that is wrong', async () => {
    const vault = await makeVault();
    const fragments = vault.split(data, { total: 3 });
    const error = await expectError(() => vault.reassemble(fragments.with(1, new Uint8Array(9))), ...FORMAT);
    expect((error as InputError).argument).toBe('fragments[1]');
  });
});

describe('disposal', () => {
  const DISPOSED: Expected = [InputError, 'ERR_INPUT_DISPOSED'];

  it('zeroes every key and refuses further work', async () => {
    const clock = new ManualClock();
    const { made: vault, slab } = await withSlab(() => makeVault({ ...LONG, clock }));
    const fragments = vault.split(DATA);
    clock.nowMs = 15_000;
    vault.split(DATA);
    expect(slab.filledSlots()).toBe(2);
    vault.dispose();
    expect(slab.bytes).toEqual(new Uint8Array(slab.bytes.length));
    await expectError(() => vault.split(DATA), ...DISPOSED);
    await expectError(() => vault.reassemble(fragments), ...DISPOSED);
    await expectError(() => vault.reassemble([]), ...DISPOSED);
    vault.dispose();
    expect(vault.lag().count).toBe(0);
  });

  it('happens at the end of a block', async () => {
    let kept: TemporalVault;
    {
      using vault = await TemporalVault.create(LONG);
      kept = vault;
      expect(vault.reassemble(vault.split(DATA, { total: 2 }))).toEqual(DATA);
    }
    await expectError(() => kept.split(DATA), ...DISPOSED);
  });

  it('happens when a block fails', async () => {
    let kept: TemporalVault | undefined;
    await errorOf(async () => {
      using vault = await TemporalVault.create();
      kept = vault;
      throw new Error('something else');
    });
    await expectError(() => kept?.split(DATA), ...DISPOSED);
  });

  it('leaves no timer', async () => {
    vi.useFakeTimers();
    try {
      const vault = await makeVault({ ttlMs: 100 });
      expect(vi.getTimerCount()).toBe(0);
      vault.split(DATA);
      expect(vi.getTimerCount()).toBe(1);
      vault.dispose();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
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

  it('errors tell nothing of keys or data', async () => {
    const clock = new ManualClock();
    const { made: vault, slab } = await withSlab(() => makeVault({ ...LONG, clock }));
    const data = utf8('the launch code is 00000000');
    const [fragment] = vault.split(data) as [Uint8Array];
    const keys = [slab.bytes.slice(0, 32), slab.bytes.slice(-32)];
    const failures = [
      () => vault.reassemble([flipped(fragment, 90)]),
      () => vault.reassemble([flipped(fragment, 22)]),
      () => vault.reassemble([fragment.subarray(1)]),
      () => vault.split(data, { total: 0 }),
      () => {
        clock.nowMs = 60_000;
        vault.reassemble([fragment]);
      },
    ];
    for (const failure of failures) {
      const error = await errorOf(failure);
      const told = [
        inspect(error, { depth: 9, showHidden: true }),
        JSON.stringify(error),
        String(error.stack),
      ].join();
      expect(told).not.toContain('launch');
      for (const key of keys) {
        for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
          expect(told).not.toContain(Buffer.from(key).toString(encoding));
        }
      }
      expect(error.cause).toBeUndefined();
    }
  });
});
