import { AeadKey, SEAL_OVERHEAD_BYTES } from '@mwrasp/crypto/aead';
import { generateKemKey } from '@mwrasp/crypto/kem';
import { generateSignKey } from '@mwrasp/crypto/sign';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { concat } from '../../../src/bytes.ts';
import { KeyStoreError, PqError } from '../../../src/errors.ts';
import { type FileContent, readFileContent, writeFileContent } from '../../../src/keystore/format.ts';
import type { KeyRecord, Tombstone } from '../../../src/keystore/store.ts';
import { ROOT_KEY } from '../../contract/support/keystores.ts';
import { thrownBy } from '../../support/errors.ts';
import { craftFile, PREAMBLE } from './support.ts';

const rootKey = AeadKey.fromBytes(ROOT_KEY);
const publicKeys = [generateKemKey().publicKey, generateSignKey().publicKey] as const;

const nameHead = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
const ref = fc.record({
  name: fc
    .tuple(
      fc.constantFrom(...nameHead),
      fc.string({ unit: fc.constantFrom(...nameHead, '.', '_', '-'), maxLength: 63 }),
    )
    .map(([head, rest]) => head + rest),
  generation: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
});
const tombstone: fc.Arbitrary<Tombstone> = fc.record({
  ref,
  algorithm: fc.constantFrom('ML-KEM-1024', 'ML-DSA-87'),
});
const seedOf = (sizeBytes: number) => {
  const length = sizeBytes + SEAL_OVERHEAD_BYTES;
  return fc.uint8Array({ minLength: length, maxLength: length });
};
const createdAtMs = fc.maxSafeNat();
const record: fc.Arbitrary<KeyRecord> = fc.oneof(
  fc.record({
    ref,
    algorithm: fc.constant('ML-KEM-1024' as const),
    createdAtMs,
    publicKey: fc.constant(publicKeys[0]),
    seed: seedOf(64),
  }),
  fc.record({
    ref,
    algorithm: fc.constant('ML-DSA-87' as const),
    createdAtMs,
    publicKey: fc.constant(publicKeys[1]),
    seed: seedOf(32),
  }),
);
const content: fc.Arbitrary<FileContent> = fc.record({
  revision: fc.nat(2 ** 31 - 1),
  state: fc.record({
    records: fc.array(record, { maxLength: 4 }),
    tombstones: fc.array(tombstone, { maxLength: 4 }),
  }),
});

/** Contents, with keys as their ids: objects of keys have nothing to compare by. */
function plain({ revision, state }: FileContent): unknown {
  const records = state.records.map(({ publicKey, ...rest }) => ({ ...rest, keyId: publicKey.keyId }));
  return { revision, records, tombstones: state.tombstones };
}

function expectCorrupt(error: unknown): void {
  expect(error).toBeInstanceOf(PqError);
  expect(['ERR_KEYSTORE_CORRUPT', 'ERR_UNSUPPORTED_VERSION']).toContain((error as PqError).code);
}

it('any content is read as it was written', () => {
  fc.assert(
    fc.property(content, (written) => {
      const read = readFileContent('keys.mwk', rootKey, writeFileContent(rootKey, written));
      expect(plain(read)).toEqual(plain(written));
    }),
    { numRuns: 60 },
  );
});

it('any bytes are no keystore', () => {
  const start = fc.constantFrom(new Uint8Array(0), PREAMBLE.subarray(0, 3), PREAMBLE);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300 }), (head, rest) => {
      expectCorrupt(thrownBy(() => readFileContent('keys.mwk', rootKey, concat(head, rest))));
    }),
    { numRuns: 300 },
  );
});

it('any content under the right root key is read whole, or is corrupt', () => {
  const counts = fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 255);
  const empty = fc.array(counts, { minLength: 12, maxLength: 40 }).map((bytes) => Uint8Array.from(bytes));
  fc.assert(
    fc.property(fc.oneof(empty, fc.uint8Array({ maxLength: 300 })), (plaintext) => {
      try {
        const { state } = readFileContent('keys.mwk', rootKey, craftFile(plaintext));
        // Records are longer than this, so there is none.
        expect(state.records).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(KeyStoreError);
        expectCorrupt(error);
      }
    }),
    { numRuns: 300 },
  );
});
