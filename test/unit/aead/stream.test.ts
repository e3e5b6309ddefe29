import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AeadKey,
  type AeadOptions,
  openStream,
  openTransform,
  readStreamHeader,
  type StreamSealOptions,
  sealStream,
  sealTransform,
} from '../../../src/aead/index.ts';
import { concat, utf8 } from '../../../src/bytes.ts';
import { type ByteSource, iterate } from '../../../src/chunks.ts';
import { AuthenticationError, ExpiredError, UnsupportedError } from '../../../src/errors.ts';
import { expectInput, expectInputError, NO_BYTES, rejectionOf, thrownBy } from '../../support/errors.ts';
import { collect, webStream } from '../../support/streams.ts';
import {
  cut,
  expectRefused,
  fixedKey,
  flip,
  OPENERS,
  openWhole,
  STREAM_HEADER_BYTES,
  sample,
  sealBytes,
  TAG_BYTES,
  takeApart,
} from './support.ts';

const KIB = 1024;
const SEALED_CHUNK = KIB + TAG_BYTES;
const key = fixedKey();
const options = { chunkSizeBytes: KIB };

/** Sources of the same bytes, of every kind, cut as a test says. */
const SOURCES: readonly (readonly [name: string, make: (pieces: Uint8Array[]) => ByteSource])[] = [
  ['an array', (pieces) => pieces],
  [
    'an async generator',
    (pieces) =>
      (async function* () {
        yield* pieces;
      })(),
  ],
  ['a Node stream', (pieces) => Readable.from(pieces)],
  ['a web stream', (pieces) => webStream(pieces)],
];

describe('a stream comes back as it was', () => {
  it('for any data, AAD, chunk size and cuts of the source', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 9000, size: 'max' }),
        fc.uint8Array({ maxLength: 60 }),
        fc.integer({ min: 10, max: 13 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 5000 }),
        async (data, aad, log2, inCut, outCut) => {
          const chunkSizeBytes = 2 ** log2;
          const sealed = await collect(sealStream(key, cut(data, inCut), { aad, chunkSizeBytes }));
          const whole = concat(...sealed);
          const chunks = Math.max(1, Math.ceil(data.length / chunkSizeBytes));
          expect(whole).toHaveLength(STREAM_HEADER_BYTES + data.length + chunks * TAG_BYTES);
          const { released, ended } = await openWhole(key, cut(whole, outCut), { aad });
          expect(ended).toBe(true);
          expect(released).toEqual(data);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([0, 1, 1023, 1024, 1025, 2047, 2048, 2049, 5 * KIB, 5 * KIB + 100])(
    'for %i bytes',
    async (length) => {
      const plaintext = sample(length);
      const sealed = await sealBytes(key, plaintext, options);
      for (const [, open] of OPENERS) {
        const { released, ended, error } = await open(key, cut(sealed, 700));
        expect(error).toBeUndefined();
        expect(ended).toBe(true);
        expect(released).toEqual(plaintext);
      }
    },
  );

  describe.each(SOURCES)('from %s', (_, source) => {
    it('with one byte a piece, empty pieces and Buffers among them', async () => {
      const plaintext = sample(2 * KIB + 5);
      const pieces = [
        new Uint8Array(0),
        ...cut(plaintext, 1).map((piece) => Buffer.from(piece)),
        Buffer.alloc(0),
      ];
      const sealed = concat(...(await collect(sealStream(key, source(pieces), options))));
      const sealedPieces = [Buffer.alloc(0), ...cut(sealed, 1), new Uint8Array(0)];
      const opened = await collect(openStream(key, source(sealedPieces)));
      expect(concat(...opened)).toEqual(plaintext);
      expect(opened.map((piece) => piece.length)).toEqual([KIB, KIB, 5]);
    });
  });

  it('through Node streams with pipeline', async () => {
    const plaintext = sample(300_000);
    const out: Uint8Array[] = [];
    await pipeline(
      Readable.from(cut(plaintext, 10_000)),
      (source: AsyncIterable<Uint8Array>) => sealStream(key, source),
      (source: AsyncIterable<Uint8Array>) => openStream(key, source),
      async (source: AsyncIterable<Uint8Array>) => {
        for await (const piece of source) out.push(piece);
      },
    );
    expect(concat(...out)).toEqual(plaintext);
  });

  it('through web streams with pipeThrough', async () => {
    const plaintext = sample(300_000);
    const opened = webStream([...cut(plaintext, 10_000), new Uint8Array(0), Buffer.alloc(0)])
      .pipeThrough(sealTransform(key, { aad: utf8('a'), chunkSizeBytes: 4096 }))
      .pipeThrough(openTransform(key, { aad: utf8('a') }));
    expect(concat(...(await collect(iterate('opened', opened))))).toEqual(plaintext);
  });

  it('empty through a web stream', async () => {
    const sealed = concat(...(await collect(webStream([]).pipeThrough(sealTransform(key)))));
    expect(sealed).toHaveLength(STREAM_HEADER_BYTES + TAG_BYTES);
    const opened = webStream([sealed]).pipeThrough(openTransform(key));
    expect(await collect(opened)).toEqual([]);
  });

  it('in 64 KiB chunks by default', async () => {
    const pieces = await collect(sealStream(key, [sample(65536 + 1)]));
    expect(pieces.map((piece) => piece.length)).toEqual([
      STREAM_HEADER_BYTES,
      65536 + TAG_BYTES,
      1 + TAG_BYTES,
    ]);
    expect(readStreamHeader(pieces[0] as Uint8Array).chunkSizeBytes).toBe(65536);
  });

  it('in the smallest and the largest chunks', async () => {
    for (const chunkSizeBytes of [2 ** 10, 2 ** 24]) {
      const sealed = await sealBytes(key, sample(3000), { chunkSizeBytes });
      expect(readStreamHeader(sealed).chunkSizeBytes).toBe(chunkSizeBytes);
      expect((await openWhole(key, [sealed])).released).toEqual(sample(3000));
    }
  });

  it('when a piece is changed by its receiver', async () => {
    const sealed: Uint8Array[] = [];
    for await (const piece of sealStream(key, cut(sample(3000), 500), options)) {
      sealed.push(Uint8Array.from(piece));
      piece.fill(0);
    }
    const opened: Uint8Array[] = [];
    for await (const piece of openStream(key, sealed)) {
      opened.push(Uint8Array.from(piece));
      piece.fill(0);
    }
    expect(concat(...opened)).toEqual(sample(3000));
  });

  it('when the source uses one buffer for all its pieces', async () => {
    async function* reusing(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      const buffer = new Uint8Array(700);
      for (const piece of cut(bytes, 700)) {
        buffer.set(piece);
        yield buffer.subarray(0, piece.length);
        buffer.fill(0xff);
      }
    }
    const sealed = await collect(sealStream(key, reusing(sample(5000)), options));
    const opened = await collect(openStream(key, reusing(concat(...sealed))));
    expect(concat(...opened)).toEqual(sample(5000));
  });
});

