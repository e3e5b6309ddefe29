/**
 * Changes of a file keystore that are cut off at every step: the process is killed there, the call fails there, the power
 * fails there. Afterwards the store opens, no committed key is lost, no destroyed key comes back, and no secret lies on
 * the disk in the clear.
 *
 * `npm run test:fault` runs all of it; an ordinary run leaves some steps out.
 */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PqError } from '../../src/errors.ts';
import { PowerModel, type Survival } from './support/power.ts';
import {
  CHANGES,
  type ChangeName,
  change,
  checkNoSecrets,
  emptyPlace,
  Original,
  openPlace,
  ROOT_KEYS,
} from './support/scenario.ts';
import { describeStep, tapDisk } from './support/tap.ts';

const FULL = process.env['MWRASP_FAULT'] === 'full';
/** An ordinary run takes every so manieth step, others for each change. */
const STRIDE = FULL ? 1 : 4;
const CHILD = fileURLToPath(new URL('./support/cut-child.ts', import.meta.url));
const CODES = ['ENOSPC', 'EACCES', 'EROFS', 'EIO'];

const run = promisify(execFile);
let original: Original;
const report: string[] = [];

beforeAll(async () => {
  original = await Original.make();
});

afterAll(() => {
  original.remove();
  console.log(report.join('\n'));
});

/** The first step that an ordinary run takes. */
function offset(name: ChangeName): number {
  return FULL ? 0 : CHANGES.indexOf(name);
}

/** What happened after each cut, counted. */
class Outcomes {
  readonly #counts = { before: 0, after: 0 };

  add(outcome: 'before' | 'after'): void {
    this.#counts[outcome]++;
  }

  tell(how: string, name: ChangeName): void {
    const { before, after } = this.#counts;
    report.push(
      `${name}, ${how}: ${before + after} cut points, ${before} before the change and ${after} after it`,
    );
    expect(before).toBeGreaterThan(0);
    expect(after).toBeGreaterThan(0);
  }
}

/** The steps of a change. */
async function stepsOf(name: ChangeName): Promise<string[]> {
  const place = original.copy();
  const store = await openPlace(place);
  const steps: string[] = [];
  const end = tapDisk(place, (step, go) => {
    steps.push(describeStep(step));
    return go();
  });
  await change(store, name);
  end();
  await store.close();
  rmSync(place, { recursive: true });
  return steps;
}

describe.each(CHANGES)('%s', (name) => {
  it('when a call fails at a step: a typed error, or none, and the store goes on', async () => {
    const steps = await stepsOf(name);
    const outcomes = new Outcomes();
    for (let cut = offset(name); cut < steps.length; cut += STRIDE) {
      const codes = FULL ? CODES : [CODES[cut % CODES.length] as string];
      for (const code of codes) {
        const place = original.copy();
        const store = await openPlace(place);
        let at = 0;
        const end = tapDisk(place, async (step, go) => {
          if (at++ !== cut) return go();
          // A write that fails leaves half of it.
          if (step.call === 'write' && step.bytes !== undefined)
            await go(step.bytes.subarray(0, step.bytes.length >> 1));
          throw Object.assign(new Error(`${code}: told to fail`), { code });
        });
        const error: unknown = await change(store, name).then(
          () => undefined,
          (reason) => reason,
        );
        end();
        const where = `${steps[cut]} ${code}: ${error}`;
        if (error !== undefined) {
          expect(error, where).toBeInstanceOf(PqError);
          expect(error, where).toMatchObject({ code: 'ERR_KEYSTORE_IO' });
          expect((error as Error).message, where).toContain(place);
        }
        // The same store goes on: what it tells is one of the two states, and it makes further changes.
        const told = await original.check(store, name);
        if (error === undefined && name !== 'rekey') expect(told, where).toBe('after');
        const later = await store.generate({ name: 'other', algorithm: 'AES-256-GCM' });
        await store.destroy(later.ref);
        await store.close();
        const found = await original.checkPlace(place, name);
        if (name !== 'rekey') expect(found, where).toBe(told);
        outcomes.add(found);
        rmSync(place, { recursive: true });
      }
    }
    outcomes.tell('the call fails', name);
  }, 600_000);

  it('when the power fails at a step: what was durable is enough', async () => {
    const steps = await stepsOf(name);
    const outcomes = new Outcomes();
    let seed = 7;
    const random: Survival = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 16) % 2 === 0;
    };
    const survivals: Survival[] = [
      () => false,
      () => true,
      (kind) => kind === 'name',
      (kind) => kind === 'content',
    ];
    if (FULL) survivals.push(...Array.from({ length: 8 }, () => random));
    else survivals.splice(1, 3, random);
    for (let cut = offset(name); cut <= steps.length; cut += STRIDE) {
      const place = original.copy();
      const store = await openPlace(place);
      const model = new PowerModel(place);
      const after: string[] = [];
      let at = 0;
      const snapshot = () => {
        for (const survives of survivals) {
          const target = emptyPlace();
          model.writeTo(target, survives);
          after.push(target);
        }
      };
      const end = tapDisk(place, async (step, go) => {
        // Half of the write that was under way may be there.
        if (at === cut) snapshot();
        at++;
        return model.hook(step, go);
      });
      await change(store, name);
      end();
      if (cut === steps.length) snapshot();
      await store.close();
      for (const left of after) {
        const found = await original.checkPlace(left, name);
        // What the caller was told is done, is done.
        if (cut === steps.length) expect(found).toBe('after');
        outcomes.add(found);
        rmSync(left, { recursive: true });
      }
      rmSync(place, { recursive: true });
    }
    outcomes.tell(`the power fails, ${survivals.length} ways each`, name);
  }, 900_000);

  it('when the process is killed at a step', async () => {
    const steps = await stepsOf(name);
    const outcomes = new Outcomes();
    for (let cut = 1 + offset(name); cut <= steps.length; cut += 2 * STRIDE - 1) {
      const place = original.copy();
      const died = await run(process.execPath, ['--no-warnings', CHILD, place, name, String(cut)]).then(
        () => undefined,
        (error: { signal?: string; stderr?: string }) => error,
      );
      expect(died?.signal, `${steps[cut - 1]} ${died?.stderr}`).toBe('SIGKILL');
      checkNoSecrets(place);
      outcomes.add(await original.checkPlace(place, name));
      rmSync(place, { recursive: true });
    }
    outcomes.tell('the process is killed', name);
  }, 600_000);
});

it('knows which steps there are', async () => {
  for (const name of CHANGES) report.push(`steps of ${name}: ${(await stepsOf(name)).join(', ')}`);
  expect(ROOT_KEYS.length).toBe(2);
});
