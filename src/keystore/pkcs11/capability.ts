/**
 * What a token can do, as it is told.
 *
 * @module
 */
import type { AES_256_GCM, ML_DSA_87, ML_KEM_1024 } from '../../params.ts';
import type { IvSource } from './quirks.ts';

/** Where a module has the function that decapsulates. */
export type DecapsulationSource = 'interface 3.2' | 'symbol C_DecapsulateKey' | 'symbol CA_DecapsulateKey';

/** AES-256-GCM inside the token. */
export interface GcmCapability {
  /** Who draws nonces. */
  readonly ivSource: IvSource;
}

/** ML-KEM-1024 inside the token. */
export interface KemCapability {
  /** Through which function. */
  readonly decapsulation: DecapsulationSource;
  /** Whether the template of the secret has its length. */
  readonly valueLen: boolean;
  /** Whether the token takes a seed from elsewhere. */
  readonly importsSeed: boolean;
}

/** ML-DSA-87 inside the token. */
export interface SignCapability {
  /** Whether it signs without fresh randomness when asked to. */
  readonly deterministic: boolean;
  /** Whether the token takes a seed from elsewhere. */
  readonly importsSeed: boolean;
}

/** That a token lacks something, and what it answered. */
export interface Lacking {
  readonly lacking: string;
}

/** What a token can do. */
export interface TokenCapabilities {
  readonly [AES_256_GCM.name]: GcmCapability | Lacking;
  readonly [ML_KEM_1024.name]: KemCapability | Lacking;
  readonly [ML_DSA_87.name]: SignCapability | Lacking;
}

/** Whether the token has what was asked for. */
export function has<T extends object>(capability: T | Lacking): capability is T {
  return !('lacking' in capability);
}
