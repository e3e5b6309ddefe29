/**
 * Restoring a backup, and checking one.
 *
 * @module
 */
import { checkArray, checkBytes, checkOptions, randomFill } from '../bytes.ts';
import { InputError } from '../errors.ts';
import { sha3_512 } from '../hash/index.ts';
import { KemPublicKey } from '../kem/index.ts';
import { writeBlob } from '../keystore/blob.ts';
import { type CopyAccess, copyAccess } from '../keystore/copying.ts';
import type { KeyHandle, NewKey } from '../keystore/custodian.ts';
import type { KeyInfo, KeyRef, Keystore } from '../keystore/keystore.ts';
import { ENTRY_ID_BYTES, type KeyEntry, toInfo } from '../keystore/manifest.ts';
import type { NewBlob } from '../keystore/storage.ts';
import { AES_256_GCM, ML_KEM_1024 } from '../params.ts';
import { SignPublicKey } from '../sign/index.ts';
import {
  type BackupBody,
  MAX_BACKUP_BYTES,
  openBackup,
  readBackupHeader,
  type SavedKey,
  wipeBody,
} from './format.ts';
import { type BackupContent, checkKeys, contentOf, infoOf, type LeftOutInfo, leftOutInfo } from './info.ts';
import { type BackupKeyOptions, readBackupKey } from './key.ts';
import { type DropReason, planRestore, type RestorePlan } from './plan.ts';

/** Options of {@link restoreBackup}. */
export interface RestoreBackupOptions extends BackupKeyOptions {
  /** Newer backups of the same store, under the same key: what they do not hold any more does not come back. */
  readonly newer?: readonly Uint8Array[];
}

/** A generation that was not restored. */
export interface DroppedKey {
  readonly ref: KeyRef;
  readonly why: DropReason;
}

/** What a restore did. */
export interface RestoreResult {
  /** What came back, as the store has it now. */
  readonly restored: readonly KeyInfo[];
  /** What did not, as something says that it is gone. */
  readonly dropped: readonly DroppedKey[];
  /** What the store had already, and was left as it is there. */
  readonly kept: readonly KeyRef[];
  /** What the backup does not hold, as its keys never leave a token. */
  readonly leftOut: readonly LeftOutInfo[];
}

/** A part of the uses of an AES key, set aside for what was sealed after the backup was taken: nobody counted it. */
const UNCOUNTED_PART = 16;

/** A key that was made for a restore. */
interface Made {
  readonly id: Uint8Array;
  readonly key: NewKey;
}

function publicKeyOf({ algorithm, publicKey }: SavedKey): NewKey['publicKey'] {
  if (algorithm === AES_256_GCM.name) return undefined;
  return algorithm === ML_KEM_1024.name
    ? KemPublicKey.fromBytes(publicKey)
    : SignPublicKey.fromBytes(publicKey);
}

/** Makes what is needed of a key in the store's custody; for one generation once, however often the commit is tried. */
async function makeKey(access: CopyAccess, saved: SavedKey): Promise<Made> {
  const id = randomFill(new Uint8Array(ENTRY_ID_BYTES));
  const { algorithm, secret } = saved;
  if (secret !== undefined) {
    access.checkCustody(await access.custodian.custodyOf(algorithm));
    return { id, key: await access.custodian.create(id, algorithm, secret) };
  }
  const nothing = new Uint8Array(0);
  const custody = await access.custodian.custodyOf(algorithm);
  return { id, key: { custody, publicKey: publicKeyOf(saved), protection: nothing, secret: nothing } };
}

function entryOf(saved: SavedKey, { id, key }: Made, blob: Uint8Array): KeyEntry {
  const { ref, algorithm, state, createdAtMs, activatedAtMs, retiredAtMs, destroyAfterMs, maxUses } = saved;
  const uncounted = Math.floor(maxUses / UNCOUNTED_PART);
  return {
    id,
    ref,
    algorithm,
    custody: key.custody,
    state,
    createdAtMs,
    ...(activatedAtMs === undefined ? {} : { activatedAtMs }),
    ...(retiredAtMs === undefined ? {} : { retiredAtMs }),
    ...(destroyAfterMs === undefined ? {} : { destroyAfterMs }),
    ...(saved.secret === undefined ? { publicOnly: true } : {}),
    keyId: saved.keyId,
    protection: key.protection,
    blobDigest: sha3_512(blob),
    maxUses,
    reservedUses: Math.min(maxUses, saved.reservedUses + uncounted),
  };
}

