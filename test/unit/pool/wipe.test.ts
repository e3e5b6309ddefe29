/**
 * What a job leaves in memory: nothing, however it ends.
 */
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { SignPrivateKey, verify } from '@mwrasp/crypto/sign';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BatchWriter, partsOf } from '../../../src/pool/batch.ts';
import { cancelJob, type Job, type JobKind, newState, resultStride } from '../../../src/pool/job.ts';
import { SharedMemory } from '../../../src/pool/memory.ts';
import { work } from '../../../src/pool/work.ts';
import { rejectionOf } from '../../support/errors.ts';
import { SEEDS, testKeys } from '../../support/keys.ts';
import { watchWipes } from '../../support/wipes.ts';
import { newPool, newWorkers, signedMessages, until, watchMemory } from './support.ts';

const { signer, signerPublic } = testKeys();
const seed = exportPrivateKey(signer, 'seed').expose();
const message = new TextEncoder().encode('a message that shows');

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function* endless() {
  for (;;) yield message;
}

describe('memory of jobs, on the main thread', () => {
  it('is zero when the work is done', async () => {
    const memory = watchMemory();
    const pool = newPool({ threads: 2, batchSize: 8 });
    const results = pool.signMany(signer, Array(40).fill(message)).then((all) => all);
    await until(() => memory.holds(seed) && memory.holds(message));
    await results;
    await pool.verifyMany(signerPublic, signedMessages(40));
    const keys = await pool.generateSignKeys(40);
    await pool.generateKemKeys(40);
    expect(keys.some((key) => memory.holds(exportPrivateKey(key, 'seed').expose()))).toBe(false);
    expect(memory.filled()).toBe(0);
  });

  it.each(['aborted', 'failed', 'left'] as const)('is zero when the work was %s', async (how) => {
    const memory = watchMemory();
    const pool = newPool({ threads: 2, batchSize: 8 });
    const controller = new AbortController();
    let isFailing = false;
    function* source() {
      while (!isFailing) yield message;
      yield 'text' as never;
    }
    const results = pool.signMany(signer, source(), { signal: controller.signal })[Symbol.asyncIterator]();
    await results.next();
    expect(memory.holds(seed)).toBe(true);
    if (how === 'aborted') controller.abort();
    if (how === 'failed') isFailing = true;
    if (how === 'left') await results.return?.();
    else {
      await rejectionOf(async () => {
        for (;;) await results.next();
      });
    }
    // The workers stop before their next signature.
    await until(() => memory.filled() === 0);
  });

  it('is zero when the worker died', async () => {
    newWorkers();
    const memory = watchMemory();
    const pool = newPool({ threads: 2, batchSize: 8 });
    const results = pool.signMany(signer, endless())[Symbol.asyncIterator]();
    do await results.next();
    while (!memory.holds(seed));
    for (const worker of newWorkers()) void worker.terminate();
    await rejectionOf(async () => {
      for (;;) await results.next();
    });
    await until(() => memory.filled() === 0);
  });
});

/** A job for this thread. */
function jobOf(kind: JobKind, count: number, parts: readonly Uint8Array[]): Job {
  const memory = new SharedMemory(0);
  const batch = new BatchWriter(memory, 1);
  for (const part of parts) batch.add(part);
  const outputBytes = count * resultStride(kind);
  return {
    kind,
    engines: {},
    count,
    deterministic: false,
    ...batch.finish(),
    output: memory.take(outputBytes).subarray(0, outputBytes),
    state: newState(),
  };
}

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

describe('a job, in its worker', () => {
  it('leaves results only, and no copy of the seed', () => {
    const job = jobOf('sign', 2, [seed, new Uint8Array(0), message, message]);
    const wipes = watchWipes();
    expect(work(job)).toBeUndefined();
    expect(isZero(job.input)).toBe(true);
    expect(verify(signerPublic, message, job.output.slice(0, 4627))).toBe(true);
    // The key of the job has a copy.
    expect(wipes(seed)).toBe(1);
  });

  it('that fails leaves neither input nor output', () => {
    const tooLong = new Uint8Array(256);
    const job = jobOf('sign', 2, [seed, tooLong, message, message]);
    job.output.fill(1);
    const wipes = watchWipes();
    expect(work(job)).toMatchObject({ name: 'input', argument: 'options.context' });
    expect(isZero(job.input) && isZero(job.output)).toBe(true);
    expect(wipes(seed)).toBe(1);
  });

  it('that is cancelled does nothing more, and leaves nothing', () => {
    const job = jobOf('sign', 100, [seed, new Uint8Array(0), ...Array(100).fill(message)]);
    const fromSeed = vi.spyOn(SignPrivateKey, 'fromSeed').mockImplementationOnce((bytes) => {
      cancelJob(job);
      return SignPrivateKey.fromSeed(bytes);
    });
    expect(work(job)).toBeUndefined();
    expect(fromSeed).toHaveBeenCalledTimes(2);
    expect(isZero(job.input) && isZero(job.output)).toBe(true);
  });

  it('that was cancelled before it began touches no key', () => {
    const job = jobOf('generate-kem-keys', 3, []);
    cancelJob(job);
    expect(work(job)).toBeUndefined();
    expect(isZero(job.output)).toBe(true);
  });

  it('generates keys of which only the result is left', () => {
    for (const [kind, seedBytes] of [
      ['generate-sign-keys', 32],
      ['generate-kem-keys', 64],
    ] as const) {
      const job = jobOf(kind, 2, []);
      const wipes = watchWipes();
      expect(work(job)).toBeUndefined();
      expect(wipes(job.output.subarray(0, seedBytes))).toBeGreaterThanOrEqual(1);
      vi.restoreAllMocks();
    }
  });
});

describe('a batch', () => {
  it('gives its parts back, and wipes what it grows out of', () => {
    const memory = watchMemory();
    const batch = new BatchWriter(new SharedMemory(0), 1);
    const parts = [new Uint8Array(0), SEEDS.signer, new Uint8Array(10_000).fill(7), new Uint8Array(0)];
    for (const part of parts) batch.add(part);
    const { input, lengths } = batch.finish();
    expect(partsOf(input, lengths)).toEqual(parts);
    expect(memory.filled()).toBe(1);
    batch.dispose();
    expect(memory.filled()).toBe(0);
  });
});

describe('shared memory', () => {
  it('is used again, zero, by what has its size', () => {
    const memory = new SharedMemory(2);
    const piece = memory.take(5000);
    expect(piece).toHaveLength(8192);
    piece.fill(1, 0, 100);
    memory.give(piece.subarray(0, 100));
    expect(memory.take(4096).buffer).not.toBe(piece.buffer);
    const again = memory.take(8000);
    expect(again.buffer).toBe(piece.buffer);
    expect(isZero(again)).toBe(true);
    expect(memory.take(0)).toHaveLength(4096);
  });

  it('is not kept beyond a number and a size', () => {
    const memory = new SharedMemory(2);
    const pieces = [1, 1, 1].map(() => memory.take(4096));
    for (const piece of pieces) memory.give(piece);
    const again = [1, 1, 1].map(() => memory.take(4096));
    expect(again.filter(({ buffer }) => pieces.some((piece) => piece.buffer === buffer))).toHaveLength(2);
    const large = memory.take(2 ** 21 + 1);
    memory.give(large);
    expect(memory.take(2 ** 21 + 1).buffer).not.toBe(large.buffer);
  });
});
