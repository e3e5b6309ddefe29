/**
 * Named keys with generations, which do things and do not come out.
 *
 * @module
 */
export type { KeyAlgorithm } from '../params.ts';
export type { Custody, GenerateOptions, KeyInfo, KeyRef, KeySelector, Keystore } from './keystore.ts';
export {
  type FileKeystoreOptions,
  type KeystoreOptions,
  type MemoryKeystoreOptions,
  openKeystore,
} from './open.ts';
