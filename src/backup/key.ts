/**
 * The key that backups are sealed under.
 *
 * @module
 */
import { AeadKey } from '../aead/index.ts';
import { utf8 } from '../bytes.ts';
import { InputError } from '../errors.ts';
import { hkdfSha3_512 } from '../hash/index.ts';
import { AES_256_GCM } from '../params.ts';
import { type ByteSecret, exposeBytes, type SecretBytes } from '../secret.ts';

/** Bytes of a root key. */
const ROOT_KEY_BYTES = 32;

const INFO = utf8('mwrasp-crypto/backup/v1/key');

/** What seals or opens backups: exactly one of two. */
export interface BackupKeyOptions {
  /** The root key of a ceremony, 32 bytes. */
  readonly rootKey?: ByteSecret;
  /** What {@link backupKeyOf} made of it, 32 bytes: all that a host which takes backups needs to have. */
  readonly backupKey?: ByteSecret;
}

/**
 * Derives the key of backups from the root key of a ceremony. It opens backups, and tells nothing of the root key: a host that
 * takes backups every few minutes needs this and no more.
 *
 * RFC 5869 with SHA3-512.
 *
 * @param rootKey - The root key, 32 bytes; not kept.
 * @returns The key, 32 bytes, yours to dispose.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_DISPOSED`.
 * @example using backupKey = backupKeyOf(rootKey);
 */
export function backupKeyOf(rootKey: ByteSecret): SecretBytes {
  const bytes = exposeBytes('rootKey', rootKey, ROOT_KEY_BYTES);
  return hkdfSha3_512(bytes, { info: INFO, length: AES_256_GCM.keyBytes });
}

/**
 * The key of options.
 *
 * @returns The caller's to dispose.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
 */
export function readBackupKey({ rootKey, backupKey }: BackupKeyOptions): AeadKey {
  if ((rootKey === undefined) === (backupKey === undefined)) {
    const got = rootKey === undefined ? 'none' : 'both';
    throw new InputError('ERR_INPUT_OPTION', 'options', 'exactly one of rootKey, backupKey', got);
  }
  if (backupKey !== undefined) {
    return AeadKey.fromBytes(exposeBytes('options.backupKey', backupKey, AES_256_GCM.keyBytes));
  }
  using derived = backupKeyOf(exposeBytes('options.rootKey', rootKey, ROOT_KEY_BYTES));
  return AeadKey.fromBytes(derived);
}
