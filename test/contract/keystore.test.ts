/**
 * What every keystore does, whatever its backend and its engine. `npm test` runs it with the engine that is picked, `npm run
 * test:hsm:contract` with every one.
 */
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { engineInfo } from '@mwrasp/crypto/engines';
import { open, readHeader, seal, sealStream } from '@mwrasp/crypto/envelope';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { encapsulate, generateKemKey, KemPublicKey } from '@mwrasp/crypto/kem';
import {
  type Custody,
  type KeyInfo,
  type KeyRef,
  type KeyState,
  type Keystore,
  openKeystore,
} from '@mwrasp/crypto/keystore';
import { generateSignKey, SignPrivateKey, SignPublicKey, verify } from '@mwrasp/crypto/sign';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/bytes.ts';
import type { Clock } from '../../src/clock.ts';
import {
  AuthenticationError,
  ExpiredError,
  InputError,
  KeyStoreError,
  UnsupportedError,
} from '../../src/errors.ts';
import { SecretBytes } from '../../src/secret.ts';
import { type Expected, errorOf, expectError } from './support/errors.ts';
import { BACKENDS, type Place, ROOT_KEY, removeTokens, tellMissingTokens } from './support/keystores.ts';

const KEM = 'ML-KEM-1024';
const DSA = 'ML-DSA-87';
const AES = 'AES-256-GCM';
const MESSAGE = utf8('transfer 100 to account 7');

const NOT_FOUND: Expected = [KeyStoreError, 'ERR_KEYSTORE_NOT_FOUND'];
const CLOSED: Expected = [KeyStoreError, 'ERR_KEYSTORE_STATE'];
const STATE: Expected = [KeyStoreError, 'ERR_KEYSTORE_STATE'];
const CUSTODY: Expected = [KeyStoreError, 'ERR_KEYSTORE_CUSTODY'];
const REFUSED: Expected = [AuthenticationError, 'ERR_AUTHENTICATION'];
const TYPE: Expected = [InputError, 'ERR_INPUT_TYPE'];
const FORMAT: Expected = [InputError, 'ERR_INPUT_FORMAT'];
const RANGE: Expected = [InputError, 'ERR_INPUT_RANGE'];
const OPTION: Expected = [InputError, 'ERR_INPUT_OPTION'];
const LENGTH: Expected = [InputError, 'ERR_INPUT_LENGTH'];
const ALGORITHM: Expected = [InputError, 'ERR_INPUT_ALGORITHM'];
const UNSUPPORTED: Expected = [UnsupportedError, 'ERR_UNSUPPORTED_OPERATION'];
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

/** Whether the engine in use signs deterministically, or another one may take its place: documented capabilities. */
function engineSignsDeterministically(): boolean {
  const { engine, forced, engines } = engineInfo().sign;
  const status = engines.find((candidate) => candidate.engine === engine);
  return !forced || status?.capabilities.includes('seeded-signing') === true;
}

const fixedClock = (wallMs: number): Clock => ({ wallMs: () => wallMs, monotonicMs: () => 0 });

afterAll(removeTokens);

