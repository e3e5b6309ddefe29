/**
 * The raw calls that the library is compared with: what somebody would write who uses an engine without the library and
 * knows how to use it well. Keys are prepared once, nonces are fresh, nothing is checked, nothing is wiped.
 *
 * @module
 */

/** A private key in the forms that engines take. */
export interface KeyForms {
  readonly seed: Uint8Array;
  /** PKCS#8 with the seed. */
  readonly der: Uint8Array;
}

/** AES-256-GCM under one key; what `seal` returns is whatever `open` of the same engine takes. */
export interface BareAead {
  seal(plaintext: Uint8Array): unknown;
  open(sealed: unknown): unknown;
  /** Seals pieces one by one, with a counter in the nonce; a sink takes what comes. */
  sealPieces(pieces: readonly Uint8Array[]): unknown;
  openPieces(sealed: unknown): unknown;
}

/** ML-KEM-1024 with one key pair. */
export interface BareKem {
  encapsulate(): unknown;
  decapsulate(ciphertext: Uint8Array): unknown;
}

/** ML-DSA-87 with one key pair. */
export interface BareSign {
  sign(message: Uint8Array): unknown;
  verify(message: Uint8Array, signature: Uint8Array): unknown;
}

/** The raw calls of one engine. */
export interface Bare {
  sha3_512(data: Uint8Array): unknown;
  hmacSha3_512(key: Uint8Array, data: Uint8Array): unknown;
  hkdfSha3_512(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): unknown;
  aead(key: Uint8Array): BareAead;
  generateKemKey(): unknown;
  kem(key: KeyForms): BareKem;
  generateSignKey(): unknown;
  sign(key: KeyForms): BareSign;
}

/** Bytes of a nonce of AES-GCM. */
export const NONCE_BYTES = 12;
/** Where the counter stands in the nonces of a stream. */
export const COUNTER_OFFSET = 8;
