/**
 * ML-KEM-1024 (FIPS 203): key pairs, encapsulation, decapsulation.
 *
 * @module
 */
export { decapsulate, type Encapsulation, encapsulate } from './kem.ts';
export { generateKemKey, KemPrivateKey, KemPublicKey } from './keys.ts';
