/**
 * The bytes kept of one key beside the manifest: `MWB` 1 (4), entry id (16), algorithm (1: 1 ML-KEM-1024, 2 ML-DSA-87,
 * 3 AES-256-GCM), raw public key, and the rest is the custodian's: a sealed seed, or nothing for a key inside a token.
 *
 * @module
 */
import { concat, equal } from '../bytes.ts';
import type { AnyPublicKey } from '../encodings/index.ts';
import { KemPublicKey } from '../kem/index.ts';
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../preamble.ts';
import { SignPublicKey } from '../sign/index.ts';
import { ALGORITHM_CODES } from './algorithm-codes.ts';
import type { KeystoreAlgorithm } from './keystore.ts';
import { ENTRY_ID_BYTES } from './manifest.ts';

const PUBLIC_KEY_BYTES: Readonly<Record<KeystoreAlgorithm, number>> = {
  [ML_KEM_1024.name]: ML_KEM_1024.publicKeyBytes,
  [ML_DSA_87.name]: ML_DSA_87.publicKeyBytes,
  [AES_256_GCM.name]: 0,
};

const HEAD_BYTES = PREAMBLE_BYTES + ENTRY_ID_BYTES + 1;

/** What a blob holds. */
export interface BlobContent {
  readonly publicKey: AnyPublicKey | undefined;
  /** The custodian's part. */
  readonly secret: Uint8Array;
}

/** Writes a blob. */
export function writeBlob(id: Uint8Array, algorithm: KeystoreAlgorithm, content: BlobContent): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  writePreamble(head, 'B');
  head.set(id, PREAMBLE_BYTES);
  head[HEAD_BYTES - 1] = ALGORITHM_CODES[algorithm];
  return concat(head, content.publicKey?.toBytes() ?? new Uint8Array(0), content.secret);
}

/**
 * Reads a blob whose digest was compared with the manifest's.
 *
 * @throws {@link InputError} or `RangeError` when it is not the entry's, or damaged.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a version of another release.
 */
export function readBlob(id: Uint8Array, algorithm: KeystoreAlgorithm, bytes: Uint8Array): BlobContent {
  checkPreamble('blob', bytes, 'B');
  const publicKeyEnd = HEAD_BYTES + PUBLIC_KEY_BYTES[algorithm];
  const fits =
    bytes.length >= publicKeyEnd &&
    equal(bytes.subarray(PREAMBLE_BYTES, HEAD_BYTES - 1), id) &&
    bytes[HEAD_BYTES - 1] === ALGORITHM_CODES[algorithm];
  if (!fits) throw new RangeError('the blob is not that of its entry');
  const raw = bytes.subarray(HEAD_BYTES, publicKeyEnd);
  const secret = bytes.slice(publicKeyEnd);
  if (algorithm === AES_256_GCM.name) return { publicKey: undefined, secret };
  const publicKey =
    algorithm === ML_KEM_1024.name ? KemPublicKey.fromBytes(raw) : SignPublicKey.fromBytes(raw);
  return { publicKey, secret };
}
