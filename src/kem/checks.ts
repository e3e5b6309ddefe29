/**
 * Input checks of FIPS 203, made once when a key comes in, the same for every engine.
 *
 * @module
 */
import { checkBytes, equal } from '../bytes.ts';
import { engine } from '../engines/index.ts';
import { InputError } from '../errors.ts';
import { ML_KEM_1024 } from '../params.ts';

const { k, q, publicKeyBytes, expandedKeyBytes } = ML_KEM_1024;
/** Bytes of `k` polynomials of 256 coefficients of 12 bits. */
const VECTOR_BYTES = 384 * k;

/** Whether every 12-bit coefficient of an encoded vector is below q. Branch-free in the coefficients. */
function isReduced(vector: Uint8Array): boolean {
  let tooLarge = 0;
  for (let i = 0; i < vector.length; i += 3) {
    const b0 = vector[i] as number;
    const b1 = vector[i + 1] as number;
    const b2 = vector[i + 2] as number;
    // q − 1 − coefficient is negative, so its sign bit is set, exactly when the coefficient is too large.
    tooLarge |= (q - 1 - (b0 | ((b1 & 0x0f) << 8))) | (q - 1 - ((b1 >> 4) | (b2 << 4)));
  }
  return tooLarge >= 0;
}

/**
 * Checks an encapsulation key: length and modulus, FIPS 203 §7.2.
 *
 * @param argument - The argument's name, for the error.
 * @param bytes - The key.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_KEY`.
 */
export function checkPublicKey(argument: string, bytes: Uint8Array): void {
  checkBytes(argument, bytes, publicKeyBytes);
  if (!isReduced(bytes.subarray(0, VECTOR_BYTES))) {
    throw new InputError(
      'ERR_INPUT_KEY',
      argument,
      `coefficients below ${q} (FIPS 203 §7.2)`,
      'a coefficient that is not',
    );
  }
}

/**
 * Checks an expanded decapsulation key: length, hash of its public part (FIPS 203 §7.3), and the modulus of both parts.
 *
 * @param argument - The argument's name, for the error.
 * @param bytes - `dkPKE || ek || H(ek) || z`.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_KEY`.
 */
export function checkExpandedKey(argument: string, bytes: Uint8Array): void {
  checkBytes(argument, bytes, expandedKeyBytes);
  const publicKey = bytes.subarray(VECTOR_BYTES, VECTOR_BYTES + publicKeyBytes);
  const hash = bytes.subarray(VECTOR_BYTES + publicKeyBytes, VECTOR_BYTES + publicKeyBytes + 32);
  if (!equal(engine('hash').digest('SHA3-256', publicKey), hash)) {
    throw new InputError('ERR_INPUT_KEY', argument, 'H(ek) that fits ek (FIPS 203 §7.3)', 'another hash');
  }
  checkPublicKey(argument, publicKey);
  if (!isReduced(bytes.subarray(0, VECTOR_BYTES))) {
    throw new InputError(
      'ERR_INPUT_KEY',
      argument,
      `secret coefficients below ${q}`,
      'a coefficient that is not',
    );
  }
}
