/**
 * Keys of a keystore as people name them: `signer`, or `signer@2` for one generation.
 *
 * @module
 */
import type { KeyInfo, KeyRef, KeySelector, KeystoreAlgorithm } from '@mwrasp/crypto/keystore';
import { CliError, EXIT } from '../exit.ts';

const WITH_GENERATION = /^([^@]+)@([1-9][0-9]{0,9})$/;

/** All algorithms that a keystore has keys for. */
export const ALGORITHMS: readonly KeystoreAlgorithm[] = ['ML-KEM-1024', 'ML-DSA-87', 'AES-256-GCM'];

/** A name, which means its newest active generation, or one generation. */
export function readSelector(text: string): KeySelector {
  return text.includes('@') ? readRef(text) : text;
}

/** Exactly one generation. */
export function readRef(text: string): KeyRef {
  const [, name, generation] = WITH_GENERATION.exec(text) ?? [];
  if (name !== undefined) return { name, generation: Number(generation) };
  throw new CliError(EXIT.usage, `expected NAME@GENERATION, such as signer@1, got "${text}"`);
}

/** A key as {@link readRef} takes it. */
export function showRef({ name, generation }: KeyRef): string {
  return `${name}@${generation}`;
}

/** One key, in a line. */
export function showKey({ ref, algorithm, custody, keyId }: KeyInfo): string {
  return `${showRef(ref)} (${algorithm}, ${custody}, key id ${keyId})`;
}

/** An algorithm by its name, in any case. */
export function readAlgorithm(text: string): KeystoreAlgorithm {
  const found = ALGORITHMS.find((name) => name === text.toUpperCase());
  if (found !== undefined) return found;
  throw new CliError(EXIT.usage, `algorithm: expected one of ${ALGORITHMS.join(', ')}, got "${text}"`);
}
