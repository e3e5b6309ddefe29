import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../../src/bytes.ts';
import { InputError } from '../../../src/errors.ts';
import { pieceBytesOf } from '../../../src/fragment/erasure/index.ts';
import {
  codedBytesOf,
  FragmentHeader,
  fragmentBytesOf,
  headerBytesOf,
  INDEX_AT,
  isSameMessage,
  readHeader,
  writeHeader,
} from '../../../src/fragment/format.ts';
import { explainFragment, inspectFragment } from '../../../src/fragment/index.ts';
import { expectError } from '../../contract/support/errors.ts';
import { pattern } from './support.ts';

const FORMAT = [InputError, 'ERR_INPUT_FORMAT'] as const;

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const anyFields = fc
  .record({
    secrecy: fc.constantFrom('normal' as const, 'threshold' as const),
    content: fc.constantFrom('message' as const, 'batch' as const, 'stream' as const),
    total: fc.integer({ min: 1, max: 255 }),
    seed: fc.nat(254),
    ttlMs: fc.nat(2 ** 32 - 1),
    epoch: fc.nat(2 ** 32 - 1),
    id: bytesOf(16),
    messageBytes: fc.nat(3000),
    commitment: bytesOf(32),
    number: fc.nat({ max: 2 ** 40 - 1 }),
    secret: bytesOf(32),
    streamId: bytesOf(16),
    sequence: fc.nat(2 ** 32 - 1),
    last: fc.boolean(),
  })
  .map(({ seed, secret, streamId, sequence, last, ...fields }) => {
    const threshold = 1 + (seed % fields.total);
    return {
      ...fields,
      threshold,
      pieceBytes: pieceBytesOf(codedBytesOf(fields.secrecy, fields.messageBytes), threshold),
      ...(fields.secrecy === 'threshold' ? { secretCommitment: secret } : {}),
      ...(fields.content === 'stream' ? { stream: { streamId, sequence, last } } : {}),
    };
  });

function layOut(fields: Parameters<typeof writeHeader>[1]): Uint8Array {
  const out = new Uint8Array(fragmentBytesOf(fields.secrecy, fields.content, fields.pieceBytes));
  writeHeader(out, fields, pattern(12, 3));
  return out;
}

/** A header whose fields are all different. */
const FIELDS = {
  secrecy: 'threshold',
  content: 'stream',
  threshold: 3,
  total: 5,
  ttlMs: 0x01020304,
  epoch: 0x11121314,
  id: pattern(16, 1),
  messageBytes: 100,
  pieceBytes: 39,
  commitment: pattern(32, 2),
  number: 0x2122232425,
  secretCommitment: pattern(32, 4),
  stream: { streamId: pattern(16, 5), sequence: 0x31323334, last: true },
} as const;

describe('the header', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const fragment = layOut(fields);
        const header = readHeader('fragment', fragment);
        expect(header).toBeInstanceOf(FragmentHeader);
        expect(header).toMatchObject({
          ...fields,
          index: 0,
          headerBytes: headerBytesOf(fields.secrecy, fields.content),
        });
        expect(header.hasId(fields.id)).toBe(true);
        expect(header.hasCommitment(fields.commitment)).toBe(true);
        expect(() => readHeader('fragment', concat(fragment, Uint8Array.of(0)))).toThrow(InputError);
      }),
      { numRuns: 300 },
    );
  });

  it('has the documented bytes', () => {
    const fragment = layOut(FIELDS);
    const expected = concat(
      Uint8Array.of(0x4d, 0x57, 0x46, 1, 1, 1, 2, 3, 5, 1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14),
      FIELDS.id,
      Uint8Array.of(0, 0, 0, 100, 0, 0, 0, 39),
      FIELDS.commitment,
      pattern(12, 3).subarray(0, 6),
      Uint8Array.of(0x21, 0x22, 0x23, 0x24, 0x25, 0),
      FIELDS.secretCommitment,
      FIELDS.stream.streamId,
      Uint8Array.of(0x31, 0x32, 0x33, 0x34, 1),
    );
    expect(fragment.subarray(0, expected.length)).toEqual(expected);
    expect(fragment.length).toBe(expected.length + 39 + 32 + 16);
  });

  it.each([
    ['suite', 4, 2],
    ['secrecy', 5, 2],
    ['content', 6, 3],
    ['threshold', 7, 0],
    ['threshold', 7, 6],
    ['total', 8, 2],
    ['message length', 33, 1],
    ['piece length', 40, 38],
    ['index', 84, 5],
    ['end mark', 137, 2],
  ])('is refused with a wrong %s (byte %d is %d)', async (_name, offset, value) => {
    const fragment = layOut(FIELDS).with(offset, value);
    await expectError(() => readHeader('fragment', fragment), ...FORMAT);
    await expectError(() => inspectFragment(fragment), ...FORMAT);
  });

  it('speaks of no message above 16 MiB, whatever its length says', async () => {
    const fragment = layOut({ ...FIELDS, messageBytes: 2 ** 24 + 1 });
    const error = await expectError(() => readHeader('fragment', fragment), ...FORMAT);
    expect(error.message).toContain('16777217 bytes');
  });
});

it('fragments of one message differ in the index alone', () => {
  const one = layOut(FIELDS);
  const headerBytes = headerBytesOf('threshold', 'stream');
  expect(isSameMessage(one, one.with(INDEX_AT, 3), headerBytes)).toBe(true);
  for (let at = 0; at < headerBytes; at++) {
    if (at !== INDEX_AT)
      expect(isSameMessage(one, one.with(at, (one[at] as number) ^ 1), headerBytes)).toBe(false);
  }
});

it('an explanation covers a fragment without a gap', () => {
  for (const secrecy of ['normal', 'threshold'] as const) {
    for (const content of ['message', 'stream'] as const) {
      const { secretCommitment, stream, ...base } = FIELDS;
      const fields = {
        ...base,
        secrecy,
        content,
        pieceBytes: pieceBytesOf(codedBytesOf(secrecy, 100), 3),
        ...(secrecy === 'threshold' ? { secretCommitment } : {}),
        ...(content === 'stream' ? { stream } : {}),
      };
      const fragment = layOut(fields);
      let end = 0;
      for (const { offset, bytes } of explainFragment(fragment)) {
        expect(offset).toBe(end);
        end += bytes;
      }
      expect(end).toBe(fragment.length);
    }
  }
});