describe('the header', () => {
  it('stands before everything else, and says key and chunk size', async () => {
    const pieces = await collect(sealStream(key, [], options));
    const header = pieces[0] as Uint8Array;
    expect(header).toHaveLength(STREAM_HEADER_BYTES);
    expect([...header.subarray(0, 5)]).toEqual([0x4d, 0x57, 0x53, 1, 10]);
    const told = { keyId: key.keyId, chunkSizeBytes: KIB, headerBytes: STREAM_HEADER_BYTES };
    expect(readStreamHeader(header)).toEqual(told);
    expect(readStreamHeader(concat(...pieces))).toEqual(told);
  });

  it('is new for every stream, and so is everything sealed under it', async () => {
    const one = await sealBytes(key, sample(20));
    const other = await sealBytes(key, sample(20));
    expect(one.subarray(0, 21)).toEqual(other.subarray(0, 21));
    expect(one.subarray(21, 53)).not.toEqual(other.subarray(21, 53));
    expect(one.subarray(53, 85)).not.toEqual(other.subarray(53, 85));
    expect(one.subarray(85)).not.toEqual(other.subarray(85));
  });

  it('is read from at least its 85 bytes', async () => {
    const sealed = await sealBytes(key, sample(20));
    for (let length = 0; length < STREAM_HEADER_BYTES; length++) {
      expectInput(() => readStreamHeader(sealed.subarray(0, length)), 'ERR_INPUT_FORMAT', 'head');
    }
    const error = thrownBy(() => readStreamHeader(sealed.subarray(0, 84)));
    expect(error).toMatchObject({ expected: 'a header of 85 bytes', got: '84 bytes' });
  });

  it.each([0, 9, 25, 255])('with a chunk size of 2^%i is refused', async (log2) => {
    const sealed = await sealBytes(key, sample(20));
    sealed[4] = log2;
    expectInput(() => readStreamHeader(sealed), 'ERR_INPUT_FORMAT', 'head');
    expect(thrownBy(() => readStreamHeader(sealed))).toMatchObject({
      expected: 'a chunk size from 2^10 to 2^24 bytes',
      got: `2^${log2}`,
    });
    const { error, released } = await openWhole(key, [sealed]);
    expectInputError(error, 'ERR_INPUT_FORMAT', 'source');
    expect(released).toHaveLength(0);
  });

  it.each([10, 24])('with a chunk size of 2^%i is read', async (log2) => {
    const sealed = await sealBytes(key, sample(20));
    sealed[4] = log2;
    expect(readStreamHeader(sealed).chunkSizeBytes).toBe(2 ** log2);
    // It is bound to the key, so that a changed one is found before a chunk is read.
    expectRefused(await openWhole(key, [sealed]), sample(20), KIB, 0);
  });
});

