/**
 * Where things lie in an envelope, and what takes envelopes of streams apart.
 *
 * @module
 */
import type { Decapsulator, Signer } from '@mwrasp/crypto/envelope';
import { expect } from 'vitest';
import { concat } from '../../../src/bytes.ts';
import { PqError } from '../../../src/errors.ts';
import { decapsulate, type KemPrivateKey } from '../../../src/kem/index.ts';
import { type SignPrivateKey, sign } from '../../../src/sign/index.ts';

/** Offsets in the fixed part, and lengths of the parts (docs of the format). */
export const LAYOUT = {
  mode: 4,
  form: 5,
  suite: 6,
  recipient: 12,
  sender: 44,
  encBytes: 1568,
  commitmentBytes: 32,
  signatureBytes: 4627,
  baseHeaderBytes: 1644,
  signedHeaderBytes: 6303,
} as const;

/** Where the parts of a header start, in either mode. */
export function offsets(signed: boolean) {
  const enc = signed ? 76 : 44;
  const commitment = enc + LAYOUT.encBytes;
  const signature = commitment + LAYOUT.commitmentBytes;
  return { enc, commitment, signature, body: signature + (signed ? LAYOUT.signatureBytes : 0) };
}

/** Runs a stream to its end. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(Uint8Array.from(piece));
  return concat(...pieces);
}

/** What a stream released, and how it ended. */
export async function runOut(
  source: AsyncIterable<Uint8Array>,
): Promise<{ released: Uint8Array; error: unknown }> {
  const pieces: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const piece of source) pieces.push(Uint8Array.from(piece));
  } catch (caught) {
    error = caught;
  }
  return { released: concat(...pieces), error };
}

/** Cuts bytes at offsets. */
export function cutAt(bytes: Uint8Array, ...cuts: number[]): Uint8Array[] {
  return [0, ...cuts].map((start, i) => bytes.subarray(start, cuts[i] ?? bytes.length));
}

/** Cuts bytes into pieces of a size. */
export function cutEvery(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; offset += size)
    pieces.push(bytes.subarray(offset, offset + size));
  return pieces;
}

/** A source that tells whether it was read and closed. */
export function watchedSource(pieces: Iterable<Uint8Array>) {
  const state = { read: 0, closed: 0 };
  async function* source() {
    try {
      for (const piece of pieces) {
        state.read++;
        yield piece;
      }
    } finally {
      state.closed++;
    }
  }
  return { state, source: source() };
}

/** Something that decapsulates with a key, and counts. */
export function countingDecapsulator(key: KemPrivateKey): Decapsulator & { readonly count: number } {
  const state = {
    count: 0,
    publicKey: key.publicKey,
    decapsulate(ciphertext: Uint8Array) {
      state.count++;
      return Promise.resolve(decapsulate(key, ciphertext));
    },
  };
  return state;
}

/** Something that signs with a key, asynchronously, and remembers what. */
export function recordingSigner(key: SignPrivateKey): Signer & { readonly signed: Uint8Array[][] } {
  const signed: Uint8Array[][] = [];
  return {
    signed,
    publicKey: key.publicKey,
    async sign(message, options) {
      signed.push([Uint8Array.from(message), Uint8Array.from(options.context)]);
      return sign(key, message, options);
    },
  };
}

/** Checks that an error is the one of a failed opening, which never says why. */
export function expectAuthentication(error: unknown): void {
  expect(error).toBeInstanceOf(PqError);
  expect(error).toMatchObject({
    name: 'AuthenticationError',
    code: 'ERR_AUTHENTICATION',
    message: 'authentication failed: wrong key, wrong context, or the data was changed',
  });
  expect(error).not.toHaveProperty('cause');
}

/** Checks that an error is about a version or a suite of another release. */
export function expectVersion(error: unknown): void {
  expect(error).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_VERSION' });
}
