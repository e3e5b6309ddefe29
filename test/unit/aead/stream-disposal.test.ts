/** However a stream ends, its key and the bytes it held back are gone. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openStream, openTransform, sealStream, sealTransform } from '../../../src/aead/index.ts';
import { Chunker, iterate } from '../../../src/chunks.ts';
import { engine } from '../../../src/engines/index.ts';
import { rejectionOf } from '../../support/errors.ts';
import { collect, webStream } from '../../support/streams.ts';
import { fixedKey, flip, STREAM_HEADER_BYTES, sample, sealBytes } from './support.ts';

const key = fixedKey();
const options = { chunkSizeBytes: 1024 };
const failure = new Error('disk');

/** Watches the ciphers that the engine prepares and the chunkers, from here to the end of a test. */
function watch() {
  const ciphers: { readonly bytes: Uint8Array; readonly dispose: ReturnType<typeof vi.fn> }[] = [];
  const aead = engine('aead');
  const prepare = aead.prepare.bind(aead);
  vi.spyOn(aead, 'prepare').mockImplementation((bytes) => {
    const cipher = prepare(bytes);
    ciphers.push({ bytes, dispose: vi.spyOn(cipher, 'dispose') });
    return cipher;
  });
  return { ciphers, chunkers: vi.spyOn(Chunker.prototype, 'dispose') };
}

afterEach(() => {
  vi.restoreAllMocks();
});

async function* failing(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw failure;
}

async function giveUp(stream: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of stream) break;
}

type Transform = ReturnType<typeof sealTransform>;

/** Writes to a transform that must refuse it, on both sides. */
async function refused({ readable, writable }: Transform, ...pieces: unknown[]): Promise<void> {
  const writer = writable.getWriter();
  const reading = rejectionOf(() => collect(iterate('out', readable)));
  await rejectionOf(async () => {
    for (const piece of pieces) await writer.write(piece as Uint8Array);
    await writer.close();
  });
  await reading;
}

/** Starts a transform, reads its first piece, and cancels it. */
async function cancelled(transform: Transform, bytes: Uint8Array): Promise<void> {
  const reader = webStream([bytes, bytes]).pipeThrough(transform).getReader();
  await reader.read();
  await reader.cancel();
}

/** Starts a transform, reads its first piece, and aborts it. */
async function aborted({ readable, writable }: Transform, bytes: Uint8Array): Promise<void> {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  const writing = writer.write(bytes).catch(() => {});
  await reader.read();
  await writer.abort(failure);
  await writing;
  expect(await rejectionOf(() => reader.read())).toBe(failure);
}

const ENDINGS: readonly (readonly [name: string, run: (sealed: Uint8Array) => Promise<unknown>])[] = [
  ['sealing to the end', () => collect(sealStream(key, [sample(3000)], options))],
  ['sealing that is given up', () => giveUp(sealStream(key, [sample(3000)], options))],
  [
    'sealing with a source that fails',
    () => rejectionOf(() => collect(sealStream(key, failing(sample(3000)), options))),
  ],
  ['opening to the end', (sealed) => collect(openStream(key, [sealed]))],
  ['opening that is given up', (sealed) => giveUp(openStream(key, [sealed]))],
  [
    'opening with a source that fails',
    (sealed) => rejectionOf(() => collect(openStream(key, failing(sealed)))),
  ],
  [
    'opening a forgery',
    (sealed) => rejectionOf(() => collect(openStream(key, [flip(sealed, STREAM_HEADER_BYTES)]))),
  ],
  [
    'a sealing transform at its end',
    () => collect(webStream([sample(3000)]).pipeThrough(sealTransform(key, options))),
  ],
  ['a sealing transform that is cancelled', () => cancelled(sealTransform(key, options), sample(3000))],
  ['a sealing transform that is aborted', () => aborted(sealTransform(key, options), sample(3000))],
  ['a sealing transform that is given no bytes', () => refused(sealTransform(key, options), 'text')],
  [
    'an opening transform at its end',
    (sealed) => collect(webStream([sealed]).pipeThrough(openTransform(key))),
  ],
  ['an opening transform that is cancelled', (sealed) => cancelled(openTransform(key), sealed)],
  ['an opening transform that is aborted', (sealed) => aborted(openTransform(key), sealed)],
  [
    'an opening transform with a forgery',
    (sealed) => refused(openTransform(key), flip(sealed, STREAM_HEADER_BYTES)),
  ],
  [
    'an opening transform that is cut off',
    (sealed) => refused(openTransform(key), sealed.subarray(0, sealed.length - 1)),
  ],
];

it.each(ENDINGS)('%s', async (_, run) => {
  const sealed = await sealBytes(key, sample(3000), options);
  const { ciphers, chunkers } = watch();
  await run(sealed);
  expect(ciphers).toHaveLength(1);
  expect(ciphers[0]?.dispose).toHaveBeenCalled();
  expect(ciphers[0]?.bytes).toEqual(new Uint8Array(32));
  expect(chunkers).toHaveBeenCalled();
});

describe('a stream that never saw its header', () => {
  it('ends without anything to let go of', async () => {
    const { ciphers, chunkers } = watch();
    const source = webStream([new Uint8Array(3)]);
    const reader = source.pipeThrough(openTransform(key)).getReader();
    await reader.cancel();
    expect(await openStream(key, failing(new Uint8Array(3))).return(undefined)).toMatchObject({ done: true });
    expect(await rejectionOf(() => collect(openStream(key, failing(new Uint8Array(3)))))).toBe(failure);
    expect(ciphers).toEqual([]);
    expect(chunkers).not.toHaveBeenCalled();
  });
});

it('the key itself stays', async () => {
  const own = fixedKey();
  const { ciphers } = watch();
  const sealed = await sealBytes(own, sample(3000), options);
  expect(await collect(openStream(own, [sealed]))).toHaveLength(3);
  expect(ciphers).toHaveLength(2);
  expect(await collect(openStream(own, [sealed]))).toHaveLength(3);
});