/** A small file of each shape: chunks and a rest, whole chunks, one chunk, less than one, nothing. */
const FILES = [5 * KIB + 100, 4 * KIB, KIB, 300, 0];

describe.each(FILES)('a stream of %i bytes is refused', (length) => {
  const plaintext = sample(length);
  const sealing = sealBytes(key, plaintext, options);
  const count = Math.max(1, Math.ceil(length / KIB));

  it('cut off at every chunk boundary, however it is opened', async () => {
    const sealed = await sealing;
    for (let chunks = 0; chunks < count; chunks++) {
      const end = STREAM_HEADER_BYTES + chunks * SEALED_CHUNK;
      for (const [, open] of OPENERS) {
        expectRefused(
          await open(key, cut(sealed.subarray(0, end), 600)),
          plaintext,
          KIB,
          Math.max(0, chunks - 1),
        );
      }
    }
  });

  it('with any two chunks swapped', async () => {
    const { header, chunks } = takeApart(await sealing, KIB);
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) {
        const order = [...chunks];
        [order[i], order[j]] = [chunks[j] as Uint8Array, chunks[i] as Uint8Array];
        expectRefused(await openWhole(key, [header, ...order]), plaintext, KIB, i);
      }
    }
  });

  it('with a chunk repeated anywhere', async () => {
    const { header, chunks } = takeApart(await sealing, KIB);
    for (let i = 0; i < count; i++) {
      for (let at = 0; at <= count; at++) {
        const order = chunks.toSpliced(at, 0, chunks[i] as Uint8Array);
        const untouched = at === i ? i + 1 : at;
        expectRefused(await openWhole(key, [header, ...order]), plaintext, KIB, untouched);
      }
    }
  });

  it('with any chunk left out', async () => {
    const { header, chunks } = takeApart(await sealing, KIB);
    for (let i = 0; i < count; i++) {
      expectRefused(await openWhole(key, [header, ...chunks.toSpliced(i, 1)]), plaintext, KIB, i);
    }
  });

  it('with a bit flipped in any chunk: first and last byte, first and last of the tag', async () => {
    const sealed = await sealing;
    const { chunks } = takeApart(sealed, KIB);
    for (const [i, chunk] of chunks.entries()) {
      const start = STREAM_HEADER_BYTES + i * SEALED_CHUNK;
      for (const at of new Set([0, Math.max(0, chunk.length - 17), chunk.length - 16, chunk.length - 1])) {
        for (const [, open] of OPENERS) {
          expectRefused(await open(key, cut(flip(sealed, start + at, at % 8), 900)), plaintext, KIB, i);
        }
      }
    }
  });

  it('with anything added at its end', async () => {
    const sealed = await sealing;
    for (const extra of [1, 15, 16, 17, KIB, SEALED_CHUNK, SEALED_CHUNK + 1]) {
      for (const [, open] of OPENERS) {
        expectRefused(await open(key, [sealed, new Uint8Array(extra)]), plaintext, KIB, count);
      }
    }
  });

  it('with an empty last chunk of another stream added', async () => {
    const { chunks } = takeApart(await sealBytes(key, new Uint8Array(0), options), KIB);
    expectRefused(await openWhole(key, [await sealing, ...chunks]), plaintext, KIB, count);
  });

  it('with its header before the chunks of another stream, or none', async () => {
    const { header } = takeApart(await sealing, KIB);
    const other = takeApart(await sealBytes(key, plaintext, options), KIB);
    expectRefused(await openWhole(key, [header, ...other.chunks]), plaintext, KIB, 0);
  });

  it('under another key or with other AAD', async () => {
    const sealed = await sealing;
    for (const [, open] of OPENERS) {
      expectRefused(await open(fixedKey(1), [sealed]), plaintext, KIB, 0);
      expectRefused(await open(key, [sealed], { aad: Uint8Array.of(0) }), plaintext, KIB, 0);
    }
    const bound = await sealBytes(key, plaintext, { ...options, aad: utf8('one') });
    for (const aad of [undefined, utf8('on'), utf8('onf'), utf8('one!')]) {
      expectRefused(await openWhole(key, [bound], aad && { aad }), plaintext, KIB, 0);
    }
  });
});