/** Commits a restore whole, or not at all. */
async function apply(
  access: CopyAccess,
  body: BackupBody,
  newer: readonly BackupBody[],
): Promise<Omit<RestoreResult, 'leftOut'>> {
  const made = new Map<string, Made & { readonly saved: SavedKey }>();
  const nowMs = access.now();
  const newId = () => randomFill(new Uint8Array(ENTRY_ID_BYTES));
  const isDone = (plan: RestorePlan) => plan.restore.length === 0 && plan.tombstones.length === 0;
  try {
    return await access.change(async (current) => {
      const plan = planRestore(body, newer, current, nowMs, newId);
      const blobs: NewBlob[] = [];
      const entries: KeyEntry[] = [];
      for (const saved of plan.restore) {
        const name = `${saved.ref.name}/${saved.ref.generation}`;
        const one = made.get(name) ?? { ...(await makeKey(access, saved)), saved };
        made.set(name, one);
        const bytes = writeBlob(one.id, saved.algorithm, one.key);
        blobs.push({ id: one.id, bytes, ...(saved.secret === undefined ? { publicOnly: true } : {}) });
        entries.push(entryOf(saved, one, bytes));
      }
      const result = {
        restored: entries.map(toInfo),
        dropped: plan.dropped.map(({ key, why }) => ({ ref: { ...key.ref }, why })),
        kept: plan.kept.map(({ ref }) => ({ ...ref })),
      };
      const next = {
        revision: current.revision + 1,
        entries: [...current.entries, ...entries],
        tombstones: [...current.tombstones, ...plan.tombstones],
        extensions: plan.extensions,
      };
      if (isDone(plan) && plan.extensions.size === current.extensions.size) return { next: current, result };
      return { next, blobs, result };
    });
  } finally {
    for (const { id, key, saved } of made.values()) {
      if (saved.secret === undefined) continue;
      const handle: KeyHandle = { id, algorithm: saved.algorithm, ...key };
      await access.discardUnlessKept(handle);
    }
  }
}

function readOptions<T extends BackupKeyOptions>(
  options: T,
  known: readonly (keyof T & string)[],
): Partial<T> {
  if (options === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'options', 'an options object', 'undefined');
  }
  return checkOptions('options', options, known);
}

/**
 * Checks a backup: every byte is authenticated, every private key fits its public key.
 *
 * @param backup - The file of a backup, up to 2^30 bytes.
 * @param options - The key.
 * @returns What is in it.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`;
 * `ERR_INPUT_FORMAT` when it is no backup.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a backup of another release.
 * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` for another key, and when a byte was changed or is missing.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_CORRUPT` when a key in it does not fit its public half.
 * @example const { keys } = await verifyBackup(await readFile('keys.mwu'), { rootKey });
 */
export async function verifyBackup(backup: Uint8Array, options: BackupKeyOptions): Promise<BackupContent> {
  checkBytes('backup', backup, { max: MAX_BACKUP_BYTES });
  using key = readBackupKey(readOptions(options, ['rootKey', 'backupKey']));
  const { body } = await openBackup('backup', backup, key);
  try {
    checkKeys(body);
    return contentOf(infoOf(readBackupHeader('backup', backup)), body);
  } finally {
    wipeBody(body);
  }
}

/**
 * Restores a backup into a keystore of any kind, in one commit. What the store has already is left as it is there. What is gone
 * stays gone: a generation comes back only if its destroy-after time is not over, the store has not destroyed it, and every
 * newer backup that is given still holds it. What cannot come back gets a tombstone, so that its number is not used again.
 *
 * Of an AES key a sixteenth of its uses is set aside for what was sealed after the backup was taken, which nobody counted.
 *
 * @param backup - The file of a backup, up to 2^30 bytes.
 * @param keystore - Where it goes: a new store, or one that is in use.
 * @param options - The key, and newer backups.
 * @returns What came back and what did not.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`;
 * `ERR_INPUT_FORMAT` when it is no backup, or one of `newer` is older; `ERR_INPUT_RANGE` when the store's clock gives no time.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a backup of another release; `ERR_UNSUPPORTED_OPERATION` when
 * the store's token can keep no such key; `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
 * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` for another key, and when a byte was changed or is missing.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_EXISTS` when the store has another key of the same name and generation, or a name
 * is one of another algorithm; `ERR_KEYSTORE_CUSTODY` when a key would get less custody than the store asks for;
 * `ERR_KEYSTORE_CORRUPT` also when a key in the backup does not fit its public half; `ERR_KEYSTORE_STATE` when the store was
 * closed, re-keyed or is full; `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_ROLLBACK`, `ERR_KEYSTORE_TOKEN`.
 * @example const { restored, dropped } = await restoreBackup(await readFile('keys.mwu'), keystore, { rootKey });
 */
export async function restoreBackup(
  backup: Uint8Array,
  keystore: Keystore,
  options: RestoreBackupOptions,
): Promise<RestoreResult> {
  checkBytes('backup', backup, { max: MAX_BACKUP_BYTES });
  const access = copyAccess('keystore', keystore);
  const wanted = readOptions(options, ['rootKey', 'backupKey', 'newer']);
  const newer = checkArray(
    'options.newer',
    wanted.newer === undefined ? [] : wanted.newer,
    'an array of backups',
    (name, bytes) => {
      checkBytes(name, bytes, { max: MAX_BACKUP_BYTES });
      return { name, bytes };
    },
  );
  using key = readBackupKey(wanted);
  const opened: BackupBody[] = [];
  try {
    const { header, body } = await openBackup('backup', backup, key);
    opened.push(body);
    checkKeys(body);
    const order = new Map<BackupBody, number>();
    for (const { name, bytes } of newer) {
      const later = await openBackup(name, bytes, key);
      opened.push(later.body);
      order.set(later.body, later.header.createdAtMs);
      if (later.header.createdAtMs < header.createdAtMs) {
        throw new InputError('ERR_INPUT_FORMAT', name, 'a newer backup', 'an older one');
      }
    }
    const ordered = [...order.keys()].sort((a, b) => (order.get(a) as number) - (order.get(b) as number));
    const result = await access.run('restore', () => apply(access, body, ordered));
    return { ...result, leftOut: body.leftOut.map(leftOutInfo) };
  } finally {
    for (const body of opened) wipeBody(body);
  }
}
