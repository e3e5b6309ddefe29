/** Envelopes of streams: whole, in order, to the end, or an error before anybody is told it ended. */
import { Readable } from 'node:stream';
import {
  type EnvelopeOpenOptions,
  type EnvelopeStreamSealOptions,
  open,
  openStream,
  type Recipient,
  readHeader,
  type Signer,
  seal,
  sealStream,
} from '@mwrasp/crypto/envelope';
import type { KemPublicKey } from '@mwrasp/crypto/kem';
import type { SignPublicKey } from '@mwrasp/crypto/sign';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/bytes.ts';
import type { ByteSource } from '../../../src/chunks.ts';
import { pieceAad, startSealing, toSigner } from '../../../src/envelope/session.ts';
import { PqError } from '../../../src/errors.ts';
import {
  expectInput,
  expectInputError,
  expectInputLater,
  NO_BYTES,
  rejectionOf,
  thrownBy,
} from '../../support/errors.ts';
import { counting, disposed, flipped, newRecipient, newSigner, testKeys } from '../../support/keys.ts';
import {
  collect,
  countingDecapsulator,
  cutAt,
  cutEvery,
  expectAuthentication,
  expectVersion,
  LAYOUT,
  offsets,
  recordingSigner,
  runOut,
  watchedSource,
} from './support.ts';

const { recipient, recipientPublic, otherRecipient, signer, signerPublic, otherSigner } = testKeys();
const context = utf8('a stream');
const CHUNK = 1024;
const SEALED_CHUNK = CHUNK + 16;
const plaintext = Uint8Array.from({ length: 3 * CHUNK + 400 }, (_, i) => i + 31 * (i >> 8));
const settings = { context, chunkSizeBytes: CHUNK };
const base = await collect(sealStream(recipientPublic, [plaintext], settings));
const signed = await collect(sealStream(recipientPublic, [plaintext], { ...settings, signer }));
const kinds = [
  { name: 'base', bytes: base, headerBytes: LAYOUT.baseHeaderBytes, options: { context } },
  {
    name: 'signed',
    bytes: signed,
    headerBytes: LAYOUT.signedHeaderBytes,
    options: { context, sender: signerPublic },
  },
] as const;

/** A web stream that is pulled piece by piece, in memory of its own. */
function webStream(pieces: Uint8Array[], onCancel: () => void = () => {}): ReadableStream<Uint8Array> {
  let next = 0;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const piece = pieces[next++];
    if (piece === undefined) controller.close();
    else controller.enqueue(Uint8Array.from(piece));
  };
  return new ReadableStream<Uint8Array>({ pull, cancel: onCancel }, { highWaterMark: 0 });
}

/** Header and sealed chunks, apart. */
function dissect(bytes: Uint8Array, headerBytes: number): [Uint8Array, Uint8Array[]] {
  return [bytes.subarray(0, headerBytes), cutEvery(bytes.subarray(headerBytes), SEALED_CHUNK)];
}

