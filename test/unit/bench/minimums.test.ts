import { describe, expect, it } from 'vitest';
import { checkMinimums, recordMinimums } from '../../../bench/minimums.ts';
import type { BenchResult } from '../../../bench/report/report.ts';
import { report, result } from './reports.ts';

const RUN: readonly BenchResult[] = [
  result({ engine: 'auto' }),
  result({ engine: 'node', ratioToBare: 0.95, ratioToNoble: 12 }),
  result({ engine: 'node', form: 'bytes', keyFormat: 'seed', ratioToNoble: 8 }),
  result({ engine: 'noble', ratioToBare: 0.99, ratioToNoble: 0.99 }),
  result({ engine: 'noble', operation: 'TemporalVault split', parameters: { fragments: 3 }, form: null }),
  result({ contender: 'noble', engine: null }),
];
const minimums = recordMinimums([report(RUN)]);

function changed(operation: string, engine: string, change: Partial<BenchResult>): BenchResult[] {
  return RUN.map((one) =>
    one.operation === operation && one.engine === engine ? { ...one, ...change } : one,
  );
}

describe('recorded ratios', () => {
  it('are those of engines: what the library costs, and what an engine gains', () => {
    expect(minimums.runtime).toBe('node 26');
    expect(minimums.ratios).toEqual({
      'ML-DSA-87 sign, 1 KiB, objects, node: × bare': 0.95,
      'ML-DSA-87 sign, 1 KiB, objects, node: × noble': 12,
      'ML-DSA-87 sign, 1 KiB, bytes, seed, node: × noble': 8,
      'ML-DSA-87 sign, 1 KiB, objects, noble: × bare': 0.99,
      'TemporalVault split, 3 fragments, 1 KiB, noble: × bare': 0.95,
    });
  });

  it('are the lowest of several runs', () => {
    const lower = report(changed('ML-DSA-87 sign', 'noble', { ratioToBare: 0.9 }));
    const { ratios } = recordMinimums([report(RUN), lower, report(RUN)]);
    expect(Object.values(ratios)).toEqual([0.95, 12, 8, 0.9, 0.95]);
  });

  it('are of primitives', () => {
    expect(recordMinimums([report([result({ suite: 'keystore', engine: 'node' })])]).ratios).toEqual({});
  });
});

describe('the check', () => {
  it('holds for the run that was recorded', () => {
    expect(checkMinimums(report(RUN), minimums)).toEqual({ falls: [], held: 5, absent: [] });
  });

  it('lets a ratio be lower by the tolerance, and no more', () => {
    const lower = (part: number) =>
      checkMinimums(report(changed('ML-DSA-87 sign', 'noble', { ratioToBare: 0.99 * part })), minimums);
    expect(lower(0.81).falls).toEqual([]);
    expect(lower(0.79).falls).toEqual([
      {
        operation: 'ML-DSA-87 sign',
        name: 'ML-DSA-87 sign, 1 KiB, objects, noble: × bare',
        recorded: 0.99,
        measured: expect.closeTo(0.782, 3),
      },
    ]);
  });

  it('names what is not measured any more', () => {
    const { falls } = checkMinimums(report(RUN.filter(({ form }) => form !== 'bytes')), minimums);
    expect(falls).toMatchObject([
      { name: 'ML-DSA-87 sign, 1 KiB, bytes, seed, node: × noble', measured: null },
    ]);
    const gone = checkMinimums(report(RUN.slice(0, 4)), minimums);
    expect(gone.falls.map(({ name }) => name)).toEqual([
      'TemporalVault split, 3 fragments, 1 KiB, noble: × bare',
    ]);
  });

  it('does not blame an engine that the runtime lacks', () => {
    const { falls, held, absent } = checkMinimums(
      report(RUN.filter(({ engine }) => engine !== 'node')),
      minimums,
    );
    expect(falls).toEqual([]);
    expect(held).toBe(2);
    expect(absent).toHaveLength(3);
  });
});
