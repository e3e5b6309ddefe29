import { constants, type PerformanceNodeEntry, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { GarbageCount } from '../../src/garbage.ts';

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

function add(stream: GarbageCount, mebibytes: number): void {
  for (let i = 0; i < mebibytes; i++) stream.add(MEBIBYTE);
}

describe('GarbageCount', () => {
  it('has the young generation collected every few megabytes', async () => {
    // One collection for 4 MiB, or for 16 MiB where the young generation has grown to four times its first size.
    expect(await youngCollections(() => add(new GarbageCount(), 256))).toBeGreaterThanOrEqual(16);
  });

  it('leaves it alone before', () => {
    const stream = new GarbageCount();
    add(stream, 4);
    const asked = vi.spyOn(process, 'getBuiltinModule');
    add(stream, 3);
    expect(asked).not.toHaveBeenCalled();
    add(stream, 1);
    expect(asked).toHaveBeenCalledOnce();
  });

  it('starts anew for every stream when one of them had it collected', () => {
    const first = new GarbageCount();
    const second = new GarbageCount();
    add(first, 4);
    const asked = vi.spyOn(process, 'getBuiltinModule');
    add(first, 3);
    add(second, 4);
    expect(asked).toHaveBeenCalledOnce();
    add(first, 3);
    expect(asked).toHaveBeenCalledOnce();
  });

  it('counts many streams together', () => {
    add(new GarbageCount(), 4);
    const asked = vi.spyOn(process, 'getBuiltinModule');
    for (let i = 0; i < 8; i++) add(new GarbageCount(), 1);
    expect(asked).toHaveBeenCalledOnce();
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
    expect(() => add(new GarbageCount(), 8)).not.toThrow();
    expect(asked).toHaveBeenCalledTimes(2);
  });
});
