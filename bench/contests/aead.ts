/**
 * AES-256-GCM: messages and streams, under one key.
 *
 * @module
 */
import { AeadKey, open, openStream, seal, sealStream } from '@mwrasp/crypto/aead';
import type { RawAead } from '../peers/peer.ts';
import { type Contest, ours, theirs, type World } from './contest.ts';
import { random, randomMessages } from './inputs.ts';
import { CURVE_SIZES, KIB, MIB } from './sizes.ts';

const STREAM_SIZES = [MIB, 4 * MIB];
const STREAM_PIECE_BYTES = 64 * KIB;

async function rawAead({ raw }: World): Promise<RawAead | undefined> {
  return await raw?.aead?.(random(32));
}

function sealContest(sizeBytes: number): Contest {
  return {
    suite: 'primitives',
    operation: 'AES-256-GCM seal',
    sizeBytes,
    family: 'aead',
    async prepare(world) {
      const key = AeadKey.generate();
      const raw = await rawAead(world);
      const data = random(sizeBytes);
      const runners = ours(world, { run: () => seal(key, data) });
      return { runners: [...runners, ...theirs(world, raw && (() => raw.seal(data)))] };
    },
  };
}

function openContest(sizeBytes: number): Contest {
  return {
    suite: 'primitives',
    operation: 'AES-256-GCM open',
    sizeBytes,
    family: 'aead',
    async prepare(world) {
      const key = AeadKey.generate();
      const raw = await rawAead(world);
      const data = random(sizeBytes);
      const sealed = seal(key, data);
      const rawSealed = await raw?.seal(data);
      const runners = ours(world, { run: () => open(key, sealed) });
      return { runners: [...runners, ...theirs(world, raw && (() => raw.open(rawSealed)))] };
    },
  };
}

/** Reads a stream to its end and lets go of every piece at once, as a sink does. */
async function drain(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0;
  for await (const piece of stream) length += piece.length;
  return length;
}

/** The message of a stream, in pieces as a file is read. */
function pieces(sizeBytes: number): Uint8Array[] {
  return randomMessages(sizeBytes / STREAM_PIECE_BYTES, STREAM_PIECE_BYTES);
}

function sealStreamContest(sizeBytes: number): Contest {
  return {
    suite: 'primitives',
    operation: 'AES-256-GCM seal stream',
    sizeBytes,
    family: 'aead',
    async prepare(world) {
      const key = AeadKey.generate();
      const data = pieces(sizeBytes);
      const sealPieces = (await rawAead(world))?.sealPieces;
      const runners = ours(world, { async: true, run: () => drain(sealStream(key, data)) });
      return { runners: [...runners, ...theirs(world, sealPieces && (() => sealPieces(data)))] };
    },
  };
}

function openStreamContest(sizeBytes: number): Contest {
  return {
    suite: 'primitives',
    operation: 'AES-256-GCM open stream',
    sizeBytes,
    family: 'aead',
    async prepare(world) {
      const key = AeadKey.generate();
      const data = pieces(sizeBytes);
      const sealed: Uint8Array[] = [];
      for await (const piece of sealStream(key, data)) sealed.push(piece);
      const raw = await rawAead(world);
      const rawSealed = raw?.sealPieces?.(data);
      const openPieces = raw?.openPieces;
      const runners = ours(world, { async: true, run: () => drain(openStream(key, sealed)) });
      return { runners: [...runners, ...theirs(world, openPieces && (() => openPieces(rawSealed)))] };
    },
  };
}

/** The contests of AES-256-GCM. */
export const AEAD_CONTESTS: readonly Contest[] = [
  ...CURVE_SIZES.map(sealContest),
  ...CURVE_SIZES.map(openContest),
  ...STREAM_SIZES.map(sealStreamContest),
  ...STREAM_SIZES.map(openStreamContest),
];
