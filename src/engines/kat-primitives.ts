/**
 * Primitives that known-answer procedures are described with and that the library offers to nobody: one block of AES.
 *
 * @module
 */
import { ecb } from '@noble/ciphers/aes.js';

/**
 * Encrypts one block with AES-256. For known-answer procedures only: a block cipher alone protects nothing.
 *
 * @param key - 32 bytes.
 * @param block - 16 bytes.
 * @returns 16 bytes.
 */
export function aes256Block(key: Uint8Array, block: Uint8Array): Uint8Array {
  return ecb(key, { disablePadding: true }).encrypt(block);
}
