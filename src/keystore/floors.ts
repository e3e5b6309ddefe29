/**
 * Numbers of generations that are used up and stand in no tombstone any more: of each name the largest. They are an
 * extension of the manifest, so that tombstones can be let go of and a destroyed generation's number never comes back.
 *
 * `count` (4), and for each name, in their order: length (1), name, algorithm (1), largest generation (4).
 *
 * @module
 */
import { concat, uintBytes, utf8 } from '../bytes.ts';
import { ALGORITHM_CODES } from './algorithm-codes.ts';
import { readAlgorithm } from './fields.ts';
import { Reader } from './file/reader.ts';
import type { KeystoreAlgorithm } from './keystore.ts';

/** The extension's name. */
export const FLOORS = 'keystore.floors';

/** What is used up of a name. */
export interface Floor {
  readonly algorithm: KeystoreAlgorithm;
  /** Every generation up to this one that the store does not hold was destroyed. */
  readonly generation: number;
}

/** Floors that were read, by the bytes they stand in. */
const known = new WeakMap<Uint8Array, ReadonlyMap<string, Floor>>();
const NONE: ReadonlyMap<string, Floor> = new Map();

/**
 * Reads the floors of a store.
 *
 * @param extensions - Of its manifest.
 * @returns By name.
 * @throws RangeError when they are damaged.
 */
export function readFloors(extensions: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Floor> {
  const bytes = extensions.get(FLOORS);
  if (bytes === undefined) return NONE;
  let floors = known.get(bytes);
  if (floors === undefined) {
    const reader = new Reader(bytes);
    let before = '';
    floors = new Map(
      reader.list(reader.uint(4), () => {
        const name = reader.text();
        // One that is there twice would hide the larger number.
        if (name <= before) throw new RangeError('a name out of order');
        before = name;
        const algorithm = readAlgorithm(reader);
        return [name, { algorithm, generation: reader.uint(4) }] as const;
      }),
    );
    reader.end();
    known.set(bytes, floors);
  }
  return floors;
}

/** Writes floors. */
export function writeFloors(floors: ReadonlyMap<string, Floor>): Uint8Array {
  const names = [...floors.keys()].sort();
  return concat(
    uintBytes(names.length, 4),
    ...names.flatMap((name) => {
      const { algorithm, generation } = floors.get(name) as Floor;
      const text = utf8(name);
      return [
        uintBytes(text.length, 1),
        text,
        Uint8Array.of(ALGORITHM_CODES[algorithm]),
        uintBytes(generation, 4),
      ];
    }),
  );
}
