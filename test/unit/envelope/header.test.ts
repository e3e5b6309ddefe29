/** The header of an envelope: what can be read without a key, and what is no header. */
import { type EnvelopeHeader, readHeader, seal, sealStream } from '@mwrasp/crypto/envelope';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerLength, readParts, writePrefix } from '../../../src/envelope/header.ts';
import { PqError } from '../../../src/errors.ts';
import { expectInput, NO_BYTES, thrownBy } from '../../support/errors.ts';
import { counting, testKeys } from '../../support/keys.ts';
import { collect, expectVersion, LAYOUT, offsets } from './support.ts';

const { recipientPublic, signer, signerPublic } = testKeys();
const message = counting(100);
const base = await seal(recipientPublic, message);
const signed = await seal(recipientPublic, message, { signer });
const stream = await collect(sealStream(recipientPublic, [message], { chunkSizeBytes: 4096 }));
const signedStream = await collect(sealStream(recipientPublic, [message], { signer }));

function set(bytes: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, offset);
  return copy;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the bytes of a header', () => {
  it('are those that the format documents', () => {
    const suite = '004200030002';
    const recipient = hex(recipientPublic.thumbprint());
    const sender = hex(signerPublic.thumbprint());
    expect(hex(base.subarray(0, 44))).toBe(`4d574501${'00'}${'00'}${suite}${recipient}`);
    expect(hex(signed.subarray(0, 76))).toBe(`4d574501${'01'}${'00'}${suite}${recipient}${sender}`);
    expect(hex(stream.subarray(0, 44))).toBe(`4d574501${'00'}${'0c'}${suite}${recipient}`);
    expect(hex(signedStream.subarray(0, 76))).toBe(`4d574501${'01'}${'10'}${suite}${recipient}${sender}`);
    expect(base).toHaveLength(1644 + 100 + 16);
    expect(signed).toHaveLength(6303 + 100 + 16);
    expect(stream).toHaveLength(1644 + 100 + 16);
  });

  it('are written by writePrefix', () => {
    const recipient = recipientPublic.thumbprint();
    expect(writePrefix(recipient, undefined, undefined)).toEqual(base.subarray(0, 44));
    expect(writePrefix(recipient, signerPublic.thumbprint(), 16)).toEqual(signedStream.subarray(0, 76));
  });

  it.each([
    ['base', base, false],
    ['signed', signed, true],
  ] as const)('are taken apart by readParts (%s)', (_, bytes, isSigned) => {
    const at = offsets(isSigned);
    const parts = readParts('bytes', bytes);
    expect(parts.prefix).toEqual(bytes.subarray(0, at.enc));
    expect(parts.recipient).toEqual(recipientPublic.thumbprint());
    expect(parts.sender).toEqual(isSigned ? signerPublic.thumbprint() : undefined);
    expect(parts.chunkLog2).toBeUndefined();
    expect(parts.enc).toEqual(bytes.subarray(at.enc, at.commitment));
    expect(parts.commitment).toEqual(bytes.subarray(at.commitment, at.signature));
    expect(parts.signature).toEqual(isSigned ? bytes.subarray(at.signature, at.body) : undefined);
    expect(headerLength('bytes', bytes)).toBe(at.body);
  });
});

