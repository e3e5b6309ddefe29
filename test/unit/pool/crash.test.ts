/**
 * Workers that die: the jobs they had fail, the pool goes on.
 */
import { PoolError } from '@mwrasp/crypto';
import type { SignPrivateKey } from '@mwrasp/crypto/sign';
import { describe, expect, it } from 'vitest';
import { newState } from '../../../src/pool/job.ts';
import { Workers } from '../../../src/pool/workers.ts';
import { rejectionOf } from '../../support/errors.ts';
import { testKeys } from '../../support/keys.ts';
import { newPool, newWorkers, signedMessages } from './support.ts';

const { signer, signerPublic } = testKeys();
const message = Uint8Array.of(1);

function* endless() {
  for (;;) yield message;
}

describe('a worker that dies', () => {
  it.each([1, 2])('with %d of 2: its jobs fail with a typed error, and later ones succeed', async (count) => {
    newWorkers();
    const pool = newPool({ threads: 2, batchSize: 8 });
    const results = pool.signMany(signer, endless())[Symbol.asyncIterator]();
    await results.next();
    const ended = newWorkers()
      .slice(0, count)
      .map((worker) => worker.terminate());
    const failed = await rejectionOf(async () => {
      for (;;) await results.next();
    });
    expect(failed).toBeInstanceOf(PoolError);
    expect(failed).toMatchObject({ name: 'PoolError', code: 'ERR_POOL_WORKER', cause: expect.any(Error) });
    // The jobs of all that die fail, also those that one had when the other's were over.
    await Promise.all(ended);
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let i = 0; i < 3; i++) {
      expect(await pool.verifyMany(signerPublic, signedMessages(100))).toEqual(Array(100).fill(true));
    }
  });

  it('while nothing is to be done takes nothing with it', async () => {
    newWorkers();
    const pool = newPool({ threads: 2 });
    const before: SignPrivateKey[] = await pool.generateSignKeys(8);
    await Promise.all(newWorkers().map((worker) => worker.terminate()));
    expect(await pool.generateSignKeys(before.length)).toHaveLength(8);
  });
});

describe('workers whose program does not load', () => {
  it('fail each job, and do not let it wait for ever', async () => {
    const workers = new Workers(2, new URL('./no-such-program.ts', import.meta.url));
    await workers.load();
    for (let i = 0; i < 4; i++) {
      const job = {
        kind: 'verify',
        engines: {},
        count: 0,
        deterministic: false,
        lengths: new Uint32Array(0),
        input: new Uint8Array(0),
        output: new Uint8Array(0),
        state: newState(),
      } as const;
      const all = await Promise.all([1, 2, 3, 4, 5].map(() => rejectionOf(() => workers.run({ ...job }))));
      for (const error of all) expect(error).toMatchObject({ code: 'ERR_POOL_WORKER' });
    }
    await workers.close();
  });
});
