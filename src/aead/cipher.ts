/**
 * Sealing and opening with whichever form the engine is better at.
 *
 * @module
 */
import { allocate } from '../bytes.ts';
import type { PreparedAeadKey } from '../engines/engine.ts';
import { AES_256_GCM } from '../params.ts';

/**
 * Seals into new memory.
 *
 * @param cipher - A prepared key.
 * @param nonce - 12 bytes.
 * @param aad - Additional authenticated data.
 * @param plaintext - What to seal.
 * @returns Ciphertext and tag.
 */
export function sealNew(
  cipher: PreparedAeadKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  if (cipher.sealNew !== undefined) return cipher.sealNew(nonce, aad, plaintext);
  const out = allocate(plaintext.length + AES_256_GCM.tagBytes);
  cipher.seal(nonce, aad, plaintext, out);
  return out;
}

/**
 * Opens ciphertext and tag.
 *
 * @param cipher - A prepared key.
 * @param nonce - 12 bytes.
 * @param aad - Additional authenticated data.
 * @param sealed - Ciphertext and tag, behind what else there may be.
 * @param offset - Where the ciphertext begins in it.
 * @returns The plaintext, or undefined when the tag was wrong.
 */
export function openSealed(
  cipher: PreparedAeadKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
  offset = 0,
): Uint8Array | undefined {
  if (cipher.openNew !== undefined) return cipher.openNew(nonce, aad, sealed, offset);
  const out = allocate(sealed.length - offset - AES_256_GCM.tagBytes);
  return cipher.open(nonce, aad, sealed.subarray(offset), out) ? out : undefined;
}
