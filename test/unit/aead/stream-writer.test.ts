/**
 * Streams written by hand, with Node's own primitives and docs/formats.md: what keeps to the format opens, what a sender
 * wrote against it does not, although every chunk of it is authentic.
 */
import * as crypto from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ChunkNonce } from '../../../src/aead/stream.ts';
import { concat, utf8 } from '../../../src/bytes.ts';
import { expectInput } from '../../support/errors.ts';
import { expectRefused, fixedKey, OPENERS, openWhole, sample } from './support.ts';

const KIB = 1024;
const master = Uint8Array.from({ length: 32 }, (_, i) => i);
const key = fixedKey();
const aad = utf8('context');

interface Piece {
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

function writeStream(...pieces: Piece[]): Uint8Array {
  const keyId = new Uint8Array(
    crypto.hkdfSync('sha3-512', master, '', 'mwrasp-crypto/aead/v1/message', 80),
  ).subarray(64);
  const salt = sample(32);
  const digest = crypto.createHash('sha3-512').update(aad).digest();
  const info = concat(utf8('mwrasp-crypto/aead/v1/stream'), Uint8Array.of(10), digest);
  const okm = new Uint8Array(crypto.hkdfSync('sha3-512', master, salt, info, 71));
  const chunks = pieces.map(({ bytes, last }, i) => {
    const nonce = concat(okm.subarray(64), Uint8Array.of(0, 0, 0, i, last ? 1 : 0));
    const cipher = crypto.createCipheriv('aes-256-gcm', okm.subarray(0, 32), nonce);
    return concat(cipher.update(bytes), cipher.final(), cipher.getAuthTag());
  });
  return concat(Uint8Array.of(0x4d, 0x57, 0x53, 1, 10), keyId, salt, okm.subarray(32, 64), ...chunks);
}

/** Plaintext cut into chunks, the last of which says so. */
function pieces(plaintext: Uint8Array, ...more: Piece[]): Piece[] {
  const cuts = Array.from({ length: Math.max(1, Math.ceil(plaintext.length / KIB)) }, (_, i) => ({
    bytes: plaintext.subarray(i * KIB, (i + 1) * KIB),
    last: false,
  }));
  const all = [...cuts, ...more];
  return all.map((piece, i) => ({ ...piece, last: i === all.length - 1 }));
}

const EMPTY = { bytes: new Uint8Array(0), last: true };

describe('a stream written by hand', () => {
  it.each([0, 1, KIB, KIB + 1, 3 * KIB, 3 * KIB + 7])('of %i bytes opens', async (length) => {
    const plaintext = sample(length);
    for (const [, open] of OPENERS) {
      const { released, ended, error } = await open(key, [writeStream(...pieces(plaintext))], { aad });
      expect(error).toBeUndefined();
      expect(ended).toBe(true);
      expect(released).toEqual(plaintext);
    }
  });

  it('is refused with an empty chunk at the end of others', async () => {
    for (const count of [1, 2]) {
      const plaintext = sample(count * KIB);
      const sealed = writeStream(...pieces(plaintext, EMPTY));
      expectRefused(await openWhole(key, [sealed], { aad }), plaintext, KIB, count);
    }
  });

  it('is refused without an end, and with one too early', async () => {
    const plaintext = sample(2 * KIB);
    const [first, second] = pieces(plaintext) as [Piece, Piece];
    const endless = writeStream(first, { ...second, last: false });
    expectRefused(await openWhole(key, [endless], { aad }), plaintext, KIB, 1);
    const early = writeStream({ ...first, last: true }, second);
    expectRefused(await openWhole(key, [early], { aad }), plaintext, KIB, 0);
  });
});

describe('the nonces of a stream', () => {
  const prefix = sample(7);

  it('are prefix, counter and final flag', () => {
    const nonce = new ChunkNonce(prefix);
    expect(nonce.count).toBe(0);
    expect(nonce.next(false)).toEqual(concat(prefix, Uint8Array.of(0, 0, 0, 0, 0)));
    expect(nonce.next(true)).toEqual(concat(prefix, Uint8Array.of(0, 0, 0, 1, 1)));
    expect(nonce.next(false)).toEqual(concat(prefix, Uint8Array.of(0, 0, 0, 2, 0)));
    expect(nonce.count).toBe(3);
  });

  it('end after 2^32, before one comes twice', () => {
    const nonce = new ChunkNonce(prefix, 2 ** 32 - 1);
    expect(nonce.next(true)).toEqual(concat(prefix, Uint8Array.of(255, 255, 255, 255, 1)));
    for (const last of [false, true]) {
      expectInput(() => nonce.next(last), 'ERR_INPUT_LENGTH', 'source');
    }
    expect(nonce.count).toBe(2 ** 32);
  });
});
