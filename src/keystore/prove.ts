/**
 * Uses both halves of a new key together, before anybody relies on them (FIPS 140-3 calls it pairwise consistency).
 *
 * @module
 */
import { equal, wipe } from '../bytes.ts';
import { KeyStoreError } from '../errors.ts';
import { encapsulate } from '../kem/index.ts';
import { isKemPublicKey } from '../kem/keys.ts';
import { verify } from '../sign/index.ts';
import type { Custodian, KeyHandle } from './custodian.ts';

const CONTEXT = new Uint8Array(0);

async function isConsistent(custodian: Custodian, handle: KeyHandle): Promise<boolean> {
  const { publicKey } = handle;
  if (publicKey === undefined) return true;
  const live = await custodian.load(handle);
  try {
    if (isKemPublicKey(publicKey)) {
      const { ciphertext, sharedSecret } = encapsulate(publicKey);
      using expected = sharedSecret;
      const secret = await live.decapsulate?.(ciphertext);
      const isSame = secret !== undefined && equal(secret, expected.expose());
      wipe(secret);
      return isSame;
    }
    const signature = await live.sign?.(handle.id, CONTEXT, false);
    return signature !== undefined && verify(publicKey, handle.id, signature);
  } finally {
    live.dispose();
  }
}

/**
 * Proves a key pair; does nothing for an AES key.
 *
 * @param custodian - Who made it.
 * @param handle - The new key.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_CORRUPT` when its halves do not fit each other.
 */
export async function proveKey(custodian: Custodian, handle: KeyHandle): Promise<void> {
  if (await isConsistent(custodian, handle)) return;
  throw new KeyStoreError('ERR_KEYSTORE_CORRUPT', 'a new key was made whose halves do not fit each other');
}
