/**
 * The bytes of a file keystore, version 0.
 *
 * File: preamble `MWK` 0 (4), then an AEAD message under the root key with the preamble as AAD, whose plaintext is
 * revision (4), count of records (4), records, count of tombstones (4), tombstones. Both start with length of the name
 * (1), name, generation (4), algorithm (1: 1 ML-KEM-1024, 2 ML-DSA-87); a record goes on with creation time in
 * milliseconds (8), raw public key, and the seed as an AEAD message of its own, under the root key with everything
 * before it in the record as AAD.
 *
 * @module
 */
import { type AeadKey, open, SEAL_OVERHEAD_BYTES, seal } from '../aead/index.ts';
import { concat, uintBytes, utf8 } from '../bytes.ts';
import { KeyStoreError, PqError } from '../errors.ts';
import { KemPublicKey } from '../kem/index.ts';
import { type KeyAlgorithm, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../preamble.ts';
import { SignPublicKey } from '../sign/index.ts';
import { checkName, checkRef } from './keystore.ts';
import type { KeyRecord, StoreState, Tombstone } from './store.ts';

/** What a file holds. */
export interface FileContent {
  /** Counts the commits; only grows. */
  readonly revision: number;
  readonly state: StoreState;
}

const ALGORITHM_CODES: Record<KeyAlgorithm, number> = { [ML_KEM_1024.name]: 1, [ML_DSA_87.name]: 2 };
const PARAMS = { [ML_KEM_1024.name]: ML_KEM_1024, [ML_DSA_87.name]: ML_DSA_87 } as const;

function preamble(): Uint8Array {
  const out = new Uint8Array(PREAMBLE_BYTES);
  writePreamble(out, 'K');
  return out;
}

function writeEntry({ ref, algorithm }: Tombstone): Uint8Array {
  const name = utf8(ref.name);
  return concat(
    uintBytes(name.length, 1),
    name,
    uintBytes(ref.generation, 4),
    uintBytes(ALGORITHM_CODES[algorithm], 1),
  );
}

/** Everything in a record before its seed: what the seed is bound to. */
export function writeRecordHead(record: Omit<KeyRecord, 'seed'>): Uint8Array {
  return concat(writeEntry(record), uintBytes(record.createdAtMs, 8), record.publicKey.toBytes());
}

/** Writes a file. */
export function writeFileContent(rootKey: AeadKey, { revision, state }: FileContent): Uint8Array {
  const plaintext = concat(
    uintBytes(revision, 4),
    uintBytes(state.records.length, 4),
    ...state.records.flatMap((record) => [writeRecordHead(record), record.seed]),
    uintBytes(state.tombstones.length, 4),
    ...state.tombstones.map(writeEntry),
  );
  const head = preamble();
  return concat(head, seal(rootKey, plaintext, { aad: head }));
}

/** Reads fields one after the other; a field that is not there is a corrupt file. */
class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new RangeError('a field ends behind the file');
    const field = this.#bytes.slice(this.#offset, end);
    this.#offset = end;
    return field;
  }

  uint(sizeBytes: 1 | 4 | 8): number {
    let value = 0;
    for (const byte of this.take(sizeBytes)) value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) throw new RangeError('an integer is too large');
    return value;
  }

  /** Reads as many entries as a count says. The count may lie, so nothing is allocated ahead of them. */
  entries<T>(read: (reader: Reader) => T): T[] {
    const entries: T[] = [];
    for (let left = this.uint(4); left > 0; left--) entries.push(read(this));
    return entries;
  }

  end(): void {
    if (this.#offset !== this.#bytes.length) throw new RangeError('bytes are left over');
  }
}

function readEntry(reader: Reader): Tombstone {
  const name = new TextDecoder('utf-8', { fatal: true }).decode(reader.take(reader.uint(1)));
  checkName('name', name);
  const ref = checkRef('ref', { name, generation: reader.uint(4) });
  const code = reader.uint(1);
  if (code !== 1 && code !== 2) throw new RangeError('unknown algorithm');
  return { ref, algorithm: code === 1 ? ML_KEM_1024.name : ML_DSA_87.name };
}

function readRecord(reader: Reader): KeyRecord {
  const { ref, algorithm } = readEntry(reader);
  const createdAtMs = reader.uint(8);
  const { publicKeyBytes, seedBytes } = PARAMS[algorithm];
  const publicKey = (algorithm === ML_KEM_1024.name ? KemPublicKey : SignPublicKey).fromBytes(
    reader.take(publicKeyBytes),
  );
  return { ref, algorithm, createdAtMs, publicKey, seed: reader.take(seedBytes + SEAL_OVERHEAD_BYTES) };
}

/**
 * Reads a file.
 *
 * @param path - The file's name, for errors.
 * @param rootKey - The key it was written under.
 * @param bytes - The file.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_CORRUPT` when it is damaged, was changed, or has another root key.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a version of another release.
 */
export function readFileContent(path: string, rootKey: AeadKey, bytes: Uint8Array): FileContent {
  try {
    checkPreamble('file', bytes, 'K');
    const plaintext = open(rootKey, bytes.subarray(PREAMBLE_BYTES), {
      aad: bytes.subarray(0, PREAMBLE_BYTES),
    });
    const reader = new Reader(plaintext);
    const revision = reader.uint(4);
    const records = reader.entries(readRecord);
    const tombstones = reader.entries(readEntry);
    reader.end();
    return { revision, state: { records, tombstones } };
  } catch (error) {
    if (error instanceof PqError && error.code === 'ERR_UNSUPPORTED_VERSION') throw error;
    throw new KeyStoreError(
      'ERR_KEYSTORE_CORRUPT',
      `keystore ${path} cannot be read: it is damaged, or the root key is another one`,
    );
  }
}