describe('sealStream and openStream', () => {
  it.each([0, 1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 5 * CHUNK])(
    'round-trip %i bytes, in as many chunks as they need',
    async (length) => {
      const data = counting(length, 7);
      const sealed = await collect(sealStream(recipientPublic, [data], settings));
      const chunks = Math.max(1, Math.ceil(length / CHUNK));
      expect(sealed).toHaveLength(1644 + length + 16 * chunks);
      expect(await collect(openStream(recipient, [sealed], { context }))).toEqual(data);
    },
  );

  it('give the same whatever the pieces are on either side', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 6 }),
        fc.array(fc.nat(9000), { maxLength: 6 }),
        fc.boolean(),
        async (pieces, cuts, isSigned) => {
          const options = isSigned ? { ...settings, signer } : settings;
          const sealed = await collect(sealStream(recipientPublic, pieces, options));
          const parts = cutAt(
            sealed,
            ...cuts.map((cut) => Math.min(cut, sealed.length)).sort((a, b) => a - b),
          );
          const opened = await collect(
            openStream(recipient, parts, isSigned ? { context, sender: signerPublic } : { context }),
          );
          expect(opened).toEqual(concat(...pieces));
        },
      ),
      { numRuns: 15 },
    );
  });

  it.each(kinds)('take an envelope byte by byte ($name)', async ({ bytes, options }) => {
    expect(await collect(openStream(recipient, cutEvery(bytes, 1), options))).toEqual(plaintext);
  });

  it.each(kinds)(
    'take an envelope cut anywhere around its header ($name)',
    async ({ bytes, headerBytes, options }) => {
      for (const cut of [1, 4, 11, 12, 13, 44, 76, headerBytes - 1, headerBytes, headerBytes + 1]) {
        expect(await collect(openStream(recipient, cutAt(bytes, cut), options))).toEqual(plaintext);
      }
      expect(await collect(openStream(recipient, cutAt(bytes, 12, headerBytes), options))).toEqual(plaintext);
      expect(await collect(openStream(recipient, cutAt(bytes, 5, 5, 12, 12, 13), options))).toEqual(
        plaintext,
      );
    },
  );

  it.each<[string, (pieces: Uint8Array[]) => ByteSource]>([
    ['a Node stream', (pieces) => Readable.from(pieces)],
    ['a web stream', (pieces) => webStream(pieces)],
    ['an array', (pieces) => pieces],
    [
      'a generator',
      function* (pieces) {
        yield* pieces;
      },
    ],
    [
      'an async generator',
      async function* (pieces) {
        yield* pieces;
      },
    ],
    ['what only has a reader', (pieces) => ({ getReader: () => webStream(pieces).getReader() })],
  ])('take %s', async (_, source) => {
    const sealed = await collect(sealStream(recipientPublic, source(cutEvery(plaintext, 500)), settings));
    expect(sealed).toHaveLength(base.length);
    expect(await collect(openStream(recipient, source(cutEvery(sealed, 700)), { context }))).toEqual(
      plaintext,
    );
  });

  it.each([1024, 2048, 65_536, 2 ** 24])('take chunks of %i bytes', async (chunkSizeBytes) => {
    const sealed = await collect(sealStream(recipientPublic, [plaintext], { chunkSizeBytes }));
    expect(readHeader(sealed).chunkSizeBytes).toBe(chunkSizeBytes);
    expect(await collect(openStream(recipient, [sealed]))).toEqual(plaintext);
  });

  it('yield nothing for an empty stream, however it was cut', async () => {
    const sealed = await collect(sealStream(recipientPublic, [], { context }));
    for (const pieces of [[sealed], cutEvery(sealed, 100), [sealed, new Uint8Array(0)]]) {
      expect((await openStream(recipient, pieces, { context }).next()).done).toBe(true);
    }
  });

  it('use chunks of 64 KiB unless told otherwise', async () => {
    const data = counting(65_537);
    const pieces: Uint8Array[] = [];
    for await (const piece of sealStream(recipientPublic, [data])) pieces.push(piece);
    expect(pieces.map((piece) => piece.length)).toEqual([1644, 65_536 + 16, 1 + 16]);
    expect(readHeader(pieces[0] as Uint8Array).chunkSizeBytes).toBe(65_536);
    const sealed = await collect(
      sealStream(recipientPublic, [data], {
        chunkSizeBytes: undefined,
      } as unknown as EnvelopeStreamSealOptions),
    );
    expect(readHeader(sealed).chunkSizeBytes).toBe(65_536);
  });

  it('release header and chunks as they come, each with memory of its own', async () => {
    const { state, source } = watchedSource(cutEvery(plaintext, CHUNK));
    const sealing = sealStream(recipientPublic, source, settings);
    const header = (await sealing.next()).value as Uint8Array;
    expect(header).toHaveLength(1644);
    expect(state.read).toBeLessThanOrEqual(1);
    const first = (await sealing.next()).value as Uint8Array;
    expect(first).toHaveLength(SEALED_CHUNK);
    expect(state.read).toBe(2);
    const copy = Uint8Array.from(first);
    const rest = await collect(sealing);
    expect(first).toEqual(copy);
    expect(await collect(openStream(recipient, [header, first, rest], { context }))).toEqual(plaintext);
  });

  it('work with a Signer and a Decapsulator in place of keys', async () => {
    const by = recordingSigner(signer);
    const sealed = await collect(sealStream(recipientPublic, [plaintext], { ...settings, signer: by }));
    const decapsulator = countingDecapsulator(recipient);
    const opened = await collect(
      openStream(decapsulator, [sealed], {
        context,
        sender: async (keyId) => (keyId === signerPublic.keyId ? signerPublic : undefined),
      }),
    );
    expect(opened).toEqual(plaintext);
    expect(decapsulator.count).toBe(1);
    const [[message] = []] = by.signed;
    expect(message).toEqual(concat(sealed.subarray(0, offsets(true).signature), context));
  });
});

