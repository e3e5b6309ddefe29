/**
 * Private keys in the clear. Alone in this module, so that every use is found by a search for its import path.
 *
 * @module
 */
import { describe, toBase64Url } from './bytes.ts';
import { writePkcs8 } from './encodings/der.ts';
import { type AnyPrivateKey, type PrivateJwk, writePublicJwk } from './encodings/jwk.ts';
import { writePem } from './encodings/pem.ts';
import { registry } from './engines/index.ts';
import { InputError } from './errors.ts';
import { isKemPrivateKey } from './kem/keys.ts';
import { keyMaterial } from './keypair.ts';
import { ML_DSA_87, ML_KEM_1024 } from './params.ts';
import { SecretBytes } from './secret.ts';
import { isSignPrivateKey } from './sign/keys.ts';

/** Forms of a private key in the clear: raw seed, raw expanded key, PKCS#8 with the seed, or a private JWK. */
export type PrivateKeyFormat = 'seed' | 'expanded' | 'der' | 'pem' | 'jwk';

const FORMATS: readonly PrivateKeyFormat[] = ['seed', 'expanded', 'der', 'pem', 'jwk'];

/**
 * Writes a private key **in the clear**. Prefer a keystore: there, keys do things and do not come out.
 *
 * @param key - A live private key.
 * @param format - `seed` and `expanded` give raw bytes, `der` PKCS#8 with the seed, all three as secrets that you
 * dispose; `pem` and `jwk` give a text and an object, **which nobody can wipe**.
 * @returns The key in that form.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`; `ERR_INPUT_KEY` for a form that
 * needs the seed, of a key that was imported without one.
 * @example using der = exportPrivateKey(key, 'der');
 */
export function exportPrivateKey(key: AnyPrivateKey, format: 'seed' | 'expanded' | 'der'): SecretBytes;
export function exportPrivateKey(key: AnyPrivateKey, format: 'pem'): string;
export function exportPrivateKey(key: AnyPrivateKey, format: 'jwk'): Required<PrivateJwk>;
export function exportPrivateKey(
  key: AnyPrivateKey,
  format: PrivateKeyFormat,
): SecretBytes | string | PrivateJwk {
  if (!isKemPrivateKey(key) && !isSignPrivateKey(key)) {
    throw new InputError('ERR_INPUT_TYPE', 'key', 'a private key', describe(key));
  }
  if (!FORMATS.includes(format)) {
    throw new InputError('ERR_INPUT_OPTION', 'format', `one of ${FORMATS.join(', ')}`, describe(format));
  }
  if (format === 'expanded') return expandedKey(key);
  const material = keyMaterial('key', key);
  if (!('seed' in material)) {
    throw new InputError(
      'ERR_INPUT_KEY',
      'key',
      `a key whose seed is known, for format ${format}`,
      'an expanded one',
    );
  }
  const seed = material.seed.expose();
  if (format === 'seed') return SecretBytes.from(seed);
  if (format === 'jwk') return { ...writePublicJwk(key.publicKey), priv: toBase64Url(seed) };
  const der = SecretBytes.adopt(writePkcs8(key.algorithm, seed));
  if (format === 'der') return der;
  try {
    return writePem('PRIVATE KEY', der.expose());
  } finally {
    der.dispose();
  }
}

function expandedKey(key: AnyPrivateKey): SecretBytes {
  const material = keyMaterial('key', key);
  if ('expandedKey' in material) return SecretBytes.from(material.expandedKey.expose());
  const isKem = key.algorithm === ML_KEM_1024.name;
  const prepared = registry
    .capable(isKem ? 'kem' : 'sign', 'expanded-key')
    .prepareSeed(material.seed.expose());
  const out = new Uint8Array(isKem ? ML_KEM_1024.expandedKeyBytes : ML_DSA_87.expandedKeyBytes);
  prepared.expanded?.(out);
  prepared.dispose();
  return SecretBytes.adopt(out);
}
