/** The heap of what is due, beside a plain list. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Timed, TimeHeap } from '../../../src/fragment/time-heap.ts';

const things = (count: number): Timed[] =>
  Array.from({ length: count }, () => ({ entryMs: Number.POSITIVE_INFINITY }));

it('gives back the earliest of what was entered, each once, and never an entry that was replaced or taken back', () => {
  const step = fc.oneof(
    fc.record({ push: fc.nat(9), atMs: fc.nat(20) }),
    fc.record({ drop: fc.nat(9) }),
    fc.constant({ pop: true }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const heap = new TimeHeap<Timed>();
      const all = things(10);
      const expected = new Map<Timed, number>();
      for (const one of steps) {
        if ('push' in one) {
          const thing = all[one.push] as Timed;
          heap.push(one.atMs, thing);
          expected.set(thing, one.atMs);
        } else if ('drop' in one) {
          const thing = all[one.drop] as Timed;
          thing.entryMs = Number.POSITIVE_INFINITY;
          expected.delete(thing);
        } else if (heap.first !== undefined) {
          expected.delete(heap.first);
          heap.pop();
        }
        const { first } = heap;
        expect(first?.entryMs).toBe(expected.size === 0 ? undefined : Math.min(...expected.values()));
        if (first !== undefined) expect(expected.get(first)).toBe(first.entryMs);
        for (const thing of all) expect(thing.entryMs).toBe(expected.get(thing) ?? Number.POSITIVE_INFINITY);
      }
    }),
  );
});

it('lets go of everything', () => {
  const heap = new TimeHeap<Timed>();
  const [one, two] = things(2) as [Timed, Timed];
  heap.push(3, one);
  heap.push(2, two);
  heap.clear();
  expect([heap.first, one.entryMs, two.entryMs]).toEqual([
    undefined,
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ]);
});
