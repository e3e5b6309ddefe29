/**
 * Inputs of contests.
 *
 * @module
 */
import { exportPublicKey } from '@mwrasp/crypto/encodings';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import type { KemPrivateKey } from '@mwrasp/crypto/kem';
import type { SignPrivateKey } from '@mwrasp/crypto/sign';
import type { KeyForms } from '../peers/peer.ts';

/** Random bytes. */
export function random(sizeBytes: number): Uint8Array {
  const out = new Uint8Array(sizeBytes);
  for (let offset = 0; offset < sizeBytes; offset += 65536) {
    crypto.getRandomValues(out.subarray(offset, offset + 65536));
  }
  return out;
}

/** Random messages of one size. */
export function randomMessages(count: number, sizeBytes: number): Uint8Array[] {
  return Array.from({ length: count }, () => random(sizeBytes));
}

/** Goes round a list. */
export function at<T>(list: readonly T[], i: number): T {
  return list[i % list.length] as T;
}

/** A key in the forms that implementations take. */
export function keyForms(key: KemPrivateKey | SignPrivateKey): KeyForms {
  return {
    seed: exportPrivateKey(key, 'seed').expose(),
    expanded: exportPrivateKey(key, 'expanded').expose(),
    pkcs8: exportPrivateKey(key, 'der').expose(),
    publicKey: key.publicKey.toBytes(),
    spki: exportPublicKey(key.publicKey, 'der'),
  };
}
