import { inspectFragment, TemporalVault } from '@mwrasp/crypto/fragment';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toHex, uintBytes } from '../../../src/bytes.ts';
import { InputError, UnsupportedError } from '../../../src/errors.ts';
import { HEADER_BYTES, pieceRange, readHeader, writeHeader } from '../../../src/fragment/format.ts';
import { type Expected, expectError } from '../../contract/support/errors.ts';
import { flipped } from '../../support/keys.ts';

const TYPE: Expected = [InputError, 'ERR_INPUT_TYPE'];
const FORMAT: Expected = [InputError, 'ERR_INPUT_FORMAT'];

const VAULT_ID = Uint8Array.from({ length: 16 }, (_, i) => 0x10 + i);
const COMMITMENT = Uint8Array.from({ length: 32 }, (_, i) => 0x40 + i);
const NONCE = Uint8Array.from({ length: 12 }, (_, i) => 0x80 + i);

interface Numbers {
  epoch: number;
  threshold: number;
  total: number;
  index: number;
  ttlMs: number;
  messageBytes: number;
}

const NUMBERS: Numbers = {
  epoch: 0x01020304,
  threshold: 3,
  total: 3,
  index: 2,
  ttlMs: 100,
  messageBytes: 10,
};

/** A fragment written field by field as the docs list them, with a body of zeros. */
function layOut(numbers: Partial<Numbers> = {}, bodyBytes = 3): Uint8Array {
  const { epoch, threshold, total, index, ttlMs, messageBytes } = { ...NUMBERS, ...numbers };
  return concat(
    Uint8Array.of(0x4d, 0x57, 0x46, 0),
    VAULT_ID,
    uintBytes(epoch, 4),
    Uint8Array.of(threshold, total, index),
    uintBytes(ttlMs, 4),
    uintBytes(messageBytes, 4),
    COMMITMENT,
    NONCE,
    new Uint8Array(bodyBytes + 16),
  );
}

describe('pieceRange', () => {
  it('cuts any message into adjoining runs that differ by a byte at most, the longer ones first', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 20), fc.integer({ min: 1, max: 255 }), (messageBytes, total) => {
        let at = 0;
        let last = Number.POSITIVE_INFINITY;
        for (let index = 0; index < total; index++) {
          const [start, end] = pieceRange(messageBytes, total, index);
          const length = end - start;
          expect(start).toBe(at);
          expect(length).toBeLessThanOrEqual(last);
          expect([Math.floor(messageBytes / total), Math.ceil(messageBytes / total)]).toContain(length);
          at = end;
          last = length;
        }
        expect(at).toBe(messageBytes);
      }),
    );
  });
});

describe('header', () => {
  it('has the documented bytes', () => {
    const out = new Uint8Array(layOut().length);
    writeHeader(out, { ...NUMBERS, vaultId: VAULT_ID, commitment: COMMITMENT, nonce: NONCE });
    expect(HEADER_BYTES).toBe(79);
    expect(toHex(out)).toBe(toHex(layOut()));
  });

  it('reads what was written, from any offset of a larger buffer', () => {
    const fragment = layOut();
    const pool = new Uint8Array(fragment.length + 50).fill(0xff);
    pool.set(fragment, 13);
    for (const bytes of [fragment, pool.subarray(13, 13 + fragment.length), Buffer.from(fragment)]) {
      const header = readHeader('fragment', bytes);
      expect({ ...header, vaultId: 0, commitment: 0, nonce: 0 }).toEqual({
        ...NUMBERS,
        vaultId: 0,
        commitment: 0,
        nonce: 0,
      });
      expect(Uint8Array.from(header.vaultId)).toEqual(VAULT_ID);
      expect(Uint8Array.from(header.commitment)).toEqual(COMMITMENT);
      expect(Uint8Array.from(header.nonce)).toEqual(NONCE);
    }
  });

  it('takes the largest numbers', () => {
    const most = { epoch: 2 ** 32 - 1, threshold: 255, total: 255, index: 254, ttlMs: 2 ** 32 - 1 };
    expect(inspectFragment(layOut({ ...most, messageBytes: 2 ** 20 }, 4112))).toMatchObject(most);
  });

  const malformed: [label: string, fragment: Uint8Array][] = [
    ['threshold 0', layOut({ threshold: 0 })],
    ['total 0', layOut({ total: 0 })],
    ['threshold and total 0', layOut({ threshold: 0, total: 0, index: 0 })],
    ['threshold below the total', layOut({ threshold: 2 })],
    ['threshold above the total', layOut({ threshold: 4 })],
    ['an index that is not below the total', layOut({ index: 3 })],
    [
      'a message longer than 1 MiB',
      layOut({ messageBytes: 2 ** 20 + 1, threshold: 1, total: 1, index: 0 }, 2 ** 20 + 1),
    ],
    ['a message said to be of 4 GiB', layOut({ messageBytes: 2 ** 32 - 1 })],
    ['a body shorter than its piece', layOut({}, 2)],
    ['a body longer than its piece', layOut({}, 4)],
    ['no bytes', new Uint8Array(0)],
    ['zeros', new Uint8Array(200)],
    ['an envelope', Uint8Array.of(0x4d, 0x57, 0x45, 1, ...new Uint8Array(100))],
  ];

  it.each(malformed)('refuses %s', async (_label, fragment) => {
    await expectError(() => inspectFragment(fragment), ...FORMAT);
  });

  it('refuses every beginning of a fragment', async () => {
    const fragment = layOut();
    for (let length = 0; length < fragment.length; length++) {
      await expectError(() => inspectFragment(fragment.subarray(0, length)), ...FORMAT);
    }
  });

  it.each([1, 2, 255])('refuses version %d', async (version) => {
    const fragment = layOut();
    fragment[3] = version;
    await expectError(() => inspectFragment(fragment), UnsupportedError, 'ERR_UNSUPPORTED_VERSION');
  });
});

describe('inspectFragment', () => {
  it('says what the header says', () => {
    expect(inspectFragment(layOut())).toEqual({
      vaultId: toHex(VAULT_ID),
      headerBytes: 79,
      ...NUMBERS,
    });
  });

  it('reads the fragments of a vault, and does not care whether they open', async () => {
    using vault = await TemporalVault.create({ ttlMs: 250, epochMs: 125 });
    const fragments = vault.split(new Uint8Array(100), { total: 3 });
    const infos = fragments.map(inspectFragment);
    for (const [index, info] of infos.entries()) {
      expect(info).toMatchObject({
        index,
        total: 3,
        threshold: 3,
        ttlMs: 250,
        messageBytes: 100,
        headerBytes: 79,
      });
      expect(info.vaultId).toBe(infos[0]?.vaultId);
    }
    const [first] = fragments as [Uint8Array];
    expect(inspectFragment(flipped(first, first.length - 1))).toEqual(infos[0]);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'MWF'],
    ['a number', 5],
    ['an array of numbers', [0x4d, 0x57, 0x46, 0]],
    ['an ArrayBuffer', new ArrayBuffer(100)],
    ['a DataView', new DataView(new ArrayBuffer(100))],
  ])('refuses %s', async (_label, value) => {
    await expectError(() => inspectFragment(value as unknown as Uint8Array), ...TYPE);
  });
});
