/**
 * The bytes of a backup, format `U`: a header that anybody may read, then a sealed stream with the header as AAD. Every byte is
 * in `docs/formats.md`.
 *
 * @module
 */
import { type AeadKey, openStream, readStreamHeader, sealStream } from '../aead/index.ts';
import { allocateSecret, checkBytes, concat, toHex, uintBytes, utf8, wipe } from '../bytes.ts';
import { AuthenticationError, InputError } from '../errors.ts';
import { ALGORITHM_CODES } from '../keystore/algorithm-codes.ts';
import { keyIdBytes, readAlgorithm, readCode, readRef, writeRef } from '../keystore/fields.ts';
import { Reader } from '../keystore/file/reader.ts';
import { readFloors } from '../keystore/floors.ts';
import {
  CUSTODIES,
  type Custody,
  checkName,
  KEY_STATES,
  type KeyRef,
  type KeyState,
  type KeystoreAlgorithm,
} from '../keystore/keystore.ts';
import { ENTRY_ID_BYTES, type Tombstone } from '../keystore/manifest.ts';
import { SECRET_BYTES } from '../keystore/secret-input.ts';
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../preamble.ts';

/** Bytes of a backup's id. */
const BACKUP_ID_BYTES = 16;
/** Bytes before the sealed stream. */
export const HEADER_BYTES: number = PREAMBLE_BYTES + BACKUP_ID_BYTES + 8 + 8 + 3 * 4;
/** A larger file is no backup. */
export const MAX_BACKUP_BYTES: number = 2 ** 30;

/** The largest time that formats hold; of a destroy-after time, that none was decided. */
const NO_END = Number.MAX_SAFE_INTEGER;

/** Bytes of the public key of each algorithm. */
const PUBLIC_KEY_BYTES: Readonly<Record<KeystoreAlgorithm, number>> = {
  [ML_KEM_1024.name]: ML_KEM_1024.publicKeyBytes,
  [ML_DSA_87.name]: ML_DSA_87.publicKeyBytes,
  [AES_256_GCM.name]: 0,
};

const FLAGS = { activated: 1, retired: 2, publicOnly: 4 } as const;
const ALL_FLAGS = FLAGS.activated | FLAGS.retired | FLAGS.publicOnly;

/** What a backup says in the clear; authenticated when it is opened. */
export interface BackupHeader {
  readonly id: Uint8Array;
  readonly createdAtMs: number;
  readonly revision: number;
  readonly generations: number;
  readonly leftOut: number;
  readonly tombstones: number;
}

/** A generation in a backup. */
export interface SavedKey {
  readonly ref: KeyRef;
  readonly algorithm: KeystoreAlgorithm;
  /** The custody that it had. */
  readonly custody: Custody;
  readonly state: KeyState;
  readonly createdAtMs: number;
  readonly activatedAtMs?: number;
  readonly retiredAtMs?: number;
  /** From then on it is not to be restored; undefined when that was not decided. */
  readonly destroyAfterMs: number | undefined;
  readonly keyId: Uint8Array;
  /** Raw; empty for an AES key. */
  readonly publicKey: Uint8Array;
  /** Raw seed or AES key; undefined when only the public half is left. */
  readonly secret: Uint8Array | undefined;
  readonly maxUses: number;
  readonly reservedUses: number;
}

/** A generation that could not be saved, as its key is in a token. */
export interface LeftOutKey {
  readonly ref: KeyRef;
  readonly algorithm: KeystoreAlgorithm;
  readonly keyId: Uint8Array;
}

