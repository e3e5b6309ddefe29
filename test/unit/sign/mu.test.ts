/** External μ: signing and verifying what comes in pieces. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  type ContextOptions,
  createMu,
  Mu,
  type SignOptions,
  type SignPrivateKey,
  type SignPublicKey,
  sign,
  signMu,
  signStream,
  verify,
  verifyMu,
  verifyStream,
} from '@mwrasp/crypto/sign';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { utf8 } from '../../../src/bytes.ts';
import type { ByteSource } from '../../../src/chunks.ts';
import { expectInput, expectInputLater, NO_BYTES, rejectionOf, thrownBy } from '../../support/errors.ts';
import { counting, disposed, flipped, newSigner, testKeys } from '../../support/keys.ts';

const { signer, signerPublic, otherSigner, recipientPublic } = testKeys();
const message = counting(2000);
const context = utf8('a context');

/** FIPS 204 algorithms 2 and 7, with another library's SHAKE256. */
function expectedMu(publicKey: SignPublicKey, data: Uint8Array, ctx: Uint8Array): Uint8Array {
  const shake = (...parts: Uint8Array[]) => {
    const hash = createHash('shake256', { outputLength: 64 });
    for (const part of parts) hash.update(part);
    return Uint8Array.from(hash.digest());
  };
  return shake(shake(publicKey.toBytes()), Uint8Array.of(0, ctx.length), ctx, data);
}

