import { describe, expect, it } from 'vitest';
import { QuorumError } from '../../../../src/errors.ts';
import { encodeParity, reconstruct } from '../../../../src/fragment/erasure/index.ts';
import { thrownBy } from '../../../support/errors.ts';
import { noise } from './support.ts';

const NO_CODES = [
  [0, 1],
  [-1, 3],
  [2, 1],
  [1, 256],
  [1.5, 3],
  [1, 2.5],
  [Number.NaN, 3],
  [1, Number.POSITIVE_INFINITY],
] as const;

describe('encodeParity', () => {
  it.each(NO_CODES)('refuses a code of %d of %d', (k, n) => {
    expect(() => encodeParity(noise(8), k, n, new Uint8Array(8))).toThrow(RangeError);
  });

  it.each([0, 3, 5])('refuses %i bytes for a parity of 4', (length) => {
    expect(() => encodeParity(noise(8), 4, 6, new Uint8Array(length))).toThrow(RangeError);
  });
});

describe('reconstruct', () => {
  const pieces = [noise(2), noise(2), noise(2), noise(2), noise(2), noise(2)];
  const without = (...indices: number[]) =>
    pieces.map((piece, i) => (indices.includes(i) ? undefined : piece));
  const replaced = (index: number, by: Uint8Array) => pieces.map((piece, i) => (i === index ? by : piece));

  it.each(NO_CODES)('refuses a code of %d of %d', (k, n) => {
    expect(() => reconstruct(pieces, k, n, 2, new Uint8Array(8))).toThrow(RangeError);
  });

  it('says how many pieces there are when there are too few', () => {
    const error = thrownBy(() => reconstruct(without(0, 2, 5), 4, 6, 2, new Uint8Array(8)));
    expect(error).toBeInstanceOf(QuorumError);
    expect(error).toMatchObject({ have: 3, need: 4 });
  });

  it('refuses pieces at wrong places, of wrong lengths, and too much room for data', () => {
    const out = new Uint8Array(8);
    expect(() => reconstruct(pieces.slice(1), 4, 6, 2, out)).toThrow(RangeError);
    expect(() => reconstruct([...pieces, undefined], 4, 6, 2, out)).toThrow(RangeError);
    expect(() => reconstruct(replaced(0, noise(3)), 4, 6, 2, out)).toThrow(RangeError);
    expect(() => reconstruct(replaced(0, noise(1)), 4, 6, 2, out)).toThrow(RangeError);
    expect(() => reconstruct(replaced(3, noise(1)), 4, 6, 2, out)).toThrow(RangeError);
    expect(() => reconstruct(replaced(5, noise(1)), 4, 6, 2, out)).toThrow(RangeError);
    expect(() => reconstruct(pieces, 4, 6, 2, new Uint8Array(9))).toThrow(RangeError);
  });
});
