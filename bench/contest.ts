/**
 * What a contest is, and inputs for it.
 *
 * @module
 */
import type { EngineName, Family } from '@mwrasp/crypto/engines';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import type { KemPrivateKey } from '@mwrasp/crypto/kem';
import type { SignPrivateKey } from '@mwrasp/crypto/sign';
import type { Bare, KeyForms } from './bare/bare.ts';

/** Two ways to do one piece of work; `i` counts up, so that inputs can change from call to call. */
export interface Pair {
  ours(i: number): unknown;
  bare(i: number): unknown;
  /** Removes what was made for it. */
  close?(): Promise<void>;
}

/** One operation at one size. */
export interface Contest {
  /** `primitives` when absent. */
  readonly suite?: 'keystore';
  readonly operation: string;
  /** Bytes of the message, or of the output of HKDF; 0 where there is neither. */
  readonly sizeBytes: number;
  readonly family: Family;
  /** Whether `ours` gives a promise. */
  readonly async?: boolean;
  /** Whether `bare` does so too. */
  readonly asyncBare?: boolean;
  /** Takes long to prepare and is the same on every engine: measured on one, and left out of quick runs. */
  readonly slowToPrepare?: boolean;
  /** How much longer than usual its slices are, where single calls differ much. */
  readonly weight?: number;
  /** Makes keys and inputs. */
  prepare(bare: Bare, engine: EngineName): Pair | Promise<Pair>;
}

/** Random bytes. */
export function random(sizeBytes: number): Uint8Array {
  const out = new Uint8Array(sizeBytes);
  for (let offset = 0; offset < sizeBytes; offset += 65536) {
    crypto.getRandomValues(out.subarray(offset, offset + 65536));
  }
  return out;
}

/** Random messages of one size. */
export function randomMessages(count: number, sizeBytes: number): Uint8Array[] {
  return Array.from({ length: count }, () => random(sizeBytes));
}

/** Goes round a list. */
export function at<T>(list: readonly T[], i: number): T {
  return list[i % list.length] as T;
}

/** A key in the forms that engines take. */
export function keyForms(key: KemPrivateKey | SignPrivateKey): KeyForms {
  return { seed: exportPrivateKey(key, 'seed').expose(), der: exportPrivateKey(key, 'der').expose() };
}
