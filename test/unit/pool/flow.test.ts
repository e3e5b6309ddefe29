/**
 * How items come in and results go out: nobody waits for more than there must be, and nobody runs ahead.
 */
import { describe, expect, it } from 'vitest';
import { expectInputLater, rejectionOf } from '../../support/errors.ts';
import { testKeys } from '../../support/keys.ts';
import { collect } from '../../support/streams.ts';
import { gate, newPool, signedMessages, until } from './support.ts';

const THREADS = 2;
const BATCH = 8;
const pool = newPool({ threads: THREADS, batchSize: BATCH });
const { signer, signerPublic } = testKeys();
const [item] = signedMessages(1) as [{ message: Uint8Array; signature: Uint8Array }];
const { message } = item;

/** Three jobs a thread, one that is gathered, one that the loop has in its hands. */
const MOST_AHEAD = (3 * THREADS + 2) * BATCH;

/** Waits until a number stays what it is. */
async function settled(read: () => number): Promise<number> {
  for (let unchanged = 0, last = read(); unchanged < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    unchanged = read() === last ? unchanged + 1 : 0;
    last = read();
  }
  return read();
}

describe('a consumer that is slower than the source', () => {
  it.each(['at once', 'later'] as const)('makes a source that gives items %s wait', async (when) => {
    let pulled = 0;
    let isClosed = false;
    function* all() {
      try {
        for (;;) {
          pulled++;
          yield message;
        }
      } finally {
        isClosed = true;
      }
    }
    async function* later() {
      yield* all();
    }
    const results = pool.signMany(signer, when === 'later' ? later() : all())[Symbol.asyncIterator]();
    expect(pulled).toBe(0);
    await results.next();
    expect(await settled(() => pulled)).toBeLessThanOrEqual(MOST_AHEAD);
    for (let taken = 1; taken < 5 * MOST_AHEAD; taken++) {
      await results.next();
      expect(pulled - taken).toBeLessThanOrEqual(MOST_AHEAD);
    }
    await results.return?.();
    await until(() => isClosed);
    const { done } = await results.next();
    expect(done).toBe(true);
  });
});

describe('a source that is slower than the workers', () => {
  it('may wait for the result of each item', async () => {
    let answered = gate();
    async function* conversation() {
      for (let i = 0; i < 20; i++) {
        answered = gate();
        yield item;
        await answered.opened;
      }
    }
    let count = 0;
    for await (const isRight of pool.verifyMany(signerPublic, conversation())) {
      expect(isRight).toBe(true);
      count++;
      answered.open();
    }
    expect(count).toBe(20);
  });

  it('may wait for the results of some items, less than a job', async () => {
    let open = () => {};
    async function* bursts() {
      for (let burst = 0; burst < 10; burst++) {
        const next = gate();
        open = next.open;
        yield* [item, item, item];
        await next.opened;
      }
    }
    let count = 0;
    for await (const _ of pool.verifyMany(signerPublic, bursts())) if (++count % 3 === 0) open();
    expect(count).toBe(30);
  });
});

describe('a loop that ends early', () => {
  it('lets the source clear up, and the pool goes on', async () => {
    let isClosed = false;
    async function* endless() {
      try {
        for (;;) yield item;
      } finally {
        isClosed = true;
      }
    }
    let count = 0;
    for await (const _ of pool.verifyMany(signerPublic, endless())) if (++count === 11) break;
    await until(() => isClosed);
    expect(await pool.verifyMany(signerPublic, [item])).toEqual([true]);
  });
});

describe('a source that fails', () => {
  const cause = new Error('the source failed');

  it.each(['at once', 'later'] as const)('%s: the results fail with the same error', async (when) => {
    function* failing() {
      for (let i = 0; i < 20; i++) yield message;
      throw cause;
    }
    async function* later() {
      yield* failing();
    }
    const messages = () => (when === 'later' ? later() : failing());
    expect(await rejectionOf(() => pool.signMany(signer, messages()))).toBe(cause);
    expect(await rejectionOf(() => collect(pool.signMany(signer, messages())))).toBe(cause);
  });

  it('is told when it gives no iterator, or no step of one', async () => {
    const broken = (iterator: unknown) => ({ [Symbol.iterator]: () => iterator }) as Iterable<Uint8Array>;
    const step = broken({ next: () => 7 });
    await expectInputLater(() => pool.signMany(signer, step), 'ERR_INPUT_TYPE', 'messages');
    expect(await rejectionOf(() => pool.signMany(signer, broken(undefined)))).toBeInstanceOf(TypeError);
    expect(await rejectionOf(() => pool.signMany(signer, broken({})))).toBeInstanceOf(TypeError);
  });

  it('does not hide an error by failing once more when it is closed', async () => {
    const endless = (close: () => unknown) => ({
      [Symbol.iterator]: () => ({ next: () => ({ done: false as const, value: 'text' }), return: close }),
    });
    for (const close of [
      () => {
        throw cause;
      },
      () => Promise.reject(cause),
    ]) {
      const messages = endless(close) as unknown as Iterable<Uint8Array>;
      await expectInputLater(() => pool.signMany(signer, messages), 'ERR_INPUT_TYPE', 'messages[0]');
    }
  });
});

describe('items', () => {
  it('are copied when they are pulled: a source may use its buffer again', async () => {
    const messages = signedMessages(8);
    async function* reusing() {
      const buffer = new Uint8Array(100);
      for (const { message, signature } of messages) {
        buffer.set(message);
        yield { message: buffer.subarray(0, message.length), signature };
      }
    }
    expect(await pool.verifyMany(signerPublic, reusing())).toEqual(messages.map(() => true));
  });
});
