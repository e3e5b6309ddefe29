/**
 * Encapsulation and decapsulation.
 *
 * @module
 */
import { checkBytes } from '../bytes.ts';
import { ML_KEM_1024 } from '../params.ts';
import { SecretBytes } from '../secret.ts';
import {
  type KemPrivateKey,
  type KemPublicKey,
  preparedKemPrivateKey,
  preparedKemPublicKey,
} from './keys.ts';

/** What {@link encapsulate} returns. */
export interface Encapsulation {
  /** 1568 bytes, public: send them to the holder of the private key. */
  readonly ciphertext: Uint8Array;
  /** 32 bytes, yours to dispose. */
  readonly sharedSecret: SecretBytes;
}

/**
 * Encapsulates a fresh shared secret to a public key.
 *
 * FIPS 203 §7.2, Algorithm 20. The modulus check ran when the key was imported.
 *
 * @param publicKey - ML-KEM-1024 encapsulation key, 1568 bytes encoded.
 * @returns `ciphertext`, 1568 bytes, public; `sharedSecret`, 32 bytes, yours to dispose.
 * @throws {@link InputError} `ERR_INPUT_TYPE` when publicKey is not a KemPublicKey.
 * @example const { ciphertext, sharedSecret } = encapsulate(publicKey);
 */
export function encapsulate(publicKey: KemPublicKey): Encapsulation {
  const prepared = preparedKemPublicKey('publicKey', publicKey);
  const ciphertext = new Uint8Array(ML_KEM_1024.ciphertextBytes);
  const sharedSecret = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  prepared.encapsulate(ciphertext, sharedSecret);
  return { ciphertext, sharedSecret: SecretBytes.adopt(sharedSecret) };
}

/**
 * Recovers the shared secret of a ciphertext.
 *
 * FIPS 203 §7.3, Algorithm 21. A forged ciphertext of the right length is no error: it gives a secret that nobody else
 * has (implicit rejection), so confirm the key before relying on it.
 *
 * @param privateKey - The decapsulation key.
 * @param ciphertext - 1568 bytes.
 * @returns 32 bytes, yours to dispose.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_DISPOSED`.
 * @example using sharedSecret = decapsulate(privateKey, ciphertext);
 */
export function decapsulate(privateKey: KemPrivateKey, ciphertext: Uint8Array): SecretBytes {
  const prepared = preparedKemPrivateKey('privateKey', privateKey);
  checkBytes('ciphertext', ciphertext, ML_KEM_1024.ciphertextBytes);
  const sharedSecret = new Uint8Array(ML_KEM_1024.sharedSecretBytes);
  prepared.decapsulate(ciphertext, sharedSecret);
  return SecretBytes.adopt(sharedSecret);
}
