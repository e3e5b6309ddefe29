/** Envelopes of messages: what opens, and that nothing else does. */
import {
  type Decapsulator,
  type EnvelopeOpenOptions,
  type EnvelopeSealOptions,
  open,
  type Recipient,
  readHeader,
  type Signer,
  seal,
  sealStream,
} from '@mwrasp/crypto/envelope';
import type { KemPublicKey } from '@mwrasp/crypto/kem';
import { type SignPublicKey, sign } from '@mwrasp/crypto/sign';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/bytes.ts';
import { PqError } from '../../../src/errors.ts';
import { SecretBytes } from '../../../src/secret.ts';
import { expectInputError, expectInputLater, NO_BYTES, rejectionOf } from '../../support/errors.ts';
import { counting, disposed, flipped, newRecipient, newSigner, testKeys } from '../../support/keys.ts';
import {
  collect,
  countingDecapsulator,
  expectAuthentication,
  expectVersion,
  LAYOUT,
  offsets,
  recordingSigner,
} from './support.ts';

const { recipient, recipientPublic, otherRecipient, signer, signerPublic, otherSigner } = testKeys();
const message = utf8('the message');
const context = utf8('a context');
const DOMAIN = utf8('mwrasp-crypto/envelope/v1');
const base = await seal(recipientPublic, message, { context });
const signed = await seal(recipientPublic, message, { context, signer });
const openBase = (bytes: Uint8Array, by: Recipient = recipient) => open(by, bytes, { context });
const openSigned = (bytes: Uint8Array, by: Recipient = recipient) =>
  open(by, bytes, { context, sender: signerPublic });

const without = <T>(values: readonly (readonly [string, T])[], value: unknown) =>
  values.filter(([, candidate]) => candidate !== value);

/** A signed envelope whose signature is made again, over what it says now. */
function signedAgain(envelope: Uint8Array, by = signer): Uint8Array {
  const at = offsets(true);
  const signature = sign(by, concat(envelope.subarray(0, at.signature), context), { context: DOMAIN });
  return concat(envelope.subarray(0, at.signature), signature, envelope.subarray(at.body));
}

