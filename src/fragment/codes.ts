/**
 * The codes that cut a message into pieces: Reed–Solomon for its bytes, Shamir for its secret.
 *
 * @module
 */
import { UnsupportedError } from '../errors.ts';

/** A systematic k-of-n erasure code. */
export interface ErasureCode {
  /** Fills `out` with the pieces k to n − 1 of data that may end before the last of k pieces does. */
  encodeParity(data: Uint8Array, k: number, n: number, out: Uint8Array): void;
  /** Fills in the pieces of data that are missing in `out`, from any k of the n. */
  reconstruct(
    pieces: readonly (Uint8Array | undefined)[],
    k: number,
    n: number,
    pieceBytes: number,
    out: Uint8Array,
  ): void;
}

/** A share of a secret. */
export interface SecretShare {
  /** 1 to 255. */
  readonly x: number;
  readonly y: Uint8Array;
}

/** A k-of-n way to share a secret of 32 bytes. */
export interface SecretSharing {
  split(secret: Uint8Array, k: number, n: number): SecretShare[];
  /** The secret, from exactly `k` shares. */
  combine(shares: readonly SecretShare[], k: number): Uint8Array;
}

let erasure: ErasureCode | undefined;
let sharing: SecretSharing | undefined;

/** Puts the codes in their places. */
export function useCodes(codes: { readonly erasure?: ErasureCode; readonly sharing?: SecretSharing }): void {
  erasure = codes.erasure ?? erasure;
  sharing = codes.sharing ?? sharing;
}

/** @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when there is none. */
export function erasureCode(): ErasureCode {
  if (erasure === undefined) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_OPERATION',
      'this build has no erasure code: threshold must be the same as total',
    );
  }
  return erasure;
}

/** @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when there is none. */
export function secretSharing(): SecretSharing {
  if (sharing === undefined) {
    throw new UnsupportedError('ERR_UNSUPPORTED_OPERATION', "this build has no secrecy: 'threshold'");
  }
  return sharing;
}