describe('a small stream', () => {
  it('cut off at every byte is refused', async () => {
    const plaintext = sample(KIB + 40);
    const sealed = await sealBytes(key, plaintext, options);
    for (let end = 0; end < sealed.length; end++) {
      const attempt = await openWhole(key, [sealed.subarray(0, end)]);
      if (end < STREAM_HEADER_BYTES) {
        expectInputError(attempt.error, 'ERR_INPUT_FORMAT', 'source');
        expect(attempt.released).toHaveLength(0);
      } else expectRefused(attempt, plaintext, KIB, 1);
    }
  });

  it('with any bit of its header flipped is refused with the documented error', async () => {
    const sealed = await sealBytes(key, sample(40), options);
    for (let bit = 0; bit < STREAM_HEADER_BYTES * 8; bit++) {
      const offset = bit >> 3;
      const { error, released, ended } = await openWhole(key, [flip(sealed, offset, bit & 7)]);
      expect(ended).toBe(false);
      expect(released).toHaveLength(0);
      // 2^11 and 2^14 are chunk sizes too, and not the one that the stream's key is bound to.
      const isOtherSize = offset === 4 && [11, 14].includes(10 ^ (1 << (bit & 7)));
      if (offset === 3) {
        expect(error).toBeInstanceOf(UnsupportedError);
        expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED_VERSION' });
      } else if (offset > 4 || isOtherSize) expect(error).toBeInstanceOf(AuthenticationError);
      else expectInputError(error, 'ERR_INPUT_FORMAT', 'source');
    }
  });
});

it('opens nothing under any of a thousand other keys', async () => {
  const sealed = await sealBytes(key, sample(100));
  for (let i = 0; i < 1000; i++) {
    using other = AeadKey.generate();
    const { released, error } = await openWhole(other, [sealed]);
    expect(released).toHaveLength(0);
    expect(error).toBeInstanceOf(AuthenticationError);
  }
});

describe('the source', () => {
  const forms: readonly (readonly [string, (source: ByteSource) => AsyncGenerator<Uint8Array>])[] = [
    ['sealStream', (source) => sealStream(key, source, options)],
    ['openStream', (source) => openStream(key, source)],
  ];
  const sealedSample = sealBytes(key, sample(20 * KIB), options);

  describe.each(forms)('of %s', (_, start) => {
    it('is closed when the reader stops early', async () => {
      let closed = false;
      const bytes = await sealedSample;
      async function* source(): AsyncGenerator<Uint8Array> {
        try {
          for (const piece of cut(bytes, 3000)) yield piece;
        } finally {
          closed = true;
        }
      }
      const out = start(source());
      expect((await out.next()).done).toBe(false);
      expect((await out.return(undefined)).done).toBe(true);
      expect(closed).toBe(true);
      expect(await out.next()).toEqual({ done: true, value: undefined });
    });

    it('is destroyed, as a Node stream, and cancelled, as a web stream', async () => {
      const bytes = await sealedSample;
      const node = Readable.from(cut(bytes, 3000));
      for await (const _ of start(node)) break;
      expect(node.destroyed).toBe(true);
      let cancelled = false;
      const web = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(bytes.subarray(0, 5000)),
        cancel: () => {
          cancelled = true;
        },
      });
      for await (const _ of start(web)) break;
      expect(cancelled).toBe(true);
    });

    it('that throws has its error passed on', async () => {
      const failure = new Error('disk');
      const bytes = await sealedSample;
      async function* source(): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, 5000);
        throw failure;
      }
      expect(await rejectionOf(() => collect(start(source())))).toBe(failure);
    });

    it.each(NO_BYTES)('that yields %s is refused', async (_, piece) => {
      const pieces = [(await sealedSample).subarray(0, 100), piece] as Uint8Array[];
      expectInputError(await rejectionOf(() => collect(start(pieces))), 'ERR_INPUT_TYPE', 'source');
    });

    it.each([undefined, null, 7, 'text', Uint8Array.of(1), Buffer.of(1), {}, () => [], Symbol('s')])(
      '%s is refused at once',
      (source) => {
        expectInput(() => start(source as unknown as ByteSource), 'ERR_INPUT_TYPE', 'source');
      },
    );
  });

  it('is not read before the reader asks', async () => {
    let asked = 0;
    function* source(): Generator<Uint8Array> {
      for (;;) {
        asked++;
        yield new Uint8Array(3 * KIB);
      }
    }
    const out = sealStream(key, source(), options);
    expect(asked).toBe(0);
    await out.next();
    await out.next();
    await out.next();
    expect(asked).toBe(1);
    await out.return(undefined);
  });
});