describe.each(BACKENDS)('$label keystore', ({ name: backend, custody, dataCustody, persists, makePlace }) => {
  let place: Place;
  let store: Keystore;

  beforeEach(async () => {
    place = await makePlace();
    store = await place.open();
  });

  afterEach(async () => {
    await store.close();
    await place.remove();
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
  const aes = async (name = 'data') => store.generate({ name, algorithm: AES });
  const kemPublicKey = async (key: string | KeyRef) => (await store.publicKey(key)) as KemPublicKey;
  const dsaPublicKey = async (key: string | KeyRef) => (await store.publicKey(key)) as SignPublicKey;
  /** What a token cannot be told is the engine's to do, or not. */
  const signsDeterministically = custody === 'in-token' || engineSignsDeterministically();
  const refs = async (from = store) => (await from.list()).map(({ ref }) => `${ref.name} ${ref.generation}`);

  it('says which backend it is, and is empty at first', async () => {
    expect(store.backend).toBe(backend);
    expect(await store.list()).toEqual([]);
  });

  it('says which custody keys get here', async () => {
    expect(await store.custodyOf(KEM)).toBe(custody);
    expect(await store.custodyOf(DSA)).toBe(custody);
    expect(await store.custodyOf(AES)).toBe(dataCustody);
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
        state: 'active',
        keyId: (await store.publicKey('kem')).keyId,
        createdAtMs: expect.any(Number),
        activatedAtMs: info.createdAtMs,
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
      if (!signsDeterministically) return void (await expectError(() => sign(true), ...UNSUPPORTED));
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

  describe('import', () => {
    const seeds = { [KEM]: 64, [DSA]: 32, [AES]: 32 } as const;

    it('takes raw bytes, secrets, key objects, DER and PEM, as the next generation', async () => {
      const key = generateKemKey();
      const forms = [
        exportPrivateKey(key, 'seed').expose(),
        exportPrivateKey(key, 'seed'),
        key,
        exportPrivateKey(key, 'der'),
        exportPrivateKey(key, 'pem'),
      ];
      for (const [i, form] of forms.entries()) {
        const info = await store.import({ name: `kem${i}`, algorithm: KEM, key: form });
        expect(info).toMatchObject({ ref: { name: `kem${i}`, generation: 1 }, keyId: key.publicKey.keyId });
        expect(info.custody).toBe(await store.custodyOf(KEM));
      }
      const { ciphertext, sharedSecret } = encapsulate(key.publicKey);
      await seenLater();
      for (const i of forms.keys()) {
        expect((await store.decapsulate(`kem${i}`, ciphertext)).expose()).toEqual(sharedSecret.expose());
      }
      expect((await kem('kem0')).ref.generation).toBe(2);
    });

    it('takes signing keys and data keys', async () => {
      const seed = new Uint8Array(32).fill(9);
      const { keyId } = await store.import({ name: 'dsa', algorithm: DSA, key: seed });
      await store.import({ name: 'data', algorithm: AES, key: seed });
      expect(keyId).toBe(SignPrivateKey.fromSeed(seed).publicKey.keyId);
      expect(seed).toEqual(new Uint8Array(32).fill(9));
      await seenLater();
      const signature = await store.sign('dsa', MESSAGE);
      expect(verify(await dsaPublicKey('dsa'), MESSAGE, signature)).toBe(true);
      expect(await store.openData(await store.sealData('data', MESSAGE))).toEqual(MESSAGE);
    });

    it('makes the same key of a seed everywhere', async () => {
      const seed = (length: number) => Uint8Array.from({ length }, (_, i) => i);
      const kemInfo = await store.import({ name: 'kem', algorithm: KEM, key: seed(64) });
      const dsaInfo = await store.import({ name: 'dsa', algorithm: DSA, key: seed(32) });
      expect(kemInfo.keyId).toBe('tD_yr5e5Pxs_YKa35T6_VNX5JrLTEryON4N2cH3vxsc');
      expect(dsaInfo.keyId).toBe('mFRsKlw6dHj1-DtDA2Q37S9_J-6bafDaCshNfEFXF4w');
      await seenLater();
      const rejected = await store.decapsulate('kem', new Uint8Array(1568).fill(7));
      expect(toHex(rejected.expose())).toBe(
        '48738bff1b67ac2f885eab7c047ca6e03babf0d1b90352a603254636765f5a08',
      );
      if (!signsDeterministically) return;
      const signature = await store.sign('dsa', MESSAGE, { context: utf8('same'), deterministic: true });
      expect(createHash('sha256').update(signature).digest('hex')).toBe(
        '2a209430bff89aa1f44d15e2c32c589cd1989363627658b6ea6da59f6ed124a3',
      );
    });

    it.each([KEM, DSA, AES] as const)('refuses what is no key of %s', async (algorithm) => {
      const take = (key: Any) => store.import({ name: 'k', algorithm, key });
      const other = algorithm === KEM ? generateSignKey() : generateKemKey();
      for (const key of [undefined, null, 5, {}, []]) await expectError(() => take(key), ...TYPE);
      const wrong = await errorOf(() => take(new Uint8Array(seeds[algorithm] + 1)));
      expect(wrong).toBeInstanceOf(InputError);
      expect((await errorOf(() => take('no key'))).constructor).toBe(InputError);
      await expectError(() => take(other), ...ALGORITHM);
      const gone = SecretBytes.from(new Uint8Array(seeds[algorithm]));
      gone.dispose();
      await expectError(() => take(gone), ...DISPOSED);
      expect(await refs()).toEqual([]);
    });
  });

  describe('jwks', () => {
    it('holds the public keys that others may use, in order', async () => {
      expect(await store.jwks()).toEqual({ keys: [] });
      const [first, second, other, data] = [await kem(), await kem(), await dsa(), await aes()];
      const ids = async () => (await store.jwks()).keys.map(({ kid }) => kid);
      expect(await ids()).toEqual([other.keyId, first.keyId, second.keyId]);
      await store.update(first.ref, { state: 'retired' });
      await store.update(second.ref, { state: 'suspended' });
      await seenLater();
      expect(await ids()).toEqual([other.keyId, first.keyId]);
      expect(JSON.stringify(await store.jwks())).not.toContain('priv');
      await expectError(() => store.publicKey(data.ref), ...ALGORITHM);
    });
  });

  describe('sealData, openData, wrap and unwrap', () => {
    it('open what they sealed, whichever generation sealed it', async () => {
      await aes();
      const old = await store.sealData('data', MESSAGE);
      await aes();
      const fresh = await store.sealData('data', MESSAGE);
      await seenLater();
      for (const sealed of [old, fresh]) expect(await store.openData(sealed)).toEqual(MESSAGE);
      expect(await store.sealData('data', MESSAGE)).not.toEqual(fresh);
    });

    it('take no bytes and many, and bind the AAD', async () => {
      await aes();
      const aad = utf8('row 7');
      for (const length of [0, 1, 100_000]) {
        const plaintext = new Uint8Array(length).fill(5);
        const sealed = await store.sealData('data', plaintext, { aad });
        expect(sealed.length).toBe(length + 81);
        expect(await store.openData(sealed, { aad })).toEqual(plaintext);
        for (const options of [{}, { aad: utf8('row 8') }]) {
          await expectError(() => store.openData(sealed, options), ...REFUSED);
        }
      }
    });

    it('refuse every changed byte', async () => {
      await aes();
      const sealed = await store.sealData('data', MESSAGE);
      for (let i = 4; i < sealed.length; i++) {
        const error = await errorOf(() => store.openData(sealed.with(i, (sealed[i] as number) ^ 1)));
        // Bytes 5 to 20 name the key: with others, there is none.
        const expected = i >= 5 && i < 21 ? 'ERR_KEYSTORE_NOT_FOUND' : 'ERR_AUTHENTICATION';
        expect((error as Any).code, `byte ${i}`).toBe(expected);
      }
      for (let length = 0; length < sealed.length; length++) {
        const error = await errorOf(() => store.openData(sealed.subarray(0, length)));
        expect((error as Any).code).toMatch(/^ERR_(INPUT_FORMAT|AUTHENTICATION)$/);
      }
    });

    it('keep messages and keys apart', async () => {
      await aes();
      const wrapped = await store.wrap('data', SecretBytes.from(MESSAGE));
      const unwrapped = await store.unwrap(wrapped);
      expect(unwrapped).toBeInstanceOf(SecretBytes);
      expect(unwrapped.expose()).toEqual(MESSAGE);
      await expectError(() => store.openData(wrapped), ...REFUSED);
      await expectError(async () => store.unwrap(await store.sealData('data', MESSAGE)), ...REFUSED);
    });

    it('need a data key', async () => {
      await kem();
      await expectError(() => store.sealData('kem', MESSAGE), ...ALGORITHM);
      await expectError(() => store.wrap('kem', MESSAGE), ...ALGORITHM);
      await expectError(() => store.sealData('data', MESSAGE), ...NOT_FOUND);
      await expectError(() => store.openData(new Uint8Array(100)), ...FORMAT);
    });
  });

  describe('the budget of a data key', () => {
    it('ends, for sealing only, and is never given twice', async () => {
      const { ref } = await store.generate({ name: 'data', algorithm: AES, maxUses: 5 });
      const sealed: Uint8Array[] = [];
      for (let i = 0; i < 5; i++) sealed.push(await store.sealData('data', MESSAGE));
      await expectError(() => store.sealData('data', MESSAGE), ExpiredError, 'ERR_EXPIRED_USE_BUDGET');
      expect(await store.get(ref)).toMatchObject({ maxUses: 5, reservedUses: 5 });
      await seenLater();
      await expectError(() => store.wrap('data', MESSAGE), ExpiredError, 'ERR_EXPIRED_USE_BUDGET');
      for (const bytes of sealed) expect(await store.openData(bytes)).toEqual(MESSAGE);
    });

    it('is kept by a hundred callers at once', async () => {
      await store.generate({ name: 'data', algorithm: AES, maxUses: 60 });
      const results = await Promise.allSettled(
        Array.from({ length: 100 }, () => store.sealData('data', MESSAGE)),
      );
      expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(60);
    });

    it('is 1 to 2^32, and none of a key pair', async () => {
      const make = (maxUses: Any, algorithm: Any = AES) => store.generate({ name: 'k', algorithm, maxUses });
      for (const wrong of [0, -1, 1.5, 2 ** 32 + 1]) await expectError(() => make(wrong), ...RANGE);
      await expectError(() => make('5'), ...TYPE);
      await expectError(() => make(5, KEM), ...OPTION);
      expect((await aes()).maxUses).toBe(2 ** 32);
    });
  });

  describe('states', () => {
    const STATES: KeyState[] = ['pending', 'active', 'retired', 'suspended', 'compromised', 'destroying'];

    it('decide what a key may do', async () => {
      const [kemKey, dsaKey, dataKey] = [await kem(), await dsa(), await aes()];
      const { ciphertext } = encapsulate(await kemPublicKey('kem'));
      const sealed = await store.sealData('data', MESSAGE);
      const uses: [call: () => Promise<unknown>, allowed: KeyState[]][] = [
        [() => store.sign(dsaKey.ref, MESSAGE), ['active']],
        [() => store.sealData(dataKey.ref, MESSAGE), ['active']],
        [() => store.decapsulate(kemKey.ref, ciphertext), ['pending', 'active', 'retired']],
        [() => store.openData(sealed), ['pending', 'active', 'retired']],
      ];
      for (const state of STATES) {
        for (const { ref } of [kemKey, dsaKey, dataKey]) {
          expect((await store.update(ref, { state })).state).toBe(state);
        }
        await seenLater();
        for (const [call, allowed] of uses) {
          if (allowed.includes(state)) await call();
          else await expectError(call, ...STATE);
        }
      }
    });

    it('have ends', async () => {
      const { ref } = await kem();
      await store.update(ref, { state: 'compromised' });
      for (const state of ['pending', 'active', 'retired', 'suspended'] as const) {
        await expectError(() => store.update(ref, { state }), ...STATE);
      }
      await store.update(ref, { state: 'destroying' });
      for (const state of STATES.slice(0, 5)) await expectError(() => store.update(ref, { state }), ...STATE);
      await store.destroy(ref);
    });

    it('make a name mean its newest active generation', async () => {
      const first = await kem();
      await store.generate({ name: 'kem', algorithm: KEM, state: 'pending' });
      expect((await store.get('kem')).ref).toEqual(first.ref);
      await store.update({ name: 'kem', generation: 2 }, { state: 'active' });
      expect((await store.get('kem')).ref.generation).toBe(2);
      await store.update({ name: 'kem', generation: 2 }, { state: 'suspended' });
      expect((await (await seenLater()).get('kem')).ref).toEqual(first.ref);
    });

    it('and times are kept, and what is not mentioned stays', async () => {
      const { ref } = await store.generate({ name: 'kem', algorithm: KEM, state: 'pending' });
      expect(await store.get(ref)).not.toHaveProperty('activatedAtMs');
      await store.update(ref, { activatedAtMs: 5, destroyAfterMs: Number.MAX_SAFE_INTEGER });
      await store.update(ref, { retiredAtMs: 0 });
      expect(await (await seenLater()).get(ref)).toMatchObject({
        state: 'pending',
        activatedAtMs: 5,
        retiredAtMs: 0,
        destroyAfterMs: Number.MAX_SAFE_INTEGER,
      });
      for (const wrong of [-1, 1.5, Number.NaN]) {
        await expectError(() => store.update(ref, { retiredAtMs: wrong }), ...RANGE);
      }
      await expectError(() => store.update(ref, { state: 'dead' as Any }), ...OPTION);
      await expectError(() => store.update(ref, { revision: 5 } as Any), ...OPTION);
      await expectError(() => store.update(ref, undefined as Any), ...TYPE);
      await expectError(() => store.update({ name: 'kem', generation: 9 }, {}), ...NOT_FOUND);
    });
  });

  describe('ifAbsent', () => {
    it('makes a key once', async () => {
      const make = () => store.generate({ name: 'kem', algorithm: KEM, ifAbsent: true });
      const infos = await Promise.all(Array.from({ length: 8 }, make));
      expect(new Set(infos.map(({ keyId }) => keyId)).size).toBe(1);
      expect(await refs(await seenLater())).toEqual(['kem 1']);
      expect(await make()).toEqual(infos[0]);
      await store.destroy({ name: 'kem', generation: 1 });
      expect((await make()).ref.generation).toBe(2);
      await expectError(
        () => store.generate({ name: 'kem', algorithm: DSA, ifAbsent: true }),
        KeyStoreError,
        'ERR_KEYSTORE_EXISTS',
      );
    });
  });

  describe('requireCustody', () => {
    const ORDER: Custody[] = ['memory', 'sealed', 'in-token'];
    const isLess = (have: Custody, wanted: Custody) => ORDER.indexOf(have) < ORDER.indexOf(wanted);

    it.each([KEM, DSA, AES] as const)('refuses %s with less, at creation and at use', async (algorithm) => {
      const have = await store.custodyOf(algorithm);
      for (const wanted of ORDER) {
        const make = () => store.generate({ name: 'k', algorithm, requireCustody: wanted });
        if (isLess(have, wanted)) await expectError(make, ...CUSTODY);
        else expect((await make()).custody).toBe(have);
      }
      expect((await store.list()).every(({ custody: has }) => has === have)).toBe(true);
      const use = (requireCustody: Custody) =>
        algorithm === KEM
          ? store.decapsulate('k', new Uint8Array(1568), { requireCustody })
          : algorithm === DSA
            ? store.sign('k', MESSAGE, { requireCustody })
            : store.sealData('k', MESSAGE, { requireCustody });
      for (const wanted of ORDER) {
        if (isLess(have, wanted)) await expectError(() => use(wanted), ...CUSTODY);
        else await use(wanted);
      }
      await expectError(() => use('vault' as Any), ...OPTION);
    });
  });

  describe('onChange', () => {
    it('tells of every change until it ends, whatever a listener throws', async () => {
      const seen: string[] = [];
      store.onChange(() => {
        throw new Error('of the listener');
      });
      const end = store.onChange(({ kind, info }) => {
        seen.push(`${kind} ${info.ref.name} ${info.ref.generation} ${info.state}`);
      });
      const { ref } = await aes();
      await store.sealData('data', MESSAGE);
      await store.update(ref, { state: 'retired' });
      await store.destroy(ref);
      end();
      await aes();
      expect(seen).toEqual(['created data 1 active', 'updated data 1 retired', 'destroyed data 1 retired']);
      await expectError(() => store.onChange(5 as Any), ...TYPE);
    });
  });

  describe('close', () => {
    it('refuses every method afterwards, and may be called again', async () => {
      const { ref, keyId } = await kem();
      const signed = await dsa();
      const data = await aes();
      const sealed = await store.sealData('data', MESSAGE);
      const wrapped = await store.wrap('data', MESSAGE);
      const publicKey = await kemPublicKey('kem');
      const envelope = await seal(publicKey, MESSAGE);
      const { ciphertext } = encapsulate(publicKey);
      const recipient = await store.recipient('kem');
      const signer = await store.signer('dsa');
      await Promise.all([store.close(), store.close()]);
      await store.close();
      const calls: Record<Exclude<keyof Keystore, 'backend' | 'close'>, () => unknown> = {
        custodyOf: () => store.custodyOf(KEM),
        import: () => store.import({ name: 'kem', algorithm: KEM, key: new Uint8Array(64) }),
        jwks: () => store.jwks(),
        sealData: () => store.sealData(data.ref, MESSAGE),
        openData: () => store.openData(sealed),
        wrap: () => store.wrap(data.ref, MESSAGE),
        unwrap: () => store.unwrap(wrapped),
        update: () => store.update(ref, { state: 'retired' }),
        onChange: () => store.onChange(() => {}),
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
    expect(JSON.parse(JSON.stringify(store))).toEqual({ backend });
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
      ['generate({})', () => store.generate({} as Any), OPTION],
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

tellMissingTokens();

describe('openKeystore, wrong inputs', () => {
  const path = '/nonexistent/keys';
  const file = { backend: 'file', path, rootKey: ROOT_KEY };
  const disposed = SecretBytes.from(ROOT_KEY);
  disposed.dispose();

  const cases: [label: string, options: Any, expected: Expected][] = [
    ['nothing', undefined, TYPE],
    ['null', null, TYPE],
    ['a number', 5, TYPE],
    ['an array', [], OPTION],
    ['no backend', {}, OPTION],
    ['an unknown backend', { backend: 'redis' }, OPTION],
    ['a backend that is no text', { backend: 1 }, OPTION],
    ['an inherited backend', { backend: 'constructor' }, OPTION],
    ['an unknown option', { backend: 'memory', passphrase: 'x' }, OPTION],
    ['an unknown custody', { backend: 'memory', requireCustody: 'vault' }, OPTION],
    ['memory with a path', { backend: 'memory', path }, OPTION],
    ['memory with a root key', { backend: 'memory', rootKey: ROOT_KEY }, OPTION],
    ['memory with a clock that is none', { backend: 'memory', clock: {} }, TYPE],
    ['memory with clock null', { backend: 'memory', clock: null }, TYPE],
    ['memory with half a clock', { backend: 'memory', clock: { wallMs: () => 0 } }, TYPE],
    ['file without a path', { backend: 'file', rootKey: ROOT_KEY }, TYPE],
    ['file with an empty path', { ...file, path: '' }, TYPE],
    ['file with a URL object', { ...file, path: new URL('file:///nonexistent') }, TYPE],
    ['file with an unknown option', { ...file, mode: 0o644 }, OPTION],
    ['file without a root key', { backend: 'file', path }, OPTION],
    ['file with two root keys', { ...file, keyFile: '/key' }, OPTION],
    ['file with a root key in text', { ...file, rootKey: 'x'.repeat(32) }, TYPE],
    ['file with a root key of 31 bytes', { ...file, rootKey: new Uint8Array(31) }, LENGTH],
    ['file with a root key of 33 bytes', { ...file, rootKey: new Uint8Array(33) }, LENGTH],
    ['file with no bytes of root key', { ...file, rootKey: new Uint8Array(0) }, LENGTH],
    ['file with a disposed root key', { ...file, rootKey: disposed }, DISPOSED],
    ['file with an empty passphrase', { backend: 'file', path, passphrase: new Uint8Array(0) }, LENGTH],
    ['file with a passphrase in text', { backend: 'file', path, passphrase: 'secret' }, TYPE],
    ['file with a cost and no passphrase', { ...file, argon2id: {} }, OPTION],
    ['file with a key file that is no path', { backend: 'file', path, keyFile: 5 }, TYPE],
    ['file with half a root keystore', { backend: 'file', path, rootKeystore: { key: 'k' } }, TYPE],
    ['file with a mark that is no path', { ...file, highWaterMark: true }, TYPE],
    ['file with a lock timeout of 0', { ...file, lockTimeoutMs: 0 }, RANGE],
    ['file with create: 1', { ...file, create: 1 }, TYPE],
    ['file with a clock that is none', { ...file, clock: Date }, TYPE],
    ['file in a folder that is not there', file, [KeyStoreError, 'ERR_KEYSTORE_IO']],
    ['file with a zero byte in its name', { ...file, path: 'a\0b' }, FORMAT],
    ['a text that is no URL', 'memory', FORMAT],
    ['a path', '/var/lib/keys', FORMAT],
    ['a URL of another kind', 'https://example.org/keys', FORMAT],
    ['a file URL with a host', 'file://host/keys', FORMAT],
    ['a file URL with an unknown parameter', 'file:///nonexistent/keys?passphrase=x', OPTION],
    ['a file URL with a parameter twice', 'file:///nonexistent/keys?key-file=/a&key-file=/b', OPTION],
    ['a file URL without what unlocks it', 'file:///nonexistent/keys', OPTION],
  ];

  it.each(cases)('%s', async (_label, options, expected) => {
    await expectError(() => openKeystore(options), ...expected);
  });

  it('a secret in a URL is not repeated', async () => {
    const error = await errorOf(() => openKeystore('file:///nonexistent/keys?passphrase=hunter2'));
    expect(error.message).not.toContain('hunter2');
  });
});
