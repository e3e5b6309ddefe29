/**
 * Taking a backup: one consistent revision of a store, while others go on using and changing it.
 *
 * @module
 */
import { checkOptions, describe, randomFill, toHex, wipe } from '../bytes.ts';
import { InputError, KeyStoreError } from '../errors.ts';
import { type BlobContent, readBlob } from '../keystore/blob.ts';
import { type CopyAccess, copyAccess } from '../keystore/copying.ts';
import { checkFlag } from '../keystore/inputs.ts';
import type { KeyInfo, Keystore } from '../keystore/keystore.ts';
import { type KeyEntry, type Manifest, type Tombstone, toInfo } from '../keystore/manifest.ts';
import {
  type BackupBody,
  type LeftOutKey,
  readBackupHeader,
  type SavedKey,
  wipeBody,
  writeBackup,
} from './format.ts';
import { type BackupContent, contentOf, infoOf } from './info.ts';
import { type BackupKeyOptions, readBackupKey } from './key.ts';

/** Options of {@link createBackup}. */
export interface CreateBackupOptions extends BackupKeyOptions {
  /** Refuses to leave a key out that never leaves its token. `false` by default: such keys are listed as left out. */
  readonly requireAll?: boolean;
  /**
   * When a generation is not to be restored any more, where the store itself has decided nothing: milliseconds since the Unix
   * epoch, or undefined for never. Never by default.
   */
  readonly destroyAfterMs?: (key: KeyInfo) => number | undefined;
}

/** A backup. */
export interface Backup {
  /** The file. */
  readonly bytes: Uint8Array;
  /** What is in it, and what was left out. */
  readonly content: BackupContent;
}

const ID_BYTES = 16;
/** Tries to read a store whose keys are destroyed meanwhile. */
const MAX_ATTEMPTS = 100;

/** A state with keys of its own: what is destroyed meanwhile is wiped in that of the store. */
interface Snapshot {
  readonly manifest: Manifest;
  readonly entries: readonly KeyEntry[];
}

async function takeSnapshot({ storage }: CopyAccess): Promise<Snapshot> {
  const manifest = await storage.refresh();
  const entries = manifest.entries.map((entry) => ({
    ...entry,
    protection: Uint8Array.from(entry.protection),
  }));
  return { manifest, entries };
}

/** Whether every key of a snapshot is still there. */
async function isWhole({ storage }: CopyAccess, { entries }: Snapshot): Promise<boolean> {
  const now = new Set((await storage.refresh()).entries.map(({ id }) => toHex(id)));
  return entries.every(({ id }) => now.has(toHex(id)));
}

async function readEntry({ storage }: CopyAccess, entry: KeyEntry): Promise<BlobContent> {
  const bytes = await storage.readBlob(entry.id, entry.blobDigest);
  try {
    return readBlob(entry.id, entry.algorithm, bytes);
  } catch (cause) {
    if (!(cause instanceof InputError || cause instanceof RangeError)) throw cause;
    const { name, generation } = entry.ref;
    const message = `what is kept of key "${name}", generation ${generation}, is no key`;
    throw new KeyStoreError('ERR_KEYSTORE_CORRUPT', message, { cause });
  }
}

/** Reads one generation; undefined when its key never leaves its token. */
async function saveKey(
  access: CopyAccess,
  entry: KeyEntry,
  destroyAfterMs: number | undefined,
): Promise<SavedKey | undefined> {
  const { publicKey, secret: sealed } = await readEntry(access, entry);
  const about = {
    ref: entry.ref,
    algorithm: entry.algorithm,
    custody: entry.custody,
    state: entry.state,
    createdAtMs: entry.createdAtMs,
    ...(entry.activatedAtMs === undefined ? {} : { activatedAtMs: entry.activatedAtMs }),
    ...(entry.retiredAtMs === undefined ? {} : { retiredAtMs: entry.retiredAtMs }),
    destroyAfterMs,
    keyId: entry.keyId,
    publicKey: publicKey?.toBytes() ?? new Uint8Array(0),
    maxUses: entry.maxUses,
    reservedUses: entry.reservedUses,
  };
  if (entry.publicOnly) return { ...about, secret: undefined };
  const secret = await access.custodian.secretOf({ ...entry, publicKey, secret: sealed });
  return secret === undefined ? undefined : { ...about, secret };
}

/** What is being read of a snapshot. */
interface Gathered {
  readonly keys: SavedKey[];
  readonly leftOut: LeftOutKey[];
  readonly ending: Tombstone[];
}

