/**
 * Some of what `test/slow/soak.test.ts` does a hundred thousand times, and that it sees what it looks for.
 */
import { expect, it } from 'vitest';
import { does, fails } from '../../../soak/action.ts';
import { soak } from '../../../soak/soak.ts';
import { runSoak } from '../../../support/soak.ts';
import { secrets } from './memory.ts';

const OPERATIONS = 4000;

it(`memory is flat and every secret gone after ${OPERATIONS} operations, a third of which fail`, () => {
  runSoak(OPERATIONS);
}, 600_000);

it('sees a secret that is left behind, and an end that is not the right one', async () => {
  const report = await soak({
    operations: 10,
    seed: 'seen',
    actions: [
      does('leaves a byte', 1, () => {
        secrets()[1234] = 1;
      }),
      fails('fails to fail', 1, () => {}),
      fails('fails in its own words', 1, () => {
        throw new TypeError('x is undefined');
      }),
      fails('engine: traps', 1, () => {
        throw new WebAssembly.RuntimeError('unreachable');
      }),
      fails('engine: fails', 1, () => {
        throw new Error('as expected');
      }),
    ],
  });
  const { actions } = report;
  const times = (name: string) => actions[name] as number;
  expect(Object.values(actions).reduce((sum, count) => sum + count)).toBe(10);
  expect(report.dirty).toHaveLength(times('leaves a byte'));
  expect(report.dirty.length).toBeGreaterThan(0);
  expect(report.wrong).toHaveLength(
    times('fails to fail') + times('fails in its own words') + times('engine: traps'),
  );
  expect(report.wrong.length).toBeGreaterThan(0);
  expect(secrets().every((byte) => byte === 0)).toBe(true);
});