describe('seal and open', () => {
  it('round-trip any message, context and signer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 5000 }),
        fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
        fc.boolean(),
        async (plaintext, ctx, isSigned) => {
          const agreed = ctx === undefined ? {} : { context: ctx };
          const bytes = await seal(recipientPublic, plaintext, {
            ...agreed,
            ...(isSigned ? { signer } : {}),
          });
          expect(bytes).toHaveLength((isSigned ? 6303 : 1644) + plaintext.length + 16);
          expect(
            await open(recipient, bytes, { ...agreed, ...(isSigned ? { sender: signerPublic } : {}) }),
          ).toEqual(plaintext);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('make another envelope each time', async () => {
    const again = await seal(recipientPublic, message, { context });
    expect(again.subarray(44)).not.toEqual(base.subarray(44));
    expect(again.subarray(1612, 1644)).not.toEqual(base.subarray(1612, 1644));
  });

  it('take an empty message', async () => {
    const bytes = await seal(recipientPublic, new Uint8Array(0));
    expect(bytes).toHaveLength(1644 + 16);
    expect(await open(recipient, bytes)).toEqual(new Uint8Array(0));
  });

  it('leave their inputs alone and hand out memory of their own', async () => {
    const large = Buffer.concat([Buffer.alloc(4), base, Buffer.alloc(4)]);
    const before = Uint8Array.from(large);
    const opened = await openBase(large.subarray(4, 4 + base.length));
    expect(opened).toEqual(message);
    expect(Uint8Array.from(large)).toEqual(before);
    opened.fill(0);
    expect(await openBase(base)).toEqual(message);
  });

  it('take no context and an empty one as the same', async () => {
    const bytes = await seal(recipientPublic, message, { context: new Uint8Array(0) });
    expect(await open(recipient, bytes)).toEqual(message);
    expect(
      await open(recipient, await seal(recipientPublic, message), { context: new Uint8Array(0) }),
    ).toEqual(message);
  });

  it('take a context of 16 KiB, and no byte more', async () => {
    const long = counting(16_384);
    const bytes = await seal(recipientPublic, message, { context: long, signer });
    const options = { context: long, sender: signerPublic };
    expect(await open(recipient, bytes, options)).toEqual(message);
    expectAuthentication(
      await rejectionOf(() => open(recipient, bytes, { ...options, context: flipped(long, 16_383) })),
    );
    const tooLong = { context: new Uint8Array(16_385) };
    for (const error of [
      await rejectionOf(() => seal(recipientPublic, message, tooLong)),
      await rejectionOf(() => open(recipient, base, tooLong)),
    ]) {
      expect(error).toMatchObject({
        code: 'ERR_INPUT_LENGTH',
        argument: 'options.context',
        expected: '0 to 16384 bytes',
        got: '16385 bytes',
      });
    }
  });

  it('work with a Signer and a Decapsulator in place of keys', async () => {
    const by = recordingSigner(signer);
    const bytes = await seal(recipientPublic, message, { context, signer: by });
    const decapsulator = countingDecapsulator(recipient);
    expect(await openSigned(bytes, decapsulator)).toEqual(message);
    expect(decapsulator.count).toBe(1);
    // What is signed: everything before the signature, and the context.
    expect(by.signed).toEqual([[concat(bytes.subarray(0, offsets(true).signature), context), DOMAIN]]);
  });

  it('do not care what becomes of the bytes while they wait', async () => {
    const bytes = Uint8Array.from(signed);
    const spiteful: Decapsulator = {
      publicKey: recipientPublic,
      async decapsulate(ciphertext) {
        bytes.fill(0);
        return countingDecapsulator(recipient).decapsulate(ciphertext);
      },
    };
    expect(await openSigned(bytes, spiteful)).toEqual(message);
    expect(bytes[0]).toBe(0);
  });
});

describe('the sender', () => {
  it('may be found by the key id in the envelope, now or later', async () => {
    const asked: string[] = [];
    const directory = new Map([[signerPublic.keyId, signerPublic]]);
    const find = (keyId: string) => {
      asked.push(keyId);
      return directory.get(keyId);
    };
    expect(await open(recipient, signed, { context, sender: find })).toEqual(message);
    expect(await open(recipient, signed, { context, sender: async (keyId) => find(keyId) })).toEqual(message);
    expect(asked).toEqual([signerPublic.keyId, signerPublic.keyId]);
    expect(readHeader(signed).sender).toBe(signerPublic.keyId);
  });

  it.each<[string, () => unknown]>([
    ['nobody', () => undefined],
    ['nobody, later', async () => undefined],
    ['another key', () => otherSigner.publicKey],
    ['another key, later', async () => otherSigner.publicKey],
  ])('is refused when the function finds %s', async (_, sender) => {
    const decapsulator = countingDecapsulator(recipient);
    const options = { context, sender } as EnvelopeOpenOptions;
    expectAuthentication(await rejectionOf(() => open(decapsulator, signed, options)));
    expect(decapsulator.count).toBe(0);
  });

  it.each([
    ['null', null],
    ['a string of 3 characters', 'key'],
    ['2592 bytes', new Uint8Array(2592)],
    ['a KemPublicKey', recipientPublic],
    ['a SignPrivateKey', signer],
    ['an object', {}],
  ])('is refused when the function returns %s', async (got, value) => {
    for (const sender of [() => value, async () => value]) {
      const options = { context, sender } as unknown as EnvelopeOpenOptions;
      expect(await rejectionOf(() => open(recipient, signed, options))).toMatchObject({
        code: 'ERR_INPUT_TYPE',
        argument: 'options.sender',
        expected: 'a function that returns a SignPublicKey',
        got,
      });
    }
  });

  it('passes on the error of the function', async () => {
    const failure = new Error('directory is down');
    const options = { context, sender: () => Promise.reject(failure) };
    expect(await rejectionOf(() => open(recipient, signed, options))).toBe(failure);
  });

  it('is not asked for when the envelope is for somebody else', async () => {
    let asked = 0;
    const sender = () => {
      asked++;
      return signerPublic;
    };
    expectAuthentication(await rejectionOf(() => open(otherRecipient, signed, { context, sender })));
    expect(asked).toBe(0);
  });

  it('must be named for a signed envelope', async () => {
    for (const options of [{ context }, { context, sender: undefined } as unknown as EnvelopeOpenOptions]) {
      const decapsulator = countingDecapsulator(recipient);
      expect(await rejectionOf(() => open(decapsulator, signed, options))).toMatchObject({
        name: 'InputError',
        code: 'ERR_INPUT_STATE',
        argument: 'options.sender',
        expected: "the sender's key, since this envelope is signed",
        got: 'undefined',
      });
      expect(decapsulator.count).toBe(0);
    }
  });

  it('must be the one that the envelope names, whoever signed it', async () => {
    const { publicKey: otherPublic } = otherSigner;
    const names: Signer = {
      publicKey: signerPublic,
      sign: (bytes, options) => sign(otherSigner, bytes, options),
    };
    const envelope = await seal(recipientPublic, message, { context, signer: names });
    for (const sender of [signerPublic, otherPublic, () => signerPublic, () => otherPublic]) {
      expectAuthentication(await rejectionOf(() => open(recipient, envelope, { context, sender })));
    }
  });

  it('must have signed when one is expected', async () => {
    const decapsulator = countingDecapsulator(recipient);
    for (const sender of [signerPublic, () => signerPublic]) {
      expectAuthentication(await rejectionOf(() => open(decapsulator, base, { context, sender })));
    }
    expect(decapsulator.count).toBe(0);
  });
});

describe('the wrong one', () => {
  it('recipient opens nothing, and does not even try', async () => {
    const decapsulator = countingDecapsulator(otherRecipient);
    expectAuthentication(await rejectionOf(() => openBase(base, decapsulator)));
    expectAuthentication(await rejectionOf(() => openSigned(signed, decapsulator)));
    expect(decapsulator.count).toBe(0);
    // Somebody who claims the right public key gets no further.
    const claims: Decapsulator = {
      publicKey: recipientPublic,
      decapsulate: (c) => decapsulator.decapsulate(c),
    };
    expectAuthentication(await rejectionOf(() => openBase(base, claims)));
    expectAuthentication(await rejectionOf(() => openSigned(signed, claims)));
  });

  it('context opens nothing', async () => {
    for (const other of [
      undefined,
      new Uint8Array(0),
      utf8('a contexu'),
      utf8('a context '),
      utf8('a contex'),
    ]) {
      const options = other === undefined ? {} : { context: other };
      expectAuthentication(await rejectionOf(() => open(recipient, base, options)));
      expectAuthentication(
        await rejectionOf(() => open(recipient, signed, { ...options, sender: signerPublic })),
      );
    }
  });

  it('sender opens nothing', async () => {
    expectAuthentication(
      await rejectionOf(() => open(recipient, signed, { context, sender: otherSigner.publicKey })),
    );
  });
});

describe('a change', () => {
  /** What opening an envelope with one byte changed must end in. */
  function expectRefusal(error: unknown, offset: number, value: number, isSigned: boolean): void {
    expect(error).toBeInstanceOf(PqError);
    if (offset < 3) expectInputError(error, 'ERR_INPUT_FORMAT', 'envelope');
    else if (offset === 3) expectVersion(error);
    else if (offset === LAYOUT.mode && value > 1) expectInputError(error, 'ERR_INPUT_FORMAT', 'envelope');
    else if (offset === LAYOUT.mode && !isSigned) expectInputError(error, 'ERR_INPUT_FORMAT', 'envelope');
    else if (offset === LAYOUT.form) expectInputError(error, 'ERR_INPUT_FORMAT', 'envelope');
    else if (offset >= LAYOUT.suite && offset < LAYOUT.recipient) expectVersion(error);
    else expectAuthentication(error);
  }

  it('of any byte of a header is refused', async () => {
    for (let offset = 0; offset < LAYOUT.baseHeaderBytes; offset++) {
      const changed = flipped(base, offset, 1 << (offset % 8));
      expectRefusal(await rejectionOf(() => openBase(changed)), offset, changed[offset] as number, false);
    }
  });

  it('of any bit of the fixed part and the commitment of a signed header is refused', async () => {
    const at = offsets(true);
    const decapsulator = countingDecapsulator(recipient);
    const positions = [...Array(at.enc).keys(), ...Array.from({ length: 32 }, (_, i) => at.commitment + i)];
    for (const offset of positions) {
      for (const bits of [0x01, 0x80]) {
        const changed = flipped(signed, offset, bits);
        const error = await rejectionOf(() => openSigned(changed, decapsulator));
        expectRefusal(error, offset, changed[offset] as number, true);
      }
    }
    // The signature is verified first: nothing was decapsulated for any of them.
    expect(decapsulator.count).toBe(0);
  });

  it('of the encapsulation or the signature of a signed header is refused', async () => {
    const at = offsets(true);
    const decapsulator = countingDecapsulator(recipient);
    for (let offset = at.enc; offset < at.body; offset += 53) {
      const changed = flipped(signed, offset, 0x10);
      expectAuthentication(await rejectionOf(() => openSigned(changed, decapsulator)));
    }
    expectAuthentication(await rejectionOf(() => openSigned(flipped(signed, at.body - 1), decapsulator)));
    expect(decapsulator.count).toBe(0);
  });

  it('of any byte of the body is refused', async () => {
    for (const [bytes, start, openIt] of [
      [base, 1644, openBase],
      [signed, 6303, openSigned],
    ] as const) {
      for (let offset = start; offset < bytes.length; offset++) {
        expectAuthentication(await rejectionOf(() => openIt(flipped(bytes, offset, 0x40))));
      }
    }
  });

  it('of the length is refused', async () => {
    for (const [bytes, start, openIt] of [
      [base, 1644, openBase],
      [signed, 6303, openSigned],
    ] as const) {
      for (let length = start; length < bytes.length; length++) {
        expectAuthentication(await rejectionOf(() => openIt(bytes.subarray(0, length))));
      }
      for (const length of [0, 1, 3, 4, 11, 12, 44, 76, 1000, start - 1]) {
        const error = await rejectionOf(() => openIt(bytes.subarray(0, length)));
        expectInputError(error, 'ERR_INPUT_FORMAT', 'envelope');
      }
      expectAuthentication(await rejectionOf(() => openIt(Uint8Array.of(...bytes, 0))));
    }
  });

  it('from base to signed is a question of who should have signed', async () => {
    const long = await seal(recipientPublic, new Uint8Array(6000), { context });
    const changed = flipped(long, LAYOUT.mode);
    await expectInputLater(() => openBase(changed), 'ERR_INPUT_STATE', 'options.sender');
    expectAuthentication(await rejectionOf(() => openSigned(changed)));
  });

  it('that takes the signature off is refused', async () => {
    const at = offsets(true);
    const stripped = concat(
      flipped(signed.subarray(0, 44), LAYOUT.mode),
      signed.subarray(at.enc, at.signature),
      signed.subarray(at.body),
    );
    expect(readHeader(stripped)).toEqual({ recipient: recipientPublic.keyId, headerBytes: 1644 });
    expectAuthentication(await rejectionOf(() => openSigned(stripped)));
    expectAuthentication(await rejectionOf(() => openBase(stripped)));
    // The same with only the mode changed, so that the rest is read in other places.
    expectAuthentication(await rejectionOf(() => openBase(flipped(signed, LAYOUT.mode))));
    expectAuthentication(await rejectionOf(() => openSigned(flipped(signed, LAYOUT.mode))));
  });

  it('of the signer is refused, whoever is expected', async () => {
    // The signature of another, under the first one's name.
    const forged = signedAgain(signed, otherSigner);
    expectAuthentication(await rejectionOf(() => openSigned(forged)));
    // And under the other's own name: the seal is bound to the first one's.
    const renamed = Uint8Array.from(signed);
    renamed.set(otherSigner.publicKey.thumbprint(), LAYOUT.sender);
    const resigned = signedAgain(renamed, otherSigner);
    expectAuthentication(await rejectionOf(() => openSigned(resigned)));
    for (const sender of [otherSigner.publicKey, () => otherSigner.publicKey]) {
      const decapsulator = countingDecapsulator(recipient);
      expectAuthentication(await rejectionOf(() => open(decapsulator, resigned, { context, sender })));
      expect(decapsulator.count).toBe(1);
    }
  });

  it('that the sender signed again is still bound by the seal', async () => {
    const at = offsets(true);
    expect(await openSigned(signedAgain(signed))).toEqual(message);
    for (const offset of [at.enc, at.commitment - 1, at.commitment, at.signature - 1]) {
      expectAuthentication(await rejectionOf(() => openSigned(signedAgain(flipped(signed, offset)))));
    }
  });

  it('that puts the parts of two envelopes together is refused', async () => {
    const other = await seal(recipientPublic, message, { context });
    for (const [start, end] of [
      [44, 1612],
      [1612, 1644],
      [44, 1644],
      [1644, base.length],
    ] as const) {
      const mixed = Uint8Array.from(base);
      mixed.set(other.subarray(start, end), start);
      expectAuthentication(await rejectionOf(() => openBase(mixed)));
    }
    const otherSigned = await seal(recipientPublic, message, { context, signer });
    const mixed = concat(signed.subarray(0, 6303), otherSigned.subarray(6303));
    expectAuthentication(await rejectionOf(() => openSigned(mixed)));
  });

  it('sent on to another recipient under the same signature is refused', async () => {
    const readdressed = Uint8Array.from(signed);
    readdressed.set(otherRecipient.publicKey.thumbprint(), LAYOUT.recipient);
    expectAuthentication(await rejectionOf(() => openSigned(readdressed, otherRecipient)));
  });
});

describe('open refuses', () => {
  it('an envelope of a stream, by name', async () => {
    const stream = await collect(sealStream(recipientPublic, [message], { context }));
    expect(await rejectionOf(() => openBase(stream))).toMatchObject({
      code: 'ERR_INPUT_FORMAT',
      argument: 'envelope',
      expected: 'one of a message',
      got: 'one of a stream (use openStream)',
    });
  });

  it('any other bytes, with an error of ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(base.length - 200), async (noise, at) => {
        const bytes = Uint8Array.from(base);
        bytes.set(noise, at);
        for (const input of [noise, bytes]) {
          if (Buffer.compare(input, base) === 0) continue;
          const error = await rejectionOf(() => openBase(input));
          expect(error).toBeInstanceOf(PqError);
          expect((error as PqError).code).toMatch(
            /^ERR_(INPUT_FORMAT|INPUT_STATE|UNSUPPORTED_VERSION|AUTHENTICATION)$/,
          );
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('wrong input', () => {
  it.each<readonly [string, unknown]>([
    ...NO_BYTES,
    ['a KemPrivateKey', recipient],
    ['a SignPublicKey', signerPublic],
    ['1568 bytes', new Uint8Array(1568)],
  ])('seal refuses %s as recipient', async (got, value) => {
    expect(await rejectionOf(() => seal(value as KemPublicKey, message))).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'recipient',
      expected: 'a KemPublicKey',
      got,
    });
  });

  it.each<readonly [string, unknown]>([
    ...NO_BYTES,
    ['a KemPublicKey', recipientPublic],
    ['a SignPrivateKey', signer],
    ['64 bytes', new Uint8Array(64)],
    ['an object', { publicKey: recipientPublic }],
    ['an object', { publicKey: recipientPublic, decapsulate: 'yes' }],
    ['an object', { publicKey: signerPublic, decapsulate: () => {} }],
    ['an object', { decapsulate: () => {} }],
  ])('open refuses %s as recipient', async (got, value) => {
    expect(await rejectionOf(() => open(value as Recipient, base))).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'recipient',
      expected: 'a KemPrivateKey or a Decapsulator',
      got,
    });
  });

  it.each(NO_BYTES)('seal and open refuse %s as bytes', async (got, value) => {
    const bytes = value as Uint8Array;
    const type = { code: 'ERR_INPUT_TYPE', expected: 'a Uint8Array', got };
    expect(await rejectionOf(() => seal(recipientPublic, bytes))).toMatchObject({
      ...type,
      argument: 'plaintext',
    });
    expect(await rejectionOf(() => open(recipient, bytes))).toMatchObject({ ...type, argument: 'envelope' });
  });

  it.each(without(NO_BYTES, undefined))('seal and open refuse %s as context', async (got, value) => {
    const options = { context: value as Uint8Array };
    const problem = { code: 'ERR_INPUT_TYPE', argument: 'options.context', got };
    expect(await rejectionOf(() => seal(recipientPublic, message, options))).toMatchObject(problem);
    expect(await rejectionOf(() => open(recipient, base, options))).toMatchObject(problem);
  });

  it.each([
    ['null', null],
    ['a string of 6 characters', 'signer'],
    ['32 bytes', new Uint8Array(32)],
    ['a SignPublicKey', signerPublic],
    ['a KemPrivateKey', recipient],
    ['an object', { publicKey: signerPublic }],
    ['an object', { publicKey: recipientPublic, sign: () => {} }],
    ['an object', { publicKey: signerPublic, sign: new Uint8Array(1) }],
    ['an object', { sign: () => {} }],
  ])('seal refuses %s as signer', async (got, value) => {
    const options = { signer: value as Signer };
    expect(await rejectionOf(() => seal(recipientPublic, message, options))).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'options.signer',
      expected: 'a SignPrivateKey or a Signer',
      got,
    });
  });

  it.each([
    ['null', null],
    ['a string of 43 characters', signerPublic.keyId],
    ['2592 bytes', new Uint8Array(2592)],
    ['a SignPrivateKey', signer],
    ['a KemPublicKey', recipientPublic],
    ['an object', { keyId: signerPublic.keyId }],
    ['a Map', new Map([[signerPublic.keyId, signerPublic]])],
  ])('open refuses %s as sender', async (got, value) => {
    const options = { sender: value as unknown as SignPublicKey };
    for (const bytes of [base, signed]) {
      expect(await rejectionOf(() => open(recipient, bytes, options))).toMatchObject({
        code: 'ERR_INPUT_TYPE',
        argument: 'options.sender',
        expected: 'a SignPublicKey or a function',
        got,
      });
    }
  });

  it('seal and open refuse options they do not know', async () => {
    expect(
      await rejectionOf(() => seal(recipientPublic, message, { sender: 1 } as EnvelopeSealOptions)),
    ).toMatchObject({
      code: 'ERR_INPUT_OPTION',
      argument: 'options',
      expected: 'only signer, context',
      got: 'unknown option "sender"',
    });
    expect(
      await rejectionOf(() => open(recipient, base, { signer: 1 } as EnvelopeOpenOptions)),
    ).toMatchObject({
      code: 'ERR_INPUT_OPTION',
      argument: 'options',
      expected: 'only sender, context',
      got: 'unknown option "signer"',
    });
    for (const value of [null, 'options', context, [context]]) {
      const options = value as unknown as EnvelopeSealOptions;
      await expectInputLater(() => seal(recipientPublic, message, options), 'ERR_INPUT_TYPE', 'options');
      await expectInputLater(
        () => open(recipient, base, options as EnvelopeOpenOptions),
        'ERR_INPUT_TYPE',
        'options',
      );
    }
  });

  it('seal and open refuse disposed keys by the name of the argument, used before or not', async () => {
    const [usedSigner, usedRecipient] = [newSigner(), newRecipient()];
    await open(usedRecipient, await seal(usedRecipient.publicKey, message, { signer: usedSigner }), {
      sender: usedSigner.publicKey,
    });
    for (const key of [disposed(newSigner()), disposed(usedSigner)]) {
      await expectInputLater(
        () => seal(recipientPublic, message, { signer: key }),
        'ERR_INPUT_DISPOSED',
        'options.signer',
      );
    }
    for (const key of [disposed(newRecipient()), disposed(usedRecipient)]) {
      await expectInputLater(() => open(key, base, { context }), 'ERR_INPUT_DISPOSED', 'recipient');
    }
  });

  it.each([
    ['undefined', undefined, 'ERR_INPUT_TYPE'],
    ['a string of 9 characters', 'signature', 'ERR_INPUT_TYPE'],
    ['0 bytes', new Uint8Array(0), 'ERR_INPUT_LENGTH'],
    ['4626 bytes', new Uint8Array(4626), 'ERR_INPUT_LENGTH'],
    ['4628 bytes', new Uint8Array(4628), 'ERR_INPUT_LENGTH'],
  ])('seal refuses a Signer that returns %s', async (got, value, code) => {
    for (const result of [value, Promise.resolve(value)]) {
      const by = { publicKey: signerPublic, sign: () => result } as unknown as Signer;
      const error = await rejectionOf(() => seal(recipientPublic, message, { signer: by }));
      expect(error).toMatchObject({ name: 'InputError', code, argument: 'options.signer', got });
    }
  });

  it.each([
    ['undefined', () => undefined, 'ERR_INPUT_TYPE'],
    ['32 bytes', () => new Uint8Array(32), 'ERR_INPUT_TYPE'],
    ['31 bytes', () => SecretBytes.adopt(new Uint8Array(31)), 'ERR_INPUT_LENGTH'],
    ['33 bytes', () => SecretBytes.adopt(new Uint8Array(33)), 'ERR_INPUT_LENGTH'],
  ])('open refuses a Decapsulator that returns %s', async (got, make, code) => {
    for (const decapsulate of [make, async () => make()]) {
      const by = { publicKey: recipientPublic, decapsulate } as unknown as Decapsulator;
      const error = await rejectionOf(() => open(by, base, { context }));
      expect(error).toMatchObject({ name: 'InputError', code, argument: 'recipient', got });
    }
  });

  it('the errors of a Signer and a Decapsulator are passed on', async () => {
    const failure = new Error('token unplugged');
    const fail = () => Promise.reject(failure);
    expect(
      await rejectionOf(() =>
        seal(recipientPublic, message, { signer: { publicKey: signerPublic, sign: fail } }),
      ),
    ).toBe(failure);
    expect(await rejectionOf(() => openBase(base, { publicKey: recipientPublic, decapsulate: fail }))).toBe(
      failure,
    );
  });

  it('a Signer or a Decapsulator that cannot be read is refused by the name of the argument', async () => {
    const unreadable = {
      get publicKey(): never {
        throw new Error('not today');
      },
    } as unknown as Signer & Decapsulator;
    await expectInputLater(
      () => seal(recipientPublic, message, { signer: unreadable }),
      'ERR_INPUT_TYPE',
      'options.signer',
    );
    await expectInputLater(() => open(unreadable, base), 'ERR_INPUT_TYPE', 'recipient');
  });

  it('what a Decapsulator returned is disposed, whether the envelope opens or not', async () => {
    const secrets: SecretBytes[] = [];
    const by: Decapsulator = {
      publicKey: recipientPublic,
      async decapsulate(ciphertext) {
        const secret = await countingDecapsulator(recipient).decapsulate(ciphertext);
        secrets.push(secret);
        return secret;
      },
    };
    await openBase(base, by);
    await rejectionOf(() => openBase(flipped(base, 100), by));
    await rejectionOf(() => openBase(flipped(base, 1644), by));
    expect(secrets.map((secret) => secret.disposed)).toEqual([true, true, true]);
  });
});
