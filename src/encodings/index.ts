/**
 * Keys in the forms that the rest of the world uses: SPKI and PKCS#8 in DER and PEM, AKP JWK and JWKS.
 *
 * @module
 */
export type { KeyAlgorithm } from '../params.ts';
export {
  type AnyPrivateKey,
  type AnyPublicKey,
  exportJwks,
  importJwks,
  type PrivateJwk,
  type PublicJwk,
  type PublicJwks,
} from './jwk.ts';
export {
  exportPublicKey,
  importPrivateKey,
  importPublicKey,
  type PrivateKeyInput,
  type PublicKeyFormat,
  type PublicKeyInput,
} from './keys.ts';
