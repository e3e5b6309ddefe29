import { describe, expect, it } from 'vitest';
import { itemsPerJob } from '../../../src/pool/share.ts';

/** Sizes of the jobs that items are shared out to. */
function jobs(size: number, batchSize: number, least: number, threads: number): number[] {
  const each = itemsPerJob(size, batchSize, least, threads);
  return Array.from({ length: Math.ceil(size / each) }, (_, i) => Math.min(each, size - i * each));
}

describe('items', () => {
  it.each([
    [1, [1]],
    [7, [7]],
    [8, [4, 4]],
    [9, [5, 4]],
    [33, [17, 16]],
    [65, [17, 17, 17, 14]],
    [128, [32, 32, 32, 32]],
  ])('%d go to two workers as %j', (size, expected) => {
    expect(jobs(size, 32, 4, 2)).toEqual(expected);
  });

  it('are never more in a job than they may be, and not many fewer than is worth it', () => {
    for (const [batchSize, least, threads] of [
      [32, 4, 1],
      [32, 4, 2],
      [32, 16, 2],
      [16, 16, 8],
      [1, 4, 3],
      [1024, 4, 64],
    ] as const) {
      for (let size = 1; size < 300; size++) {
        const sizes = jobs(size, batchSize, least, threads);
        expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(size);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.max(batchSize, least));
        expect(Math.max(...sizes)).toBeGreaterThanOrEqual(Math.min(size, least / 2));
      }
    }
  });

  it('are as many as may be where nobody knows how many there are', () => {
    expect(itemsPerJob(undefined, 32, 4, 2)).toBe(32);
    expect(itemsPerJob(undefined, 1, 4, 2)).toBe(4);
    expect(itemsPerJob(0, 32, 4, 2)).toBe(32);
  });
});