async function gather(
  access: CopyAccess,
  { entries }: Snapshot,
  options: CreateBackupOptions,
  nowMs: number,
  into: Gathered,
): Promise<void> {
  for (const entry of entries) {
    const { id, ref, algorithm, keyId } = entry;
    // What is on its way out must not come back.
    if (entry.state === 'destroying') {
      into.ending.push({ id, ref, algorithm, destroyedAtMs: nowMs });
      continue;
    }
    const key = await saveKey(access, entry, endOf(entry, options));
    if (key !== undefined) into.keys.push(key);
    else if (options.requireAll !== true) into.leftOut.push({ ref, algorithm, keyId });
    else {
      throw new KeyStoreError(
        'ERR_KEYSTORE_CUSTODY',
        `key "${ref.name}", generation ${ref.generation}, never leaves its token: it cannot be backed up`,
      );
    }
  }
}

/** When a generation is to be gone: as the store says, or else as the caller does. */
function endOf(entry: KeyEntry, { destroyAfterMs }: CreateBackupOptions): number | undefined {
  const end: unknown = entry.destroyAfterMs ?? destroyAfterMs?.(toInfo(entry));
  if (end === undefined) return undefined;
  if (typeof end === 'number' && Number.isSafeInteger(end) && end >= 0 && end < Number.MAX_SAFE_INTEGER)
    return end;
  const expected = 'a function that gives a time, milliseconds since the Unix epoch, or undefined';
  throw new InputError('ERR_INPUT_TYPE', 'options.destroyAfterMs', expected, 'one that gives something else');
}

/** Reads one revision whole. */
async function readStore(
  access: CopyAccess,
  options: CreateBackupOptions,
  nowMs: number,
): Promise<{ revision: number; body: BackupBody }> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const snapshot = await takeSnapshot(access);
    const gathered: Gathered = { keys: [], leftOut: [], ending: [] };
    let isKept = false;
    try {
      await gather(access, snapshot, options, nowMs, gathered);
      isKept = await isWhole(access, snapshot);
      if (!isKept) continue;
      const { revision, tombstones, extensions } = snapshot.manifest;
      const { keys, leftOut, ending } = gathered;
      return { revision, body: { keys, leftOut, tombstones: [...tombstones, ...ending], extensions } };
    } catch (error) {
      // A key that was destroyed under our hands fails in many ways.
      if (await isWhole(access, snapshot)) throw error;
    } finally {
      wipe(...snapshot.entries.map(({ protection }) => protection));
      if (!isKept) wipe(...gathered.keys.map(({ secret }) => secret));
    }
  }
  throw new KeyStoreError(
    'ERR_KEYSTORE_LOCKED',
    'keys of this store are destroyed too often to take a backup',
  );
}

/**
 * Takes a backup of a keystore: every generation whose key can be had, what the store says of it, what it says was destroyed,
 * and what others keep in it. It is one revision of the store, whatever is done with it meanwhile; nobody has to stop.
 *
 * Sealed as a stream under AES-256-GCM, see `docs/formats.md`.
 *
 * @param keystore - Any keystore that `openKeystore` opened.
 * @param options - The key, and what to do about keys that cannot be saved.
 * @returns The file, and what is in it.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`; `ERR_INPUT_LENGTH`, also when the
 * backup would be larger than 2^30 bytes; `ERR_INPUT_RANGE` when the store's clock gives no time.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_STATE` when the store was closed, or re-keyed by another process;
 * `ERR_KEYSTORE_CUSTODY` when `requireAll` is set and a key never leaves its token; `ERR_KEYSTORE_NOT_FOUND`,
 * `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_ROLLBACK` when the store cannot be read; `ERR_KEYSTORE_LOCKED` when
 * keys are destroyed without end meanwhile; `ERR_KEYSTORE_TOKEN`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote; `ERR_UNSUPPORTED_RUNTIME`
 * when the runtime has no random generator.
 * @throws What `options.destroyAfterMs` throws, as it is.
 * @example const { bytes } = await createBackup(keystore, { backupKey });
 */
export async function createBackup(keystore: Keystore, options: CreateBackupOptions): Promise<Backup> {
  const access = copyAccess('keystore', keystore);
  if (options === undefined) {
    throw new InputError('ERR_INPUT_TYPE', 'options', 'an options object', 'undefined');
  }
  const wanted = checkOptions('options', options, ['rootKey', 'backupKey', 'requireAll', 'destroyAfterMs']);
  checkFlag('options.requireAll', wanted.requireAll);
  if (wanted.destroyAfterMs !== undefined && typeof wanted.destroyAfterMs !== 'function') {
    throw new InputError(
      'ERR_INPUT_TYPE',
      'options.destroyAfterMs',
      'a function',
      describe(wanted.destroyAfterMs),
    );
  }
  using key = readBackupKey(wanted);
  const createdAtMs = access.now();
  return await access.run('backup', async () => {
    const { revision, body } = await readStore(access, wanted, createdAtMs);
    try {
      const id = randomFill(new Uint8Array(ID_BYTES));
      const bytes = await writeBackup(key, { id, createdAtMs, revision }, body);
      return { bytes, content: contentOf(infoOf(readBackupHeader('backup', bytes)), body) };
    } finally {
      wipeBody(body);
    }
  });
}
