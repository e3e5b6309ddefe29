/**
 * Private keys as `import` takes them.
 *
 * @module
 */
import { copySecret, wipe } from '../bytes.ts';
import { InputError } from '../errors.ts';
import { isKemPrivateKey } from '../kem/keys.ts';
import { keyMaterial, type PrivateKey } from '../keypair.ts';
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { type ByteSecret, exposeBytes, SecretBytes } from '../secret.ts';
import { isSignPrivateKey } from '../sign/keys.ts';
import type { KeystoreAlgorithm } from './keystore.ts';

/** Bytes of the raw secret of each algorithm. */
export const SECRET_BYTES: Readonly<Record<KeystoreAlgorithm, number>> = {
  [ML_KEM_1024.name]: ML_KEM_1024.seedBytes,
  [ML_DSA_87.name]: ML_DSA_87.seedBytes,
  [AES_256_GCM.name]: AES_256_GCM.keyBytes,
};

function seedOf(argument: string, key: PrivateKey, algorithm: KeystoreAlgorithm): SecretBytes {
  if (key.algorithm !== algorithm) {
    throw new InputError(
      'ERR_INPUT_ALGORITHM',
      argument,
      `a key for ${algorithm}`,
      `one for ${key.algorithm}`,
    );
  }
  const material = keyMaterial(argument, key);
  if ('seed' in material) return SecretBytes.from(material.seed.expose());
  throw new InputError('ERR_INPUT_KEY', argument, 'a key whose seed is known', 'an expanded one');
}

/**
 * Reads a key that comes from elsewhere.
 *
 * @param argument - The argument's name, for errors.
 * @param key - A private key, raw bytes, or PKCS#8 in DER or PEM.
 * @param algorithm - What it must be for.
 * @returns Its raw secret, a copy, the caller's to dispose.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_FORMAT`, `ERR_INPUT_ALGORITHM`,
 * `ERR_INPUT_KEY`, `ERR_INPUT_DISPOSED`.
 */
export async function readSecret(
  argument: string,
  key: unknown,
  algorithm: KeystoreAlgorithm,
): Promise<SecretBytes> {
  if (isKemPrivateKey(key) || isSignPrivateKey(key)) return seedOf(argument, key, algorithm);
  const isText = typeof key === 'string';
  if (!isText) {
    const bytes = exposeBytes(argument, key as ByteSecret);
    // Raw bytes have one length; nothing in DER is as short.
    if (bytes.length === SECRET_BYTES[algorithm] || algorithm === AES_256_GCM.name) {
      exposeBytes(argument, key as ByteSecret, SECRET_BYTES[algorithm]);
      return SecretBytes.from(bytes);
    }
  }
  if (algorithm === AES_256_GCM.name) {
    throw new InputError('ERR_INPUT_TYPE', argument, '32 bytes', 'a text');
  }
  // Copied before anything is waited for: what was given is the caller's to wipe.
  const der = isText ? undefined : copySecret(exposeBytes(argument, key as ByteSecret));
  let imported: PrivateKey;
  try {
    // Loaded on use: reading DER takes a parser that nothing else here needs.
    const { importPrivateKey } = await import('../encodings/index.ts');
    imported = importPrivateKey(der ?? (key as string));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.code, argument, error.expected, error.got);
  } finally {
    wipe(der);
  }
  try {
    return seedOf(argument, imported, algorithm);
  } finally {
    imported.dispose();
  }
}
