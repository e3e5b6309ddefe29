/**
 * What the tests of AEAD share: keys, the parts of a sealed stream, and attempts to open one in every way there is.
 */
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect } from 'vitest';
import {
  AeadKey,
  type AeadOptions,
  openStream,
  openTransform,
  type StreamSealOptions,
  sealStream,
} from '../../../src/aead/index.ts';
import { concat } from '../../../src/bytes.ts';
import { AuthenticationError } from '../../../src/errors.ts';
import { collect, webStream } from '../../support/streams.ts';

export const STREAM_HEADER_BYTES = 85;
export const MESSAGE_HEADER_BYTES = 64;
export const TAG_BYTES = 16;

/** The same key in every run. */
export function fixedKey(first = 0, options?: { maxUses?: number; uses?: number }): AeadKey {
  return AeadKey.fromBytes(
    Uint8Array.from({ length: 32 }, (_, i) => first + i),
    options,
  );
}

/** Bytes of which no two chunks are the same. */
export function sample(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 31 + (i >> 16)) & 0xff);
}

export function flip(bytes: Uint8Array, offset: number, bit = 0): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[offset] = (copy[offset] as number) ^ (1 << bit);
  return copy;
}

/** Cuts bytes in pieces of one size. */
export function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < bytes.length; i += size) pieces.push(bytes.subarray(i, i + size));
  return pieces;
}

export async function sealBytes(
  key: AeadKey,
  plaintext: Uint8Array,
  options?: StreamSealOptions,
): Promise<Uint8Array> {
  return concat(...(await collect(sealStream(key, [plaintext], options))));
}

/** A sealed stream taken apart. */
export interface Parts {
  readonly header: Uint8Array;
  readonly chunks: Uint8Array[];
}

export function takeApart(sealed: Uint8Array, chunkSizeBytes: number): Parts {
  const body = sealed.subarray(STREAM_HEADER_BYTES);
  return { header: sealed.subarray(0, STREAM_HEADER_BYTES), chunks: cut(body, chunkSizeBytes + TAG_BYTES) };
}

/** What came out before the end or the error. */
export interface Attempt {
  readonly released: Uint8Array;
  /** Whether the end was reported. */
  readonly ended: boolean;
  readonly error: unknown;
}

type Opener = (key: AeadKey, pieces: Uint8Array[], options?: AeadOptions) => Promise<Attempt>;

async function attempt(work: (release: (piece: Uint8Array) => void) => Promise<void>): Promise<Attempt> {
  const released: Uint8Array[] = [];
  try {
    await work((piece) => void released.push(Uint8Array.from(piece)));
    return { released: concat(...released), ended: true, error: undefined };
  } catch (error) {
    return { released: concat(...released), ended: false, error };
  }
}

/** Every way to open a stream. */
export const OPENERS: readonly (readonly [name: string, open: Opener])[] = [
  [
    'an async iteration',
    (key, pieces, options) =>
      attempt(async (release) => {
        for await (const piece of openStream(key, pieces, options)) release(piece);
      }),
  ],
  [
    'a web transform',
    (key, pieces, options) =>
      attempt(async (release) => {
        const opened = webStream(pieces).pipeThrough(openTransform(key, options));
        for await (const piece of opened) release(piece);
      }),
  ],
  [
    'a Node pipeline',
    (key, pieces, options) =>
      attempt(async (release) => {
        const sink = new Writable({
          write(piece: Uint8Array, _encoding, done) {
            release(piece);
            done();
          },
        });
        await pipeline(
          Readable.from(pieces),
          (source: AsyncIterable<Uint8Array>) => openStream(key, source, options),
          sink,
        );
      }),
  ],
];

/** The opener that most tests use. */
export const openWhole: Opener = (OPENERS[0] as (typeof OPENERS)[0])[1];

/**
 * Checks that a damaged stream was refused before the end was reported, and that nothing but whole, authenticated chunks
 * from the start of the plaintext came out.
 */
export function expectRefused(
  { released, ended, error }: Attempt,
  plaintext: Uint8Array,
  chunkSizeBytes: number,
  atMostChunks: number,
): void {
  expect(ended).toBe(false);
  expect(error).toBeInstanceOf(AuthenticationError);
  expect(error).toMatchObject({ code: 'ERR_AUTHENTICATION' });
  expect((error as Error).cause).toBeUndefined();
  expect(released.length % chunkSizeBytes).toBe(0);
  expect(released.length).toBeLessThanOrEqual(atMostChunks * chunkSizeBytes);
  expect(released).toEqual(plaintext.subarray(0, released.length));
}
