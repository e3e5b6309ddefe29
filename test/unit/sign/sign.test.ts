/** Signing and verifying messages in hand. */
import { type SignOptions, type SignPrivateKey, SignPublicKey, sign, verify } from '@mwrasp/crypto/sign';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes.ts';
import { expectInput, NO_BYTES, thrownBy } from '../../support/errors.ts';
import { counting, disposed, flipped, newSigner, testKeys } from '../../support/keys.ts';

const { signer, signerPublic, otherSigner, recipient, recipientPublic } = testKeys();
const message = utf8('what is signed');

describe('sign and verify', () => {
  it('agree on any message and context', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 255 }), (data, context) => {
        const signature = sign(signer, data, { context });
        expect(signature).toHaveLength(4627);
        expect(verify(signerPublic, data, signature, { context })).toBe(true);
        expect(verify(signerPublic, flipped(Uint8Array.of(...data, 0), 0), signature, { context })).toBe(
          false,
        );
      }),
      { numRuns: 15 },
    );
  });

  it.each([0, 1, 254, 255])('take a context of %i bytes', (length) => {
    const context = counting(length);
    for (const deterministic of [false, true]) {
      const signature = sign(signer, message, { context, deterministic });
      expect(verify(signerPublic, message, signature, { context })).toBe(true);
      expect(
        verify(signerPublic, message, signature, { context: counting(length + (length < 255 ? 1 : -1)) }),
      ).toBe(false);
      if (length > 0) {
        expect(verify(signerPublic, message, signature)).toBe(false);
        expect(verify(signerPublic, message, signature, { context: flipped(context, length - 1) })).toBe(
          false,
        );
      }
    }
  });

  it('take an empty context and none as the same', () => {
    const empty = new Uint8Array(0);
    expect(verify(signerPublic, message, sign(signer, message), { context: empty })).toBe(true);
    expect(verify(signerPublic, message, sign(signer, message, { context: empty }))).toBe(true);
    expect(sign(signer, message, { context: empty, deterministic: true })).toEqual(
      sign(signer, message, { deterministic: true }),
    );
  });

  it('do not take the context for a part of the message', () => {
    const signature = sign(signer, utf8('bc'), { context: utf8('a') });
    expect(verify(signerPublic, utf8('c'), signature, { context: utf8('ab') })).toBe(false);
    expect(verify(signerPublic, utf8('abc'), signature)).toBe(false);
  });

  it('hedge unless asked otherwise: two signatures of one message differ', () => {
    for (const options of [undefined, {}, { deterministic: false }] as const) {
      const [first, second] = [sign(signer, message, options), sign(signer, message, options)];
      expect(first).not.toEqual(second);
      expect(verify(signerPublic, message, first)).toBe(true);
      expect(verify(signerPublic, message, second)).toBe(true);
    }
  });

  it('are deterministic when asked: one message has one signature', () => {
    const first = sign(signer, message, { deterministic: true });
    expect(sign(signer, message, { deterministic: true })).toEqual(first);
    expect(sign(newSigner(), message, { deterministic: true })).toEqual(first);
    expect(sign(signer, utf8('another'), { deterministic: true })).not.toEqual(first);
    expect(sign(signer, message, { deterministic: true, context: utf8('c') })).not.toEqual(first);
    expect(verify(signerPublic, message, first)).toBe(true);
  });

  it('work on parts of larger buffers and leave them alone', () => {
    const large = Buffer.concat([Buffer.alloc(5, 1), message, Buffer.alloc(5, 2)]);
    const before = Uint8Array.from(large);
    const view = large.subarray(5, 5 + message.length);
    const signature = sign(signer, view);
    expect(verify(signerPublic, message, signature)).toBe(true);
    expect(verify(signerPublic, view, Buffer.concat([Buffer.alloc(9), signature]).subarray(9))).toBe(true);
    expect(Uint8Array.from(large)).toEqual(before);
  });

  it('take an empty message', () => {
    const empty = new Uint8Array(0);
    expect(verify(signerPublic, empty, sign(signer, empty))).toBe(true);
    expect(verify(signerPublic, new Uint8Array(1), sign(signer, empty))).toBe(false);
  });
});

describe('verify gives false, and never an error', () => {
  const signature = sign(signer, message);

  it('for a byte changed, wherever it is', () => {
    // c~ (64), z (7 × 640), h (83): each part, its edges, and samples between.
    const offsets = [0, 1, 63, 64, 65, 703, 704, 2000, 4542, 4543, 4544, 4545, 4617, 4618, 4625, 4626];
    for (let offset = 5; offset < 4627; offset += 97) offsets.push(offset);
    const accepted = offsets.flatMap((offset) =>
      [0x01, 0x80, 0xff]
        .filter((bits) => verify(signerPublic, message, flipped(signature, offset, bits)))
        .map((bits) => [offset, bits]),
    );
    expect(accepted).toEqual([]);
  });

  it('for any other bytes of any length', () => {
    const lengths = [0, 1, 64, 2420, 3309, 4595, 4626, 4628, 9254, 100_000];
    for (const length of lengths) {
      expect(verify(signerPublic, message, new Uint8Array(length))).toBe(false);
      expect(verify(signerPublic, message, new Uint8Array(length).fill(0xff))).toBe(false);
    }
    expect(verify(signerPublic, message, signature.subarray(1))).toBe(false);
    expect(verify(signerPublic, message, Uint8Array.of(...signature, 0))).toBe(false);
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 5000 }), fc.uint8Array({ minLength: 4627, maxLength: 4627 })),
        (bytes) => verify(signerPublic, message, bytes) === false,
      ),
      { numRuns: 30 },
    );
  });

  it('for hints that are not written as FIPS 204 algorithm 20 has them', () => {
    // The last 8 bytes count the hints; beyond omega (75), or falling, no decoder may go on.
    for (const counts of [
      [0, 0, 0, 0, 0, 0, 0, 76],
      [255, 255, 255, 255, 255, 255, 255, 255],
      [5, 4, 3, 2, 1, 0, 0, 0],
    ]) {
      const forged = Uint8Array.from(signature);
      forged.set(counts, 4619);
      expect(verify(signerPublic, message, forged)).toBe(false);
    }
  });

  it('for another key, and for a key that is only noise', () => {
    expect(verify(otherSigner.publicKey, message, signature)).toBe(false);
    expect(verify(SignPublicKey.fromBytes(new Uint8Array(2592)), message, signature)).toBe(false);
    expect(verify(SignPublicKey.fromBytes(new Uint8Array(2592).fill(0xff)), message, signature)).toBe(false);
  });
});

