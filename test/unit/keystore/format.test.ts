import { AeadKey, seal } from '@mwrasp/crypto/aead';
import { generateKemKey, KemPublicKey } from '@mwrasp/crypto/kem';
import { generateSignKey } from '@mwrasp/crypto/sign';
import { describe, expect, it } from 'vitest';
import { concat, toHex, uintBytes, utf8 } from '../../../src/bytes.ts';
import { KeyStoreError, UnsupportedError } from '../../../src/errors.ts';
import { readFileContent, writeFileContent, writeRecordHead } from '../../../src/keystore/format.ts';
import { type Expected, expectError } from '../../contract/support/errors.ts';
import { ROOT_KEY } from '../../contract/support/keystores.ts';
import { craftFile, PREAMBLE } from './support.ts';

const CORRUPT: Expected = [KeyStoreError, 'ERR_KEYSTORE_CORRUPT'];

const rootKey = AeadKey.fromBytes(ROOT_KEY);
const kemPublicKey = generateKemKey().publicKey;
const signPublicKey = generateSignKey().publicKey;
const SEALED_SEED = { kem: 64 + 80, sign: 32 + 80 };

/** Name, generation, algorithm, as the docs list them. */
const entry = (name: string | Uint8Array, generation: number, algorithm: number): Uint8Array => {
  const bytes = typeof name === 'string' ? utf8(name) : name;
  return concat(Uint8Array.of(bytes.length), bytes, uintBytes(generation, 4), Uint8Array.of(algorithm));
};
const count = (value: number) => uintBytes(value, 4);
const kemRecord = (head = entry('k', 1, 1), createdAtMs = uintBytes(5, 8)) =>
  concat(head, createdAtMs, kemPublicKey.toBytes(), new Uint8Array(SEALED_SEED.kem).fill(1));
const signRecord = (head = entry('s', 1, 2)) =>
  concat(head, uintBytes(6, 8), signPublicKey.toBytes(), new Uint8Array(SEALED_SEED.sign).fill(2));

const read = (plaintext: Uint8Array) => readFileContent('keys.mwk', rootKey, craftFile(plaintext));

