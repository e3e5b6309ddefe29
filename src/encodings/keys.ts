/**
 * Keys in and out: DER, PEM and JWK are told apart by what they are. Raw bytes go through the key classes
 * (`KemPublicKey.fromBytes`, `SignPrivateKey.fromSeed`, …), which say what they expect.
 *
 * @module
 */
import { describe, equal, isBytes, wipe } from '../bytes.ts';
import { registry } from '../engines/index.ts';
import { InputError } from '../errors.ts';
import { KemPrivateKey, KemPublicKey } from '../kem/index.ts';
import { isKemPublicKey } from '../kem/keys.ts';
import { type KeyAlgorithm, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { SignPrivateKey, SignPublicKey } from '../sign/index.ts';
import { isSignPublicKey } from '../sign/keys.ts';
import { type Pkcs8Content, readPkcs8, readSpki, writeSpki } from './der.ts';
import {
  type AnyPrivateKey,
  type AnyPublicKey,
  type PrivateJwk,
  type PublicJwk,
  readPrivateJwk,
  readPublicJwk,
  withArgument,
  writePublicJwk,
} from './jwk.ts';
import { readPem, writePem } from './pem.ts';

/** Forms of a public key: SubjectPublicKeyInfo in DER or PEM (RFC 9881, RFC 9935), or a JWK (RFC 9964). */
export type PublicKeyFormat = 'der' | 'pem' | 'jwk';

const FORMATS: readonly PublicKeyFormat[] = ['der', 'pem', 'jwk'];

/**
 * Writes a public key.
 *
 * @param key - The key; for its raw bytes use `toBytes()`.
 * @param format - `der` gives bytes, `pem` a text, `jwk` an object.
 * @returns The key in that form, public.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`.
 * @example await writeFile('signer.pem', exportPublicKey(key.publicKey, 'pem'));
 */
export function exportPublicKey(key: AnyPublicKey, format: 'der'): Uint8Array;
export function exportPublicKey(key: AnyPublicKey, format: 'pem'): string;
export function exportPublicKey(key: AnyPublicKey, format: 'jwk'): Required<PublicJwk>;
export function exportPublicKey(key: AnyPublicKey, format: PublicKeyFormat): Uint8Array | string | PublicJwk {
  if (!isKemPublicKey(key) && !isSignPublicKey(key)) {
    throw new InputError('ERR_INPUT_TYPE', 'key', 'a public key', describe(key));
  }
  if (!FORMATS.includes(format)) {
    throw new InputError('ERR_INPUT_OPTION', 'format', `one of ${FORMATS.join(', ')}`, describe(format));
  }
  if (format === 'jwk') return writePublicJwk(key);
  const der = writeSpki({ algorithm: key.algorithm, publicKey: key.toBytes() });
  return format === 'der' ? der : writePem('PUBLIC KEY', der);
}

/** What {@link importPublicKey} takes: DER bytes, a PEM text, or a JWK. */
export type PublicKeyInput = Uint8Array | string | PublicJwk;
/** What {@link importPrivateKey} takes: DER bytes, a PEM text, or a JWK. */
export type PrivateKeyInput = Uint8Array | string | PrivateJwk;

function checkAlgorithm(algorithm: KeyAlgorithm | undefined): void {
  if (algorithm !== undefined && algorithm !== ML_KEM_1024.name && algorithm !== ML_DSA_87.name) {
    throw new InputError(
      'ERR_INPUT_OPTION',
      'algorithm',
      `"${ML_KEM_1024.name}" or "${ML_DSA_87.name}"`,
      describe(algorithm),
    );
  }
}

function expectAlgorithm(found: KeyAlgorithm, wanted: KeyAlgorithm | undefined): void {
  if (wanted !== undefined && found !== wanted) {
    throw new InputError('ERR_INPUT_ALGORITHM', 'data', `a key for ${wanted}`, `one for ${found}`);
  }
}

/**
 * Reads a public key from SubjectPublicKeyInfo DER, PEM, or JWK, and checks it (FIPS 203 §7.2).
 *
 * @param data - DER as bytes, PEM as a text, JWK as an object.
 * @param algorithm - The algorithm that the key must be for; either when absent.
 * @returns The key.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`, `ERR_INPUT_LENGTH`, `ERR_INPUT_ALGORITHM`,
 * `ERR_INPUT_KEY`, `ERR_INPUT_OPTION`.
 * @example const signer = importPublicKey(await readFile('signer.pem', 'utf8'), 'ML-DSA-87');
 */
export function importPublicKey(data: PublicKeyInput, algorithm: 'ML-KEM-1024'): KemPublicKey;
export function importPublicKey(data: PublicKeyInput, algorithm: 'ML-DSA-87'): SignPublicKey;
export function importPublicKey(data: PublicKeyInput, algorithm?: KeyAlgorithm): AnyPublicKey;
export function importPublicKey(data: PublicKeyInput, algorithm?: KeyAlgorithm): AnyPublicKey {
  checkAlgorithm(algorithm);
  let key: AnyPublicKey;
  if (typeof data === 'string' || isBytes(data)) {
    const der = typeof data === 'string' ? readPem('data', data, 'PUBLIC KEY') : data;
    const content = readSpki('data', der);
    const keyClass = content.algorithm === ML_KEM_1024.name ? KemPublicKey : SignPublicKey;
    key = withArgument('data', () => keyClass.fromBytes(content.publicKey));
  } else {
    key = readPublicJwk('data', data);
  }
  expectAlgorithm(key.algorithm, algorithm);
  return key;
}

/**
 * Reads a private key from PKCS#8 DER or PEM (seed, expanded key, or both: RFC 9881, RFC 9935) or from a JWK with its
 * seed (RFC 9964). Where a structure tells the same thing twice (seed and expanded key, private and public key), both
 * must agree.
 *
 * @param data - DER as bytes, PEM as a text, JWK as an object. Bytes stay yours to wipe; texts cannot be wiped.
 * @param algorithm - The algorithm that the key must be for; either when absent.
 * @returns The key, yours to dispose.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`, `ERR_INPUT_LENGTH`, `ERR_INPUT_ALGORITHM`,
 * `ERR_INPUT_KEY`, `ERR_INPUT_OPTION`.
 * @example using signer = importPrivateKey(await readFile('signer.der'), 'ML-DSA-87');
 */
export function importPrivateKey(data: PrivateKeyInput, algorithm: 'ML-KEM-1024'): KemPrivateKey;
export function importPrivateKey(data: PrivateKeyInput, algorithm: 'ML-DSA-87'): SignPrivateKey;
export function importPrivateKey(data: PrivateKeyInput, algorithm?: KeyAlgorithm): AnyPrivateKey;
export function importPrivateKey(data: PrivateKeyInput, algorithm?: KeyAlgorithm): AnyPrivateKey {
  checkAlgorithm(algorithm);
  let key: AnyPrivateKey;
  if (isBytes(data)) {
    key = importPkcs8(data);
  } else if (typeof data === 'string') {
    const der = readPem('data', data, 'PRIVATE KEY');
    try {
      key = importPkcs8(der);
    } finally {
      wipe(der);
    }
  } else {
    key = readPrivateJwk('data', data);
  }
  try {
    expectAlgorithm(key.algorithm, algorithm);
  } catch (error) {
    key.dispose();
    throw error;
  }
  return key;
}

function importPkcs8(der: Uint8Array): AnyPrivateKey {
  const content = readPkcs8('data', der);
  let key: AnyPrivateKey | undefined;
  try {
    key = keyOf(content);
    if (content.publicKey !== undefined && !equal(content.publicKey, key.publicKey.toBytes())) {
      throw new InputError(
        'ERR_INPUT_KEY',
        'data',
        'a public key that belongs to the private one',
        'another',
      );
    }
    return key;
  } catch (error) {
    key?.dispose();
    throw error;
  } finally {
    wipe(content.seed, content.expandedKey);
  }
}

function keyOf(content: Pkcs8Content): AnyPrivateKey {
  const { algorithm, seed, expandedKey } = content;
  const keyClass = algorithm === ML_KEM_1024.name ? KemPrivateKey : SignPrivateKey;
  if (seed === undefined) {
    return withArgument('data', () => keyClass.fromExpandedKey(expandedKey ?? new Uint8Array(0)));
  }
  if (expandedKey !== undefined && !isExpansion(algorithm, seed, expandedKey)) {
    throw new InputError('ERR_INPUT_KEY', 'data', 'an expanded key that belongs to the seed', 'another');
  }
  return keyClass.fromSeed(seed);
}

/** Whether an expanded key is what its seed expands to. */
function isExpansion(algorithm: KeyAlgorithm, seed: Uint8Array, expandedKey: Uint8Array): boolean {
  const family = algorithm === ML_KEM_1024.name ? 'kem' : 'sign';
  const prepared = registry.capable(family, 'expanded-key').prepareSeed(seed);
  const expected = new Uint8Array(expandedKey.length);
  try {
    prepared.expanded?.(expected);
    return equal(expected, expandedKey);
  } finally {
    prepared.dispose();
    wipe(expected);
  }
}
