/**
 * Codes of algorithms in stored formats.
 *
 * @module
 */
import { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import type { KeystoreAlgorithm } from './keystore.ts';

/** By name. */
export const ALGORITHM_CODES: Readonly<Record<KeystoreAlgorithm, number>> = {
  [ML_KEM_1024.name]: 1,
  [ML_DSA_87.name]: 2,
  [AES_256_GCM.name]: 3,
};