function webStream(...pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

describe('createMu', () => {
  it('computes μ as FIPS 204 says, however the message is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
        fc.uint8Array({ maxLength: 255 }),
        (pieces, ctx) => {
          const builder = createMu(signerPublic, { context: ctx });
          for (const piece of pieces) builder.update(piece);
          const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
          expect(builder.finish().toBytes()).toEqual(expectedMu(signerPublic, whole, ctx));
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([0, 1, 255])('takes a context of %i bytes', (length) => {
    const ctx = counting(length);
    expect(createMu(signerPublic, { context: ctx }).finish().toBytes()).toEqual(
      expectedMu(signerPublic, new Uint8Array(0), ctx),
    );
  });

  it('returns itself from update, and ends once', () => {
    const builder = createMu(signerPublic);
    expect(builder.update(message)).toBe(builder);
    expect(builder.finish().toBytes()).toEqual(expectedMu(signerPublic, message, new Uint8Array(0)));
    for (const work of [() => builder.finish(), () => builder.update(message)]) {
      expect(thrownBy(work)).toMatchObject({
        code: 'ERR_INPUT_STATE',
        argument: 'mu',
        expected: 'a computation under way',
        got: 'one that ended',
      });
    }
  });

  it('depends on the key', () => {
    expect(createMu(otherSigner.publicKey).finish().toBytes()).not.toEqual(
      createMu(signerPublic).finish().toBytes(),
    );
  });
});

describe('Mu', () => {
  it('keeps a copy and gives copies', () => {
    const bytes = counting(64);
    const mu = Mu.fromBytes(bytes);
    bytes.fill(0);
    mu.toBytes().fill(0);
    expect(mu.toBytes()).toEqual(counting(64));
  });

  it.each([0, 32, 63, 65])('refuses %i bytes', (length) => {
    expectInput(() => Mu.fromBytes(new Uint8Array(length)), 'ERR_INPUT_LENGTH', 'bytes');
  });

  it.each(NO_BYTES)('refuses %s', (got, value) => {
    const error = thrownBy(() => Mu.fromBytes(value as Uint8Array));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE', argument: 'bytes', got });
  });
});

describe('signMu and verifyMu', () => {
  const mu = createMu(signerPublic, { context }).update(message).finish();

  it('make and take ordinary signatures', () => {
    const signature = signMu(signer, mu);
    expect(verify(signerPublic, message, signature, { context })).toBe(true);
    expect(verifyMu(signerPublic, mu, signature)).toBe(true);
    expect(verifyMu(signerPublic, mu, sign(signer, message, { context }))).toBe(true);
    expect(verifyMu(signerPublic, mu, sign(signer, message))).toBe(false);
  });

  it('hedge unless asked otherwise', () => {
    expect(signMu(signer, mu)).not.toEqual(signMu(signer, mu));
    const deterministic = signMu(signer, mu, { deterministic: true });
    expect(signMu(signer, mu, { deterministic: true })).toEqual(deterministic);
    expect(sign(signer, message, { context, deterministic: true })).toEqual(deterministic);
  });

  it('give false for any bad signature', () => {
    const signature = signMu(signer, mu);
    for (const offset of [0, 63, 64, 3000, 4543, 4544, 4626]) {
      expect(verifyMu(signerPublic, mu, flipped(signature, offset))).toBe(false);
    }
    for (const length of [0, 1, 4626, 4628, 50_000]) {
      expect(verifyMu(signerPublic, mu, new Uint8Array(length))).toBe(false);
    }
    expect(verifyMu(otherSigner.publicKey, mu, signature)).toBe(false);
    expect(verifyMu(signerPublic, Mu.fromBytes(flipped(mu.toBytes(), 63)), signature)).toBe(false);
  });

  it('refuse a disposed key', () => {
    expectInput(() => signMu(disposed(newSigner()), mu), 'ERR_INPUT_DISPOSED', 'privateKey');
    const used = newSigner();
    signMu(used, mu);
    expectInput(() => signMu(disposed(used), mu), 'ERR_INPUT_DISPOSED', 'privateKey');
  });
});

describe('signStream and verifyStream', () => {
  const cut = () => [
    message.subarray(0, 1),
    new Uint8Array(0),
    message.subarray(1, 1200),
    message.subarray(1200),
  ];

  it.each<[string, () => ByteSource]>([
    ['a Node stream', () => Readable.from(cut())],
    ['a web stream', () => webStream(...cut())],
    ['an array', cut],
    [
      'an async iterable',
      async function* () {
        yield* cut();
      },
    ],
  ])('agree with sign and verify on %s', async (_, source) => {
    const signature = await signStream(signer, source(), { context });
    expect(verify(signerPublic, message, signature, { context })).toBe(true);
    expect(verify(signerPublic, message, signature)).toBe(false);
    expect(await verifyStream(signerPublic, source(), sign(signer, message, { context }), { context })).toBe(
      true,
    );
    expect(await verifyStream(signerPublic, source(), signature)).toBe(false);
  });

  it('hedge unless asked otherwise', async () => {
    const one = await signStream(signer, [message]);
    expect(await signStream(signer, [message])).not.toEqual(one);
    expect(await signStream(signer, cut(), { context, deterministic: true })).toEqual(
      sign(signer, message, { context, deterministic: true }),
    );
  });

  it('take an empty stream', async () => {
    const signature = await signStream(signer, []);
    expect(verify(signerPublic, new Uint8Array(0), signature)).toBe(true);
    expect(await verifyStream(signerPublic, [], signature)).toBe(true);
  });

  it('give false for a changed, cut, repeated or reordered stream', async () => {
    const signature = await signStream(signer, cut());
    const [a, b, c, d] = cut() as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    for (const pieces of [
      [a, b, c],
      [a, c, b, d, d],
      [c, a, d],
      [flipped(a, 0), c, d],
    ]) {
      expect(await verifyStream(signerPublic, pieces, signature)).toBe(false);
    }
    for (const length of [0, 4626, 4628]) {
      expect(await verifyStream(signerPublic, cut(), new Uint8Array(length))).toBe(false);
    }
  });

  it('pass on the error of a source and close it', async () => {
    const failure = new Error('disk on fire');
    let closed = 0;
    async function* source() {
      try {
        yield message;
        throw failure;
      } finally {
        closed++;
      }
    }
    expect(await rejectionOf(() => signStream(signer, source()))).toBe(failure);
    expect(await rejectionOf(() => verifyStream(signerPublic, source(), new Uint8Array(4627)))).toBe(failure);
    expect(closed).toBe(2);
  });

  it('read nothing of the source when another argument is wrong', async () => {
    let read = 0;
    function* source() {
      read++;
      yield message;
    }
    await rejectionOf(() => signStream(disposed(newSigner()), source()));
    await rejectionOf(() => signStream(signer, source(), { context: new Uint8Array(256) }));
    await rejectionOf(() => verifyStream(signerPublic, source(), 'x' as unknown as Uint8Array));
    expect(read).toBe(0);
  });

  it('refuse pieces that are no bytes', async () => {
    const source = [message, 'text'] as unknown as Uint8Array[];
    await expectInputLater(() => signStream(signer, source), 'ERR_INPUT_TYPE', 'source');
    await expectInputLater(
      () => verifyStream(signerPublic, source, new Uint8Array(4627)),
      'ERR_INPUT_TYPE',
      'source',
    );
  });
});

describe('wrong input', () => {
  const mu = Mu.fromBytes(new Uint8Array(64));
  const signature = new Uint8Array(4627);
  const WRONG_KEYS = [undefined, null, 7, 'key', {}, new Uint8Array(2592), recipientPublic];

  it('is refused where a public key should be', async () => {
    for (const value of [...WRONG_KEYS, signer]) {
      const key = value as SignPublicKey;
      expectInput(() => createMu(key), 'ERR_INPUT_TYPE', 'publicKey');
      expectInput(() => verifyMu(key, mu, signature), 'ERR_INPUT_TYPE', 'publicKey');
      await expectInputLater(() => verifyStream(key, [message], signature), 'ERR_INPUT_TYPE', 'publicKey');
    }
  });

  it('is refused where a private key should be', async () => {
    for (const value of [...WRONG_KEYS, signerPublic]) {
      const key = value as unknown as SignPrivateKey;
      expectInput(() => signMu(key, mu), 'ERR_INPUT_TYPE', 'privateKey');
      await expectInputLater(() => signStream(key, [message]), 'ERR_INPUT_TYPE', 'privateKey');
    }
    await expectInputLater(
      () => signStream(disposed(newSigner()), [message]),
      'ERR_INPUT_DISPOSED',
      'privateKey',
    );
  });

  it('is refused where a μ should be', () => {
    for (const value of [undefined, null, new Uint8Array(64), {}, createMu(signerPublic)]) {
      expectInput(() => signMu(signer, value as Mu), 'ERR_INPUT_TYPE', 'mu');
      expectInput(() => verifyMu(signerPublic, value as Mu, signature), 'ERR_INPUT_TYPE', 'mu');
    }
  });

  it('is refused where bytes should be', async () => {
    for (const [, value] of NO_BYTES) {
      const bytes = value as Uint8Array;
      expectInput(() => createMu(signerPublic).update(bytes), 'ERR_INPUT_TYPE', 'data');
      expectInput(() => verifyMu(signerPublic, mu, bytes), 'ERR_INPUT_TYPE', 'signature');
      await expectInputLater(() => verifyStream(signerPublic, [], bytes), 'ERR_INPUT_TYPE', 'signature');
    }
  });

  it('is refused where a source should be', async () => {
    for (const value of [undefined, null, 7, 'text', {}, message, () => {}]) {
      const source = value as ByteSource;
      await expectInputLater(() => signStream(signer, source), 'ERR_INPUT_TYPE', 'source');
      await expectInputLater(() => verifyStream(signerPublic, source, signature), 'ERR_INPUT_TYPE', 'source');
    }
  });

  it('is refused among the options', async () => {
    const unknown = { ctx: context } as ContextOptions;
    expectInput(() => createMu(signerPublic, unknown), 'ERR_INPUT_OPTION', 'options');
    expectInput(
      () => createMu(signerPublic, { deterministic: true } as ContextOptions),
      'ERR_INPUT_OPTION',
      'options',
    );
    expectInput(() => signMu(signer, mu, { context } as SignOptions), 'ERR_INPUT_OPTION', 'options');
    await expectInputLater(() => signStream(signer, [], unknown), 'ERR_INPUT_OPTION', 'options');
    await expectInputLater(
      () => verifyStream(signerPublic, [], signature, unknown),
      'ERR_INPUT_OPTION',
      'options',
    );

    const flag = { deterministic: 1 } as unknown as SignOptions;
    expectInput(() => signMu(signer, mu, flag), 'ERR_INPUT_TYPE', 'options.deterministic');
    await expectInputLater(() => signStream(signer, [], flag), 'ERR_INPUT_TYPE', 'options.deterministic');

    const long = { context: new Uint8Array(256) };
    expectInput(() => createMu(signerPublic, long), 'ERR_INPUT_LENGTH', 'options.context');
    await expectInputLater(() => signStream(signer, [], long), 'ERR_INPUT_LENGTH', 'options.context');
    await expectInputLater(
      () => verifyStream(signerPublic, [], signature, long),
      'ERR_INPUT_LENGTH',
      'options.context',
    );
  });
});

describe('with an engine forced that has no external μ', () => {
  afterEach(() => vi.resetModules());

  it('says so, and signs and verifies the ordinary way', async () => {
    vi.resetModules();
    const { configureEngines } = await import('../../../src/engines/index.ts');
    const fresh = await import('../../../src/sign/index.ts');
    configureEngines('node');
    const key = fresh.SignPrivateKey.fromSeed(counting(32));
    const mu = fresh.createMu(key.publicKey).finish();
    const signature = fresh.sign(key, message);
    expect(fresh.verify(key.publicKey, message, signature)).toBe(true);
    const unsupported = { name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_OPERATION' };
    expect(thrownBy(() => fresh.sign(key, message, { deterministic: true }))).toMatchObject(unsupported);
    expect(thrownBy(() => fresh.signMu(key, mu))).toMatchObject(unsupported);
    expect(thrownBy(() => fresh.verifyMu(key.publicKey, mu, signature))).toMatchObject(unsupported);
    expect(await rejectionOf(() => fresh.signStream(key, [message]))).toMatchObject(unsupported);
    expect(await rejectionOf(() => fresh.verifyStream(key.publicKey, [message], signature))).toMatchObject(
      unsupported,
    );
  });
});
