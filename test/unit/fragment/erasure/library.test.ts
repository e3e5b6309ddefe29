/**
 * The same code by others: the Rust crate reed-solomon-erasure, compiled to WebAssembly.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import library from '@subspace/reed-solomon-erasure.wasm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, equal } from '../../../../src/bytes.ts';
import { encodeParity, reconstruct } from '../../../../src/fragment/erasure/index.ts';
import { range } from '../../../support/numbers.ts';
import { noise } from './support.ts';

const require = createRequire(import.meta.url);
const bytes = readFileSync(
  require.resolve('@subspace/reed-solomon-erasure.wasm/dist/reed_solomon_erasure_bg.wasm'),
);

/** A new instance for each call: one that made and rebuilt several codes traps now and then (0.2.5). */
const theirs = () => library.ReedSolomonErasure.fromBytes(bytes);

/** Codes that the library takes: it wants parity. */
const codes = fc
  .integer({ min: 2, max: 255 })
  .chain((n) => fc.tuple(fc.integer({ min: 1, max: n - 1 }), fc.constant(n)));

/** The library's parity, behind the data. */
function encodeTheirs(data: Uint8Array, k: number, n: number): Uint8Array {
  const shards = concat(data, new Uint8Array((data.length / k) * (n - k)));
  expect(theirs().encode(shards, k, n - k)).toBe(0);
  return shards;
}

function encodeOurs(data: Uint8Array, k: number, n: number): Uint8Array {
  const parity = new Uint8Array((data.length / k) * (n - k));
  encodeParity(data, k, n, parity);
  return concat(data, parity);
}

describe('the crate reed-solomon-erasure', () => {
  it('computes the same parity, for any code', () => {
    fc.assert(
      fc.property(codes, fc.integer({ min: 1, max: 200 }), fc.nat(), ([k, n], pieceBytes, seed) => {
        const data = noise(k * pieceBytes, seed);
        expect(equal(encodeOurs(data, k, n), encodeTheirs(data, k, n))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('computes the same parity for 1 MiB, 4 of 6', () => {
    const data = noise(2 ** 20);
    expect(equal(encodeOurs(data, 4, 6), encodeTheirs(data, 4, 6))).toBe(true);
  });

  it('rebuilds what was encoded here, and the other way round', () => {
    const cases = codes.chain(([k, n]) =>
      fc.record({
        k: fc.constant(k),
        n: fc.constant(n),
        pieceBytes: fc.integer({ min: 1, max: 100 }),
        lost: fc.shuffledSubarray(range(0, n), { maxLength: n - k }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ k, n, pieceBytes, lost }) => {
        const data = noise(k * pieceBytes);
        const damaged = encodeOurs(data, k, n);
        for (const i of lost) damaged.fill(0xee, i * pieceBytes, (i + 1) * pieceBytes);
        const there = range(0, n).map((i) => !lost.includes(i));
        const rebuilt = Uint8Array.from(damaged);
        expect(theirs().reconstruct(rebuilt, k, n - k, there)).toBe(0);
        expect(equal(rebuilt.subarray(0, data.length), data)).toBe(true);

        const shards = encodeTheirs(data, k, n);
        const pieces = range(0, n).map((i) =>
          there[i] ? shards.slice(i * pieceBytes, (i + 1) * pieceBytes) : undefined,
        );
        const out = damaged.subarray(0, data.length);
        reconstruct(pieces, k, n, pieceBytes, out);
        expect(equal(out, data)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
