/**
 * The keys of a directory as a JWK set (RFC 7517): members of a key beside those of RFC 9964 tell its name, generation,
 * state and times. One set of keys has one text, byte by byte.
 *
 * @module
 */
import { equal, isObject, utf8 } from '../../bytes.ts';
import { readPublicJwk, writePublicJwk } from '../../encodings/jwk.ts';
import type { KeyTimes } from '../../keystore/keystore.ts';
import { checkKeys, type DirectoryKey, TIMES } from './key.ts';

/** Largest body. As many keys as a directory may have, each ML-DSA-87, are a little less. */
export const MAX_BODY_BYTES: number = 4 * 1024 * 1024;

const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Writes keys.
 *
 * @param keys - As `checkKeys` gave them.
 */
export function writeBody(keys: readonly DirectoryKey[]): Uint8Array {
  const jwks = keys.map(({ ref, state, publicKey, ...times }) => ({
    ...writePublicJwk(publicKey),
    name: ref.name,
    generation: ref.generation,
    state,
    ...Object.fromEntries(
      TIMES.filter((name) => times[name] !== undefined).map((name) => [name, times[name]]),
    ),
  }));
  return utf8(JSON.stringify({ keys: jwks }));
}

function readKey(value: unknown): DirectoryKey {
  if (!isObject(value)) throw new RangeError('a key that is no object');
  const { name, generation, state, activatedAtMs, retiredAtMs, destroyAfterMs } = value as Record<
    string,
    never
  >;
  const times: KeyTimes = { activatedAtMs, retiredAtMs, destroyAfterMs } as never;
  return {
    ref: { name, generation } as never,
    state: state as never,
    publicKey: readPublicJwk('key', value),
    ...times,
  };
}

/**
 * Reads keys. Only what {@link writeBody} writes is read.
 *
 * @param bytes - From somebody whose signature is right, which says nothing of what it is.
 * @returns The keys; undefined when it is anything else.
 */
export function readBody(bytes: Uint8Array): DirectoryKey[] | undefined {
  try {
    const jwks: unknown = JSON.parse(decoder.decode(bytes));
    const list = isObject(jwks) ? (jwks as { keys?: unknown }).keys : undefined;
    const keys = checkKeys('keys', Array.isArray(list) ? list.map(readKey) : list);
    return equal(writeBody(keys), bytes) ? keys : undefined;
  } catch {
    return undefined;
  }
}
