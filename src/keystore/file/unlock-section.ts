/**
 * How a manifest says what unlocks it: one byte for the kind, and what that kind needs. Nothing in it is secret.
 *
 * @module
 */
import { concat, uintBytes } from '../../bytes.ts';
import { ARGON2_VERSION, type Argon2Cost } from '../../engines/argon2.ts';
import type { Reader } from './reader.ts';

/** Bytes of a root key. */
export const ROOT_KEY_BYTES = 32;

/** Bytes of a salt of Argon2id (RFC 9106 §3.1 recommends 16). */
export const SALT_BYTES = 16;

/** What unlocks a store. */
export type UnlockSection =
  /** The root key itself, given by the caller. */
  | { readonly kind: 'root-key' }
  /** The root key is Argon2id of a passphrase. */
  | { readonly kind: 'passphrase'; readonly cost: Argon2Cost; readonly salt: Uint8Array }
  /** The root key is the content of a file. */
  | { readonly kind: 'key-file' }
  /** The root key was wrapped by another keystore, whose key stands in the wrapped bytes. */
  | { readonly kind: 'keystore'; readonly wrapped: Uint8Array };

const KIND_CODES: Readonly<Record<UnlockSection['kind'], number>> = {
  'root-key': 1,
  passphrase: 2,
  'key-file': 3,
  keystore: 4,
};

/** Argon2id by default: memory of RFC 9106's second recommendation, with one lane, as JavaScript has one thread. */
export const DEFAULT_COST: Argon2Cost = { memoryKib: 64 * 1024, passes: 3, lanes: 1 };

/** The least that is used and read (OWASP's minimum), and the most: beyond it, reading is a way to exhaust memory. */
export const MIN_COST: Argon2Cost = { memoryKib: 19 * 1024, passes: 2, lanes: 1 };
export const MAX_COST: Argon2Cost = { memoryKib: 1024 * 1024, passes: 16, lanes: 16 };

/** Writes a section. */
export function writeUnlockSection(section: UnlockSection): Uint8Array {
  const kind = uintBytes(KIND_CODES[section.kind], 1);
  switch (section.kind) {
    case 'passphrase': {
      const { memoryKib, passes, lanes } = section.cost;
      return concat(
        kind,
        uintBytes(ARGON2_VERSION, 1),
        uintBytes(memoryKib, 4),
        uintBytes(passes, 4),
        uintBytes(lanes, 1),
        section.salt,
      );
    }
    case 'keystore':
      return concat(kind, uintBytes(section.wrapped.length, 2), section.wrapped);
    default:
      return kind;
  }
}

function checkCost(name: keyof Argon2Cost, value: number): number {
  if (value < MIN_COST[name] || value > MAX_COST[name])
    throw new RangeError(`${name} of Argon2id out of bounds`);
  return value;
}

/**
 * Reads a section.
 *
 * @throws {@link RangeError} for an unknown kind, and for a cost out of bounds: nothing is computed for it.
 */
export function readUnlockSection(reader: Reader): UnlockSection {
  const code = reader.uint(1);
  switch (code) {
    case KIND_CODES['root-key']:
      return { kind: 'root-key' };
    case KIND_CODES.passphrase: {
      if (reader.uint(1) !== ARGON2_VERSION) throw new RangeError('unknown version of Argon2');
      const cost = {
        memoryKib: checkCost('memoryKib', reader.uint(4)),
        passes: checkCost('passes', reader.uint(4)),
        lanes: checkCost('lanes', reader.uint(1)),
      };
      return { kind: 'passphrase', cost, salt: reader.take(SALT_BYTES) };
    }
    case KIND_CODES['key-file']:
      return { kind: 'key-file' };
    case KIND_CODES.keystore:
      return { kind: 'keystore', wrapped: reader.take(reader.uint(2)) };
    default:
      throw new RangeError('unknown kind of root key');
  }
}
