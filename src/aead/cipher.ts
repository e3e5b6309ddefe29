/**
 * Opening with whichever form the engine is better at.
 *
 * @module
 */
import { allocate } from '../bytes.ts';
import type { PreparedAeadKey } from '../engines/engine.ts';
import { AES_256_GCM } from '../params.ts';

/**
 * Opens ciphertext and tag.
 *
 * @param cipher - A prepared key.
 * @param nonce - 12 bytes.
 * @param aad - Additional authenticated data.
 * @param sealed - Ciphertext and tag.
 * @returns The plaintext, or undefined when the tag was wrong.
 */
export function openSealed(
  cipher: PreparedAeadKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (cipher.openNew !== undefined) return cipher.openNew(nonce, aad, sealed);
  const out = allocate(sealed.length - AES_256_GCM.tagBytes);
  return cipher.open(nonce, aad, sealed, out) ? out : undefined;
}
