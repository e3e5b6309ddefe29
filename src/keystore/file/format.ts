/**
 * The bytes of a manifest, format `K`. Every byte is in `docs/formats.md`.
 *
 * Head, in the clear: `MWK` 1 (4), store id (16), revision (8), unlock section. Then an AEAD message (`A`) under the root
 * key with the head as AAD, whose plaintext is mark key (32), line, entries, tombstones, extensions.
 *
 * @module
 */
import { type AeadKey, open, seal, sealedKeyId } from '../../aead/index.ts';
import { concat, equal, toHex, uintBytes, utf8, wipe } from '../../bytes.ts';
import { AuthenticationError, KeyStoreError, UnsupportedError } from '../../errors.ts';
import { AES_256_GCM, SHA3_512 } from '../../params.ts';
import { FORMATS, PREAMBLE_BYTES, readPreamble, writePreamble } from '../../preamble.ts';
import { ALGORITHM_CODES } from '../algorithm-codes.ts';
import { keyIdBytes, readAlgorithm, readCode, readRef, writeRef } from '../fields.ts';
import { CUSTODIES, checkName, KEY_STATES } from '../keystore.ts';
import { ENTRY_ID_BYTES, type KeyEntry, type Manifest, type Tombstone } from '../manifest.ts';
import { Reader } from './reader.ts';
import { readUnlockSection, type UnlockSection } from './unlock-section.ts';

/** Bytes of a store's id. */
export const STORE_ID_BYTES = 16;

/** Bytes of the key under which high-water marks are authenticated. */
export const MARK_KEY_BYTES = 32;

/** Bytes of a commit's id. */
export const COMMIT_ID_BYTES = 16;

/** Commits that a manifest remembers: enough to tell, after a pause, whether a commit of ours is in the line. */
export const MAX_LINE = 64;

/** A larger manifest is not one of ours: more than 300 000 keys. */
export const MAX_MANIFEST_BYTES: number = 64 * 1024 * 1024;

/** What a manifest says in the clear. Authenticated when it is opened, not before. */
export interface ManifestHead {
  readonly version: number;
  readonly storeId: Uint8Array;
  readonly revision: number;
  readonly unlock: UnlockSection;
  /** The unlock section's bytes. */
  readonly unlockBytes: Uint8Array;
  /** Where the sealed part begins. */
  readonly sealedOffset: number;
}

/** What a manifest holds, beside its head. */
export interface ManifestBody {
  readonly manifest: Manifest;
  readonly markKey: Uint8Array;
  /** Ids of the last commits, the one that wrote this manifest last. */
  readonly line: readonly Uint8Array[];
  /** The revision for which each entry's blob was written, by entry id in hexadecimal: part of the blob's file name. */
  readonly blobRevisions: ReadonlyMap<string, number>;
}

/** How one version is read. */
interface VersionReader {
  head(reader: Reader): Omit<ManifestHead, 'version' | 'sealedOffset'>;
  body(reader: Reader, revision: number): ManifestBody;
}

/** Every version that this release reads. Version 2 will be one more row, and `writeManifest` will write it. */
const VERSIONS: Readonly<Record<number, VersionReader>> = { 1: { head: readHead1, body: readBody1 } };

const TIMES = ['activatedAtMs', 'retiredAtMs', 'destroyAfterMs'] as const;
/** The flag after those of the times. */
const PUBLIC_ONLY_FLAG = 1 << TIMES.length;

function writeEntry(entry: KeyEntry, blobRevision: number): Uint8Array[] {
  const times = TIMES.map((name) => entry[name]);
  const flags = times.reduce<number>(
    (bits, time, i) => bits | (time === undefined ? 0 : 1 << i),
    entry.publicOnly === true ? PUBLIC_ONLY_FLAG : 0,
  );
  return [
    entry.id,
    writeRef(entry.ref),
    Uint8Array.of(
      ALGORITHM_CODES[entry.algorithm],
      CUSTODIES.indexOf(entry.custody) + 1,
      KEY_STATES.indexOf(entry.state) + 1,
    ),
    uintBytes(entry.createdAtMs, 8),
    Uint8Array.of(flags),
    ...times.flatMap((time) => (time === undefined ? [] : [uintBytes(time, 8)])),
    entry.keyId,
    uintBytes(entry.protection.length, 2),
    entry.protection,
    uintBytes(blobRevision, 8),
    entry.blobDigest,
    ...(entry.algorithm === AES_256_GCM.name
      ? [uintBytes(entry.maxUses, 8), uintBytes(entry.reservedUses, 8)]
      : []),
  ];
}

