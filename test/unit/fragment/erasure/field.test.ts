import { describe, expect, it } from 'vitest';
import { exp, log, ORDER, timesX } from '../../../../src/fragment/erasure/field.ts';
import { range } from '../../../support/numbers.ts';
import { product } from './support.ts';

describe('the field', () => {
  it('adds logarithms where it multiplies, for every pair of elements', () => {
    for (const a of range(1, 256)) {
      for (const b of range(1, 256)) {
        if (exp(log(a) + log(b)) !== product(a, b)) expect.fail(`${a} times ${b}`);
      }
    }
  });

  it('has one logarithm for each element but 0', () => {
    expect(new Set(range(0, ORDER).map(exp))).toEqual(new Set(range(1, 256)));
    expect(range(1, 256).every((a) => exp(log(a)) === a)).toBe(true);
    expect(exp(ORDER)).toBe(1);
  });

  it('multiplies by x', () => {
    expect(range(0, 256).map(timesX)).toEqual(range(0, 256).map((a) => product(a, 2)));
  });
});
