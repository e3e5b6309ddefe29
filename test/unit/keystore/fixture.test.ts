/**
 * A store as this release writes it, kept for later ones.
 */
import { readFileSync } from 'node:fs';
import { type SignPublicKey, verify } from '@mwrasp/crypto/sign';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../src/bytes.ts';
import { KeyStoreError, UnsupportedError } from '../../../src/errors.ts';
import { expectError } from '../../contract/support/errors.ts';
import { StoreFolder } from './support.ts';

const fixtures = new URL('../../fixtures/', import.meta.url);
const FILE = new Uint8Array(readFileSync(new URL('keystore-v0.mwk', fixtures)));
const { rootKey, keys, destroyed, decapsulation } = JSON.parse(
  readFileSync(new URL('keystore-v0.json', fixtures), 'utf8'),
);

describe('keystore-v0.mwk', () => {
  let place: StoreFolder;

  beforeEach(() => {
    place = new StoreFolder();
    place.write(FILE);
  });

  afterEach(() => {
    place[Symbol.dispose]();
  });

  const open = () => place.open(fromHex(rootKey));

  it('opens, with the keys that were put in', async () => {
    const store = await open();
    expect(await store.list()).toEqual(keys);
    expect(keys.length).toBe(2);
    const { ref, ciphertext, sharedSecret } = decapsulation;
    expect(toHex((await store.decapsulate(ref, fromHex(ciphertext))).expose())).toBe(sharedSecret);
    const message = utf8('message');
    const publicKey = (await store.publicKey('signer')) as SignPublicKey;
    expect(verify(publicKey, message, await store.sign('signer', message))).toBe(true);
    expect(place.read()).toEqual(FILE);
  });

  it('knows what was destroyed', async () => {
    const store = await open();
    for (const { ref, keyId } of destroyed) {
      await expectError(() => store.get(ref), KeyStoreError, 'ERR_KEYSTORE_NOT_FOUND');
      expect(await store.find(keyId)).toBeUndefined();
    }
    const next = await store.generate({ name: 'mail.kem', algorithm: 'ML-KEM-1024' });
    expect(next.ref.generation).toBe(3);
  });

  it('as a file of version 1 is refused with a clear error, and left alone', async () => {
    const later = FILE.with(3, 1);
    place.write(later);
    const error = await expectError(open, UnsupportedError, 'ERR_UNSUPPORTED_VERSION');
    expect(error.message).toContain('keystore version 1');
    expect(error.message).toContain('this release reads version 0');
    expect(place.read()).toEqual(later);
  });
});