describe('wrong input', () => {
  const signature = new Uint8Array(4627);

  it.each<readonly [string, unknown]>([
    ...NO_BYTES,
    ['a SignPublicKey', signerPublic],
    ['a KemPrivateKey', recipient],
    ['32 bytes', new Uint8Array(32)],
  ])('sign refuses %s as a key', (got, value) => {
    const error = thrownBy(() => sign(value as SignPrivateKey, message));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'privateKey',
      expected: 'a SignPrivateKey',
      got,
    });
  });

  it.each<readonly [string, unknown]>([
    ...NO_BYTES,
    ['a SignPrivateKey', signer],
    ['a KemPublicKey', recipientPublic],
    ['2592 bytes', new Uint8Array(2592)],
  ])('verify refuses %s as a key', (got, value) => {
    const error = thrownBy(() => verify(value as SignPublicKey, message, signature));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'publicKey',
      expected: 'a SignPublicKey',
      got,
    });
  });

  it.each(NO_BYTES)('both refuse %s as a message', (got, value) => {
    const bytes = value as Uint8Array;
    expect(thrownBy(() => sign(signer, bytes))).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'message',
      got,
    });
    expect(thrownBy(() => verify(signerPublic, bytes, signature))).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'message',
      got,
    });
  });

  it.each(NO_BYTES)('verify refuses %s as a signature', (got, value) => {
    const error = thrownBy(() => verify(signerPublic, message, value as Uint8Array));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'signature', got });
  });

  it.each([256, 257, 65536])('both refuse a context of %i bytes', (length) => {
    const options = { context: new Uint8Array(length) };
    const problem = { code: 'ERR_INPUT_LENGTH', argument: 'options.context', expected: '0 to 255 bytes' };
    expect(thrownBy(() => sign(signer, message, options))).toMatchObject(problem);
    expect(thrownBy(() => sign(signer, message, { ...options, deterministic: true }))).toMatchObject(problem);
    expect(thrownBy(() => verify(signerPublic, message, signature, options))).toMatchObject(problem);
  });

  it.each(NO_BYTES.filter(([, value]) => value !== undefined))(
    'both refuse %s as a context',
    (got, value) => {
      const options = { context: value as Uint8Array };
      const problem = { code: 'ERR_INPUT_TYPE', argument: 'options.context', got };
      expect(thrownBy(() => sign(signer, message, options))).toMatchObject(problem);
      expect(thrownBy(() => verify(signerPublic, message, signature, options))).toMatchObject(problem);
    },
  );

  it.each([
    ['null', null],
    ['number 1', 1],
    ['a string of 4 characters', 'true'],
    ['an object', {}],
  ])('sign refuses %s as deterministic', (got, value) => {
    const options = { deterministic: value } as unknown as SignOptions;
    const error = thrownBy(() => sign(signer, message, options));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'options.deterministic',
      expected: 'a boolean',
      got,
    });
  });

  it('both refuse options they do not know', () => {
    const options = { contxt: new Uint8Array(1) } as SignOptions;
    const error = thrownBy(() => sign(signer, message, options));
    expect(error).toMatchObject({
      code: 'ERR_INPUT_OPTION',
      argument: 'options',
      expected: 'only context, deterministic',
      got: 'unknown option "contxt"',
    });
    expectInput(() => verify(signerPublic, message, signature, options), 'ERR_INPUT_OPTION', 'options');
    expectInput(
      () => verify(signerPublic, message, signature, { deterministic: true } as SignOptions),
      'ERR_INPUT_OPTION',
      'options',
    );
  });

  it.each([
    ['null', null],
    ['a context without its name', new Uint8Array(3)],
    ['a text', 'context'],
    ['an array', []],
  ])('both refuse %s for options', (_, value) => {
    const options = value as unknown as SignOptions;
    expectInput(() => sign(signer, message, options), 'ERR_INPUT_TYPE', 'options');
    expectInput(() => verify(signerPublic, message, signature, options), 'ERR_INPUT_TYPE', 'options');
  });

  it('sign refuses a disposed key, used before or not', () => {
    const used = newSigner();
    sign(used, message);
    sign(used, message, { deterministic: true });
    used.dispose();
    for (const key of [used, disposed(newSigner())]) {
      expectInput(() => sign(key, message), 'ERR_INPUT_DISPOSED', 'privateKey');
      expectInput(() => sign(key, message, { deterministic: true }), 'ERR_INPUT_DISPOSED', 'privateKey');
    }
  });
});
