/**
 * Wrong items, and wrong options that depend on each other.
 */
import { describe, expect, it } from 'vitest';
import { ItemSource } from '../../../src/pool/source.ts';
import { expectInput, expectInputError, expectInputLater, rejectionOf } from '../../support/errors.ts';
import { testKeys } from '../../support/keys.ts';
import { collect } from '../../support/streams.ts';
import { newPool, signedMessages } from './support.ts';

const pool = newPool();
const { signer, signerPublic, recipientPublic } = testKeys();
const message = Uint8Array.of(1);
const [item] = signedMessages(1) as [{ message: Uint8Array; signature: Uint8Array }];

describe('a wrong item', () => {
  it.each([
    ['no object', 7, 'ERR_INPUT_TYPE', 'items[40]'],
    ['nothing', undefined, 'ERR_INPUT_TYPE', 'items[40]'],
    ['a promise of one', Promise.resolve(item), 'ERR_INPUT_TYPE', 'items[40].signature'],
    ['no signature', { message }, 'ERR_INPUT_TYPE', 'items[40].signature'],
    ['no message', { signature: item.signature }, 'ERR_INPUT_TYPE', 'items[40].message'],
    ['a text', { ...item, message: 'text' }, 'ERR_INPUT_TYPE', 'items[40].message'],
    ['too long', { ...item, message: new Uint8Array(2 ** 26 + 1) }, 'ERR_INPUT_LENGTH', 'items[40].message'],
  ] as const)('to verify: %s', async (_, wrong, code, argument) => {
    const items = [...signedMessages(40), wrong, item] as (typeof item)[];
    expectInputError(await rejectionOf(() => pool.verifyMany(signerPublic, items)), code, argument);
    expectInputError(await rejectionOf(() => collect(pool.verifyMany(signerPublic, items))), code, argument);
  });

  it('to sign', async () => {
    const messages = [message, message, 'text'] as Uint8Array[];
    await expectInputLater(() => pool.signMany(signer, messages), 'ERR_INPUT_TYPE', 'messages[2]');
    const holes = new Array<Uint8Array>(3);
    await expectInputLater(() => pool.signMany(signer, holes), 'ERR_INPUT_TYPE', 'messages[0]');
  });

  it('whose properties cannot be read', async () => {
    const hostile = Object.defineProperty({}, 'message', {
      get() {
        throw new Error('hostile');
      },
    });
    const items = [hostile] as (typeof item)[];
    await expectInputLater(() => pool.verifyMany(signerPublic, items), 'ERR_INPUT_TYPE', 'items[0]');
  });
});

describe('a wrong argument is told at once', () => {
  it('keys', () => {
    expectInput(() => pool.verifyMany(recipientPublic as never, []), 'ERR_INPUT_TYPE', 'publicKey');
    expectInput(() => pool.signMany(signerPublic as never, []), 'ERR_INPUT_TYPE', 'privateKey');
  });

  it('what holds no items', () => {
    for (const wrong of [undefined, null, 'text', 7, {}, message, Promise.resolve([])]) {
      expectInput(() => pool.verifyMany(signerPublic, wrong as never), 'ERR_INPUT_TYPE', 'items');
      expectInput(() => pool.signMany(signer, wrong as never), 'ERR_INPUT_TYPE', 'messages');
    }
  });

  it('counts', () => {
    for (const wrong of [-1, 0.5, 2 ** 20 + 1, Number.NaN]) {
      expectInput(() => pool.generateSignKeys(wrong), 'ERR_INPUT_RANGE', 'count');
      expectInput(() => pool.generateKemKeys(wrong), 'ERR_INPUT_RANGE', 'count');
    }
  });

  it('options', () => {
    const other = { other: 1 } as never;
    expectInput(() => pool.verifyMany(signerPublic, [], other), 'ERR_INPUT_OPTION', 'options');
    expectInput(() => pool.signMany(signer, [], other), 'ERR_INPUT_OPTION', 'options');
    expectInput(() => pool.generateKemKeys(1, other), 'ERR_INPUT_OPTION', 'options');
    expectInput(() => newPool(other), 'ERR_INPUT_OPTION', 'options');
    expectInput(() => newPool({ threads: 65 }), 'ERR_INPUT_RANGE', 'options.threads');
    expectInput(() => newPool({ batchSize: 0 }), 'ERR_INPUT_RANGE', 'options.batchSize');
    const context = new Uint8Array(256);
    expectInput(() => pool.signMany(signer, [], { context }), 'ERR_INPUT_LENGTH', 'options.context');
    const signal = new EventTarget() as AbortSignal;
    expectInput(() => pool.signMany(signer, [], { signal }), 'ERR_INPUT_TYPE', 'options.signal');
  });
});

describe('one array', () => {
  it('has a limit, which a loop has not', async () => {
    const { LazyResults } = await import('../../../src/pool/results.ts');
    let jobs = 0;
    let stopped = 0;
    const discarded: unknown[] = [];
    const conveyor = {
      take: async () => (jobs++ < 1100 ? Array(1024).fill(true) : undefined),
      throwIfFailed: () => {},
      stop: () => stopped++,
    };
    const results = () => new LazyResults('items', conveyor as never, (result) => discarded.push(result));
    await expectInputLater(results, 'ERR_INPUT_RANGE', 'items');
    expect(discarded).toHaveLength(2 ** 20 + 1024);
    expect(stopped).toBe(1);
    jobs = 0;
    expect(await collect(results())).toHaveLength(1100 * 1024);
  });
});

describe('a source', () => {
  it('tells how many items it has where that is known', () => {
    expect(new ItemSource('items', 'items', [1, 2]).size).toBe(2);
    expect(new ItemSource('items', 'items', new Set([1])).size).toBeUndefined();
    expect(new ItemSource('items', 'items', new Set([1]), 1).size).toBe(1);
  });
});