describe('file format', () => {
  it('has the documented bytes', () => {
    expect(seal(rootKey, new Uint8Array(0)).length).toBe(80);
    const plaintext = concat(count(9), count(2), kemRecord(), signRecord(), count(1), entry('old', 77, 2));
    expect(read(plaintext)).toEqual({
      revision: 9,
      state: {
        records: [
          {
            ref: { name: 'k', generation: 1 },
            algorithm: 'ML-KEM-1024',
            createdAtMs: 5,
            publicKey: KemPublicKey.fromBytes(kemPublicKey.toBytes()),
            seed: new Uint8Array(SEALED_SEED.kem).fill(1),
          },
          {
            ref: { name: 's', generation: 1 },
            algorithm: 'ML-DSA-87',
            createdAtMs: 6,
            publicKey: expect.objectContaining({ algorithm: 'ML-DSA-87' }),
            seed: new Uint8Array(SEALED_SEED.sign).fill(2),
          },
        ],
        tombstones: [{ ref: { name: 'old', generation: 77 }, algorithm: 'ML-DSA-87' }],
      },
    });
  });

  it('is read as it was written', () => {
    const content = read(
      concat(count(9), count(2), kemRecord(), signRecord(), count(1), entry('old', 77, 2)),
    );
    const bytes = writeFileContent(rootKey, content);
    expect(bytes.subarray(0, 4)).toEqual(PREAMBLE);
    expect(readFileContent('keys.mwk', rootKey, bytes)).toEqual(content);
    expect(bytes.length).toBe(
      craftFile(concat(count(0), count(0), kemRecord(), signRecord(), count(0), entry('old', 1, 1))).length,
    );
  });

  it('binds a seed to everything before it in its record', () => {
    const record = {
      ref: { name: 'k', generation: 3 },
      algorithm: 'ML-KEM-1024' as const,
      createdAtMs: 2 ** 40,
      publicKey: kemPublicKey,
    };
    expect(toHex(writeRecordHead(record))).toBe(
      toHex(concat(entry('k', 3, 1), uintBytes(2 ** 40, 8), kemPublicKey.toBytes())),
    );
  });

  it('takes the largest numbers and names', () => {
    const name = 'x'.repeat(64);
    const created = uintBytes(Number.MAX_SAFE_INTEGER, 8);
    const { revision, state } = read(
      concat(count(2 ** 32 - 1), count(1), kemRecord(entry(name, 2 ** 32 - 1, 1), created), count(0)),
    );
    expect(revision).toBe(2 ** 32 - 1);
    expect(state.records[0]).toMatchObject({
      ref: { name, generation: 2 ** 32 - 1 },
      createdAtMs: Number.MAX_SAFE_INTEGER,
    });
  });

  const bad: [label: string, plaintext: Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['half a revision', new Uint8Array(3)],
    ['no counts', count(0)],
    ['no count of tombstones', concat(count(0), count(0))],
    ['bytes left over', concat(count(0), count(0), count(0), Uint8Array.of(0))],
    ['a record too many', concat(count(0), count(2), kemRecord(), count(0))],
    ['a record too few', concat(count(0), count(0), kemRecord(), count(0))],
    ['a tombstone too many', concat(count(0), count(0), count(2), entry('a', 1, 1))],
    ['2^32 - 1 records', concat(count(0), count(2 ** 32 - 1), kemRecord(), count(0))],
    ['2^32 - 1 tombstones', concat(count(0), count(0), count(2 ** 32 - 1), entry('a', 1, 1))],
    ['algorithm 0', concat(count(0), count(1), kemRecord(entry('k', 1, 0)), count(0))],
    ['algorithm 3', concat(count(0), count(1), kemRecord(entry('k', 1, 3)), count(0))],
    ['generation 0', concat(count(0), count(1), kemRecord(entry('k', 0, 1)), count(0))],
    ['an empty name', concat(count(0), count(1), kemRecord(entry('', 1, 1)), count(0))],
    ['a name of 65 characters', concat(count(0), count(1), kemRecord(entry('x'.repeat(65), 1, 1)), count(0))],
    ['a name in capitals', concat(count(0), count(0), count(1), entry('KEM', 1, 1))],
    ['a name that is no UTF-8', concat(count(0), count(0), count(1), entry(Uint8Array.of(0xff, 0xfe), 1, 1))],
    ['a name that leaves the file', concat(count(0), count(0), count(1), Uint8Array.of(255, 0x61))],
    [
      'a creation time above 2^53',
      concat(count(0), count(1), kemRecord(entry('k', 1, 1), new Uint8Array(8).fill(255)), count(0)),
    ],
    [
      'an encapsulation key that fails the modulus check',
      concat(
        count(0),
        count(1),
        entry('k', 1, 1),
        uintBytes(5, 8),
        new Uint8Array(1568 + SEALED_SEED.kem).fill(255),
        count(0),
      ),
    ],
  ];

  it.each(bad)('refuses %s', async (_label, plaintext) => {
    await expectError(() => read(plaintext), ...CORRUPT);
  });

  it('refuses every beginning of a content', async () => {
    const plaintext = concat(count(9), count(1), kemRecord(), count(1), entry('old', 77, 2));
    for (let length = 0; length < plaintext.length; length += length < 30 ? 1 : 17) {
      await expectError(() => read(plaintext.subarray(0, length)), ...CORRUPT);
    }
  });

  it('allocates nothing for entries that are not there', async () => {
    const files = [30_000_000, 4_000_000_000].flatMap((many) => [
      craftFile(concat(count(0), count(many), count(0))),
      craftFile(concat(count(0), count(0), count(many))),
    ]);
    const used = () => {
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    for (const file of files) {
      const before = used();
      await expectError(() => readFileContent('keys.mwk', rootKey, file), ...CORRUPT);
      expect(used() - before).toBeLessThan(32 * 2 ** 20);
    }
  });

  it('refuses another version of itself or of the message inside, and says so', async () => {
    const file = craftFile(concat(count(0), count(0), count(0)));
    for (const offset of [3, 7]) {
      for (const version of [2, 255]) {
        await expectError(
          () => readFileContent('keys.mwk', rootKey, file.with(offset, version)),
          UnsupportedError,
          'ERR_UNSUPPORTED_VERSION',
        );
      }
    }
  });

  it('names the file in its error, and gives no cause', async () => {
    const error = await expectError(
      () => readFileContent('keys.mwk', rootKey, new Uint8Array(5)),
      ...CORRUPT,
    );
    expect(error.message).toContain('keys.mwk');
    expect(error.cause).toBeUndefined();
  });
});