function readEntry1(reader: Reader, blobRevisions: Map<string, number>): KeyEntry {
  const id = reader.take(ENTRY_ID_BYTES);
  const ref = readRef(reader);
  const algorithm = readAlgorithm(reader);
  const custody = readCode(reader, CUSTODIES);
  const state = readCode(reader, KEY_STATES);
  const createdAtMs = reader.uint(8);
  const flags = reader.uint(1);
  if (flags >= PUBLIC_ONLY_FLAG << 1) throw new RangeError('unknown flags');
  const publicOnly = (flags & PUBLIC_ONLY_FLAG) !== 0;
  const times: { [Name in (typeof TIMES)[number]]?: number } = {};
  for (const [i, name] of TIMES.entries()) if ((flags & (1 << i)) !== 0) times[name] = reader.uint(8);
  const keyId = reader.take(keyIdBytes(algorithm));
  const protection = reader.take(reader.uint(2));
  blobRevisions.set(toHex(id), reader.uint(8));
  const blobDigest = reader.take(SHA3_512.digestBytes);
  const isAes = algorithm === AES_256_GCM.name;
  if (publicOnly && isAes) throw new RangeError('a data key without a public half');
  const maxUses = isAes ? reader.uint(8) : 0;
  const reservedUses = isAes ? reader.uint(8) : 0;
  return {
    id,
    ref,
    algorithm,
    custody,
    state,
    createdAtMs,
    ...times,
    ...(publicOnly ? { publicOnly } : {}),
    keyId,
    protection,
    blobDigest,
    maxUses,
    reservedUses,
  };
}

function writeTombstone({ id, ref, algorithm, destroyedAtMs }: Tombstone): Uint8Array[] {
  return [id, writeRef(ref), Uint8Array.of(ALGORITHM_CODES[algorithm]), uintBytes(destroyedAtMs, 8)];
}

function readTombstone1(reader: Reader): Tombstone {
  return {
    id: reader.take(ENTRY_ID_BYTES),
    ref: readRef(reader),
    algorithm: readAlgorithm(reader),
    destroyedAtMs: reader.uint(8),
  };
}

function readHead1(reader: Reader): Omit<ManifestHead, 'version' | 'sealedOffset'> {
  const storeId = reader.take(STORE_ID_BYTES);
  const revision = reader.uint(8);
  const unlockOffset = reader.offset;
  const unlock = readUnlockSection(reader);
  return { storeId, revision, unlock, unlockBytes: reader.since(unlockOffset) };
}

function readBody1(reader: Reader, revision: number): ManifestBody {
  const blobRevisions = new Map<string, number>();
  const markKey = reader.take(MARK_KEY_BYTES);
  const line = reader.list(reader.uint(1), () => reader.take(COMMIT_ID_BYTES));
  if (line.length === 0 || line.length > MAX_LINE) throw new RangeError('a line of no or too many commits');
  const entries = reader.list(reader.uint(4), () => readEntry1(reader, blobRevisions));
  const tombstones = reader.list(reader.uint(4), readTombstone1);
  const extensions = new Map<string, Uint8Array>();
  const count = reader.uint(2);
  for (let left = count; left > 0; left--) {
    const name = reader.text();
    checkName('name', name);
    extensions.set(name, reader.take(reader.uint(4)));
  }
  reader.end();
  const refs = new Set([...entries, ...tombstones].map(({ ref }) => `${ref.name}/${ref.generation}`));
  const twice =
    refs.size !== entries.length + tombstones.length ||
    blobRevisions.size !== entries.length ||
    extensions.size !== count;
  if (twice) throw new RangeError('something is there twice');
  return { manifest: { revision, entries, tombstones, extensions }, markKey, line, blobRevisions };
}

/**
 * Reads what a manifest says in the clear.
 *
 * @param path - The file's name, for errors.
 * @param bytes - The file.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_CORRUPT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a version of another release.
 */
export function readHead(path: string, bytes: Uint8Array): ManifestHead {
  const version = checkVersion(path, bytes);
  try {
    const reader = new Reader(bytes, PREAMBLE_BYTES);
    const head = (VERSIONS[version] as VersionReader).head(reader);
    return { version, ...head, sealedOffset: reader.offset };
  } catch {
    throw corrupt(path, 'it is damaged');
  }
}

