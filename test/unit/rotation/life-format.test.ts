/**
 * What rotation keeps in a store, as bytes: whatever is written is read again, and damage is told.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KEY_STATES, KEYSTORE_ALGORITHMS } from '../../../src/keystore/keystore.ts';
import { EMPTY_MANIFEST } from '../../../src/keystore/manifest.ts';
import { EMPTY_LIFE, type KeyLife, type Life } from '../../../src/rotation/life.ts';
import { ROTATION_EXTENSION, readLife, writeLife } from '../../../src/rotation/life-format.ts';
import { DEFAULT_ROTATION_POLICY } from '../../../src/rotation/policy.ts';

const inManifest = (bytes: Uint8Array) => ({
  ...EMPTY_MANIFEST,
  extensions: new Map([[ROTATION_EXTENSION, bytes]]),
});

const time = fc.maxSafeNat();
const generation = fc.integer({ min: 1, max: 2 ** 32 - 1 });
const some = { requiredKeys: ['createdRunningMs'] as ['createdRunningMs'] };
const notes = fc.record(
  {
    createdRunningMs: time,
    activatedRunningMs: time,
    retiredHighMs: time,
    noticeRunningMs: time,
    lastNoticeRunningMs: time,
    heldUntilMs: time,
    suspendedFrom: fc.constantFrom(...KEY_STATES),
  },
  some,
);
const key: fc.Arbitrary<KeyLife> = fc.record({
  name: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  algorithm: fc.constantFrom(...KEYSTORE_ALGORITHMS),
  policy: fc.constant(DEFAULT_ROTATION_POLICY),
  notes: fc.array(fc.tuple(generation, notes), { maxLength: 4 }).map((list) => new Map(list)),
  links: fc
    .array(fc.tuple(generation, fc.uint8Array({ maxLength: 40 })), { maxLength: 3 })
    .map((list) => new Map(list)),
});
const life: fc.Arbitrary<Life> = fc
  .record({ fence: time, wallHighMs: time, runningMs: time, keys: fc.array(key, { maxLength: 3 }) })
  .map(({ keys, ...rest }) => ({ ...rest, keys: new Map(keys.map((one) => [one.name, one])) }));

it('reads what it writes', () => {
  fc.assert(
    fc.property(life, (value) => {
      expect(readLife(inManifest(writeLife(value)))).toEqual(value);
    }),
  );
});

it('is empty in a store that was never rotated', () => {
  expect(readLife(EMPTY_MANIFEST)).toBe(EMPTY_LIFE);
});

it('tells what is cut off, too long, or something else', () => {
  fc.assert(
    fc.property(life, fc.nat(), (value, cut) => {
      const bytes = writeLife(value);
      const wrong = [bytes.subarray(0, cut % bytes.length), new Uint8Array([...bytes, 0]), new Uint8Array(9)];
      for (const one of wrong) {
        expect(() => readLife(inManifest(one))).toThrow(
          expect.objectContaining({ code: 'ERR_KEYSTORE_CORRUPT' }),
        );
      }
    }),
  );
});

it('tells what is there twice, and names that differ only in a byte order mark', () => {
  const rest = { algorithm: 'AES-256-GCM', policy: DEFAULT_ROTATION_POLICY } as const;
  const data: KeyLife = { ...rest, name: 'data', notes: new Map(), links: new Map() };
  const read = (keys: KeyLife[]) => {
    const byPlace = new Map(keys.map((one, i) => [String(i), one]));
    return [...readLife(inManifest(writeLife({ ...EMPTY_LIFE, keys: byPlace }))).keys.keys()];
  };
  expect(read([data, { ...data, name: '\ufeffdata' }])).toEqual(['data', '\ufeffdata']);
  expect(() => read([data, data])).toThrow(expect.objectContaining({ code: 'ERR_KEYSTORE_CORRUPT' }));
  const notes = new Map([
    [1, { createdRunningMs: 1 }],
    [2, { createdRunningMs: 1 }],
  ]);
  const links = new Map([
    [1, Uint8Array.of(9)],
    [2, Uint8Array.of(9)],
  ]);
  for (const some of [{ notes }, { links }]) {
    const bytes = writeLife({ ...EMPTY_LIFE, keys: new Map([['data', { ...data, ...some }]]) });
    const at = bytes.lastIndexOf(2);
    bytes[at] = 1;
    expect(() => readLife(inManifest(bytes))).toThrow(
      expect.objectContaining({ code: 'ERR_KEYSTORE_CORRUPT' }),
    );
  }
});

it('tells another version', () => {
  const bytes = writeLife(EMPTY_LIFE);
  bytes[3] = 2;
  expect(() => readLife(inManifest(bytes))).toThrow(
    expect.objectContaining({ code: 'ERR_UNSUPPORTED_VERSION' }),
  );
});