describe('an envelope of a message', () => {
  it.each([0, 1, 70_000])('of %i bytes is taken too', async (length) => {
    const data = counting(length);
    const bytes = await seal(recipientPublic, data, { context, signer });
    const options = { context, sender: signerPublic };
    expect(await collect(openStream(recipient, cutEvery(bytes, 4000), options))).toEqual(data);
    const { released, error } = await runOut(
      openStream(recipient, [flipped(bytes, bytes.length - 1)], options),
    );
    expectAuthentication(error);
    expect(released).toHaveLength(0);
  });

  it('of more than 16 MiB is refused before its tag is looked at', async () => {
    const header = (await seal(recipientPublic, new Uint8Array(0))).subarray(0, LAYOUT.baseHeaderBytes);
    const limit = 2 ** 24;
    // Of the longest one that is taken, the tag is wrong; of a longer one nobody gets as far.
    const longest = await runOut(openStream(recipient, [header, new Uint8Array(limit + 16)]));
    expectAuthentication(longest.error);
    const { released, error } = await runOut(openStream(recipient, [header, new Uint8Array(limit + 17)]));
    expect(error).toMatchObject({
      name: 'InputError',
      code: 'ERR_INPUT_LENGTH',
      argument: 'source',
      expected: `a message of at most ${limit} bytes`,
      got: 'more',
    });
    expect(released).toHaveLength(0);
  });

  it('and one of a stream are not turned into each other', async () => {
    const message = await seal(recipientPublic, plaintext, { context });
    const { error, released } = await runOut(
      openStream(recipient, [flipped(message, LAYOUT.form, 0x10)], { context }),
    );
    expectAuthentication(error);
    expect(released).toHaveLength(0);
    const short = await collect(sealStream(recipientPublic, [utf8('short')], settings));
    expectAuthentication(
      await rejectionOf(() => open(recipient, flipped(short, LAYOUT.form, 10), { context })),
    );
  });
});

