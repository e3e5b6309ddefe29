/** A ceremony in a folder, broken off at every step that changes something on the disk: nothing is committed. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  combineShares,
  createCeremonyFolder,
  verifyCeremonyFolder,
  verifyTranscript,
} from '../../src/ceremony/index.ts';
import { SCRATCH } from '../support/scratch.ts';
import { type Holder, holders } from '../unit/ceremony/support.ts';
import { describeStep, type Step, tapDisk } from './support/tap.ts';

const COUNT = process.env['MWRASP_FAULT'] === 'full' ? 5 : 3;
const all = holders(COUNT);

let parent: string;
const path = () => join(parent, 'ceremony');

beforeEach(() => {
  parent = mkdtempSync(join(SCRATCH, 'ceremony-'));
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

const create = () =>
  createCeremonyFolder({ path: path(), threshold: 2, custodians: all.map(({ known }) => known) });
const sign = ({ name, recipient, signer }: Holder) =>
  verifyCeremonyFolder({ path: path(), custodian: name, recipient, signer });
const transcript = () => new Uint8Array(readFileSync(join(path(), 'transcript.mwp')));
const share = ({ name }: Holder) => new Uint8Array(readFileSync(join(path(), `${name}.mwc`)));
const combine = () =>
  combineShares({
    transcript: transcript(),
    shares: all.slice(0, 2).map((holder) => ({ share: share(holder), recipient: holder.recipient })),
  });

/** Does work on a disk that fails at one step: from then on for ever, as when the process ends, or that once. */
async function failing(
  at: number,
  forEver: boolean,
  work: () => Promise<unknown>,
): Promise<Step | undefined> {
  let count = 0;
  let failed: Step | undefined;
  const restore = tapDisk(parent, async (step, run) => {
    const now = count++;
    if (now === at || (forEver && now > at)) {
      failed ??= step;
      throw Object.assign(new Error('told to fail'), { code: 'EIO' });
    }
    return await run();
  });
  try {
    await work();
    return undefined;
  } catch (error) {
    if (failed === undefined) throw error;
    return failed;
  } finally {
    restore();
  }
}

describe.each([
  ['once', false],
  ['for ever', true],
] as const)('a disk that fails %s', (_label, forEver) => {
  it('while shares are dealt: there is no ceremony, and another can be held', async () => {
    const steps: string[] = [];
    for (let at = 0; ; at++) {
      const step = await failing(at, forEver, create);
      if (step === undefined) break;
      steps.push(describeStep(step));
      // The rename of the last step but one may have been done: then it is a ceremony that nobody signed.
      if (existsSync(path())) expect(verifyTranscript(transcript()).committed, steps.at(-1)).toBe(false);
      if (!forEver) expect(readdirSync(parent), steps.at(-1)).toEqual([]);
      for (const name of readdirSync(parent)) rmSync(join(parent, name), { recursive: true });
    }
    expect(steps.length).toBeGreaterThan(3 * (COUNT + 1));
    expect(verifyTranscript(transcript()).committed).toBe(false);
  });

  it('while custodians sign: it is committed with the last signature, and not before', async () => {
    await create();
    let cuts = 0;
    for (const [i, holder] of all.entries()) {
      const before = transcript();
      for (let at = 0; ; at++) {
        const step = await failing(at, forEver, () => sign(holder));
        rmSync(join(path(), 'lock'), { force: true });
        if (step === undefined) break;
        cuts++;
        const { committed, custodians } = verifyTranscript(transcript());
        const signed = custodians.filter(({ verifiedAtMs }) => verifiedAtMs !== undefined).length;
        if (signed === i) {
          expect(transcript(), describeStep(step)).toEqual(before);
          expect(committed).toBe(false);
          await expect(combine()).rejects.toMatchObject({ code: 'ERR_CEREMONY_STATE' });
        } else {
          // Only its name could not be made durable: the signature is there, whole.
          expect(signed).toBe(i + 1);
          break;
        }
      }
      if (i + 1 < COUNT) await expect(combine()).rejects.toMatchObject({ code: 'ERR_CEREMONY_STATE' });
    }
    expect(cuts).toBeGreaterThan(3 * COUNT);
    using rootKey = await combine();
    expect(rootKey.length).toBe(32);
  });
});

describe('a folder', () => {
  it('is not one that is there', async () => {
    await create();
    await expect(create()).rejects.toMatchObject({ code: 'ERR_KEYSTORE_EXISTS' });
  });

  it('takes custodians who sign at once one after the other', async () => {
    await create();
    const infos = await Promise.all(all.map(sign));
    expect(infos.filter(({ committed }) => committed).length).toBe(1);
    expect(verifyTranscript(transcript()).committed).toBe(true);
    expect(readdirSync(path()).filter((name) => !/\.mw[cp]$/.test(name))).toEqual([]);
  });

  it('whose share was exchanged for another is found when it is read back', async () => {
    await create();
    const [alice, bob] = all as [Holder, Holder];
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(path(), 'alice.mwc'), share(bob));
    await expect(sign(alice)).rejects.toMatchObject({ code: 'ERR_CEREMONY_SHARE_SWAPPED', custodian: 'bob' });
    rmSync(join(path(), 'alice.mwc'));
    await expect(sign(alice)).rejects.toMatchObject({ code: 'ERR_KEYSTORE_NOT_FOUND' });
  });
});
