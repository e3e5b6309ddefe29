import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, equal, toHex, utf8 } from '../../../../src/bytes.ts';
import {
  encodeParity,
  MAX_PIECES,
  pieceBytesOf,
  reconstruct,
} from '../../../../src/fragment/erasure/index.ts';
import type { Kernel } from '../../../../src/fragment/erasure/kernel.ts';
import { choices, range } from '../../../support/numbers.ts';
import { interpolate, KERNELS, noise } from './support.ts';

/** The n pieces of some data, those of data cut off where the data end, and how long a whole one is. */
function encode(data: Uint8Array, k: number, n: number, kernel?: Kernel) {
  const pieceBytes = pieceBytesOf(data.length, k);
  const parity = new Uint8Array((n - k) * pieceBytes).fill(0xee);
  encodeParity(data, k, n, parity, kernel);
  const part = (from: Uint8Array, i: number) => from.subarray(i * pieceBytes, (i + 1) * pieceBytes);
  const pieces = range(0, n).map((i) => (i < k ? part(data, i) : part(parity, i - k)));
  return { pieces, parity, pieceBytes };
}

type Encoded = ReturnType<typeof encode>;

/** Whether the data come back from the pieces whose indices are in `kept`. */
function comesBack(
  data: Uint8Array,
  k: number,
  { pieces, pieceBytes }: Encoded,
  kept: ReadonlySet<number>,
  kernel?: Kernel,
): boolean {
  const out = new Uint8Array(data.length).fill(0xee);
  const left = pieces.map((piece, i) => (kept.has(i) ? piece : undefined));
  pieces.slice(0, k).forEach((piece, i) => {
    if (kept.has(i) && piece.length > 0) out.set(piece, i * pieceBytes);
  });
  reconstruct(left, k, pieces.length, pieceBytes, out, kernel);
  return equal(out, data);
}

const CODES = range(1, 7).flatMap((n) => range(1, n + 1).map((k) => ({ k, n })));
/** Around the steps of the kernels, of 4, 16, 32 and 64 bytes; up to 1 MiB, and a little less than whole blocks. */
const LENGTHS = [
  0,
  1,
  2,
  3,
  4,
  5,
  15,
  16,
  17,
  31,
  32,
  33,
  63,
  64,
  65,
  127,
  128,
  129,
  255,
  256,
  257,
  1000,
  4095,
  4097,
  65_535,
  65_537,
  100_000,
  2 ** 20 - 1,
  2 ** 20,
];