describe.each(kinds)('a change of a $name stream', ({ bytes, headerBytes, options }) => {
  const [header, chunks] = dissect(bytes, headerBytes);
  const [a, b, c, d] = chunks as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const whole = chunks.length;

  /** Opens pieces; whatever came out before the error must be right, and come from whole chunks. */
  async function expectRefusal(pieces: Uint8Array[], mostChunks: number): Promise<void> {
    const { released, error } = await runOut(openStream(recipient, pieces, options));
    expectAuthentication(error);
    expect(released.length).toBeLessThanOrEqual(mostChunks * CHUNK);
    expect(released.length % CHUNK).toBe(0);
    expect(released).toEqual(plaintext.subarray(0, released.length));
  }

  it('is what this test thinks it is', async () => {
    expect(whole).toBe(4);
    expect(d).toHaveLength(416);
    expect(await collect(openStream(recipient, [header, a, b, c, d], options))).toEqual(plaintext);
  });

  it('that cuts it off is refused, at each chunk and beside it', async () => {
    for (let count = 0; count <= whole; count++) {
      for (const extra of [-17, -16, -15, -1, 0, 1, 15, 16, 17]) {
        const length = headerBytes + count * SEALED_CHUNK + extra;
        if (length < headerBytes || length >= bytes.length) continue;
        await expectRefusal([bytes.subarray(0, length)], Math.floor((length - headerBytes) / SEALED_CHUNK));
      }
    }
  });

  it('that cuts it off in the header is refused as no envelope', async () => {
    for (const length of [0, 1, 3, 4, 11, 12, 43, 44, 75, 76, 1000, headerBytes - 1]) {
      for (const pieces of [[bytes.subarray(0, length)], cutEvery(bytes.subarray(0, length), 5)]) {
        const { released, error } = await runOut(openStream(recipient, pieces, options));
        expectInputError(error, 'ERR_INPUT_FORMAT', 'source');
        expect(released).toHaveLength(0);
      }
    }
  });

  it('that leaves out, repeats, swaps or moves chunks is refused', async () => {
    await expectRefusal([header, b, c, d], 0);
    await expectRefusal([header, a, c, d], 1);
    await expectRefusal([header, a, b, d], 2);
    await expectRefusal([header, d], 0);
    await expectRefusal([header, a, a, b, c, d], 1);
    await expectRefusal([header, a, b, b, c, d], 2);
    await expectRefusal([header, a, b, c, c, d], 3);
    await expectRefusal([header, a, b, c, d, d], 3);
    await expectRefusal([header, b, a, c, d], 0);
    await expectRefusal([header, a, c, b, d], 1);
    await expectRefusal([header, a, b, d, c], 2);
    await expectRefusal([header, d, a, b, c], 0);
    await expectRefusal([header, a, b, c, d, a, b, c, d], 3);
  });

  it('that puts anything behind it is refused', async () => {
    await expectRefusal([bytes, Uint8Array.of(0)], 3);
    await expectRefusal([bytes, new Uint8Array(16)], 3);
    await expectRefusal([bytes, new Uint8Array(SEALED_CHUNK)], 3);
    await expectRefusal([bytes, bytes], 3);
  });

  it('that flips a bit of a chunk is refused at that chunk', async () => {
    for (let i = 0; i < whole; i++) {
      const chunk = chunks[i] as Uint8Array;
      for (const at of [0, 1, chunk.length >> 1, chunk.length - 17, chunk.length - 16, chunk.length - 1]) {
        await expectRefusal([flipped(bytes, headerBytes + i * SEALED_CHUNK + at, 0x80)], i);
      }
    }
  });

  it('that takes chunks of another stream is refused', async () => {
    const more = 'sender' in options ? { ...settings, signer } : settings;
    const other = await collect(sealStream(recipientPublic, [plaintext], more));
    const [, others] = dissect(other, headerBytes);
    for (let i = 0; i < whole; i++) {
      const mixed = chunks.map((chunk, j) => (i === j ? (others[j] as Uint8Array) : chunk));
      await expectRefusal([header, ...mixed], i);
    }
    await expectRefusal([header, ...others], 0);
  });

  it('of the header is refused before anything is released', async () => {
    const at = offsets('sender' in options);
    const positions = [...Array(at.enc).keys(), ...Array.from({ length: 32 }, (_, i) => at.commitment + i)];
    for (let offset = at.enc; offset < at.body; offset += 397) positions.push(offset);
    for (const offset of positions) {
      const { released, error } = await runOut(openStream(recipient, [flipped(bytes, offset, 1)], options));
      expect(released).toHaveLength(0);
      if (offset < 3) expectInputError(error, 'ERR_INPUT_FORMAT', 'source');
      else if (offset === 3 || (offset >= LAYOUT.suite && offset < LAYOUT.recipient)) expectVersion(error);
      else if (offset === LAYOUT.mode && !('sender' in options)) expectBecameSigned(error);
      else expectAuthentication(error);
    }
  });

  /** A base header of mode 1 is long enough only when chunks are read as header. */
  function expectBecameSigned(error: unknown): void {
    if (bytes.length < LAYOUT.signedHeaderBytes) expectInputError(error, 'ERR_INPUT_FORMAT', 'source');
    else expectInputError(error, 'ERR_INPUT_STATE', 'options.sender');
  }

  it('of its chunk size is refused', async () => {
    for (let form = 1; form < 256; form++) {
      if (form === 10) continue;
      const changed = Uint8Array.from(bytes);
      changed[LAYOUT.form] = form;
      const { released, error } = await runOut(openStream(recipient, [changed], options));
      expect(released).toHaveLength(0);
      if (form > 10 && form <= 24) expectAuthentication(error);
      else expectInputError(error, 'ERR_INPUT_FORMAT', 'source');
    }
  });
});

