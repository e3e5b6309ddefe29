import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolation } from '../../../../src/fragment/erasure/matrix.ts';
import { range } from '../../../support/numbers.ts';
import { interpolate } from './support.ts';

/** The same matrix from the second form of the code: what it makes of each unit vector. */
function columns(from: readonly number[], to: readonly number[]): number[] {
  const unit = (j: number) => Uint8Array.from(from, (_, i) => (i === j ? 1 : 0));
  // Byte j of piece i is 1 where i = j: all unit vectors at once.
  const known = new Map(from.map((x, i) => [x, unit(i)]));
  return interpolate(known, to).flatMap((row) => [...row]);
}

/** Points in the order of the index, cut into two sets. */
const sets = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 6 })).chain(([k, others]) =>
  fc.uniqueArray(fc.nat(254), { minLength: k + others, maxLength: k + others }).map((points) => ({
    from: points.slice(0, k).sort((a, b) => a - b),
    to: points.slice(k),
  })),
);

describe('interpolation', () => {
  it('is what elimination gives, for any points', () => {
    fc.assert(
      fc.property(sets, ({ from, to }) => {
        const { inputs, outputs, coefficients } = interpolation(from, to);
        expect([inputs, outputs]).toEqual([from.length, to.length]);
        expect([...coefficients]).toEqual(columns(from, to));
      }),
      { numRuns: 100 },
    );
  });

  it('gives the parity of 4 of 6 the coefficients that docs/k-of-n.md tells', () => {
    const { coefficients } = interpolation(range(0, 4), range(4, 6));
    expect([...coefficients]).toEqual([0x1b, 0x1c, 0x12, 0x14, 0x1c, 0x1b, 0x14, 0x12]);
  });

  it('has no zeros, for any k of 255', () => {
    for (const k of range(1, 255)) {
      const { coefficients } = interpolation(range(0, k), range(k, 255));
      expect(coefficients).toHaveLength(k * (255 - k));
      expect(coefficients.includes(0)).toBe(false);
    }
  });

  it('has no rows without points to go to', () => {
    expect(interpolation([0, 1], []).coefficients).toHaveLength(0);
  });
});