describe.each(KERNELS)('the code with the kernel "$name"', (kernel) => {
  it.each(CODES)('brings $k of $n back from every choice of pieces', ({ k, n }) => {
    for (const length of [1, 2, 17, 64 * k, 300]) {
      const data = noise(length, length);
      const encoded = encode(data, k, n, kernel);
      for (const size of range(k, n + 1)) {
        for (const kept of choices(n, size)) {
          if (!comesBack(data, k, encoded, new Set(kept), kernel)) expect.fail(`${length} from ${kept}`);
        }
      }
    }
  });

  it.each(LENGTHS)('brings %i bytes back, 4 of 6', (length) => {
    const data = noise(length);
    const encoded = encode(data, 4, 6, kernel);
    for (const kept of [
      [2, 3, 4, 5],
      [0, 1, 4, 5],
      [0, 2, 3, 5],
      [0, 1, 2, 4],
    ]) {
      expect(comesBack(data, 4, encoded, new Set(kept), kernel)).toBe(true);
    }
  });

  it('brings any data back from any k of n pieces, in any code', () => {
    const cases = fc
      .integer({ min: 1, max: MAX_PIECES })
      .chain((n) => fc.tuple(fc.integer({ min: 1, max: n }), fc.constant(n)))
      .chain(([k, n]) =>
        fc.record({
          k: fc.constant(k),
          n: fc.constant(n),
          data: fc.uint8Array({ maxLength: 3000, size: 'max' }),
          kept: fc.shuffledSubarray(range(0, n), { minLength: k, maxLength: n }),
        }),
      );
    fc.assert(
      fc.property(cases, ({ k, n, data, kept }) => {
        expect(comesBack(data, k, encode(data, k, n, kernel), new Set(kept), kernel)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('computes what the second form of the code does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 5 }),
        fc.uint8Array({ minLength: 1, maxLength: 200, size: 'max' }),
        (k, more, data) => {
          const { parity, pieceBytes } = encode(data, k, k + more, kernel);
          const padded = concat(data, new Uint8Array(k * pieceBytes - data.length));
          const known = new Map(
            range(0, k).map((i) => [i, padded.subarray(i * pieceBytes, (i + 1) * pieceBytes)]),
          );
          expect(parity).toEqual(concat(...interpolate(known, range(k, k + more))));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is as docs/k-of-n.md has it', () => {
    const { parity } = encode(utf8('0123456789'), 4, 6, kernel);
    expect(toHex(parity)).toBe('ccc21de76b98');
  });

  it('takes pieces with the zeros at their end as without them', () => {
    const data = noise(10);
    const { pieces, pieceBytes } = encode(data, 4, 6, kernel);
    expect(pieces.map(({ length }) => length)).toEqual([3, 3, 3, 1, 3, 3]);
    const padded = concat(pieces[3] as Uint8Array, new Uint8Array(2));
    const out = new Uint8Array(12);
    out.set(data.subarray(3), 3);
    reconstruct(
      [undefined, pieces[1], pieces[2], padded, undefined, pieces[5]],
      4,
      6,
      pieceBytes,
      out,
      kernel,
    );
    expect(out).toEqual(concat(data, new Uint8Array(2)));
  });

  it('writes the parity behind the data in their own buffer', () => {
    const data = noise(4 * 50_000);
    const { parity } = encode(data, 4, 6, kernel);
    const whole = concat(data, new Uint8Array(parity.length));
    encodeParity(whole.subarray(0, data.length), 4, 6, whole.subarray(data.length), kernel);
    expect(equal(whole, concat(data, parity))).toBe(true);
  });

  it('reads pieces where the data will lie, and touches no byte but those that are missing', () => {
    const data = noise(4 * 50_000);
    const { pieces, pieceBytes } = encode(data, 4, 6, kernel);
    const around = new Uint8Array(data.length + 2).fill(0xee);
    const out = around.subarray(1, -1);
    out.set(data);
    out.fill(0xee, pieceBytes, 3 * pieceBytes);
    const part = (i: number) => out.subarray(i * pieceBytes, (i + 1) * pieceBytes);
    reconstruct(
      [part(0), undefined, undefined, part(3), pieces[4], pieces[5]],
      4,
      6,
      pieceBytes,
      out,
      kernel,
    );
    expect(equal(around, concat(Uint8Array.of(0xee), data, Uint8Array.of(0xee)))).toBe(true);
  });

  it('leaves the data alone when all of them are there', () => {
    const out = noise(40);
    const { pieces, pieceBytes } = encode(out, 4, 6, kernel);
    const zeros = out.map(() => 0);
    reconstruct(pieces, 4, 6, pieceBytes, zeros, kernel);
    expect(zeros.every((byte) => byte === 0)).toBe(true);
  });

  it('takes a Buffer, and a part of one', () => {
    const data = noise(1001);
    const whole = Buffer.concat([Buffer.from('before'), data]);
    expect(encode(whole.subarray(6), 3, 5, kernel).parity).toEqual(encode(data, 3, 5, kernel).parity);
  });
});

describe('both kernels', () => {
  it('give the same bytes for any code and length', () => {
    const cases = fc.integer({ min: 1, max: MAX_PIECES }).chain((n) =>
      fc.record({
        n: fc.constant(n),
        k: fc.integer({ min: 1, max: n }),
        length: fc.oneof(fc.nat(300), fc.nat(20_000), fc.constantFrom(...LENGTHS.slice(0, -2))),
        seed: fc.nat(),
      }),
    );
    fc.assert(
      fc.property(cases, ({ k, n, length, seed }) => {
        const data = noise(length, seed);
        const [first, ...others] = KERNELS.map((kernel) => encode(data, k, n, kernel).parity);
        for (const other of others) expect(equal(other, first as Uint8Array)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('give the same bytes for 1 MiB, 4 of 6', () => {
    const [first, second] = KERNELS.map((kernel) => encode(noise(2 ** 20), 4, 6, kernel).parity);
    expect(equal(first as Uint8Array, second as Uint8Array)).toBe(true);
  });
});