describe('a web transform', () => {
  it.each([
    ['sealTransform', () => sealTransform(key)],
    ['openTransform', () => openTransform(key)],
  ])('%s refuses pieces that are no bytes', async (_, make) => {
    for (const [, piece] of NO_BYTES) {
      const { readable, writable } = make();
      const writing = writable.getWriter().write(piece as Uint8Array);
      const errors = await Promise.all([
        rejectionOf(() => writing),
        rejectionOf(() => collect(iterate('out', readable))),
      ]);
      for (const error of errors) expectInputError(error, 'ERR_INPUT_TYPE', 'source');
    }
  });

  it('passes the reason of an abort on', async () => {
    const failure = new Error('gave up');
    const { readable, writable } = sealTransform(key, options);
    const reading = rejectionOf(() => collect(iterate('out', readable)));
    await writable.abort(failure);
    expect(await reading).toBe(failure);
  });

  it('can be given up by its reader, and closes the source', async () => {
    let cancelled: unknown;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(5000)),
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    const reader = source.pipeThrough(sealTransform(key, options)).getReader();
    expect((await reader.read()).value).toHaveLength(STREAM_HEADER_BYTES);
    await reader.cancel('enough');
    expect(cancelled).toBe('enough');
  });

  it('reports a flipped chunk to its reader and its writer', async () => {
    const sealed = await sealBytes(key, sample(3 * KIB), options);
    const { readable, writable } = openTransform(key);
    const writer = writable.getWriter();
    const reading = rejectionOf(() => collect(iterate('out', readable)));
    const writing = rejectionOf(async () => {
      await writer.write(flip(sealed, STREAM_HEADER_BYTES));
      await writer.close();
    });
    expect(await reading).toBeInstanceOf(AuthenticationError);
    expect(await writing).toBeInstanceOf(AuthenticationError);
  });
});

describe('the budget of uses', () => {
  it('loses one a stream, when it starts', async () => {
    const limited = fixedKey(0, { maxUses: 2 });
    await sealBytes(limited, sample(3000), options);
    expect(limited.uses).toBe(1);
    const transform = sealTransform(limited);
    expect(limited.uses).toBe(2);
    await transform.readable.cancel();
    for (const start of [() => sealStream(limited, []), () => sealTransform(limited)]) {
      const error = thrownBy(start);
      expect(error).toBeInstanceOf(ExpiredError);
      expect(error).toMatchObject({ code: 'ERR_EXPIRED_USE_BUDGET' });
    }
    expect(limited.uses).toBe(2);
  });

  it('is not touched by opening, nor by calls that were refused', async () => {
    const fresh = fixedKey();
    const sealed = await sealBytes(key, sample(3000));
    await openWhole(fresh, [sealed]);
    expectInput(() => sealStream(fresh, 7 as unknown as ByteSource), 'ERR_INPUT_TYPE', 'source');
    expectInput(
      () => sealStream(fresh, [], { chunkSizeBytes: 1 }),
      'ERR_INPUT_RANGE',
      'options.chunkSizeBytes',
    );
    const aad = 7 as unknown as Uint8Array;
    expectInput(() => sealTransform(fresh, { aad }), 'ERR_INPUT_TYPE', 'options.aad');
    expect(fresh.uses).toBe(0);
  });
});

describe('a key disposed of', () => {
  it('while a stream runs lets that stream end', async () => {
    const own = fixedKey();
    const sealing = sealStream(own, cut(sample(5000), 900), options);
    const head = await sealing.next();
    own.dispose();
    const rest = await collect(sealing);
    expect((await openWhole(key, [head.value as Uint8Array, ...rest])).released).toEqual(sample(5000));
  });

  it('before the header came is refused', async () => {
    const own = fixedKey();
    const opening = openStream(own, [await sealBytes(key, sample(10))]);
    own.dispose();
    expectInputError(await rejectionOf(() => opening.next()), 'ERR_INPUT_DISPOSED', 'key');
  });
});