describe('readHeader', () => {
  it.each<[string, Uint8Array, EnvelopeHeader]>([
    ['a message', base, { recipient: recipientPublic.keyId, headerBytes: 1644 }],
    [
      'a signed message',
      signed,
      { recipient: recipientPublic.keyId, sender: signerPublic.keyId, headerBytes: 6303 },
    ],
    ['a stream', stream, { recipient: recipientPublic.keyId, chunkSizeBytes: 4096, headerBytes: 1644 }],
    [
      'a signed stream',
      signedStream,
      {
        recipient: recipientPublic.keyId,
        sender: signerPublic.keyId,
        chunkSizeBytes: 65_536,
        headerBytes: 6303,
      },
    ],
  ])('reads %s, whole or no more than its header', (_, bytes, expected) => {
    expect(readHeader(bytes)).toStrictEqual(expected);
    expect(readHeader(bytes.subarray(0, expected.headerBytes))).toStrictEqual(expected);
    expect(readHeader(Buffer.concat([Buffer.alloc(9), bytes]).subarray(9))).toStrictEqual(expected);
  });

  it('refuses less than a header', () => {
    for (const [bytes, needed] of [
      [base, 1644],
      [signed, 6303],
    ] as const) {
      for (const length of [12, 13, 43, 44, 45, 75, 76, 77, 1000, needed - 1]) {
        expect(thrownBy(() => readHeader(bytes.subarray(0, length)))).toMatchObject({
          name: 'InputError',
          code: 'ERR_INPUT_FORMAT',
          argument: 'head',
          expected: `a header of ${needed} bytes`,
          got: `${length} bytes`,
        });
      }
    }
    for (const length of [4, 5, 11]) {
      expect(thrownBy(() => readHeader(base.subarray(0, length)))).toMatchObject({
        code: 'ERR_INPUT_FORMAT',
        argument: 'head',
        expected: 'a whole envelope header',
        got: `${length} bytes`,
      });
    }
    for (const length of [0, 1, 3]) {
      expect(thrownBy(() => readHeader(base.subarray(0, length)))).toMatchObject({
        code: 'ERR_INPUT_FORMAT',
        argument: 'head',
        expected: 'bytes of format envelope',
        got: 'something else',
      });
    }
  });

  it.each([
    ['other bytes', new Uint8Array(2000), 'something else'],
    ['another first letter', set(base, 0, 0x4e), 'something else'],
    ['another second letter', set(base, 1, 0x58), 'something else'],
    ['an unknown format', set(base, 2, 0x58), 'something else'],
    ['a sealed message', set(base, 2, 0x41), 'format aead-message'],
    ['a sealed stream', set(base, 2, 0x53), 'format aead-stream'],
  ])('refuses %s', (_, bytes, got) => {
    expect(thrownBy(() => readHeader(bytes))).toMatchObject({
      code: 'ERR_INPUT_FORMAT',
      argument: 'head',
      expected: 'bytes of format envelope',
      got,
    });
  });

  it.each([0, 2, 3, 255])('refuses version %i by name', (version) => {
    const error = thrownBy(() => readHeader(set(base, 3, version)));
    expectVersion(error);
    expect((error as Error).message).toBe(
      `head is format envelope version ${version}; this release reads version 1`,
    );
  });

  it.each([2, 3, 0x80, 255])('refuses mode %i', (mode) => {
    expect(thrownBy(() => readHeader(set(base, LAYOUT.mode, mode)))).toMatchObject({
      code: 'ERR_INPUT_FORMAT',
      argument: 'head',
      expected: 'an envelope of mode 0 or 1',
      got: `mode ${mode}`,
    });
  });

  it('knows the forms 0 and 10 to 24', () => {
    for (let form = 0; form < 256; form++) {
      const bytes = set(base, LAYOUT.form, form);
      if (form === 0) expect(readHeader(bytes)).not.toHaveProperty('chunkSizeBytes');
      else if (form >= 10 && form <= 24) expect(readHeader(bytes).chunkSizeBytes).toBe(2 ** form);
      else {
        expect(thrownBy(() => readHeader(bytes))).toMatchObject({
          code: 'ERR_INPUT_FORMAT',
          argument: 'head',
          expected: 'an envelope of a known form',
          got: `form ${form}`,
        });
      }
    }
  });

  it('refuses every other suite', () => {
    for (let offset = LAYOUT.suite; offset < LAYOUT.recipient; offset++) {
      for (let bit = 0; bit < 8; bit++) {
        const error = thrownBy(() => readHeader(set(base, offset, (base[offset] as number) ^ (1 << bit))));
        expectVersion(error);
        expect((error as Error).message).toBe(
          'head has another HPKE suite; this release has ML-KEM-1024, HKDF-SHA512, AES-256-GCM',
        );
      }
    }
  });

  it.each(NO_BYTES)('refuses %s', (got, value) => {
    const error = thrownBy(() => readHeader(value as Uint8Array));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'head', got });
  });

  it('answers any bytes with a header or an error of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(60), (noise, at) => {
        const bytes = Uint8Array.from(signed);
        bytes.set(noise, at);
        for (const input of [noise, bytes]) {
          try {
            expect(readHeader(input).recipient).toHaveLength(43);
          } catch (error) {
            expect(error).toBeInstanceOf(PqError);
            expect((error as PqError).code).toMatch(/^ERR_(INPUT_FORMAT|UNSUPPORTED_VERSION)$/);
          }
        }
      }),
    );
  });

  it('trusts no prefix of a signed header for one of a base header', () => {
    expectInput(() => readHeader(signed.subarray(0, LAYOUT.baseHeaderBytes)), 'ERR_INPUT_FORMAT', 'head');
  });
});
