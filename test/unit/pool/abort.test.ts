/**
 * A signal ends an operation: with its reason, wherever it is.
 */
import { getEventListeners } from 'node:events';
import { SecretBytes } from '@mwrasp/crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { rejectionOf } from '../../support/errors.ts';
import { testKeys } from '../../support/keys.ts';
import { collect } from '../../support/streams.ts';
import { newPool, signedMessages, until } from './support.ts';

const pool = newPool({ threads: 2, batchSize: 8 });
const { signer, signerPublic } = testKeys();
const message = Uint8Array.of(1, 2, 3);
const reason = { because: 'of this' };

afterEach(() => vi.restoreAllMocks());

function* endless() {
  for (;;) yield message;
}

async function expectWorks(): Promise<void> {
  expect(await pool.verifyMany(signerPublic, signedMessages(20))).toEqual(Array(20).fill(true));
}

describe('a signal', () => {
  it('that was aborted before: nothing is pulled', async () => {
    let pulled = 0;
    function* counted() {
      pulled++;
      yield message;
    }
    const signal = AbortSignal.abort(reason);
    expect(await rejectionOf(() => pool.signMany(signer, counted(), { signal }))).toBe(reason);
    expect(await rejectionOf(() => collect(pool.generateKemKeys(1, { signal })))).toBe(reason);
    expect(pulled).toBe(0);
  });

  it('ends an array', async () => {
    const controller = new AbortController();
    let pulled = 0;
    let isClosed = false;
    async function* counted() {
      try {
        for (;;) {
          if (++pulled === 100) controller.abort(reason);
          yield message;
        }
      } finally {
        isClosed = true;
      }
    }
    const { signal } = controller;
    expect(await rejectionOf(() => pool.signMany(signer, counted(), { signal }))).toBe(reason);
    await until(() => isClosed);
    await expectWorks();
  });

  it('ends a loop, also between two results of one job', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const results = pool.signMany(signer, endless(), { signal })[Symbol.asyncIterator]();
    await results.next();
    controller.abort(reason);
    expect(await rejectionOf(() => results.next())).toBe(reason);
    expect(await results.next()).toMatchObject({ done: true });
    await expectWorks();
  });

  it('that a source of items that come at once aborts itself', async () => {
    const controller = new AbortController();
    function* aborting() {
      yield message;
      controller.abort(reason);
      yield message;
    }
    const { signal } = controller;
    expect(await rejectionOf(() => pool.signMany(signer, aborting(), { signal }))).toBe(reason);
  });

  it.each([0, 3])('ends the wait for a source that never goes on after %d items', async (count) => {
    const controller = new AbortController();
    async function* stuck() {
      for (let i = 0; i < count; i++) yield message;
      setTimeout(() => controller.abort(reason), 20);
      await new Promise(() => {});
    }
    const { signal } = controller;
    expect(await rejectionOf(() => pool.signMany(signer, stuck(), { signal }))).toBe(reason);
    await expectWorks();
  });

  it('gives its usual reason when there is no other', async () => {
    const controller = new AbortController();
    const results = pool.generateSignKeys(10_000, { signal: controller.signal });
    setTimeout(() => controller.abort(), 10);
    expect(await rejectionOf(() => results)).toMatchObject({ name: 'AbortError' });
  });

  it('ends jobs that wait for those of somebody else, and only these', async () => {
    const controller = new AbortController();
    const theirs = Array.from({ length: 6 }, () => pool.verifyMany(signerPublic, signedMessages(60)));
    const all = Promise.all(theirs);
    const ours = rejectionOf(() => pool.signMany(signer, endless(), { signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 5);
    expect(await ours).toBe(reason);
    expect((await all).flat()).toEqual(Array(360).fill(true));
  });

  it('is not listened to any longer than the work lasts', async () => {
    const { signal } = new AbortController();
    const listeners = () => getEventListeners(signal, 'abort').length;
    const results = pool.verifyMany(signerPublic, signedMessages(3), { signal });
    expect(listeners()).toBe(0);
    const running = results.then((all) => all);
    expect(listeners()).toBe(1);
    await running;
    expect(listeners()).toBe(0);
    for await (const _ of pool.signMany(signer, endless(), { signal })) break;
    expect(listeners()).toBe(0);
    await rejectionOf(() => pool.signMany(signer, ['text'] as never, { signal }));
    expect(listeners()).toBe(0);
  });
});

describe('what an aborted operation leaves behind', () => {
  it('is no key that lives', async () => {
    const adopt = vi.spyOn(SecretBytes, 'adopt');
    const controller = new AbortController();
    const keys = pool.generateKemKeys(100_000, { signal: controller.signal });
    const failed = rejectionOf(() => keys);
    await until(() => adopt.mock.results.length > 50);
    controller.abort(reason);
    expect(await failed).toBe(reason);
    const secrets = adopt.mock.results.map(({ value }) => value as SecretBytes);
    expect(secrets.filter(({ disposed }) => !disposed)).toEqual([]);
  });

  it('is, of a loop, no key but those that it was given', async () => {
    const adopt = vi.spyOn(SecretBytes, 'adopt');
    let given = 0;
    for await (const key of pool.generateSignKeys(1000)) {
      expect(key.disposed).toBe(false);
      if (++given === 3) break;
    }
    const secrets = adopt.mock.results.map(({ value }) => value as SecretBytes);
    expect(secrets.length).toBeGreaterThan(3);
    expect(secrets.filter(({ disposed }) => !disposed)).toHaveLength(3);
  });
});
