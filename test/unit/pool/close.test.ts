/**
 * The end of a pool.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { expectInput, expectInputLater, rejectionOf } from '../../support/errors.ts';
import { testKeys } from '../../support/keys.ts';
import { gate, newPool, newWorkers, signedMessages } from './support.ts';

const { signer, signerPublic } = testKeys();
const message = Uint8Array.of(1);

describe('close', () => {
  it('waits for the jobs that were handed over', async () => {
    const pool = newPool();
    const results = pool.verifyMany(signerPublic, signedMessages(60));
    const all = results.then((isRight) => isRight.length);
    let isClosed = false;
    // The jobs are handed over as soon as piscina is loaded.
    await pool.verifyMany(signerPublic, []);
    const closing = pool.close().then(() => {
      isClosed = true;
    });
    expect(pool.closed).toBe(true);
    expect(await all).toBe(60);
    expect(isClosed).toBe(false);
    await closing;
  });

  it('ends the workers, and what is called a second time waits for the same', async () => {
    newWorkers();
    const pool = newPool();
    await pool.generateSignKeys(8);
    const ended = newWorkers().map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    expect(ended).toHaveLength(2);
    expect(pool.close()).toBe(pool.close());
    await pool.close();
    await Promise.all(ended);
  });

  it('is what await using does', async () => {
    const pool = newPool();
    {
      await using same = pool;
      expect(await same.generateSignKeys(1)).toHaveLength(1);
      expect(same.closed).toBe(false);
    }
    expect(pool.closed).toBe(true);
  });

  it('of a pool that was never used ends at once', async () => {
    newWorkers();
    const pool = newPool();
    await pool.close();
    expect(newWorkers()).toEqual([]);
  });

  it('while piscina is loaded, too', async () => {
    const pool = newPool();
    const failed = rejectionOf(() => pool.generateSignKeys(1));
    await pool.close();
    expect(await failed).toMatchObject({ code: 'ERR_INPUT_DISPOSED', argument: 'pool' });
  });

  it('refuses what comes afterwards', async () => {
    const pool = newPool();
    const early = pool.signMany(signer, [message]);
    await pool.close();
    expectInput(() => pool.verifyMany(signerPublic, []), 'ERR_INPUT_DISPOSED', 'pool');
    expectInput(() => pool.signMany(signer, []), 'ERR_INPUT_DISPOSED', 'pool');
    expectInput(() => pool.generateSignKeys(1), 'ERR_INPUT_DISPOSED', 'pool');
    expectInput(() => pool.generateKemKeys(1), 'ERR_INPUT_DISPOSED', 'pool');
    await expectInputLater(() => early, 'ERR_INPUT_DISPOSED', 'pool');
  });

  it('ends an operation whose items are not all handed over', async () => {
    const pool = newPool();
    const more = gate();
    async function* slow() {
      yield message;
      await more.opened;
      yield message;
    }
    const results = pool.signMany(signer, slow())[Symbol.asyncIterator]();
    expect((await results.next()).value).toHaveLength(4627);
    await pool.close();
    more.open();
    expect(await rejectionOf(() => results.next())).toMatchObject({ code: 'ERR_INPUT_DISPOSED' });
  });
});

describe('a key that is disposed', () => {
  it('ends the operation that signs with it', async () => {
    const pool = newPool();
    const [key] = await pool.generateSignKeys(1);
    if (key === undefined) throw new Error('unreachable');
    const more = gate();
    async function* slow() {
      yield message;
      await more.opened;
      key?.dispose();
      yield message;
    }
    const results = pool.signMany(key, slow())[Symbol.asyncIterator]();
    await results.next();
    more.open();
    expect(await rejectionOf(() => results.next())).toMatchObject({
      code: 'ERR_INPUT_DISPOSED',
      argument: 'privateKey',
    });
    expectInput(() => pool.signMany(key, []), 'ERR_INPUT_DISPOSED', 'privateKey');
  });
});

describe('a process', () => {
  /** Runs a program that imports the source; a process that does not end is an error. */
  function run(program: string): string {
    const folder = fileURLToPath(new URL('../../../src/', import.meta.url));
    const prelude = `import { createPool } from '${folder}pool/index.ts';
      import { generateSignKey } from '${folder}sign/index.ts';\n`;
    return execFileSync(
      process.execPath,
      ['--no-warnings', '--input-type=module-typescript', '-e', prelude + program],
      {
        encoding: 'utf8',
        timeout: 50_000,
      },
    );
  }

  it('ends when a pool has nothing to do, and not before', () => {
    const output = run(`
      createPool();
      const pool = createPool({ threads: 2 });
      pool.signMany(generateSignKey(), Array(50).fill(new Uint8Array(1))).then(
        (signatures) => console.log(signatures.length),
      );`);
    expect(output).toBe('50\n');
  });
});
