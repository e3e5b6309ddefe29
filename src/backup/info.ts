/**
 * What a backup tells.
 *
 * @module
 */
import { equal, toBase64Url } from '../bytes.ts';
import { KeyStoreError } from '../errors.ts';
import type { Custody, KeyRef, KeyState, KeystoreAlgorithm, KeyTimes } from '../keystore/keystore.ts';
import { privateKeyFrom } from '../keystore/software.ts';
import { AES_256_GCM } from '../params.ts';
import {
  type BackupBody,
  type BackupHeader,
  backupId,
  type LeftOutKey,
  readBackupHeader,
  type SavedKey,
} from './format.ts';

/** What anybody may know of a backup. */
export interface BackupInfo {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** When it was taken, milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  /** The store's revision that it holds. */
  readonly revision: number;
  /** How many generations are in it. */
  readonly generations: number;
  /** How many generations are not, as their keys never leave a token. */
  readonly leftOut: number;
  /** How many generations it says were destroyed. */
  readonly tombstones: number;
  /** Public id of the key that it was sealed under, 32 hexadecimal digits. */
  readonly keyId: string;
}

/** A generation in a backup. */
export interface BackedUpKey extends KeyTimes {
  readonly ref: KeyRef;
  readonly algorithm: KeystoreAlgorithm;
  /** The custody that it had when the backup was taken. */
  readonly custody: Custody;
  readonly state: KeyState;
  /** As of a `KeyInfo`. */
  readonly keyId: string;
  readonly createdAtMs: number;
  /** Set when only the public half was left. */
  readonly publicOnly?: true;
}

/** A generation that is not in a backup, as its key never leaves its token. */
export interface LeftOutInfo {
  readonly ref: KeyRef;
  readonly algorithm: KeystoreAlgorithm;
  readonly keyId: string;
}

/** What the holder of its key may know of a backup. */
export interface BackupContent extends BackupInfo {
  readonly keys: readonly BackedUpKey[];
  readonly leftOutKeys: readonly LeftOutInfo[];
  /** Generations that the store had destroyed, and still knew of. */
  readonly destroyed: readonly KeyRef[];
}

/** What the head of a backup tells. */
export function infoOf(header: BackupHeader & { readonly keyId: string }): BackupInfo {
  const { createdAtMs, revision, generations, leftOut, tombstones, keyId } = header;
  return { id: backupId(header), createdAtMs, revision, generations, leftOut, tombstones, keyId };
}

function savedInfo(key: SavedKey): BackedUpKey {
  const { ref, algorithm, custody, state, createdAtMs, activatedAtMs, retiredAtMs, destroyAfterMs } = key;
  return {
    ref: { ...ref },
    algorithm,
    custody,
    state,
    keyId: toBase64Url(key.keyId),
    createdAtMs,
    ...(activatedAtMs === undefined ? {} : { activatedAtMs }),
    ...(retiredAtMs === undefined ? {} : { retiredAtMs }),
    ...(destroyAfterMs === undefined ? {} : { destroyAfterMs }),
    ...(key.secret === undefined ? { publicOnly: true } : {}),
  };
}

/** What is told of a key that could not be saved. */
export function leftOutInfo({ ref, algorithm, keyId }: LeftOutKey): LeftOutInfo {
  return { ref: { ...ref }, algorithm, keyId: toBase64Url(keyId) };
}

/** What a backup's content tells. */
export function contentOf(info: BackupInfo, { keys, leftOut, tombstones }: BackupBody): BackupContent {
  return {
    ...info,
    keys: keys.map(savedInfo),
    leftOutKeys: leftOut.map(leftOutInfo),
    destroyed: tombstones.map(({ ref }) => ({ ...ref })),
  };
}

/**
 * Says what a backup is, without opening it. The answer is not authenticated.
 *
 * @param backup - The file of a backup, up to 2^30 bytes.
 * @returns When it was taken, of what, and under which key.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`; `ERR_INPUT_FORMAT` when it is no backup.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a backup of another release.
 * @example const { createdAtMs, revision } = inspectBackup(await readFile('keys.mwu'));
 */
export function inspectBackup(backup: Uint8Array): BackupInfo {
  return infoOf(readBackupHeader('backup', backup));
}

/**
 * Checks that every private key belongs to its public key, and that key to its id.
 *
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_CORRUPT`.
 */
export function checkKeys({ keys }: BackupBody): void {
  for (const { ref, algorithm, secret, publicKey } of keys) {
    if (secret === undefined || algorithm === AES_256_GCM.name) continue;
    using key = privateKeyFrom(algorithm, secret);
    if (equal(key.publicKey.toBytes(), publicKey)) continue;
    const { name, generation } = ref;
    throw new KeyStoreError(
      'ERR_KEYSTORE_CORRUPT',
      `what the backup holds of key "${name}", generation ${generation}, does not fit its public key`,
    );
  }
}
