/**
 * What stored formats have in common: how names, generations, algorithms and codes are written.
 *
 * @module
 */
import { concat, uintBytes, utf8 } from '../bytes.ts';
import { AES_256_GCM } from '../params.ts';
import { ALGORITHM_CODES } from './algorithm-codes.ts';
import { DATA_KEY_ID_BYTES } from './data.ts';
import type { Reader } from './file/reader.ts';
import {
  checkName,
  KEYSTORE_ALGORITHMS,
  type KeyRef,
  type KeystoreAlgorithm,
  MAX_GENERATION,
} from './keystore.ts';

/** Length (1), name, generation (4). */
export function writeRef({ name, generation }: KeyRef): Uint8Array {
  const bytes = utf8(name);
  return concat(uintBytes(bytes.length, 1), bytes, uintBytes(generation, 4));
}

/** @throws RangeError, or what {@link checkName} throws. */
export function readRef(reader: Reader): KeyRef {
  const name = reader.text();
  checkName('name', name);
  const generation = reader.uint(4);
  if (generation < 1 || generation > MAX_GENERATION) throw new RangeError('a generation out of range');
  return { name, generation };
}

/**
 * One of some values by its number (1), from 1 on.
 *
 * @throws RangeError
 */
export function readCode<T>(reader: Reader, values: readonly T[]): T {
  const value = values[reader.uint(1) - 1];
  if (value === undefined) throw new RangeError('an unknown code');
  return value;
}

/** @throws RangeError */
export function readAlgorithm(reader: Reader): KeystoreAlgorithm {
  const code = reader.uint(1);
  const algorithm = KEYSTORE_ALGORITHMS.find((candidate) => ALGORITHM_CODES[candidate] === code);
  if (algorithm === undefined) throw new RangeError('an unknown algorithm');
  return algorithm;
}

/** Bytes of the id of a key. */
export function keyIdBytes(algorithm: KeystoreAlgorithm): number {
  return algorithm === AES_256_GCM.name ? DATA_KEY_ID_BYTES : 32;
}