describe('wrong inputs', () => {
  type Start = readonly [name: string, (key: AeadKey, options: never) => unknown];
  const sealing: Start[] = [
    ['sealStream', (k, o) => sealStream(k, [], o)],
    ['sealTransform', (k, o) => sealTransform(k, o)],
  ];
  const opening: Start[] = [
    ['openStream', (k, o) => openStream(k, [], o)],
    ['openTransform', (k, o) => openTransform(k, o)],
  ];

  describe.each([...sealing, ...opening])('of %s', (_, start) => {
    it.each<readonly [string, unknown]>([
      ...NO_BYTES,
      ['raw key bytes', new Uint8Array(32)],
      ['a look-alike', { keyId: 'x' }],
    ])('%s as the key', (_, wrong) => {
      expectInput(() => start(wrong as unknown as AeadKey, undefined as never), 'ERR_INPUT_TYPE', 'key');
    });

    it('a disposed key', () => {
      const disposed = fixedKey();
      disposed.dispose();
      expectInput(() => start(disposed, undefined as never), 'ERR_INPUT_DISPOSED', 'key');
    });

    it.each([null, 7, 'x', true, [], new Uint8Array(2), key, () => {}])('%o as options', (wrong) => {
      expectInput(() => start(key, wrong as never), 'ERR_INPUT_TYPE', 'options');
    });

    it('an unknown option', () => {
      const known = sealing.some(([, seals]) => seals === start) ? 'only aad, chunkSizeBytes' : 'only aad';
      expectInput(() => start(key, { add: new Uint8Array(1) } as never), 'ERR_INPUT_OPTION', 'options');
      expect(thrownBy(() => start(key, { add: 1 } as never))).toMatchObject({ expected: known });
    });

    it.each(NO_BYTES.filter(([, value]) => value !== undefined))('%s as AAD', (_, wrong) => {
      expectInput(() => start(key, { aad: wrong } as never), 'ERR_INPUT_TYPE', 'options.aad');
    });
  });

  describe.each(sealing)('chunk sizes of %s', (_, start) => {
    it.each([0, 1, -1024, 512, 1023, 1024.5, 2 ** 24 + 1, 2 ** 25, Number.NaN, Number.POSITIVE_INFINITY])(
      '%d is out of range',
      (chunkSizeBytes) => {
        const call = () => start(key, { chunkSizeBytes } as never);
        expectInput(call, 'ERR_INPUT_RANGE', 'options.chunkSizeBytes');
        expect(thrownBy(call)).toMatchObject({
          expected: 'an integer from 1024 to 16777216',
          got: String(chunkSizeBytes),
        });
      },
    );

    it.each([1025, 1536, 65535, 2 ** 24 - 1])('%d is no power of two', (chunkSizeBytes) => {
      const call = () => start(key, { chunkSizeBytes } as never);
      expectInput(call, 'ERR_INPUT_RANGE', 'options.chunkSizeBytes');
      expect(thrownBy(call)).toMatchObject({ expected: 'a power of two', got: String(chunkSizeBytes) });
    });

    it.each(['1024', 1024n, null, [1024]])('%o is no number', (chunkSizeBytes) => {
      expectInput(() => start(key, { chunkSizeBytes } as never), 'ERR_INPUT_TYPE', 'options.chunkSizeBytes');
    });
  });

  it('an opener takes no chunk size', () => {
    const wrong = { chunkSizeBytes: 1024 } as StreamSealOptions as AeadOptions;
    expectInput(() => openStream(key, [], wrong), 'ERR_INPUT_OPTION', 'options');
    expectInput(() => openTransform(key, wrong), 'ERR_INPUT_OPTION', 'options');
  });

  it.each(NO_BYTES)('%s as the head of a stream', (_, wrong) => {
    expectInput(() => readStreamHeader(wrong as Uint8Array), 'ERR_INPUT_TYPE', 'head');
  });

  it('bytes of something else', async () => {
    const other = new Uint8Array(200).fill(0x4d);
    expectInput(() => readStreamHeader(other), 'ERR_INPUT_FORMAT', 'head');
    expectInputError((await openWhole(key, [other])).error, 'ERR_INPUT_FORMAT', 'source');
  });
});
