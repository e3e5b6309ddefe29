/**
 * Manifests of any content, and bytes of any kind where a manifest should be.
 */
import { AeadKey, seal } from '@mwrasp/crypto/aead';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { concat, toHex, uintBytes } from '../../../src/bytes.ts';
import { KeyStoreError, type PqError, UnsupportedError } from '../../../src/errors.ts';
import {
  MAX_LINE,
  type ManifestBody,
  readBody,
  readHead,
  writeManifest,
} from '../../../src/keystore/file/format.ts';
import {
  MAX_COST,
  MIN_COST,
  type UnlockSection,
  writeUnlockSection,
} from '../../../src/keystore/file/unlock-section.ts';
import { CUSTODIES, KEY_STATES } from '../../../src/keystore/keystore.ts';
import type { KeyEntry, Tombstone } from '../../../src/keystore/manifest.ts';
import { ROOT_KEY } from '../../contract/support/keystores.ts';
import { thrownBy } from '../../support/errors.ts';

const rootKey = AeadKey.fromBytes(ROOT_KEY);
const PATH = '/store/manifest-0000000000000001.mwk';
const PREAMBLE = Uint8Array.of(0x4d, 0x57, 0x4b, 1);

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const upTo = (maxLength: number) => fc.uint8Array({ maxLength });

const nameHead = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
const name = fc
  .tuple(
    fc.constantFrom(...nameHead),
    fc.string({ unit: fc.constantFrom(...nameHead, '.', '_', '-'), maxLength: 63 }),
  )
  .map(([head, rest]) => head + rest);
const ref = fc.record({ name, generation: fc.integer({ min: 1, max: 2 ** 32 - 1 }) });
const id = bytesOf(16);
const time = fc.maxSafeNat();

const common = {
  id,
  ref,
  custody: fc.constantFrom(...CUSTODIES),
  state: fc.constantFrom(...KEY_STATES),
  createdAtMs: time,
  protection: fc.oneof(upTo(64), upTo(2 ** 16 - 1)),
  blobDigest: bytesOf(64),
};
const times = fc.record(
  { activatedAtMs: time, retiredAtMs: time, destroyAfterMs: time },
  { requiredKeys: [] },
);
const entry: fc.Arbitrary<KeyEntry> = fc
  .tuple(
    fc.oneof(
      fc.record({
        ...common,
        algorithm: fc.constantFrom('ML-KEM-1024' as const, 'ML-DSA-87' as const),
        keyId: bytesOf(32),
        maxUses: fc.constant(0),
        reservedUses: fc.constant(0),
      }),
      fc.record({
        ...common,
        algorithm: fc.constant('AES-256-GCM' as const),
        keyId: bytesOf(16),
        maxUses: fc.maxSafeNat(),
        reservedUses: fc.maxSafeNat(),
      }),
    ),
    times,
    fc.boolean(),
  )
  .map(([fixed, decided, halved]) => ({
    ...fixed,
    ...decided,
    // A data key has no public half.
    ...(halved && fixed.algorithm !== 'AES-256-GCM' ? { publicOnly: true as const } : {}),
  }));
const tombstone: fc.Arbitrary<Tombstone> = fc.record({
  id,
  ref,
  algorithm: fc.constantFrom('ML-KEM-1024' as const, 'ML-DSA-87' as const, 'AES-256-GCM' as const),
  destroyedAtMs: time,
});

/** No generation is there twice, and no entry's id. */
function areDistinct({ entries, tombstones }: { entries: KeyEntry[]; tombstones: Tombstone[] }): boolean {
  const refs = [...entries, ...tombstones].map(({ ref: { name, generation } }) => `${name}/${generation}`);
  const ids = entries.map((one) => toHex(one.id));
  return new Set(refs).size === refs.length && new Set(ids).size === ids.length;
}

const content: fc.Arbitrary<ManifestBody> = fc
  .tuple(
    fc
      .record({
        entries: fc.array(entry, { maxLength: 4 }),
        tombstones: fc.array(tombstone, { maxLength: 4 }),
      })
      .filter(areDistinct),
    fc.array(time, { minLength: 4, maxLength: 4 }),
    fc.record({
      revision: time,
      extensions: fc.dictionary(name, upTo(300), { maxKeys: 4 }),
      markKey: bytesOf(32),
      line: fc.oneof(
        fc.array(bytesOf(16), { minLength: 1, maxLength: 3 }),
        fc.array(bytesOf(16), { minLength: MAX_LINE, maxLength: MAX_LINE }),
      ),
    }),
  )
  .map(([{ entries, tombstones }, revisions, { revision, extensions, markKey, line }]) => ({
    manifest: { revision, entries, tombstones, extensions: new Map(Object.entries(extensions)) },
    markKey,
    line,
    blobRevisions: new Map(entries.map((one, i) => [toHex(one.id), revisions[i] as number])),
  }));

