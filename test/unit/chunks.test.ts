import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes.ts';
import { type ByteSource, Chunker, iterate } from '../../src/chunks.ts';
import { expectInput, expectInputLater, rejectionOf } from '../support/errors.ts';
import { collect as collectPieces, webStream } from '../support/streams.ts';

const PIECES = [Uint8Array.of(1, 2), new Uint8Array(0), Buffer.from([3]), Uint8Array.of(4, 5)];

async function collect(source: ByteSource): Promise<Uint8Array> {
  return concat(...(await collectPieces(iterate('source', source))));
}

async function* generated(): AsyncGenerator<Uint8Array> {
  yield* PIECES;
}

/** A web stream as a runtime without async iteration has it. */
function readerOnly(stream: ReadableStream<Uint8Array>): ByteSource {
  return { getReader: () => stream.getReader() };
}

describe('iterate', () => {
  it.each([
    ['an array', () => PIECES],
    ['a set', () => new Set(PIECES)],
    ['an async generator', generated],
    ['a Node stream', () => Readable.from(PIECES)],
    ['a web stream', () => webStream(PIECES)],
    ['a web stream that only has readers', () => readerOnly(webStream(PIECES))],
  ])('takes %s', async (_, source) => {
    expect(await collect(source() as ByteSource)).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 7],
    ['a string', 'abc'],
    ['bytes', Uint8Array.of(1)],
    ['a Buffer', Buffer.of(1)],
    ['an object', {}],
    ['a function', generated],
    ['a promise', Promise.resolve(PIECES)],
    ['an iterator that is none', { [Symbol.iterator]: 7, [Symbol.asyncIterator]: null, getReader: 'x' }],
  ])('refuses %s at once', (_, source) => {
    expectInput(() => iterate('source', source as ByteSource), 'ERR_INPUT_TYPE', 'source');
  });

  it.each([
    ['a string', ['abc']],
    ['a number', [new Uint8Array(1), 7]],
    ['null', [null]],
    ['an ArrayBuffer', [new ArrayBuffer(3)]],
    ['an array', [[1, 2]]],
  ])('refuses %s as a piece', async (_, pieces) => {
    const source = pieces as unknown as Uint8Array[];
    await expectInputLater(() => collect(source), 'ERR_INPUT_TYPE', 'source');
    // A Node stream refuses null itself.
    if (!pieces.includes(null as never)) {
      await expectInputLater(() => collect(Readable.from(pieces)), 'ERR_INPUT_TYPE', 'source');
    }
    await expectInputLater(() => collect(readerOnly(webStream(source))), 'ERR_INPUT_TYPE', 'source');
  });

  it('passes an error of the source on as it is', async () => {
    const failure = new Error('disk');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(1);
      throw failure;
    }
    expect(await rejectionOf(() => collect(failing()))).toBe(failure);
    expect(await rejectionOf(() => collect(readerOnly(webStream(failing()))))).toBe(failure);
  });

  it('closes the source when the reader stops', async () => {
    let closed = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Uint8Array.of(1);
      } finally {
        closed++;
      }
    }
    for await (const _ of iterate('source', endless())) break;
    expect(closed).toBe(1);
    const node = Readable.from(endless());
    for await (const _ of iterate('source', node)) break;
    expect(node.destroyed).toBe(true);
    expect(closed).toBe(2);
  });

  it('cancels and unlocks a web stream when the reader stops, and unlocks it at its end', async () => {
    const cancelled: unknown[] = [];
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Uint8Array.of(1)),
      cancel: (reason) => void cancelled.push(reason),
    });
    for await (const _ of iterate('source', readerOnly(endless))) break;
    expect(cancelled).toHaveLength(1);
    expect(endless.locked).toBe(false);
    const whole = webStream(PIECES);
    await collect(readerOnly(whole));
    expect(whole.locked).toBe(false);
  });

  it('does not hide why the reader stopped when the web stream cannot be cancelled', async () => {
    const stubborn = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Uint8Array.of(1)),
      cancel: () => Promise.reject(new Error('no')),
    });
    const error = await rejectionOf(async () => {
      for await (const _ of iterate('source', readerOnly(stubborn))) throw new Error('reader');
    });
    expect(error).toMatchObject({ message: 'reader' });
  });
});

describe('Chunker', () => {
  function cut(size: number, pieces: readonly Uint8Array[]): { bytes: Uint8Array; last: boolean }[] {
    const chunker = new Chunker(size);
    const chunks: { bytes: Uint8Array; last: boolean }[] = [];
    for (const piece of pieces) {
      for (const { bytes, last } of chunker.push(piece)) chunks.push({ bytes: Uint8Array.from(bytes), last });
    }
    const { bytes, last } = chunker.end();
    chunks.push({ bytes: Uint8Array.from(bytes), last });
    return chunks;
  }

  it('cuts any pieces into whole chunks and one last', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), pieces, (size, parts) => {
        const chunks = cut(size, parts);
        const whole = concat(...parts);
        expect(concat(...chunks.map(({ bytes }) => bytes))).toEqual(whole);
        expect(chunks).toHaveLength(Math.max(1, Math.ceil(whole.length / size)));
        expect(chunks.map(({ last }) => last)).toEqual(chunks.map((_, i) => i === chunks.length - 1));
        for (const { bytes, last } of chunks) if (!last) expect(bytes).toHaveLength(size);
      }),
    );
  });

  it('gives an empty last chunk only for nothing at all', () => {
    expect(cut(4, [])).toEqual([{ bytes: new Uint8Array(0), last: true }]);
    expect(cut(4, [new Uint8Array(0)])).toEqual([{ bytes: new Uint8Array(0), last: true }]);
    expect(cut(4, [new Uint8Array(8)]).map(({ bytes }) => bytes.length)).toEqual([4, 4]);
  });

  it('hands whole chunks of a large piece on without a copy, all but the one that may be the last', () => {
    const piece = new Uint8Array(12);
    const shared = [...new Chunker(4).push(piece)].map(({ bytes }) => bytes.buffer === piece.buffer);
    expect(shared).toEqual([true, true]);
  });

  it('keeps nothing of a piece after it was pushed', () => {
    const chunker = new Chunker(4);
    const piece = Uint8Array.of(1, 2, 3);
    expect([...chunker.push(piece)]).toEqual([]);
    piece.fill(9);
    expect(chunker.end().bytes).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('wipes what it held back', () => {
    const chunker = new Chunker(4);
    expect([...chunker.push(Uint8Array.of(1, 2, 3))]).toEqual([]);
    const { bytes } = chunker.end();
    chunker.dispose();
    expect(bytes).toEqual(new Uint8Array(3));
  });
});
