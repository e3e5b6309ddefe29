/**
 * Random histories of a rotator against a simple model: ticks, sleeps, cuts, clock jumps, rotations on demand, compromises,
 * suspensions, holds and new policies.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyCommand } from './support/commands.ts';
import { World } from './support/world.ts';

const HISTORIES = 100_000;

it.each(['ML-KEM-1024', 'ML-DSA-87'] as const)(`of %s: ${HISTORIES / 2} histories`, async (algorithm) => {
  let commits = 0;
  let generations = 0;
  await fc.assert(
    fc.asyncProperty(fc.commands([...anyCommand], { maxCommands: 24 }), async (commands) => {
      const world = new World(algorithm);
      await world.tick();
      await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
      commits += world.commits;
      generations += Math.max(...world.entries.map(({ ref }) => ref.generation));
    }),
    { numRuns: HISTORIES / 2 },
  );
  expect(generations).toBeGreaterThan(HISTORIES);
  console.log(`${algorithm}: ${HISTORIES / 2} histories, ${commits} commits, ${generations} generations`);
});