describe('a signed stream', () => {
  it('releases and decapsulates nothing before its signature is verified', async () => {
    const at = offsets(true);
    for (const offset of [at.enc, at.commitment, at.signature, at.body - 1]) {
      const decapsulator = countingDecapsulator(recipient);
      const { released, error } = await runOut(
        openStream(decapsulator, [flipped(signed, offset)], { context, sender: signerPublic }),
      );
      expectAuthentication(error);
      expect(released).toHaveLength(0);
      expect(decapsulator.count).toBe(0);
    }
  });

  it('reads no body before its signature is verified', async () => {
    const { state, source } = watchedSource([
      flipped(signed, 6302).subarray(0, 6303),
      ...cutEvery(signed.subarray(6303), 100),
    ]);
    const { error } = await runOut(openStream(recipient, source, { context, sender: signerPublic }));
    expectAuthentication(error);
    expect(state).toEqual({ read: 1, closed: 1 });
  });

  it('needs a sender, and an unsigned one may not have any', async () => {
    const noSender = await runOut(openStream(recipient, [signed], { context }));
    expectInputError(noSender.error, 'ERR_INPUT_STATE', 'options.sender');
    const notSigned = await runOut(openStream(recipient, [base], { context, sender: signerPublic }));
    expectAuthentication(notSigned.error);
    expect([noSender.released, notSigned.released]).toEqual([new Uint8Array(0), new Uint8Array(0)]);
  });

  it('of another sender, for another recipient or context is refused', async () => {
    for (const [by, options] of [
      [recipient, { context, sender: otherSigner.publicKey }],
      [recipient, { context, sender: () => undefined }],
      [otherRecipient, { context, sender: signerPublic }],
      [recipient, { context: utf8('another'), sender: signerPublic }],
      [recipient, { sender: signerPublic }],
    ] as const) {
      const { released, error } = await runOut(openStream(by, [signed], options));
      expectAuthentication(error);
      expect(released).toHaveLength(0);
    }
  });
});

describe('streams that a sender wrote against the format', () => {
  /** Seals chunks with AADs of our choice under a right header. */
  async function craft(...pieces: (readonly [Uint8Array, boolean])[]): Promise<Uint8Array[]> {
    const { header, hpke } = await startSealing(recipientPublic, toSigner(undefined), context, 10);
    const out = [header];
    for (const [bytes, last] of pieces) out.push(await hpke.Seal(bytes, pieceAad(last)));
    return out;
  }
  const full = counting(CHUNK);
  const refused = async (pieces: Uint8Array[]) => runOut(openStream(recipient, pieces, { context }));

  it('open when they keep to it', async () => {
    const pieces = await craft([full, false], [full, true]);
    expect(await collect(openStream(recipient, pieces, { context }))).toEqual(concat(full, full));
    expect(
      await collect(openStream(recipient, await craft([new Uint8Array(0), true]), { context })),
    ).toHaveLength(0);
  });

  it('are refused with an empty chunk at the end of others', async () => {
    const { released, error } = await refused(await craft([full, false], [new Uint8Array(0), true]));
    expectAuthentication(error);
    expect(released).toEqual(full);
  });

  it('are refused without an end, with two, and with one too early', async () => {
    const noEnd = await refused(await craft([full, false], [full, false]));
    expectAuthentication(noEnd.error);
    expect(noEnd.released).toEqual(full);
    const twoEnds = await refused(await craft([full, true], [full, true]));
    expectAuthentication(twoEnds.error);
    expect(twoEnds.released).toHaveLength(0);
    const noChunk = await refused(await craft());
    expectAuthentication(noChunk.error);
  });

  it('are refused with a short chunk amid others', async () => {
    const { released, error } = await refused(await craft([full.subarray(1), false], [full, true]));
    expectAuthentication(error);
    expect(released).toHaveLength(0);
  });
});