const cost = (field: 'memoryKib' | 'passes' | 'lanes') =>
  fc.integer({ min: MIN_COST[field], max: MAX_COST[field] });
const section: fc.Arbitrary<UnlockSection> = fc.oneof(
  fc.constant({ kind: 'root-key' } as const),
  fc.constant({ kind: 'key-file' } as const),
  fc.record({
    kind: fc.constant('passphrase' as const),
    cost: fc.record({ memoryKib: cost('memoryKib'), passes: cost('passes'), lanes: cost('lanes') }),
    salt: bytesOf(16),
  }),
  fc.record({ kind: fc.constant('keystore' as const), wrapped: upTo(2 ** 16 - 1) }),
);

/** Reads head and body, as opening a store does. */
function read(bytes: Uint8Array): ManifestBody {
  return readBody(PATH, bytes, readHead(PATH, bytes), rootKey);
}

/** A manifest of the right root key with any plaintext. */
function craft(plaintext: Uint8Array, head: Uint8Array = HEAD): Uint8Array {
  return concat(head, seal(rootKey, plaintext, { aad: head }));
}

const HEAD = concat(PREAMBLE, new Uint8Array(16), uintBytes(1, 8), writeUnlockSection({ kind: 'root-key' }));

function expectCorrupt(error: unknown): void {
  expect(error).toBeInstanceOf(KeyStoreError);
  expect((error as PqError).code).toBe('ERR_KEYSTORE_CORRUPT');
  expect((error as PqError).message).toContain(PATH);
}

function expectCorruptOrOtherVersion(error: unknown, bytes: Uint8Array): void {
  const isManifest = bytes.length > 3 && PREAMBLE.subarray(0, 3).every((byte, i) => bytes[i] === byte);
  if (isManifest && bytes[3] !== PREAMBLE[3]) {
    expect(error).toBeInstanceOf(UnsupportedError);
    expect((error as PqError).code).toBe('ERR_UNSUPPORTED_VERSION');
  } else expectCorrupt(error);
}

it('any content is read as it was written', () => {
  fc.assert(
    fc.property(id, section, content, (storeId, unlock, written) => {
      const unlockBytes = writeUnlockSection(unlock);
      const bytes = writeManifest(PATH, storeId, unlockBytes, rootKey, written);
      const head = readHead(PATH, bytes);
      expect(head).toMatchObject({
        version: 1,
        storeId,
        revision: written.manifest.revision,
        unlock,
        unlockBytes,
      });
      expect(readBody(PATH, bytes, head, rootKey)).toEqual(written);
    }),
    { numRuns: 100 },
  );
});

it('any bytes are no manifest', () => {
  const start = fc.constantFrom(
    new Uint8Array(0),
    PREAMBLE.subarray(0, 3),
    PREAMBLE,
    HEAD.subarray(0, 28),
    HEAD,
  );
  fc.assert(
    fc.property(start, upTo(300), (head, rest) => {
      const bytes = concat(head, rest);
      expectCorruptOrOtherVersion(
        thrownBy(() => read(bytes)),
        bytes,
      );
    }),
    { numRuns: 500 },
  );
});

it('any change of any manifest is noticed', () => {
  fc.assert(
    fc.property(content, fc.nat(), fc.integer({ min: 1, max: 255 }), (written, at, change) => {
      const whole = writeManifest(PATH, new Uint8Array(16), Uint8Array.of(1), rootKey, written);
      const offset = at % whole.length;
      const bytes = whole.with(offset, (whole[offset] as number) ^ change);
      expectCorruptOrOtherVersion(
        thrownBy(() => read(bytes)),
        bytes,
      );
    }),
    { numRuns: 200 },
  );
});

it('any content under the right root key is read whole, or is corrupt', () => {
  /** Mark key, and a line of one commit: what comes behind is counts, and what they count. */
  const start = concat(new Uint8Array(32), Uint8Array.of(1), new Uint8Array(16));
  const count = fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 255);
  const counts = fc.array(count, { minLength: 8, maxLength: 60 }).map((values) => Uint8Array.from(values));
  let whole = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        counts.map((rest) => concat(start, rest)),
        // Ten zeros are three counts.
        fc.constantFrom(9, 10, 11).map((length) => concat(start, new Uint8Array(length))),
        upTo(300),
      ),
      (plaintext) => {
        try {
          const body = read(craft(plaintext));
          whole++;
          // What was read is all that there was: it is written as it came.
          const again = writeManifest(PATH, new Uint8Array(16), Uint8Array.of(1), rootKey, body);
          expect(again.length).toBe(craft(plaintext).length);
          expect(read(again)).toEqual(body);
        } catch (error) {
          expectCorrupt(error);
        }
      },
    ),
    { numRuns: 500 },
  );
  expect(whole).toBeGreaterThan(0);
});
