/**
 * Stores as the first release of each format version wrote them.
 */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type SignPublicKey, verify } from '@mwrasp/crypto/sign';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../src/bytes.ts';
import { KeyStoreError, UnsupportedError } from '../../../src/errors.ts';
import { expectError } from '../../contract/support/errors.ts';
import { StorePlace } from './file/support.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

describe.each(['keystore-v1', 'keystore-v1-passphrase'])('%s', (name) => {
  const facts = JSON.parse(readFileSync(join(fixture(name), 'facts.json'), 'utf8'));
  const unlock =
    facts.rootKey === undefined
      ? { passphrase: utf8(facts.passphrase) }
      : { rootKey: fromHex(facts.rootKey) };
  let place: StorePlace;

  beforeEach(() => {
    place = new StorePlace();
    cpSync(join(fixture(name), 'store'), place.path, { recursive: true });
    cpSync(join(fixture(name), 'mark'), place.mark);
  });

  afterEach(async () => {
    await place.close();
    place[Symbol.dispose]();
  });

  it('opens, with the keys that were put in', async () => {
    const store = await place.open(unlock);
    expect(await store.list()).toEqual(facts.keys);
    const { decapsulation, signature, data } = facts;
    const received = await store.decapsulate(decapsulation.key, fromHex(decapsulation.ciphertext));
    expect(toHex(received.expose())).toBe(decapsulation.sharedSecret);
    const message = utf8(signature.message);
    const publicKey = (await store.publicKey(signature.key)) as SignPublicKey;
    expect(verify(publicKey, message, fromHex(signature.signature))).toBe(true);
    expect(toHex(await store.sign(signature.key, message, { deterministic: true }))).toBe(
      signature.signature,
    );
    expect(await store.openData(fromHex(data.sealed), { aad: utf8(data.aad) })).toEqual(utf8(data.message));
    expect((await store.unwrap(fromHex(data.wrapped))).expose()).toEqual(utf8(data.message));
  });

  it('knows what was destroyed, and goes on', async () => {
    const store = await place.open(unlock);
    for (const { ref, keyId } of facts.destroyed) {
      await expectError(() => store.get(ref), KeyStoreError, 'ERR_KEYSTORE_NOT_FOUND');
      expect(await store.find(keyId)).toBeUndefined();
    }
    const next = await store.generate({ name: 'mail.kem', algorithm: 'ML-KEM-1024' });
    expect(next.ref.generation).toBe(3);
  });
});

it('keystore-v0.mwk, a single file, is refused with a clear error', async () => {
  using place = new StorePlace();
  const error = await expectError(
    () => place.open({ path: fixture('keystore-v0.mwk') }),
    UnsupportedError,
    'ERR_UNSUPPORTED_VERSION',
  );
  expect(error.message).toContain('version 0');
  expect(error.message).toContain('this release reads version 1');
});
