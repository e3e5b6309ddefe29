/**
 * What a key directory tells of a key: its public half, whose it is, and where in its life.
 *
 * @module
 */
import { checkArray, checkInteger, describe, isObject, readFrom } from '../../bytes.ts';
import type { AnyPublicKey } from '../../encodings/jwk.ts';
import { InputError } from '../../errors.ts';
import { isKemPublicKey } from '../../kem/keys.ts';
import {
  checkOneOf,
  checkRef,
  type KeyRef,
  type KeyState,
  type Keystore,
  type KeyTimes,
} from '../../keystore/keystore.ts';
import { AES_256_GCM } from '../../params.ts';
import { isSignPublicKey } from '../../sign/keys.ts';

/** Where in its life a published key is. One that is about to be destroyed is not published. */
export type PublishedState = Exclude<KeyState, 'destroying'>;

/** All of them. */
export const PUBLISHED_STATES: readonly PublishedState[] = [
  'pending',
  'active',
  'retired',
  'suspended',
  'compromised',
];

/** Times that a directory tells, in the order in which they stand there. */
export const TIMES: readonly (keyof KeyTimes)[] = ['activatedAtMs', 'retiredAtMs', 'destroyAfterMs'];

/** Most keys of one directory. */
export const MAX_DIRECTORY_KEYS = 1024;

/** Largest time: that of `Date`, milliseconds since the Unix epoch. */
export const MAX_TIME_MS = 8.64e15;

/** One key of a directory. */
export interface DirectoryKey extends KeyTimes {
  readonly ref: KeyRef;
  readonly state: PublishedState;
  readonly publicKey: AnyPublicKey;
}

function checkKey(argument: string, value: unknown): DirectoryKey {
  const expected = 'a DirectoryKey { ref, state, publicKey }';
  if (!isObject(value)) throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(value));
  const given = readFrom(argument, expected, () => ({ ...(value as Partial<DirectoryKey>) }));
  const { state, publicKey } = given;
  const ref = checkRef(`${argument}.ref`, given.ref);
  checkOneOf(`${argument}.state`, state, PUBLISHED_STATES);
  if (!isKemPublicKey(publicKey) && !isSignPublicKey(publicKey)) {
    throw new InputError('ERR_INPUT_TYPE', `${argument}.publicKey`, 'a public key', describe(publicKey));
  }
  const times: { -readonly [Name in keyof KeyTimes]: number } = {};
  for (const name of TIMES) {
    const time: unknown = given[name];
    if (time === undefined) continue;
    checkInteger(`${argument}.${name}`, time, 0, MAX_TIME_MS);
    times[name] = time;
  }
  return Object.freeze({ ref: Object.freeze(ref), state, publicKey, ...times });
}

function compareKeys(a: DirectoryKey, b: DirectoryKey): number {
  if (a.ref.name !== b.ref.name) return a.ref.name < b.ref.name ? -1 : 1;
  return a.ref.generation - b.ref.generation;
}

/**
 * Checks the keys of a directory.
 *
 * @param argument - The argument's name, for the error.
 * @param value - What the caller passed.
 * @returns Copies, by name and generation.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
 * `ERR_INPUT_LENGTH` when there are too many, `ERR_INPUT_KEY` when a key or a generation is there twice.
 */
export function checkKeys(argument: string, value: unknown): DirectoryKey[] {
  const refs = new Set<string>();
  const keyIds = new Set<string>();
  const keys = checkArray(argument, value, 'an array of DirectoryKeys', (name, element) => {
    if (refs.size === MAX_DIRECTORY_KEYS) {
      const got = `more than ${MAX_DIRECTORY_KEYS}`;
      throw new InputError('ERR_INPUT_LENGTH', argument, `at most ${MAX_DIRECTORY_KEYS} keys`, got);
    }
    const key = checkKey(name, element);
    const ref = `${key.ref.name}/${key.ref.generation}`;
    const { keyId } = key.publicKey;
    if (refs.has(ref)) throw new InputError('ERR_INPUT_KEY', name, 'each generation once', `${ref} again`);
    if (keyIds.has(keyId)) throw new InputError('ERR_INPUT_KEY', name, 'each key once', `key ${keyId} again`);
    refs.add(ref);
    keyIds.add(keyId);
    return key;
  });
  return keys.sort(compareKeys);
}

/**
 * The key pairs of a store, as a directory tells them: all but those that are about to be destroyed.
 *
 * @param keystore - The store.
 * @param names - Only keys of these names; all by default.
 * @returns By name and generation.
 * @throws {@link KeyStoreError} as {@link Keystore.list} and {@link Keystore.publicKey} do.
 * @throws {@link UnsupportedError} as {@link Keystore.publicKey} does.
 */
export async function keysOf(keystore: Keystore, names?: ReadonlySet<string>): Promise<DirectoryKey[]> {
  const keys: DirectoryKey[] = [];
  for (const info of await keystore.list()) {
    const { ref, algorithm, state } = info;
    if (algorithm === AES_256_GCM.name || state === 'destroying') continue;
    if (names?.has(ref.name) === false) continue;
    const times: { -readonly [Name in keyof KeyTimes]: number } = {};
    for (const name of TIMES) if (info[name] !== undefined) times[name] = info[name];
    keys.push({ ref, state, publicKey: await keystore.publicKey(ref), ...times });
  }
  return keys;
}
