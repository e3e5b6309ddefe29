/**
 * A rotator that is killed at every step of what it does: whoever goes on completes the plan, with no key object that nobody
 * knows, no generation twice, and nothing lost.
 *
 * `npm run test:fault` runs all of it; an ordinary run leaves steps out.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { play, start } from '../hsm/support/child.ts';
import { makeToken, needsToken, type TestToken } from '../hsm/support/tokens.ts';
import { SCRATCH } from '../support/scratch.ts';
import { finish, MOMENTS, type Moment, openPlace, prepare } from './support/rotation-scenario.ts';

const FULL = process.env['MWRASP_FAULT'] === 'full';
const CHILD = fileURLToPath(new URL('./support/rotation-child.ts', import.meta.url));
/** In a token there is the key that wraps the store's root key, too. */
const ROOT = 1;

const run = promisify(execFile);
const report: string[] = [];
afterAll(() => console.log(report.join('\n')));

function makePlace(): string {
  return mkdtempSync(join(SCRATCH, 'rotation-cut-'));
}

describe.each(MOMENTS)('in a folder, at the moment of %s', (moment: Moment) => {
  it('a kill at any step is made good', async () => {
    const original = makePlace();
    const store = await openPlace(original);
    await prepare(store, original, moment);
    await store.close();
    const kill = (place: string, step: number) =>
      run(process.execPath, ['--no-warnings', CHILD, place, moment, String(step)]).then(
        ({ stdout }) => ({ signal: undefined, stdout, stderr: '' }),
        (error: { signal?: string; stdout: string; stderr: string }) => error,
      );
    const whole = makePlace();
    cpSync(original, whole, { recursive: true });
    const steps: string[] = JSON.parse((await kill(whole, 0)).stdout);
    rmSync(whole, { recursive: true });
    let cuts = 0;
    const stride = FULL ? 1 : Math.ceil(steps.length / 5);
    for (let step = 1; step <= steps.length; step += stride) {
      const place = makePlace();
      cpSync(original, place, { recursive: true });
      const died = await kill(place, step);
      const where = `step ${step}: ${steps[step - 1]}`;
      expect(died.signal, `${where} ${died.stderr}`).toBe('SIGKILL');
      const again = await openPlace(place);
      await finish(again, place, moment);
      const { length } = await again.list();
      await again.close();
      expect(readdirSync(join(place, 'store/keys')), where).toHaveLength(length);
      rmSync(place, { recursive: true });
      cuts++;
    }
    rmSync(original, { recursive: true });
    report.push(`file, ${moment}: ${cuts} of ${steps.length} steps cut off, each made good`);
    expect(cuts).toBeGreaterThan(3);
  }, 1_200_000);
});

/** A copy of a token and what is beside it. */
function copyToken(token: TestToken): TestToken {
  const folder = makePlace();
  cpSync(token.folder, folder, { recursive: true });
  const moved = (text: string) => text.replaceAll(token.folder, folder);
  const configuration = join(folder, 'softhsm2.conf');
  writeFileSync(configuration, moved(readFileSync(configuration, 'utf8')));
  return {
    ...token,
    folder,
    tokenFolder: moved(token.tokenFolder),
    env: Object.fromEntries(Object.entries(token.env).map(([name, value]) => [name, moved(value)])),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

needsToken('SoftHSM')('in SoftHSM', () => {
  it.each(MOMENTS)(
    'a kill before or after any step at the moment of %s is made good',
    async (moment) => {
      const original = makeToken('SoftHSM', { parent: SCRATCH });
      await play(original, 'rotation', 'ready', { moment });
      const whole = copyToken(original);
      const { boundaries } = await play(whole, 'rotation', 'cut', { moment, boundary: 0 });
      whole.remove();
      let cuts = 0;
      const stride = FULL ? 1 : Math.ceil(boundaries.length / 3);
      for (let boundary = 1; boundary <= boundaries.length; boundary += stride) {
        const token = copyToken(original);
        const where = `boundary ${boundary}: ${boundaries[boundary - 1]}`;
        const { signal, stderr } = await start(token, 'rotation', 'cut', { moment, boundary }).outcome;
        expect(signal, `${where} ${stderr}`).toBe('SIGKILL');
        const { privateKeys, objects } = await play(token, 'rotation', 'goOn', { moment });
        expect(objects, where).toBe(privateKeys + ROOT);
        token.remove();
        cuts++;
      }
      original.remove();
      report.push(`SoftHSM, ${moment}: ${cuts} of ${boundaries.length} boundaries cut off, each made good`);
      expect(cuts).toBeGreaterThan(2);
    },
    1_800_000,
  );
});
