/**
 * What a fragment says of itself.
 *
 * @module
 */
import { toHex } from '../bytes.ts';
import { HEADER_BYTES, readHeader } from './format.ts';

/** A fragment's header in readable form; not authenticated. */
export interface FragmentInfo {
  /** Id of the vault that made it, 32 hexadecimal digits. */
  readonly vaultId: string;
  readonly epoch: number;
  /** Fragments needed. */
  readonly threshold: number;
  /** Fragments made. */
  readonly total: number;
  /** Which of them this is, from 0. */
  readonly index: number;
  /** Time to live of its vault. */
  readonly ttlMs: number;
  /** Plaintext bytes of the whole message. */
  readonly messageBytes: number;
  /** Bytes before the ciphertext. */
  readonly headerBytes: number;
}

/**
 * Reads a fragment's header, without opening anything.
 *
 * @param fragment - A fragment.
 * @returns What it says.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function inspectFragment(fragment: Uint8Array): FragmentInfo {
  const { vaultId, epoch, threshold, total, index, ttlMs, messageBytes } = readHeader('fragment', fragment);
  return {
    vaultId: toHex(vaultId),
    epoch,
    threshold,
    total,
    index,
    ttlMs,
    messageBytes,
    headerBytes: HEADER_BYTES,
  };
}