describe('a source', () => {
  it('is closed when it was read to its end', async () => {
    for (const run of [
      (source: ByteSource) => collect(sealStream(recipientPublic, source, settings)),
      (source: ByteSource) => rejectionOf(() => collect(openStream(recipient, source, { context }))),
    ]) {
      const { state, source } = watchedSource([plaintext]);
      await run(source);
      expect(state.closed).toBe(1);
    }
    const { state, source } = watchedSource([base]);
    await collect(openStream(recipient, source, { context }));
    expect(state.closed).toBe(1);
  });

  it('is closed on early return', async () => {
    for (const steps of [1, 2]) {
      const sealing = watchedSource(cutEvery(plaintext, 300));
      const sealed = sealStream(recipientPublic, sealing.source, settings);
      for (let i = 0; i < steps; i++) await sealed.next();
      await sealed.return(undefined);
      expect(sealing.state.closed).toBe(1);

      const opening = watchedSource(cutEvery(base, 300));
      const opened = openStream(recipient, opening.source, { context });
      for (let i = 0; i < steps; i++) await opened.next();
      await opened.return(undefined);
      expect(opening.state.closed).toBe(1);
      expect((await opened.next()).done).toBe(true);
    }
  });

  it('is closed when opening fails, and read no further', async () => {
    const early = watchedSource(cutEvery(flipped(base, 1643), 1644));
    expectAuthentication((await runOut(openStream(recipient, early.source, { context }))).error);
    expect(early.state).toEqual({ read: 1, closed: 1 });

    const pieces = [base.subarray(0, 1644), ...cutEvery(flipped(base.subarray(1644), 0), SEALED_CHUNK)];
    const late = watchedSource(pieces);
    expectAuthentication((await runOut(openStream(recipient, late.source, { context }))).error);
    expect(late.state).toEqual({ read: 3, closed: 1 });
  });

  it('is closed when sealing fails', async () => {
    const failure = new Error('token unplugged');
    const failing: Signer = { publicKey: signerPublic, sign: () => Promise.reject(failure) };
    const { state, source } = watchedSource(cutEvery(plaintext, CHUNK));
    expect(
      await rejectionOf(() => collect(sealStream(recipientPublic, source, { ...settings, signer: failing }))),
    ).toBe(failure);
    expect(state).toEqual({ read: 1, closed: 1 });

    const file = Readable.from(cutEvery(plaintext, CHUNK));
    await rejectionOf(() => collect(sealStream(recipientPublic, file, { ...settings, signer: failing })));
    expect(file.destroyed).toBe(true);

    let cancelled = 0;
    const web = webStream(cutEvery(plaintext, CHUNK), () => cancelled++);
    await rejectionOf(() => collect(sealStream(recipientPublic, web, { ...settings, signer: failing })));
    expect(cancelled).toBe(1);
  });

  it('of each kind is given up on early return', async () => {
    const file = Readable.from(cutEvery(base, 1000));
    const fromFile = openStream(recipient, file, { context });
    await fromFile.next();
    await fromFile.return(undefined);
    expect(file.destroyed).toBe(true);

    let cancelled = 0;
    const fromWeb = openStream(
      recipient,
      webStream(cutEvery(base, 1000), () => cancelled++),
      { context },
    );
    await fromWeb.next();
    await fromWeb.return(undefined);
    expect(cancelled).toBe(1);
  });

  it('that fails passes its error on', async () => {
    const failure = new Error('disk on fire');
    async function* broken(...pieces: Uint8Array[]) {
      yield* pieces;
      throw failure;
    }
    const seals = await runOut(sealStream(recipientPublic, broken(plaintext), settings));
    expect(seals.error).toBe(failure);
    expect((await runOut(sealStream(recipientPublic, broken(), settings))).error).toBe(failure);
    const opens = await runOut(openStream(recipient, broken(base.subarray(0, 4000)), { context }));
    expect(opens.error).toBe(failure);
    expect(opens.released).toEqual(plaintext.subarray(0, opens.released.length));
    expect((await runOut(openStream(recipient, broken(), { context }))).error).toBe(failure);
    expect((await runOut(openStream(recipient, broken(base.subarray(0, 20)), { context }))).error).toBe(
      failure,
    );
  });

  it('with a piece that is no bytes is refused', async () => {
    for (const wrong of ['text', null, 7, [1], new ArrayBuffer(4)]) {
      const sealing = [plaintext, wrong] as Uint8Array[];
      expectInputError(
        (await runOut(sealStream(recipientPublic, sealing, settings))).error,
        'ERR_INPUT_TYPE',
        'source',
      );
      for (const pieces of [[wrong], [base.subarray(0, 50), wrong], [base.subarray(0, 2000), wrong]]) {
        const { error } = await runOut(openStream(recipient, pieces as Uint8Array[], { context }));
        expectInputError(error, 'ERR_INPUT_TYPE', 'source');
      }
    }
  });
});

