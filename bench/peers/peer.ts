/**
 * The raw calls that the library is compared with: what somebody would write who uses another implementation without
 * the library and knows how to use it well. Nonces are fresh, nothing is checked, nothing is wiped.
 *
 * @module
 */

import type { Family } from '@mwrasp/crypto/engines';

/** Implementations that are measured beside the library. */
export type PeerName = 'noble' | 'node:crypto' | 'WebCrypto' | 'mlkem' | '@oqs/liboqs-js' | 'pqclean';

/** Now or later. */
export type MaybePromise<T> = T | Promise<T>;

/** A key pair in the forms that implementations take. */
export interface KeyForms {
  readonly seed: Uint8Array;
  readonly expanded: Uint8Array;
  /** PKCS#8 with the seed. */
  readonly pkcs8: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly spki: Uint8Array;
}

/** AES-256-GCM under one key; what `seal` returns is whatever `open` of the same implementation takes. */
export interface RawAead {
  seal(plaintext: Uint8Array): unknown;
  open(sealed: unknown): unknown;
  /** Seals pieces one by one, with a counter in the nonce; a sink takes what comes. */
  sealPieces?(pieces: readonly Uint8Array[]): unknown;
  openPieces?(sealed: unknown): unknown;
}

/** Calls with one ML-KEM-1024 key pair. */
export interface RawKemCalls {
  encapsulate(): unknown;
  /** Gives the shared secret. */
  decapsulate(ciphertext: Uint8Array): unknown;
}

/** Calls with one ML-DSA-87 key pair. */
export interface RawSignCalls {
  /** Gives the signature. */
  sign(message: Uint8Array): unknown;
  /** Gives a boolean. */
  verify(message: Uint8Array, signature: Uint8Array): unknown;
}

/** An algorithm with key pairs. */
export interface RawKeyed<Calls> {
  generate(): unknown;
  withKey(key: KeyForms): MaybePromise<Calls>;
}

/** The two ways to hold keys; an implementation may know one only. */
export interface Forms<Calls> {
  /** Keys are objects, made once and used often. */
  readonly objects?: RawKeyed<Calls>;
  /** Every call gets its key as bytes and gives bytes back. */
  readonly bytes?: RawKeyed<Calls>;
}

/** What one implementation offers; the rest is absent. */
export interface Raw {
  /** Whether its calls give promises. */
  readonly async?: boolean;
  sha3_512?(data: Uint8Array): unknown;
  hmacSha3_512?(key: Uint8Array, data: Uint8Array): unknown;
  hkdfSha3_512?(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): unknown;
  aead?(key: Uint8Array): MaybePromise<RawAead>;
  readonly kem?: Forms<RawKemCalls>;
  readonly sign?: Forms<RawSignCalls>;
}

/** Whether it offers anything of a family. */
export function offers(raw: Raw | undefined, family: Family): boolean {
  if (family === 'hash') return (raw?.sha3_512 ?? raw?.hmacSha3_512 ?? raw?.hkdfSha3_512) !== undefined;
  return raw?.[family] !== undefined;
}

/** The same without the families that are not among some. */
export function within(raw: Raw, families: ReadonlySet<Family>): Raw {
  const { sha3_512, hmacSha3_512, hkdfSha3_512, aead, kem, sign, ...rest } = raw;
  return {
    ...rest,
    ...(sha3_512 && families.has('hash') ? { sha3_512 } : {}),
    ...(hmacSha3_512 && families.has('hash') ? { hmacSha3_512 } : {}),
    ...(hkdfSha3_512 && families.has('hash') ? { hkdfSha3_512 } : {}),
    ...(aead && families.has('aead') ? { aead } : {}),
    ...(kem && families.has('kem') ? { kem } : {}),
    ...(sign && families.has('sign') ? { sign } : {}),
  };
}

/** Bytes of a nonce of AES-GCM. */
export const NONCE_BYTES = 12;
/** Where the counter stands in the nonces of a stream. */
export const COUNTER_OFFSET = 8;
