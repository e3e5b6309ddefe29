/**
 * The bytes of what rotation keeps in a store: its extension `rotation`. Every byte is in `docs/formats.md`.
 *
 * @module
 */
import { concat, uintBytes, utf8 } from '../bytes.ts';
import { KeyStoreError, UnsupportedError } from '../errors.ts';
import { ALGORITHM_CODES } from '../keystore/algorithm-codes.ts';
import { Reader } from '../keystore/file/reader.ts';
import { KEY_STATES, KEYSTORE_ALGORITHMS } from '../keystore/keystore.ts';
import type { Manifest } from '../keystore/manifest.ts';
import { FORMATS, PREAMBLE_BYTES, readPreamble, writePreamble } from '../preamble.ts';
import { EMPTY_LIFE, type GenerationNotes, type KeyLife, type Life } from './life.ts';
import { POLICY_NAMES, type RotationPolicy } from './policy.ts';

/** The extension's name. */
export const ROTATION_EXTENSION = 'rotation';

const NOTES = [
  'activatedRunningMs',
  'retiredHighMs',
  'noticeRunningMs',
  'lastNoticeRunningMs',
  'heldUntilMs',
] as const;
const SUSPENDED_FLAG = 1 << NOTES.length;

function writeNotes(generation: number, notes: GenerationNotes): Uint8Array[] {
  const { suspendedFrom, createdRunningMs } = notes;
  const values = NOTES.map((name) => notes[name]);
  const flags = values.reduce<number>(
    (bits, value, i) => bits | (value === undefined ? 0 : 1 << i),
    suspendedFrom === undefined ? 0 : SUSPENDED_FLAG,
  );
  return [
    uintBytes(generation, 4),
    uintBytes(createdRunningMs, 8),
    Uint8Array.of(flags),
    ...values.flatMap((value) => (value === undefined ? [] : [uintBytes(value, 8)])),
    ...(suspendedFrom === undefined ? [] : [Uint8Array.of(KEY_STATES.indexOf(suspendedFrom) + 1)]),
  ];
}

/** What was read by its names; none may be there twice, as the one would hide the other. */
function mapOf<K, V>(entries: readonly (readonly [K, V])[]): Map<K, V> {
  const map = new Map(entries);
  if (map.size !== entries.length) throw new RangeError('something is there twice');
  return map;
}

function readNotes(reader: Reader): [number, GenerationNotes] {
  const generation = reader.uint(4);
  const createdRunningMs = reader.uint(8);
  const flags = reader.uint(1);
  if (flags >= SUSPENDED_FLAG << 1) throw new RangeError('unknown flags');
  const values: { [Name in (typeof NOTES)[number]]?: number } = {};
  for (const [i, name] of NOTES.entries()) if ((flags & (1 << i)) !== 0) values[name] = reader.uint(8);
  if ((flags & SUSPENDED_FLAG) === 0) return [generation, { createdRunningMs, ...values }];
  const suspendedFrom = KEY_STATES[reader.uint(1) - 1];
  if (suspendedFrom === undefined) throw new RangeError('an unknown state');
  return [generation, { createdRunningMs, ...values, suspendedFrom }];
}

function writeKey({ name, algorithm, policy, notes, links }: KeyLife): Uint8Array[] {
  const text = utf8(name);
  return [
    uintBytes(text.length, 1),
    text,
    Uint8Array.of(ALGORITHM_CODES[algorithm]),
    ...POLICY_NAMES.map((value) => uintBytes(policy[value], 8)),
    uintBytes(notes.size, 4),
    ...[...notes].flatMap(([generation, value]) => writeNotes(generation, value)),
    uintBytes(links.size, 2),
    ...[...links].flatMap(([generation, link]) => [
      uintBytes(generation, 4),
      uintBytes(link.length, 4),
      link,
    ]),
  ];
}

function readKey(reader: Reader): [string, KeyLife] {
  const name = reader.text();
  const code = reader.uint(1);
  const algorithm = KEYSTORE_ALGORITHMS.find((candidate) => ALGORITHM_CODES[candidate] === code);
  if (algorithm === undefined) throw new RangeError('an unknown algorithm');
  const policy = Object.fromEntries(POLICY_NAMES.map((value) => [value, reader.uint(8)]));
  const notes = mapOf(reader.list(reader.uint(4), readNotes));
  const links = mapOf(
    reader.list(reader.uint(2), () => [reader.uint(4), reader.take(reader.uint(4))] as const),
  );
  return [name, { name, algorithm, policy: policy as unknown as RotationPolicy, notes, links }];
}

/** Writes what rotation keeps. */
export function writeLife({ fence, wallHighMs, runningMs, keys }: Life): Uint8Array {
  const preamble = new Uint8Array(PREAMBLE_BYTES);
  writePreamble(preamble, 'G');
  return concat(
    preamble,
    uintBytes(fence, 8),
    uintBytes(wallHighMs, 8),
    uintBytes(runningMs, 8),
    uintBytes(keys.size, 2),
    ...[...keys.values()].flatMap(writeKey),
  );
}

/** What was read, by the bytes it stands in. */
const known = new WeakMap<Uint8Array, Life>();

/**
 * Reads what rotation keeps in a store.
 *
 * @param manifest - The store's.
 * @returns Nothing yet, when there is nothing.
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_CORRUPT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` when another release wrote it.
 */
export function readLife({ extensions }: Manifest): Life {
  const bytes = extensions.get(ROTATION_EXTENSION);
  if (bytes === undefined) return EMPTY_LIFE;
  let life = known.get(bytes);
  if (life === undefined) {
    life = parse(bytes);
    known.set(bytes, life);
  }
  return life;
}

function parse(bytes: Uint8Array): Life {
  const found = readPreamble(bytes);
  if (found?.letter === 'G' && found.version !== FORMATS.G.version) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_VERSION',
      `the store's ${FORMATS.G.name} has version ${found.version}; this release reads version ${FORMATS.G.version}`,
    );
  }
  try {
    if (found?.letter !== 'G') throw new RangeError('something else');
    const reader = new Reader(bytes, PREAMBLE_BYTES);
    const fence = reader.uint(8);
    const wallHighMs = reader.uint(8);
    const runningMs = reader.uint(8);
    const keys = mapOf(reader.list(reader.uint(2), readKey));
    reader.end();
    return { fence, wallHighMs, runningMs, keys };
  } catch {
    throw new KeyStoreError('ERR_KEYSTORE_CORRUPT', 'what the store keeps of its rotation is damaged');
  }
}