/**
 * Checks that bytes are a keystore of a version that this release reads.
 *
 * @returns The version.
 * @throws As {@link readHead}.
 */
export function checkVersion(path: string, bytes: Uint8Array): number {
  const found = readPreamble(bytes);
  if (found?.letter !== 'K') throw corrupt(path, 'it is no keystore manifest');
  if (VERSIONS[found.version] !== undefined) return found.version;
  const known = Object.keys(VERSIONS).join(', ');
  const older = found.version === 0 ? ', whose single file only the 0.1 releases read' : '';
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_VERSION',
    `${path} is format ${FORMATS.K.name} version ${found.version}${older}; this release reads version ${known}`,
  );
}

/**
 * Opens a manifest.
 *
 * @param path - The file's name, for errors.
 * @param bytes - The file.
 * @param head - What {@link readHead} gave.
 * @param rootKey - The key it was sealed under.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_CORRUPT` when it is damaged, was changed, or has another root key.
 */
export function readBody(
  path: string,
  bytes: Uint8Array,
  head: ManifestHead,
  rootKey: AeadKey,
): ManifestBody {
  const sealed = bytes.subarray(head.sealedOffset);
  let plaintext: Uint8Array | undefined;
  try {
    plaintext = open(rootKey, sealed, { aad: bytes.subarray(0, head.sealedOffset) });
    return (VERSIONS[head.version] as VersionReader).body(new Reader(plaintext), head.revision);
  } catch (error) {
    // The key id is public: telling a wrong key from damage helps and gives nothing away.
    const otherKey = error instanceof AuthenticationError && sealedKeyId(sealed) !== rootKey.keyId;
    throw corrupt(path, otherKey ? 'it has another root key, or is damaged' : 'it is damaged');
  } finally {
    wipe(plaintext);
  }
}

/** Whether a manifest was sealed under a key, as far as it says. */
export function isSealedBy(bytes: Uint8Array, head: ManifestHead, rootKey: AeadKey): boolean {
  try {
    return sealedKeyId(bytes.subarray(head.sealedOffset)) === rootKey.keyId;
  } catch {
    return false;
  }
}

/**
 * Writes a manifest, in the newest version.
 *
 * @param storeId - The store.
 * @param unlockBytes - Its unlock section.
 * @param rootKey - The key to seal it under.
 * @param body - What it holds.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_STATE` when it would be larger than what is read.
 */
export function writeManifest(
  path: string,
  storeId: Uint8Array,
  unlockBytes: Uint8Array,
  rootKey: AeadKey,
  { manifest, markKey, line, blobRevisions }: ManifestBody,
): Uint8Array {
  const { revision, entries, tombstones, extensions } = manifest;
  const preamble = new Uint8Array(PREAMBLE_BYTES);
  writePreamble(preamble, 'K');
  const head = concat(preamble, storeId, uintBytes(revision, 8), unlockBytes);
  const plaintext = concat(
    markKey,
    uintBytes(line.length, 1),
    ...line,
    uintBytes(entries.length, 4),
    ...entries.flatMap((entry) => writeEntry(entry, blobRevisions.get(toHex(entry.id)) ?? revision)),
    uintBytes(tombstones.length, 4),
    ...tombstones.flatMap(writeTombstone),
    uintBytes(extensions.size, 2),
    ...[...extensions].flatMap(([name, bytes]) => {
      const text = utf8(name);
      return [uintBytes(text.length, 1), text, uintBytes(bytes.length, 4), bytes];
    }),
  );
  try {
    if (head.length + plaintext.length + 1024 > MAX_MANIFEST_BYTES) {
      throw new KeyStoreError('ERR_KEYSTORE_STATE', `keystore ${path} is full`);
    }
    return concat(head, seal(rootKey, plaintext, { aad: head }));
  } finally {
    wipe(plaintext);
  }
}

/** Whether a body goes on from a commit: `undefined` when that is too long ago to tell. */
export function continuesFrom(body: ManifestBody, revision: number, commit: Uint8Array): boolean | undefined {
  const ago = body.manifest.revision - revision;
  const then = ago < 0 ? undefined : body.line[body.line.length - 1 - ago];
  return then === undefined ? undefined : equal(then, commit);
}

function corrupt(path: string, why: string): KeyStoreError {
  return new KeyStoreError('ERR_KEYSTORE_CORRUPT', `cannot read ${path}: ${why}`);
}
