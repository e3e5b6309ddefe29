import { describe, expect, it } from 'vitest';
import { type Measured, summarise } from '../../../bench/summary.ts';

const HEAD = { suite: 'primitives', family: 'kem', operation: 'encapsulate', sizeBytes: 0 } as const;

function measured(given: Partial<Measured>): Measured {
  return {
    contender: 'ours',
    form: 'objects',
    world: 0,
    engine: 'node',
    rates: [1],
    details: null,
    ...given,
  };
}

describe('results', () => {
  it('have medians, quartiles and what a size makes of them', () => {
    const [one] = summarise({ ...HEAD, sizeBytes: 1000 }, [
      measured({ rates: [5000, 1000, 3000, 2000, 4000] }),
    ]);
    expect(one?.opsPerSecond).toEqual({ median: 3000, q1: 2000, q3: 4000 });
    expect(one?.mbPerSecond).toBe(3);
    expect(one).toMatchObject({ ratioToNoble: null, ratioToFastestPeer: null, fastestPeer: null });
    expect(one).toMatchObject({ ratioToBare: null, keyFormat: null, parameters: {}, engine: 'node' });
  });

  it('take ratios round by round, so that a slow round does not count', () => {
    const [ours] = summarise(HEAD, [
      measured({ rates: [20, 2, 30] }),
      measured({ contender: 'noble', rates: [10, 1, 10], world: 1 }),
    ]);
    expect(ours?.ratioToNoble).toBe(2);
  });

  it('compare forms with the same form, and with the only form that a peer knows', () => {
    const results = summarise(HEAD, [
      measured({ rates: [12] }),
      measured({ rates: [6], form: 'bytes', keyFormat: 'seed' }),
      measured({ contender: 'noble', form: 'bytes', rates: [2] }),
      measured({ contender: 'node:crypto', rates: [10], world: 1 }),
      measured({ contender: 'node:crypto', form: 'bytes', rates: [3], world: 1 }),
      measured({ contender: 'mlkem', form: 'bytes', rates: [4], world: 2 }),
    ]);
    const [objects, bytes, noble, , , mlkem] = results;
    // Raw calls of the same thread are noble's.
    expect(objects).toMatchObject({ ratioToNoble: 6, ratioToBare: 6 });
    expect(objects).toMatchObject({ fastestPeer: 'node:crypto', ratioToFastestPeer: 1.2 });
    // With bytes in hand nobody can use a key object.
    expect(bytes).toMatchObject({ fastestPeer: 'mlkem', ratioToFastestPeer: 1.5, keyFormat: 'seed' });
    expect(noble).toMatchObject({ ratioToNoble: 1, ratioToBare: null, engine: null });
    expect(mlkem).toMatchObject({ ratioToFastestPeer: 1, ratioToBare: null });
  });

  it('compare a store of many keys with a store of one, which is no peer', () => {
    const [many, one] = summarise(HEAD, [
      measured({ form: null, rates: [5] }),
      measured({ form: null, rates: [10], contender: 'baseline' }),
    ]);
    expect(many).toMatchObject({ ratioToBare: 0.5, fastestPeer: null });
    expect(one).toMatchObject({ contender: 'baseline', engine: 'node', ratioToBare: null });
  });
});
