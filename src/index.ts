/**
 * The everyday surface. Each concern is a namespace here and an import path of its own
 * (`@mwrasp/crypto/kem`, …); encodings, known-answer tests and cleartext export have only their paths.
 *
 * @module
 */
export * as aead from './aead/index.ts';
export type { ByteSource, WebByteStream } from './chunks.ts';
export { type Clock, systemClock } from './clock.ts';
export {
  configureEngines,
  type EngineChoice,
  type EngineInfo,
  engineInfo,
  loadWasmEngine,
  runSelfTests,
} from './engines/index.ts';
export * as envelope from './envelope/index.ts';
export {
  AuthenticationError,
  CeremonyError,
  type CeremonyErrorCode,
  type CeremonyErrorOptions,
  DirectoryError,
  type DirectoryErrorCode,
  ExpiredError,
  type ExpiredErrorCode,
  InputError,
  type InputErrorCode,
  KeyStoreError,
  type KeyStoreErrorCode,
  type KeyStoreErrorOptions,
  LeaseError,
  type LeaseErrorCode,
  PoolError,
  type PoolErrorCode,
  PqError,
  type PqErrorOptions,
  QuorumError,
  SelfTestError,
  type TokenResult,
  TransportError,
  type TransportErrorCode,
  UnsupportedError,
  type UnsupportedErrorCode,
} from './errors.ts';
export * as fragment from './fragment/index.ts';
export * as hash from './hash/index.ts';
export * as kem from './kem/index.ts';
export type { PublicKey } from './keypair.ts';
export * as keystore from './keystore/index.ts';
export type { KeyAlgorithm } from './params.ts';
export { type ByteSecret, SecretBytes } from './secret.ts';
export * as sign from './sign/index.ts';
