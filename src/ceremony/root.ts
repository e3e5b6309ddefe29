/**
 * What follows from the root key of a ceremony.
 *
 * @module
 */
import { concat, utf8 } from '../bytes.ts';
import { hkdfSha3_512, sha3_512 } from '../hash/index.ts';
import type { ByteSecret } from '../secret.ts';

/** Bytes of a root key. */
export const ROOT_KEY_BYTES = 32;

/** Bytes of a set's id, drawn anew for each ceremony. */
export const SET_ID_BYTES = 16;

/** Bytes that tell a root key from every other and say nothing about it. */
export const ROOT_CHECK_BYTES = 32;

const ROOT_INFO = utf8('mwrasp-crypto/ceremony/v1/root-check');
const SHARE_LABEL = utf8('mwrasp-crypto/ceremony/v1/share-digest');

/**
 * What a transcript holds of a root key, so that one put together again is known to be the right one. Of 32 random bytes a
 * derived value tells nothing that could be computed.
 */
export function rootCheckOf(rootKey: ByteSecret, setId: Uint8Array): Uint8Array {
  using derived = hkdfSha3_512(rootKey, { salt: setId, info: ROOT_INFO, length: ROOT_CHECK_BYTES });
  return Uint8Array.from(derived.expose());
}

/** What a transcript holds of a share: it, too, is 32 random bytes to whoever has not enough others. */
export function shareDigestOf(setId: Uint8Array, index: number, y: Uint8Array): Uint8Array {
  const bytes = concat(SHARE_LABEL, setId, Uint8Array.of(index), y);
  try {
    return sha3_512(bytes);
  } finally {
    bytes.fill(0);
  }
}
