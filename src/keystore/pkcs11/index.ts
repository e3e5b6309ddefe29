/**
 * PKCS#11 tokens: what one can do, and what is wrong with it. Keystores in tokens are opened by `openKeystore`.
 *
 * @module
 */
export type {
  DecapsulationSource,
  GcmCapability,
  KemCapability,
  Lacking,
  SignCapability,
  TokenCapabilities,
} from './capability.ts';
export { type DoctorReport, type DoctorToken, doctor, type Finding, formatReport } from './doctor.ts';
export type { ModuleInfo } from './info.ts';
export type { Pkcs11KeystoreOptions, Pkcs11TokenOptions } from './open.ts';
export type { PinRequest, PinSource } from './pin.ts';
export type { TokenProblem } from './problems.ts';
export type { IvSource } from './quirks.ts';
export { type Pkcs11Uri, parsePkcs11Uri } from './uri.ts';
