/**
 * Named keys with generations, which do things and do not come out.
 *
 * @module
 */
export type { KeyAlgorithm } from '../params.ts';
export { KEYSTORE_CHANNEL, type KeystoreEvent } from './events.ts';
export type { FileKeystore, FileKeystoreOptions, FileKeystorePlace } from './file/open.ts';
export type {
  KeyFileUnlock,
  KeystoreUnlock,
  PassphraseUnlock,
  RootKeyUnlock,
  Unlock,
} from './file/unlock.ts';
export type {
  Custody,
  DataOptions,
  GenerateOptions,
  ImportOptions,
  KeyInfo,
  KeyRef,
  KeySelector,
  KeyState,
  Keystore,
  KeystoreAlgorithm,
  KeystoreChange,
  KeyTimes,
  KeyUpdate,
  NewKeyOptions,
  UseOptions,
} from './keystore.ts';
export {
  type KeystoreOptions,
  type MemoryKeystoreOptions,
  openKeystore,
  type UrlKeystoreOptions,
} from './open.ts';
export type { CommonKeystoreOptions } from './options.ts';
export type { Pkcs11KeystoreOptions, Pkcs11TokenOptions } from './pkcs11/open.ts';
export type { PinRequest, PinSource } from './pkcs11/pin.ts';
