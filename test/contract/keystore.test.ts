/**
 * What every keystore does, whatever its backend.
 */
import { inspect } from 'node:util';
import { open, readHeader, seal, sealStream } from '@mwrasp/crypto/envelope';
import { encapsulate, generateKemKey, KemPublicKey } from '@mwrasp/crypto/kem';
import { type KeyInfo, type KeyRef, type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import { generateSignKey, SignPublicKey, verify } from '@mwrasp/crypto/sign';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes.ts';
import type { Clock } from '../../src/clock.ts';
import { AuthenticationError, InputError, KeyStoreError } from '../../src/errors.ts';
import { SecretBytes } from '../../src/secret.ts';
import { type Expected, expectError } from './support/errors.ts';
import { BACKENDS, type Place, ROOT_KEY } from './support/keystores.ts';

const KEM = 'ML-KEM-1024';
const DSA = 'ML-DSA-87';
const MESSAGE = utf8('transfer 100 to account 7');

const NOT_FOUND: Expected = [KeyStoreError, 'ERR_KEYSTORE_NOT_FOUND'];
const CLOSED: Expected = [KeyStoreError, 'ERR_KEYSTORE_STATE'];
const TYPE: Expected = [InputError, 'ERR_INPUT_TYPE'];
const FORMAT: Expected = [InputError, 'ERR_INPUT_FORMAT'];
const RANGE: Expected = [InputError, 'ERR_INPUT_RANGE'];
const OPTION: Expected = [InputError, 'ERR_INPUT_OPTION'];
const LENGTH: Expected = [InputError, 'ERR_INPUT_LENGTH'];
const ALGORITHM: Expected = [InputError, 'ERR_INPUT_ALGORITHM'];
const DISPOSED: Expected = [InputError, 'ERR_INPUT_DISPOSED'];

// biome-ignore lint/suspicious/noExplicitAny: what plain JavaScript may pass
type Any = any;

/** Values that are neither a name nor a reference. */
const WRONG_SELECTORS: [label: string, value: Any, expected: Expected][] = [
  ['undefined', undefined, TYPE],
  ['null', null, TYPE],
  ['a number', 1, TYPE],
  ['a bigint', 1n, TYPE],
  ['a symbol', Symbol('key'), TYPE],
  ['a function', () => 'key', TYPE],
  ['an empty object', {}, TYPE],
  ['an array', ['kem'], TYPE],
  ['bytes', utf8('kem'), TYPE],
  ['a name that is no string', { name: 5, generation: 1 }, TYPE],
  ['no generation', { name: 'kem' }, TYPE],
  ['a generation in text', { name: 'kem', generation: '1' }, TYPE],
  ['generation 0', { name: 'kem', generation: 0 }, RANGE],
  ['generation -1', { name: 'kem', generation: -1 }, RANGE],
  ['generation 1.5', { name: 'kem', generation: 1.5 }, RANGE],
  ['generation NaN', { name: 'kem', generation: Number.NaN }, RANGE],
  ['generation Infinity', { name: 'kem', generation: Number.POSITIVE_INFINITY }, RANGE],
  ['generation 2^32', { name: 'kem', generation: 2 ** 32 }, RANGE],
  ['a malformed name in a reference', { name: 'No!', generation: 1 }, FORMAT],
  ['a generation that is not there', { name: 'kem', generation: 9 }, NOT_FOUND],
  ['a name that is not there, in a reference', { name: 'nobody', generation: 1 }, NOT_FOUND],
];

/** Names that no key can have. */
const MALFORMED_NAMES = [
  '',
  'Upper',
  'with space',
  '../escape',
  '.hidden',
  '-x',
  '_x',
  '__proto__',
  'kem\n',
  'kém',
  'a/b',
  'a\0b',
  'x'.repeat(65),
];

const fixedClock = (wallMs: number): Clock => ({ wallMs: () => wallMs, monotonicMs: () => 0 });

describe.each(BACKENDS)('$name keystore', ({ name: backend, custody, persists, makePlace }) => {
  let place: Place;
  let store: Keystore;

  beforeEach(async () => {
    place = makePlace();
    store = await place.open();
  });

  afterEach(async () => {
    await store.close();
    place.remove();
  });

  /** The store as somebody sees it who opens it now; the same one where it does not outlive itself. */
  async function seenLater(): Promise<Keystore> {
    if (!persists) return store;
    await store.close();
    store = await place.open();
    return store;
  }

  const kem = async (name = 'kem') => store.generate({ name, algorithm: KEM });
  const dsa = async (name = 'dsa') => store.generate({ name, algorithm: DSA });
  const kemPublicKey = async (key: string | KeyRef) => (await store.publicKey(key)) as KemPublicKey;
  const dsaPublicKey = async (key: string | KeyRef) => (await store.publicKey(key)) as SignPublicKey;
  const refs = async (from = store) => (await from.list()).map(({ ref }) => `${ref.name} ${ref.generation}`);

  it('says which backend it is, and is empty at first', async () => {
    expect(store.backend).toBe(backend);
    expect(await store.list()).toEqual([]);
  });

  describe('generate', () => {
    it('tells of the key', async () => {
      const before = Date.now();
      const info = await kem();
      const after = Date.now();
      expect(info).toEqual({
        ref: { name: 'kem', generation: 1 },
        algorithm: KEM,
        custody,
        keyId: (await store.publicKey('kem')).keyId,
        createdAtMs: expect.any(Number),
      });
      expect(info.createdAtMs).toBeGreaterThanOrEqual(before);
      expect(info.createdAtMs).toBeLessThanOrEqual(after);
      expect((await dsa()).algorithm).toBe(DSA);
    });

    it('counts generations up from 1, for each name', async () => {
      const generations = [await kem('a'), await kem('a'), await kem('b'), await kem('a')];
      expect(generations.map(({ ref }) => [ref.name, ref.generation])).toEqual([
        ['a', 1],
        ['a', 2],
        ['b', 1],
        ['a', 3],
      ]);
      expect(new Set(generations.map(({ keyId }) => keyId)).size).toBe(4);
    });

    it('never uses a number again', async () => {
      const first = await kem();
      const second = await kem();
      await store.destroy(second.ref);
      expect((await kem()).ref.generation).toBe(3);
      await store.destroy({ name: 'kem', generation: 3 });
      await store.destroy(first.ref);
      expect(await (await seenLater()).list()).toEqual([]);
      expect((await kem()).ref.generation).toBe(4);
    });

    it('keeps a name for one algorithm, even after its last generation is gone', async () => {
      const { ref } = await kem('shared');
      await expectError(() => dsa('shared'), KeyStoreError, 'ERR_KEYSTORE_EXISTS');
      await store.destroy(ref);
      await expectError(() => dsa('shared'), KeyStoreError, 'ERR_KEYSTORE_EXISTS');
      expect((await kem('shared')).ref.generation).toBe(2);
    });

    it('takes every allowed name', async () => {
      const names = ['a', '0', 'a.b_c-d', '9.', 'x'.repeat(64), 'constructor', 'tostring'];
      for (const name of names) expect((await kem(name)).ref).toEqual({ name, generation: 1 });
      expect(await refs(await seenLater())).toEqual(names.map((name) => `${name} 1`).sort());
    });

    it('gives twenty callers at once a generation each', async () => {
      const infos = await Promise.all(Array.from({ length: 20 }, () => kem()));
      expect(infos.map(({ ref }) => ref.generation).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
      expect(await (await seenLater()).list()).toEqual(
        infos.toSorted((a, b) => a.ref.generation - b.ref.generation),
      );
    });

    it('goes on after a change that was refused, whatever came with it', async () => {
      const { ref } = await kem();
      const results = await Promise.allSettled([
        kem(),
        store.destroy({ name: 'kem', generation: 77 }),
        dsa('kem'),
        store.destroy(ref),
        store.destroy(ref),
        kem(),
      ]);
      expect(results.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'rejected',
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect(await refs(await seenLater())).toEqual(['kem 2', 'kem 3']);
    });
  });

  describe('clock', () => {
    it('gives the creation time', async () => {
      await store.close();
      let wallMs = 1_700_000_000_123;
      store = await place.open({ wallMs: () => wallMs, monotonicMs: () => 0 });
      expect((await kem()).createdAtMs).toBe(1_700_000_000_123);
      wallMs = 5;
      expect((await kem()).createdAtMs).toBe(5);
      expect((await (await seenLater()).list()).map((info) => info.createdAtMs)).toEqual([
        1_700_000_000_123, 5,
      ]);
    });

    it.each([0, Number.MAX_SAFE_INTEGER])('may say %d', async (wallMs) => {
      await store.close();
      store = await place.open(fixedClock(wallMs));
      expect((await kem()).createdAtMs).toBe(wallMs);
      expect((await (await seenLater()).get('kem')).createdAtMs).toBe(wallMs);
    });

    it('may count fractions of a millisecond, which are dropped', async () => {
      await store.close();
      store = await place.open(fixedClock(1234.987));
      expect((await kem()).createdAtMs).toBe(1234);
      expect((await (await seenLater()).get('kem')).createdAtMs).toBe(1234);
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 53])('may not say %d', async (wallMs) => {
      await store.close();
      store = await place.open(fixedClock(wallMs));
      await expectError(() => kem(), ...RANGE);
      expect(await store.list()).toEqual([]);
    });
  });

  describe('list', () => {
    it('is by name in code-point order, then by generation in numeric order', async () => {
      for (const name of ['b', 'a_1', 'a', 'a1', 'a.1', 'a-1']) await kem(name);
      for (let i = 0; i < 10; i++) await kem('a');
      const expected = [
        ...Array.from({ length: 11 }, (_, i) => `a ${i + 1}`),
        'a-1 1',
        'a.1 1',
        'a1 1',
        'a_1 1',
        'b 1',
      ];
      expect(await refs()).toEqual(expected);
      expect(await refs(await seenLater())).toEqual(expected);
    });

    it('tells what get tells', async () => {
      await kem();
      await dsa();
      for (const info of await store.list()) expect(await store.get(info.ref)).toEqual(info);
    });
  });

  describe('get, find and publicKey', () => {
    let first: KeyInfo;
    let second: KeyInfo;

    beforeEach(async () => {
      first = await kem();
      second = await kem();
      await kem('other');
      await seenLater();
    });

    it('take the newest generation by name', async () => {
      expect(await store.get('kem')).toEqual(second);
      expect((await store.publicKey('kem')).keyId).toBe(second.keyId);
    });

    it('take the newest that is left', async () => {
      await store.destroy(second.ref);
      expect(await store.get('kem')).toEqual(first);
    });

    it('take exactly one by reference', async () => {
      expect(await store.get(first.ref)).toEqual(first);
      expect(await store.get({ name: 'kem', generation: 2 })).toEqual(second);
      expect((await store.publicKey(first.ref)).keyId).toBe(first.keyId);
    });

    it('give keys of the class of their algorithm', async () => {
      await dsa();
      expect(await store.publicKey('kem')).toBeInstanceOf(KemPublicKey);
      expect(await store.publicKey('dsa')).toBeInstanceOf(SignPublicKey);
    });

    it('find by key id', async () => {
      expect(await store.find(first.keyId)).toEqual(first);
      expect(await store.find(second.keyId)).toEqual(second);
      expect(await store.find('')).toBeUndefined();
      expect(await store.find(`${first.keyId}=`)).toBeUndefined();
      await store.destroy(first.ref);
      expect(await store.find(first.keyId)).toBeUndefined();
    });

    it('hand out copies: whoever changes one changes nothing in the store', async () => {
      const mine = (await store.get(first.ref)) as Any;
      mine.ref.generation = 2;
      mine.ref.name = 'changed';
      mine.keyId = '';
      (await store.list()).length = 0;
      (await store.publicKey(first.ref)).toBytes().fill(0);
      expect(await store.get({ name: 'kem', generation: 1 })).toEqual(first);
      expect(await refs()).toEqual(['kem 1', 'kem 2', 'other 1']);
      expect((await store.publicKey(first.ref)).keyId).toBe(first.keyId);
    });
  });

  describe('sign', () => {
    it('signs with the newest generation, or the one asked for', async () => {
      const { ref } = await dsa();
      await dsa();
      await seenLater();
      const newest = await store.sign('dsa', MESSAGE);
      expect(verify(await dsaPublicKey('dsa'), MESSAGE, newest)).toBe(true);
      expect(verify(await dsaPublicKey(ref), MESSAGE, newest)).toBe(false);
      expect(verify(await dsaPublicKey(ref), MESSAGE, await store.sign(ref, MESSAGE))).toBe(true);
    });

    it('binds the context', async () => {
      await dsa();
      const publicKey = await dsaPublicKey('dsa');
      const context = utf8('invoices v1');
      const signature = await store.sign('dsa', MESSAGE, { context });
      expect(verify(publicKey, MESSAGE, signature, { context })).toBe(true);
      expect(verify(publicKey, MESSAGE, signature)).toBe(false);
      expect(verify(publicKey, MESSAGE, signature, { context: utf8('invoices v2') })).toBe(false);
    });

    it('is hedged unless asked otherwise', async () => {
      await dsa();
      const sign = (deterministic?: boolean) =>
        store.sign('dsa', MESSAGE, deterministic === undefined ? {} : { deterministic });
      expect(await sign()).not.toEqual(await sign());
      expect(await sign(true)).toEqual(await sign(true));
      expect(verify(await dsaPublicKey('dsa'), MESSAGE, await sign(true))).toBe(true);
    });

    it('takes an empty message', async () => {
      await dsa();
      const empty = new Uint8Array(0);
      expect(verify(await dsaPublicKey('dsa'), empty, await store.sign('dsa', empty))).toBe(true);
    });
  });

  describe('decapsulate', () => {
    it('gives the secret that was encapsulated', async () => {
      await kem();
      await seenLater();
      const { ciphertext, sharedSecret } = encapsulate(await kemPublicKey('kem'));
      const received = await store.decapsulate('kem', ciphertext);
      expect(received).toBeInstanceOf(SecretBytes);
      expect(received.expose()).toEqual(sharedSecret.expose());
      received.dispose();
      // The secret was the caller's alone.
      expect((await store.decapsulate('kem', ciphertext)).expose()).toEqual(sharedSecret.expose());
    });

    it('gives another secret for a forged ciphertext, always the same', async () => {
      await kem();
      const { ciphertext, sharedSecret } = encapsulate(await kemPublicKey('kem'));
      ciphertext[700] = (ciphertext[700] as number) ^ 1;
      const rejected = await store.decapsulate('kem', ciphertext);
      expect(rejected.expose()).not.toEqual(sharedSecret.expose());
      expect((await store.decapsulate('kem', ciphertext)).expose()).toEqual(rejected.expose());
    });
  });

  describe('envelopes', () => {
    it('are sealed by signer() and opened by recipient()', async () => {
      await kem();
      await dsa();
      const context = utf8('topic 4');
      const bytes = await seal(await kemPublicKey('kem'), MESSAGE, {
        signer: await store.signer('dsa'),
        context,
      });
      const sender = await dsaPublicKey('dsa');
      expect(await open(await store.recipient('kem'), bytes, { sender, context })).toEqual(MESSAGE);
      expect(readHeader(bytes)).toMatchObject({
        recipient: (await store.get('kem')).keyId,
        sender: sender.keyId,
      });
    });

    it('stay with the generation that signer() and recipient() were taken of', async () => {
      const { keyId } = await dsa();
      await kem();
      const signer = await store.signer('dsa');
      const recipient = await store.recipient('kem');
      const bytes = await seal(recipient.publicKey, MESSAGE);
      await dsa();
      await kem();
      expect(signer.publicKey.keyId).toBe(keyId);
      expect(
        verify(signer.publicKey, MESSAGE, await signer.sign(MESSAGE, { context: utf8('c') }), {
          context: utf8('c'),
        }),
      ).toBe(true);
      expect(await open(recipient, bytes)).toEqual(MESSAGE);
    });

    it('find their generation', async () => {
      const infos = [await kem(), await kem(), await kem('other')];
      const bytes = await Promise.all(
        infos.map(async ({ ref }) => seal(await kemPublicKey(ref), utf8(ref.name + ref.generation))),
      );
      await seenLater();
      for (const [i, { ref }] of infos.entries()) {
        expect(await store.openEnvelope(bytes[i] as Uint8Array)).toEqual(utf8(ref.name + ref.generation));
      }
    });

    it('are opened with sender and context checked', async () => {
      await kem();
      await dsa();
      const context = utf8('topic 4');
      const bytes = await seal(await kemPublicKey('kem'), MESSAGE, {
        signer: await store.signer('dsa'),
        context,
      });
      const sender = await dsaPublicKey('dsa');
      expect(await store.openEnvelope(bytes, { sender, context })).toEqual(MESSAGE);
      expect(
        await store.openEnvelope(bytes, {
          context,
          sender: async (keyId) => {
            const info = await store.find(keyId);
            return info && (await dsaPublicKey(info.ref));
          },
        }),
      ).toEqual(MESSAGE);
      await expectError(
        () => store.openEnvelope(bytes, { sender }),
        AuthenticationError,
        'ERR_AUTHENTICATION',
      );
      await expectError(() => store.openEnvelope(bytes, { context }), InputError, 'ERR_INPUT_STATE');
      const stranger = generateSignKey().publicKey;
      await expectError(
        () => store.openEnvelope(bytes, { sender: stranger, context }),
        AuthenticationError,
        'ERR_AUTHENTICATION',
      );
    });

    it('that were changed do not open', async () => {
      await kem();
      const bytes = await seal(await kemPublicKey('kem'), MESSAGE);
      for (const offset of [46, 1000, bytes.length - 30, bytes.length - 1]) {
        const changed = Uint8Array.from(bytes);
        changed[offset] = (changed[offset] as number) ^ 1;
        await expectError(() => store.openEnvelope(changed), AuthenticationError, 'ERR_AUTHENTICATION');
      }
    });

    it('for others are not found', async () => {
      const { ref } = await kem();
      const own = await seal(await kemPublicKey('kem'), MESSAGE);
      await expectError(
        async () => store.openEnvelope(await seal(generateKemKey().publicKey, MESSAGE)),
        ...NOT_FOUND,
      );
      await store.destroy(ref);
      await expectError(() => store.openEnvelope(own), ...NOT_FOUND);
    });

    it('that name a signing key as their recipient are for nobody', async () => {
      await kem();
      await dsa();
      const bytes = await seal(await kemPublicKey('kem'), MESSAGE);
      const headOfRecipient = 12;
      bytes.set((await dsaPublicKey('dsa')).thumbprint(), headOfRecipient);
      expect(readHeader(bytes).recipient).toBe((await store.get('dsa')).keyId);
      await expectError(() => store.openEnvelope(bytes), ...NOT_FOUND);
    });

    it('that are streams are refused', async () => {
      await kem();
      const chunks: Uint8Array[] = [];
      for await (const chunk of sealStream(await kemPublicKey('kem'), [MESSAGE])) chunks.push(chunk);
      await expectError(() => store.openEnvelope(Buffer.concat(chunks)), ...FORMAT);
    });
  });

  describe('destroy', () => {
    it('ends one generation for every method, and no other', async () => {
      const [kem1, kem2, dsa1, dsa2] = [await kem(), await kem(), await dsa(), await dsa()];
      const { ciphertext } = encapsulate(await kemPublicKey(kem1.ref));
      // Private keys in use at the time are ended as well.
      await store.decapsulate(kem1.ref, ciphertext);
      await store.sign(dsa1.ref, MESSAGE);
      const recipient = await store.recipient(kem1.ref);
      const signer = await store.signer(dsa1.ref);
      await store.destroy(kem1.ref);
      await store.destroy(dsa1.ref);

      await expectError(() => recipient.decapsulate(ciphertext), ...NOT_FOUND);
      await expectError(() => signer.sign(MESSAGE, { context: utf8('') }), ...NOT_FOUND);
      await seenLater();
      for (const { ref } of [kem1, dsa1]) {
        for (const method of ['get', 'publicKey', 'signer', 'recipient', 'destroy'] as const) {
          await expectError(() => store[method](ref), ...NOT_FOUND);
        }
      }
      await expectError(() => store.decapsulate(kem1.ref, ciphertext), ...NOT_FOUND);
      await expectError(() => store.sign(dsa1.ref, MESSAGE), ...NOT_FOUND);
      expect(await store.list()).toEqual([dsa2, kem2]);
      expect(verify(await dsaPublicKey('dsa'), MESSAGE, await store.sign('dsa', MESSAGE))).toBe(true);
    });

    it('means the generation that was asked for, whatever happens to the argument afterwards', async () => {
      await kem();
      await kem();
      const ref = { name: 'kem', generation: 1 };
      const done = store.destroy(ref);
      ref.generation = 2;
      await done;
      expect(await refs(await seenLater())).toEqual(['kem 2']);
    });
  });

  describe('close', () => {
    it('refuses every method afterwards, and may be called again', async () => {
      const { ref, keyId } = await kem();
      const signed = await dsa();
      const publicKey = await kemPublicKey('kem');
      const envelope = await seal(publicKey, MESSAGE);
      const { ciphertext } = encapsulate(publicKey);
      const recipient = await store.recipient('kem');
      const signer = await store.signer('dsa');
      await Promise.all([store.close(), store.close()]);
      await store.close();
      const calls: Record<Exclude<keyof Keystore, 'backend' | 'close'>, () => unknown> = {
        generate: () => store.generate({ name: 'kem', algorithm: KEM }),
        list: () => store.list(),
        get: () => store.get('kem'),
        find: () => store.find(keyId),
        publicKey: () => store.publicKey(ref),
        sign: () => store.sign(signed.ref, MESSAGE),
        decapsulate: () => store.decapsulate(ref, ciphertext),
        signer: () => store.signer('dsa'),
        recipient: () => store.recipient('kem'),
        openEnvelope: () => store.openEnvelope(envelope),
        destroy: () => store.destroy(ref),
      };
      for (const call of Object.values(calls)) await expectError(call, ...CLOSED);
      await expectError(() => recipient.decapsulate(ciphertext), ...CLOSED);
      await expectError(() => signer.sign(MESSAGE, { context: utf8('') }), ...CLOSED);
    });

    it('lets changes that were asked for before it end, and takes none after it', async () => {
      const before = [kem('a'), kem('b')];
      const closed = store.close();
      const after = kem('c');
      await expectError(() => after, ...CLOSED);
      const made = await Promise.all(before);
      await closed;
      expect(made.map(({ ref }) => ref.name)).toEqual(['a', 'b']);
      if (persists) expect(await refs(await seenLater())).toEqual(['a 1', 'b 1']);
    });
  });

  it('shows nothing of its keys when it is printed', async () => {
    await kem();
    await store.decapsulate('kem', new Uint8Array(1568));
    expect(inspect(store, { showHidden: true, depth: 9 })).not.toMatch(/[0-9a-f]{2}(, [0-9]|[0-9a-f]{6})/);
    expect(JSON.stringify(store)).toBe('{}');
  });

  describe('wrong inputs', () => {
    beforeEach(async () => {
      await kem();
      await dsa();
    });

    const bySelector: Record<string, (key: Any) => Promise<unknown>> = {
      get: (key) => store.get(key),
      publicKey: (key) => store.publicKey(key),
      sign: (key) => store.sign(key, MESSAGE),
      decapsulate: (key) => store.decapsulate(key, new Uint8Array(1568)),
      signer: (key) => store.signer(key),
      recipient: (key) => store.recipient(key),
      destroy: (key) => store.destroy(key),
    };

    it.each(Object.keys(bySelector))('%s: every wrong selector', async (method) => {
      const call = bySelector[method] as (key: Any) => Promise<unknown>;
      for (const [, value, expected] of WRONG_SELECTORS) await expectError(() => call(value), ...expected);
      // A name alone says too little to destroy by it.
      const byName = method === 'destroy' ? TYPE : undefined;
      for (const name of MALFORMED_NAMES) await expectError(() => call(name), ...(byName ?? FORMAT));
      await expectError(() => call('nobody'), ...(byName ?? NOT_FOUND));
      await expectError(() => call('constructor'), ...(byName ?? NOT_FOUND));
      expect(await refs()).toEqual(['dsa 1', 'kem 1']);
    });

    const cases: [label: string, call: () => Promise<unknown>, expected: Expected][] = [
      ['generate()', () => (store.generate as Any)(), TYPE],
      ['generate(null)', () => store.generate(null as Any), TYPE],
      ['generate("kem")', () => store.generate('kem' as Any), TYPE],
      ['generate([])', () => store.generate([] as Any), TYPE],
      ['generate({})', () => store.generate({} as Any), TYPE],
      ['generate without algorithm', () => store.generate({ name: 'k' } as Any), OPTION],
      ['generate a number', () => store.generate({ name: 7, algorithm: KEM } as Any), TYPE],
      ['generate ML-KEM-768', () => store.generate({ name: 'k', algorithm: 'ML-KEM-768' } as Any), OPTION],
      ['generate lower case', () => store.generate({ name: 'k', algorithm: 'ml-kem-1024' } as Any), OPTION],
      ['generate algorithm 5', () => store.generate({ name: 'k', algorithm: 5 } as Any), OPTION],
      [
        'generate an unknown option',
        () => store.generate({ name: 'k', algorithm: KEM, custody: 'in-token' } as Any),
        OPTION,
      ],
      ['find()', () => (store.find as Any)(), TYPE],
      ['find(5)', () => store.find(5 as Any), TYPE],
      ['find bytes', () => store.find(new Uint8Array(32) as Any), TYPE],
      ['sign with a KEM key', () => store.sign('kem', MESSAGE), ALGORITHM],
      ['signer of a KEM key', () => store.signer('kem'), ALGORITHM],
      ['decapsulate with a signing key', () => store.decapsulate('dsa', new Uint8Array(1568)), ALGORITHM],
      ['recipient of a signing key', () => store.recipient('dsa'), ALGORITHM],
      ['sign nothing', () => store.sign('dsa', undefined as Any), TYPE],
      ['sign text', () => store.sign('dsa', 'text' as Any), TYPE],
      ['sign with null options', () => store.sign('dsa', MESSAGE, null as Any), TYPE],
      ['sign with an unknown option', () => store.sign('dsa', MESSAGE, { hedged: true } as Any), OPTION],
      ['sign with a context in text', () => store.sign('dsa', MESSAGE, { context: 'c' } as Any), TYPE],
      [
        'sign with a long context',
        () => store.sign('dsa', MESSAGE, { context: new Uint8Array(256) }),
        LENGTH,
      ],
      ['sign with deterministic: 1', () => store.sign('dsa', MESSAGE, { deterministic: 1 } as Any), TYPE],
      ['decapsulate nothing', () => store.decapsulate('kem', undefined as Any), TYPE],
      ['decapsulate text', () => store.decapsulate('kem', 'text' as Any), TYPE],
      ['decapsulate 1567 bytes', () => store.decapsulate('kem', new Uint8Array(1567)), LENGTH],
      ['decapsulate 1569 bytes', () => store.decapsulate('kem', new Uint8Array(1569)), LENGTH],
      ['openEnvelope()', () => (store.openEnvelope as Any)(), TYPE],
      ['openEnvelope text', () => store.openEnvelope('text' as Any), TYPE],
      ['openEnvelope of nothing', () => store.openEnvelope(new Uint8Array(0)), FORMAT],
      ['openEnvelope of zeros', () => store.openEnvelope(new Uint8Array(4096)), FORMAT],
    ];

    it.each(cases)('%s', async (_label, call, expected) => {
      await expectError(call, ...expected);
      expect(await refs()).toEqual(['dsa 1', 'kem 1']);
    });

    it.each(MALFORMED_NAMES)('generate %j', async (name) => {
      await expectError(() => kem(name), ...FORMAT);
    });

    it('openEnvelope of every beginning of a header', async () => {
      const bytes = await seal(await kemPublicKey('kem'), MESSAGE);
      const { headerBytes } = readHeader(bytes);
      for (let length = 0; length < headerBytes; length += 7) {
        await expectError(() => store.openEnvelope(bytes.subarray(0, length)), ...FORMAT);
      }
    });

    it('openEnvelope options', async () => {
      const bytes = await seal(await kemPublicKey('kem'), MESSAGE);
      await expectError(() => store.openEnvelope(bytes, null as Any), ...TYPE);
      await expectError(() => store.openEnvelope(bytes, { key: 'kem' } as Any), ...OPTION);
      await expectError(() => store.openEnvelope(bytes, { sender: 'dsa' } as Any), ...TYPE);
      await expectError(() => store.openEnvelope(bytes, { context: 'text' } as Any), ...TYPE);
    });
  });
});

describe('openKeystore, wrong inputs', () => {
  const path = '/nonexistent/keys.mwk';
  const file = { backend: 'file', path, rootKey: ROOT_KEY };
  const disposed = SecretBytes.from(ROOT_KEY);
  disposed.dispose();

  const cases: [label: string, options: Any, expected: Expected][] = [
    ['nothing', undefined, OPTION],
    ['null', null, TYPE],
    ['text', 'memory', TYPE],
    ['a number', 5, TYPE],
    ['an array', [], TYPE],
    ['no backend', {}, OPTION],
    ['an unknown backend', { backend: 'redis' }, OPTION],
    ['a backend that is no text', { backend: 1 }, OPTION],
    ['an inherited backend', { backend: 'constructor' }, OPTION],
    ['an unknown option', { backend: 'memory', passphrase: 'x' }, OPTION],
    ['memory with a path', { backend: 'memory', path }, OPTION],
    ['memory with a root key', { backend: 'memory', rootKey: ROOT_KEY }, OPTION],
    ['memory with a clock that is none', { backend: 'memory', clock: {} }, TYPE],
    ['memory with clock null', { backend: 'memory', clock: null }, TYPE],
    ['memory with half a clock', { backend: 'memory', clock: { wallMs: () => 0 } }, TYPE],
    ['file without a path', { backend: 'file', rootKey: ROOT_KEY }, TYPE],
    ['file with an empty path', { ...file, path: '' }, TYPE],
    ['file with a URL', { ...file, path: new URL('file:///nonexistent') }, TYPE],
    ['file with an unknown option', { ...file, mode: 0o644 }, OPTION],
    ['file without a root key', { backend: 'file', path }, TYPE],
    ['file with a root key in text', { ...file, rootKey: 'x'.repeat(32) }, TYPE],
    ['file with a root key of 31 bytes', { ...file, rootKey: new Uint8Array(31) }, LENGTH],
    ['file with a root key of 33 bytes', { ...file, rootKey: new Uint8Array(33) }, LENGTH],
    ['file with no bytes of root key', { ...file, rootKey: new Uint8Array(0) }, LENGTH],
    ['file with a disposed root key', { ...file, rootKey: disposed }, DISPOSED],
    ['file with a clock that is none', { ...file, clock: Date }, TYPE],
    ['file in a folder that is not there', file, [KeyStoreError, 'ERR_KEYSTORE_IO']],
    ['file with a zero byte in its name', { ...file, path: 'a\0b' }, [KeyStoreError, 'ERR_KEYSTORE_IO']],
  ];

  it.each(cases)('%s', async (_label, options, expected) => {
    await expectError(() => openKeystore(options), ...expected);
  });
});