describe('wrong input is refused at once, before anything is read', () => {
  const empty: Uint8Array[] = [];

  it.each<readonly [string, unknown]>([
    ...NO_BYTES,
    ['a KemPrivateKey', recipient],
    ['a SignPublicKey', signerPublic],
  ])('%s as recipient of sealStream', (got, value) => {
    expect(thrownBy(() => sealStream(value as KemPublicKey, empty))).toMatchObject({
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
  ])('%s as recipient of openStream', (got, value) => {
    expect(thrownBy(() => openStream(value as Recipient, empty))).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      argument: 'recipient',
      expected: 'a KemPrivateKey or a Decapsulator',
      got,
    });
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['number 7', 7],
    ['a string of 4 characters', 'text'],
    ['5 bytes', new Uint8Array(5)],
    ['an object', {}],
    ['a function', () => empty],
  ])('%s as source', (got, value) => {
    const source = value as ByteSource;
    const problem = {
      code: 'ERR_INPUT_TYPE',
      argument: 'source',
      expected: 'a stream or an iterable of Uint8Array',
      got,
    };
    expect(thrownBy(() => sealStream(recipientPublic, source))).toMatchObject(problem);
    expect(thrownBy(() => openStream(recipient, source))).toMatchObject(problem);
  });

  it.each([0, -1, 1, 1023, 2 ** 24 + 1, 2 ** 25, 1024.5, Number.NaN, Number.POSITIVE_INFINITY])(
    '%d bytes a chunk',
    (chunkSizeBytes) => {
      expect(thrownBy(() => sealStream(recipientPublic, empty, { chunkSizeBytes }))).toMatchObject({
        code: 'ERR_INPUT_RANGE',
        argument: 'options.chunkSizeBytes',
        expected: 'an integer from 1024 to 16777216',
        got: String(chunkSizeBytes),
      });
    },
  );

  it.each([1025, 3000, 2 ** 24 - 1])('%d bytes a chunk, which is no power of two', (chunkSizeBytes) => {
    expect(thrownBy(() => sealStream(recipientPublic, empty, { chunkSizeBytes }))).toMatchObject({
      code: 'ERR_INPUT_RANGE',
      argument: 'options.chunkSizeBytes',
      expected: 'a power of two',
      got: String(chunkSizeBytes),
    });
  });

  it.each([null, '1024', 1024n, true, {}])('%s for a chunk size', (value) => {
    const options = { chunkSizeBytes: value } as unknown as EnvelopeStreamSealOptions;
    expectInput(
      () => sealStream(recipientPublic, empty, options),
      'ERR_INPUT_TYPE',
      'options.chunkSizeBytes',
    );
  });

  it('contexts that are too long or no bytes', () => {
    const long = { context: new Uint8Array(16_385) };
    expectInput(() => sealStream(recipientPublic, empty, long), 'ERR_INPUT_LENGTH', 'options.context');
    expectInput(() => openStream(recipient, empty, long), 'ERR_INPUT_LENGTH', 'options.context');
    const text = { context: 'text' } as unknown as EnvelopeOpenOptions;
    expectInput(
      () => sealStream(recipientPublic, empty, text as EnvelopeStreamSealOptions),
      'ERR_INPUT_TYPE',
      'options.context',
    );
    expectInput(() => openStream(recipient, empty, text), 'ERR_INPUT_TYPE', 'options.context');
  });

  it('signers and senders that are none', () => {
    for (const value of [null, signerPublic, recipient, 'key', {}, { publicKey: signerPublic }]) {
      const options = { signer: value } as unknown as EnvelopeStreamSealOptions;
      expectInput(() => sealStream(recipientPublic, empty, options), 'ERR_INPUT_TYPE', 'options.signer');
    }
    for (const value of [null, signer, recipientPublic, 'key', {}]) {
      const options = { sender: value as unknown as SignPublicKey };
      expectInput(() => openStream(recipient, empty, options), 'ERR_INPUT_TYPE', 'options.sender');
    }
  });

  it('disposed keys, by the name of the argument', () => {
    const key = disposed(newSigner());
    expectInput(
      () => sealStream(recipientPublic, empty, { signer: key }),
      'ERR_INPUT_DISPOSED',
      'options.signer',
    );
    expectInput(() => openStream(disposed(newRecipient()), empty), 'ERR_INPUT_DISPOSED', 'recipient');
  });

  it('options that it does not know', () => {
    expect(
      thrownBy(() => sealStream(recipientPublic, empty, { chunkSize: 1 } as EnvelopeStreamSealOptions)),
    ).toMatchObject({
      code: 'ERR_INPUT_OPTION',
      argument: 'options',
      expected: 'only signer, context, chunkSizeBytes',
      got: 'unknown option "chunkSize"',
    });
    expect(
      thrownBy(() => openStream(recipient, empty, { chunkSizeBytes: 1024 } as EnvelopeOpenOptions)),
    ).toMatchObject({
      code: 'ERR_INPUT_OPTION',
      argument: 'options',
      expected: 'only sender, context',
      got: 'unknown option "chunkSizeBytes"',
    });
    for (const value of [null, 'options', context]) {
      expectInput(
        () => sealStream(recipientPublic, empty, value as EnvelopeStreamSealOptions),
        'ERR_INPUT_TYPE',
        'options',
      );
      expectInput(
        () => openStream(recipient, empty, value as EnvelopeOpenOptions),
        'ERR_INPUT_TYPE',
        'options',
      );
    }
  });

  it('and a key disposed while the stream waits ends it with an error', async () => {
    const key = newRecipient();
    const opening = openStream(key, [base], { context });
    key.dispose();
    await expectInputLater(() => collect(opening), 'ERR_INPUT_DISPOSED', 'privateKey');
  });
});

it('any other bytes end in an error of ours, with nothing released', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(1600), async (noise, at) => {
      const changed = Uint8Array.from(base);
      changed.set(noise, at);
      if (Buffer.compare(changed, base) === 0) return;
      for (const bytes of [noise, changed]) {
        const { released, error } = await runOut(openStream(recipient, [bytes], { context }));
        expect(released).toHaveLength(0);
        expect(error).toBeInstanceOf(PqError);
        expect((error as PqError).code).toMatch(
          /^ERR_(INPUT_FORMAT|INPUT_STATE|UNSUPPORTED_VERSION|AUTHENTICATION)$/,
        );
      }
    }),
    { numRuns: 60 },
  );
});
