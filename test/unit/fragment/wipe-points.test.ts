/**
 * The key dies at every point of sealing and opening in turn: nothing is ever sealed or opened under a part of it.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { ExpiredError } from '../../../src/errors.ts';
import { Assembler } from '../../../src/fragment/assembler.ts';
import { Sealer } from '../../../src/fragment/sealer.ts';
import { onTap, type TapPoint } from '../../../src/fragment/tap.ts';
import { thrownBy } from '../../support/errors.ts';
import { makeEnds, pattern, plan } from './support.ts';

afterEach(() => onTap(undefined));

/** Passes of a tap while something runs. */
function pointsOf(run: () => unknown): TapPoint[] {
  const points: TapPoint[] = [];
  onTap((point) => points.push(point));
  run();
  onTap(undefined);
  return points;
}

/** Has something done at one pass. */
function atPoint(index: number, act: () => void): void {
  let passed = 0;
  onTap(() => {
    if (passed++ === index) act();
  });
}

const DATA = pattern(100);

describe.each([
  ['one fragment', plan()],
  ['two of three', plan(2, 3)],
  ['two of three, threshold', plan(2, 3, 'threshold')],
] as const)('%s', (_name, how) => {
  it.each([false, true])('sealing (key derived before: %s)', async (isWarm) => {
    for (let index = 0; ; index++) {
      const { sender, receiver, parties, end } = await makeEnds();
      const sealer = new Sealer(sender, parties);
      if (isWarm) sealer.seal(DATA, how);
      const points = pointsOf(() => sealer.seal(DATA, how));
      if (index >= points.length) {
        end();
        expect(index).toBeGreaterThan(4);
        break;
      }
      const fresh = await makeEnds();
      const dying = new Sealer(fresh.sender, fresh.parties);
      if (isWarm) dying.seal(DATA, how);
      atPoint(index, () => fresh.sender.destroyAll('clock-step'));
      const error = thrownBy(() => dying.seal(DATA, how));
      onTap(undefined);
      expect(error, points[index]).toBeInstanceOf(ExpiredError);
      expect((error as ExpiredError).code).toBe('ERR_EXPIRED_CLOCK_ANOMALY');
      fresh.end();
      expect(receiver.death).toBeUndefined();
      end();
    }
  });

  it.each([false, true])('opening (key derived before: %s)', async (isWarm) => {
    for (let index = 0; ; index++) {
      const { sender, receiver, parties, end } = await makeEnds();
      const sealer = new Sealer(sender, parties);
      const assembler = new Assembler(receiver, parties);
      if (isWarm) for (const fragment of sealer.seal(DATA, how)) assembler.accept(fragment);
      const fragments = sealer.seal(DATA, how);
      const first = how.threshold - 1;
      for (const fragment of fragments.slice(0, first)) assembler.accept(fragment);
      let passed = -1;
      onTap(() => {
        passed++;
        if (passed === index) receiver.destroyAll('clock-step');
      });
      const accepted = assembler.accept(fragments[first] as Uint8Array);
      onTap(undefined);
      end();
      if (passed < index) {
        expect(accepted.kind).toBe('message');
        expect(index).toBeGreaterThan(3);
        break;
      }
      expect(accepted).toEqual({ kind: 'refused', reason: 'dead' });
    }
  });
});
