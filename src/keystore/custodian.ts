/**
 * Who holds private keys and does things with them: this process, or a token.
 *
 * @module
 */
import type { AnyPublicKey } from '../encodings/index.ts';
import type { Custody, KeystoreAlgorithm } from './keystore.ts';

/** A key that was just made or taken in. */
export interface NewKey {
  readonly custody: Custody;
  /** Undefined for AES keys. */
  readonly publicKey: AnyPublicKey | undefined;
  /** Goes into the manifest: see `KeyEntry.protection`. */
  readonly protection: Uint8Array;
  /** Goes into the blob, beside the public key. */
  readonly secret: Uint8Array;
}

/** Enough of an entry to find, use and destroy its key. */
export interface KeyHandle {
  readonly id: Uint8Array;
  readonly algorithm: KeystoreAlgorithm;
  readonly custody: Custody;
  readonly protection: Uint8Array;
  /** What {@link NewKey.secret} was. */
  readonly secret: Uint8Array;
  readonly publicKey: AnyPublicKey | undefined;
}

/** A private key that is ready for use. Methods are there that its algorithm has. */
export interface LiveKey {
  /** ML-DSA-87: fills a signature. */
  sign?(message: Uint8Array, context: Uint8Array, deterministic: boolean): Promise<Uint8Array> | Uint8Array;
  /** ML-KEM-1024: the shared secret, 32 bytes, the caller's to wipe. */
  decapsulate?(ciphertext: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /**
   * AES-256-GCM. The key draws the nonce, or gives the one that its token drew. Nobody may write to AAD and plaintext
   * until it has ended.
   *
   * @param room - Bytes to leave free in the buffer before `sealed`, for the caller to write what stands there; 0 by default.
   * @returns `nonce` (12), and ciphertext and tag.
   */
  seal?(aad: Uint8Array, plaintext: Uint8Array, room?: number): Promise<SealedParts> | SealedParts;
  /** The plaintext, or undefined when the tag was wrong. */
  open?(
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
  ): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /** Lets go of the key and wipes what is in memory. */
  dispose(): void;
}

/** What sealing gives. */
export interface SealedParts {
  readonly nonce: Uint8Array;
  /** Ciphertext and tag. */
  readonly sealed: Uint8Array;
}

/** Holds private keys. */
export interface Custodian {
  /** The custody that new keys of an algorithm get. */
  custodyOf(algorithm: KeystoreAlgorithm): Custody | Promise<Custody>;
  /**
   * Makes a key, or takes one in.
   *
   * @param id - The new entry's id; a call with the id of an earlier one that was cut off replaces what that one left.
   * @param algorithm - Which.
   * @param secret - Raw seed or AES key to take in, not kept; undefined to make one.
   */
  create(id: Uint8Array, algorithm: KeystoreAlgorithm, secret: Uint8Array | undefined): Promise<NewKey>;
  /** Makes a key ready for use. */
  load(handle: KeyHandle): Promise<LiveKey>;
  /**
   * The raw seed, or AES key, of a key that this custodian can open, for a backup; the caller's to wipe. Undefined of a key that
   * never leaves its token.
   */
  secretOf(handle: KeyHandle): Promise<Uint8Array | undefined>;
  /** Destroys what is kept outside of manifest and blobs. Called after the commit; again after a crash. */
  destroy(handle: Omit<KeyHandle, 'secret' | 'publicKey'>): Promise<void>;
  /** Lets go of everything. */
  close(): Promise<void>;
}
