import { constants, type PerformanceNodeEntry, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { noteGarbage } from '../../src/garbage.ts';

const MEBIBYTE = 2 ** 20;

afterEach(() => {
  vi.restoreAllMocks();
});

/** How many times the young generation is collected while `work` runs. */
async function youngCollections(work: () => void): Promise<number> {
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries() as PerformanceNodeEntry[]) {
      const { kind } = detail as { kind: number };
      if (kind === constants.NODE_PERFORMANCE_GC_MINOR) count++;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  work();
  // Entries are handed over by the event loop.
  await setImmediate();
  await setImmediate();
  observer.disconnect();
  return count;
}

const note = (times: number) => {
  for (let i = 0; i < times; i++) noteGarbage(MEBIBYTE);
};

describe('noteGarbage', () => {
  it('has the young generation collected every few megabytes', async () => {
    // One collection for 4 MiB, or for 16 MiB where the young generation has grown to four times its first size.
    expect(await youngCollections(() => note(256))).toBeGreaterThanOrEqual(16);
  });

  it('leaves it alone before', async () => {
    note(4);
    const statistics = vi.spyOn(process, 'getBuiltinModule');
    note(3);
    expect(statistics).not.toHaveBeenCalled();
    note(1);
    expect(statistics).toHaveBeenCalledOnce();
  });

  it.each<[string, unknown]>([
    ['no such module', undefined],
    [
      'a module that does not know its heap',
      {
        getHeapSpaceStatistics() {
          throw new Error('not implemented');
        },
      },
    ],
    ['a heap without a young generation', { getHeapSpaceStatistics: () => [] }],
  ])('does nothing where there is %s', (_, module) => {
    const asked = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(module as object);
    expect(() => note(8)).not.toThrow();
    expect(asked).toHaveBeenCalledTimes(2);
  });
});
