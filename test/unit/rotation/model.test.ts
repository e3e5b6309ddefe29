/**
 * A thousand random histories of a rotator; `npm run test:lifecycle` runs a hundred thousand.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyCommand } from '../../lifecycle/support/commands.ts';
import { World } from '../../lifecycle/support/world.ts';

it.each([
  ['ML-KEM-1024', 750],
  ['ML-DSA-87', 250],
] as const)('holds in histories of %s: %d', async (algorithm, histories) => {
  let generations = 0;
  await fc.assert(
    fc.asyncProperty(fc.commands([...anyCommand], { maxCommands: 24 }), async (commands) => {
      const world = new World(algorithm);
      await world.tick();
      await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
      generations += Math.max(...world.entries.map(({ ref }) => ref.generation));
    }),
    { numRuns: histories },
  );
  expect(generations).toBeGreaterThan(histories);
});