/** Everything in a backup. */
export interface BackupBody {
  readonly keys: readonly SavedKey[];
  readonly leftOut: readonly LeftOutKey[];
  readonly tombstones: readonly Tombstone[];
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

function writeHeader({
  id,
  createdAtMs,
  revision,
  generations,
  leftOut,
  tombstones,
}: BackupHeader): Uint8Array {
  const preamble = new Uint8Array(PREAMBLE_BYTES);
  writePreamble(preamble, 'U');
  return concat(
    preamble,
    id,
    uintBytes(createdAtMs, 8),
    uintBytes(revision, 8),
    uintBytes(generations, 4),
    uintBytes(leftOut, 4),
    uintBytes(tombstones, 4),
  );
}

/**
 * Reads a header. Nothing in it is authenticated yet.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`; `ERR_INPUT_FORMAT` when it is no backup.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function readBackupHeader(
  argument: string,
  bytes: Uint8Array,
): BackupHeader & { readonly keyId: string } {
  checkBytes(argument, bytes, { max: MAX_BACKUP_BYTES });
  checkPreamble(argument, bytes, 'U');
  try {
    const reader = new Reader(bytes, PREAMBLE_BYTES);
    const id = reader.take(BACKUP_ID_BYTES);
    const [createdAtMs, revision] = [reader.uint(8), reader.uint(8)];
    const [generations, leftOut, tombstones] = [reader.uint(4), reader.uint(4), reader.uint(4)];
    const { keyId } = readStreamHeader(bytes.subarray(HEADER_BYTES));
    return { id, createdAtMs, revision, generations, leftOut, tombstones, keyId };
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof InputError)) throw cause;
    throw new InputError('ERR_INPUT_FORMAT', argument, 'a whole backup', 'less, or something else');
  }
}

/** A record that holds a secret; the caller's to wipe. */
function writeKey(key: SavedKey): Uint8Array {
  const { ref, algorithm, custody, state, createdAtMs, activatedAtMs, retiredAtMs, destroyAfterMs } = key;
  const flags =
    (activatedAtMs === undefined ? 0 : FLAGS.activated) |
    (retiredAtMs === undefined ? 0 : FLAGS.retired) |
    (key.secret === undefined ? FLAGS.publicOnly : 0);
  const parts = [
    writeRef(ref),
    Uint8Array.of(
      ALGORITHM_CODES[algorithm],
      CUSTODIES.indexOf(custody) + 1,
      KEY_STATES.indexOf(state) + 1,
      flags,
    ),
    uintBytes(createdAtMs, 8),
    ...[activatedAtMs, retiredAtMs].flatMap((time) => (time === undefined ? [] : [uintBytes(time, 8)])),
    uintBytes(destroyAfterMs ?? NO_END, 8),
    key.keyId,
    key.publicKey,
    ...(key.secret === undefined ? [] : [key.secret]),
    ...(algorithm === AES_256_GCM.name ? [uintBytes(key.maxUses, 8), uintBytes(key.reservedUses, 8)] : []),
  ];
  const out = allocateSecret(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

function readKey(reader: Reader): SavedKey {
  const ref = readRef(reader);
  const algorithm = readAlgorithm(reader);
  const [custody, state] = [readCode(reader, CUSTODIES), readCode(reader, KEY_STATES)];
  const flags = reader.uint(1);
  if ((flags & ~ALL_FLAGS) !== 0) throw new RangeError('unknown flags');
  const isAes = algorithm === AES_256_GCM.name;
  if (isAes && (flags & FLAGS.publicOnly) !== 0) throw new RangeError('a data key without a public half');
  const time = (flag: number) => ((flags & flag) === 0 ? undefined : reader.uint(8));
  const createdAtMs = reader.uint(8);
  const [activatedAtMs, retiredAtMs] = [time(FLAGS.activated), time(FLAGS.retired)];
  const end = reader.uint(8);
  return {
    ref,
    algorithm,
    custody,
    state,
    createdAtMs,
    ...(activatedAtMs === undefined ? {} : { activatedAtMs }),
    ...(retiredAtMs === undefined ? {} : { retiredAtMs }),
    destroyAfterMs: end === NO_END ? undefined : end,
    keyId: reader.take(keyIdBytes(algorithm)),
    publicKey: reader.take(PUBLIC_KEY_BYTES[algorithm]),
    secret: (flags & FLAGS.publicOnly) === 0 ? reader.take(SECRET_BYTES[algorithm]) : undefined,
    maxUses: isAes ? reader.uint(8) : 0,
    reservedUses: isAes ? reader.uint(8) : 0,
  };
}

function writeLeftOut({ ref, algorithm, keyId }: LeftOutKey): Uint8Array {
  return concat(writeRef(ref), Uint8Array.of(ALGORITHM_CODES[algorithm]), keyId);
}

function readLeftOut(reader: Reader): LeftOutKey {
  const ref = readRef(reader);
  const algorithm = readAlgorithm(reader);
  return { ref, algorithm, keyId: reader.take(keyIdBytes(algorithm)) };
}

function writeTombstone({ id, ref, algorithm, destroyedAtMs }: Tombstone): Uint8Array {
  return concat(id, writeRef(ref), Uint8Array.of(ALGORITHM_CODES[algorithm]), uintBytes(destroyedAtMs, 8));
}

function readTombstone(reader: Reader): Tombstone {
  return {
    id: reader.take(ENTRY_ID_BYTES),
    ref: readRef(reader),
    algorithm: readAlgorithm(reader),
    destroyedAtMs: reader.uint(8),
  };
}

/** The plaintext, record by record; each is wiped when the next is asked for. */
function* recordsOf({ keys, leftOut, tombstones, extensions }: BackupBody): Generator<Uint8Array> {
  for (const key of keys) {
    const record = writeKey(key);
    try {
      yield record;
    } finally {
      wipe(record);
    }
  }
  for (const key of leftOut) yield writeLeftOut(key);
  for (const tombstone of tombstones) yield writeTombstone(tombstone);
  yield uintBytes(extensions.size, 2);
  for (const [name, bytes] of extensions) {
    const text = utf8(name);
    yield concat(uintBytes(text.length, 1), text, uintBytes(bytes.length, 4), bytes);
  }
}

/**
 * Writes a backup.
 *
 * @throws {@link InputError} `ERR_INPUT_LENGTH` when it would be larger than what is read.
 */
export async function writeBackup(
  key: AeadKey,
  about: Pick<BackupHeader, 'id' | 'createdAtMs' | 'revision'>,
  body: BackupBody,
): Promise<Uint8Array> {
  const header = writeHeader({
    ...about,
    generations: body.keys.length,
    leftOut: body.leftOut.length,
    tombstones: body.tombstones.length,
  });
  const parts = [header];
  let length = header.length;
  for await (const part of sealStream(key, recordsOf(body), { aad: header })) {
    // The first piece is a buffer that the stream uses again.
    parts.push(Uint8Array.from(part));
    length += part.length;
    if (length > MAX_BACKUP_BYTES) {
      throw new InputError(
        'ERR_INPUT_LENGTH',
        'keystore',
        `a backup of at most ${MAX_BACKUP_BYTES} bytes`,
        'more',
      );
    }
  }
  return concat(...parts);
}

function readBody(plaintext: Uint8Array, header: BackupHeader): BackupBody {
  const reader = new Reader(plaintext);
  const keys = reader.list(header.generations, readKey);
  const leftOut = reader.list(header.leftOut, readLeftOut);
  const tombstones = reader.list(header.tombstones, readTombstone);
  const extensions = new Map<string, Uint8Array>();
  const count = reader.uint(2);
  for (let left = count; left > 0; left--) {
    const name = reader.text();
    checkName('name', name);
    extensions.set(name, reader.take(reader.uint(4)));
  }
  reader.end();
  readFloors(extensions);
  const refs = new Set(
    [...keys, ...leftOut, ...tombstones].map(({ ref }) => `${ref.name}/${ref.generation}`),
  );
  const isTwice = refs.size !== keys.length + leftOut.length + tombstones.length || extensions.size !== count;
  if (isTwice) throw new RangeError('something is there twice');
  return { keys, leftOut, tombstones, extensions };
}

/**
 * Opens a backup: every byte of it is authenticated before anything is returned.
 *
 * @returns Header and content; the secrets are the caller's to wipe, by {@link wipeBody}.
 * @throws As {@link readBackupHeader}; {@link AuthenticationError} for another key, and when a byte was changed.
 */
export async function openBackup(
  argument: string,
  given: Uint8Array,
  key: AeadKey,
): Promise<{ header: BackupHeader; body: BackupBody }> {
  const header = readBackupHeader(argument, given);
  const bytes = Uint8Array.from(given);
  const chunks: Uint8Array[] = [];
  let plaintext: Uint8Array | undefined;
  try {
    const aad = bytes.subarray(0, HEADER_BYTES);
    for await (const chunk of openStream(key, [bytes.subarray(HEADER_BYTES)], { aad })) chunks.push(chunk);
    plaintext = allocateSecret(chunks.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const chunk of chunks) {
      plaintext.set(chunk, offset);
      offset += chunk.length;
    }
    return { header, body: readBody(plaintext, header) };
  } catch (error) {
    // Whoever has the key wrote it: only this library's own releases, or somebody who must not be believed.
    if (error instanceof RangeError || error instanceof TypeError) throw new AuthenticationError();
    if (error instanceof InputError && error.argument !== argument) throw new AuthenticationError();
    throw error;
  } finally {
    wipe(plaintext, ...chunks);
  }
}

/** Wipes the secrets of a backup's content. */
export function wipeBody(body: BackupBody | undefined): void {
  for (const { secret } of body?.keys ?? []) wipe(secret);
}

/** A backup's id as a text. */
export function backupId({ id }: BackupHeader): string {
  return toHex(id);
}
