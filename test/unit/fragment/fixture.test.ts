/**
 * Fragments as this release writes them, kept for later ones, and one of an older release.
 *
 * The decoder here follows `docs/formats.md` and shares nothing with the library but the bytes.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inspectFragment, TemporalVault } from '@mwrasp/crypto/fragment';
import { describe, expect, it } from 'vitest';
import { concat, equal, fromHex, toHex, uintBytes, utf8 } from '../../../src/bytes.ts';
import { UnsupportedError } from '../../../src/errors.ts';
import { EpochChain } from '../../../src/fragment/chain.ts';
import { Channel } from '../../../src/fragment/channel.ts';
import { readFragment } from '../../../src/fragment/format.ts';
import { openMessage } from '../../../src/fragment/open.ts';
import { sealMessage } from '../../../src/fragment/seal.ts';
import { TimerWiper } from '../../../src/fragment/wiper-timer.ts';
import { expectError } from '../../contract/support/errors.ts';
import { countingRandom, derive, gcmOpen, plainErasure, plainSharing } from './support.ts';
import './support-vault.ts';

interface Vector {
  name: string;
  chainKey: string;
  epoch: number;
  number: number;
  secrecy: number;
  content: number;
  threshold: number;
  total: number;
  ttlMs: number;
  channel: string;
  binding: string;
  context: string;
  stream?: { streamId: string; piece: number; last: boolean };
  plaintext: string;
  /** Made with a random generator that counts up from 0; else the shares are random. */
  reproducible: boolean;
  fragments: string[];
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8'));

const { vectors } = read('fragment-v1.json') as { vectors: Vector[] };

function epochOf({ chainKey, epoch, ttlMs, channel, binding }: Vector) {
  const chain = new EpochChain(new TimerWiper(), fromHex(chainKey), ttlMs);
  const key = chain.jumpTo(epoch, Number.POSITIVE_INFINITY);
  if (key === undefined) throw new Error('the chain is gone');
  return { key, channel: new Channel(fromHex(channel), ttlMs, fromHex(binding)) };
}

/** Opens a message from the bytes alone, as `docs/formats.md` says. */
function decode(vector: Vector, fragments: Uint8Array[]): Uint8Array {
  const uint = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const [first] = fragments as [Uint8Array];
  const [secrecy, content, k, n] = [5, 6, 7, 8].map((at) => first[at] as number) as [
    number,
    number,
    number,
    number,
  ];
  const [messageBytes, pieceBytes] = [uint(first.subarray(13, 17)), uint(first.subarray(17, 21))];
  const headBytes = 85 + (secrecy === 1 ? 32 : 0) + (content === 2 ? 21 : 0);
  const [messageKey] = derive(fromHex(vector.chainKey), 'mwrasp-crypto/tf1/epoch', first.subarray(37, 41));
  const [encryption, commitment] = derive(messageKey, 'mwrasp-crypto/tf1/keys');
  const context = fromHex(vector.context);
  const digest = context.length === 0 ? context : createHash('sha3-512').update(context).digest();
  const binding = fromHex(vector.binding);
  const aadOf = (head: Uint8Array) =>
    concat(head, uintBytes(binding.length, 4), binding, uintBytes(digest.length, 4), digest);
  const pieces: (Uint8Array | undefined)[] = new Array(n).fill(undefined);
  const shares: { x: number; y: Uint8Array }[] = [];
  for (const fragment of fragments.slice(0, k)) {
    expect(equal(fragment.subarray(53, 85), commitment)).toBe(true);
    const head = fragment.subarray(0, headBytes);
    const plain = gcmOpen(encryption, fragment.subarray(41, 53), aadOf(head), fragment.subarray(headBytes));
    const index = fragment[52] as number;
    pieces[index] = plain.subarray(0, pieceBytes);
    if (secrecy === 1) shares.push({ x: index + 1, y: plain.subarray(pieceBytes) });
  }
  const whole = new Uint8Array(k * pieceBytes);
  for (let i = 0; i < k; i++) whole.set(pieces[i] ?? [], i * pieceBytes);
  plainErasure.reconstruct(pieces, k, n, pieceBytes, whole);
  if (secrecy === 0) return whole.subarray(0, messageBytes);
  const secret = plainSharing.combine(shares);
  const [inner, secretCommitment] = derive(concat(messageKey, secret), 'mwrasp-crypto/tf1/threshold');
  expect(equal(first.subarray(85, 117), secretCommitment)).toBe(true);
  const head = first.slice(0, headBytes);
  head[52] = 0;
  return gcmOpen(inner, new Uint8Array(12), aadOf(head), whole.subarray(0, messageBytes + 16));
}

/** Every choice of k of n, as far as there are few. */
function choices(fragments: Uint8Array[], k: number): Uint8Array[][] {
  if (k === 0) return [[]];
  return fragments.flatMap((fragment, i) =>
    choices(fragments.slice(i + 1), k - 1).map((rest) => [fragment, ...rest]),
  );
}

describe('fragment-v1.json', () => {
  describe.each(vectors)('$name', (vector) => {
    const fragments = vector.fragments.map((hex) => fromHex(hex));
    const plaintext = fromHex(vector.plaintext);

    it('opens, with any k of the fragments', () => {
      const { key, channel } = epochOf(vector);
      for (const chosen of choices(fragments, vector.threshold)) {
        const read = chosen.map((fragment) => readFragment('fragment', fragment));
        expect(openMessage(channel, key, read, fromHex(vector.context))?.data).toEqual(plaintext);
      }
    });

    it('opens by what the docs say alone', () => {
      for (const chosen of choices(fragments, vector.threshold))
        expect(decode(vector, chosen)).toEqual(plaintext);
    });

    it.runIf(vector.reproducible)('is what is written today', () => {
      countingRandom();
      const { key, channel } = epochOf(vector);
      const { content, secrecy, threshold, total, stream } = vector;
      const sealed = sealMessage(channel, key, vector.number, {
        data: plaintext,
        content,
        secrecy,
        threshold,
        total,
        context: fromHex(vector.context),
        stream: stream && { ...stream, streamId: fromHex(stream.streamId) },
      }) as Uint8Array[];
      // The random part of the nonce comes from a batch that other vectors have drawn from.
      const nonce = fragments[0]?.subarray(41, 47) as Uint8Array;
      expect(sealed.length).toBe(total);
      expect(sealed.map((fragment) => toHex(fragment.subarray(0, 41)))).toEqual(
        fragments.map((fragment) => toHex(fragment.subarray(0, 41))),
      );
      expect(sealed.map((fragment) => toHex(fragment.subarray(47, 85)))).toEqual(
        fragments.map((fragment) => toHex(fragment.subarray(47, 85))),
      );
      expect(nonce.length).toBe(6);
      expect(decode(vector, sealed)).toEqual(plaintext);
    });

    it('is explained to the last byte', () => {
      for (const [index, fragment] of fragments.entries()) {
        const info = inspectFragment(fragment);
        expect(info).toMatchObject({
          vaultId: vector.channel,
          epoch: vector.epoch,
          messageNumber: vector.number,
          threshold: vector.threshold,
          total: vector.total,
          index,
          ttlMs: vector.ttlMs,
          messageBytes: plaintext.length,
          secrecy: ['epoch', 'threshold'][vector.secrecy],
          content: ['message', 'batch', 'piece'][vector.content],
        });
        let at = 0;
        for (const { offset, bytes } of info.fields) {
          expect(offset).toBe(at);
          at += bytes;
        }
        expect(at).toBe(fragment.length);
      }
    });
  });
});

describe('fragment-v0.json', () => {
  const fragment = fromHex(read('fragment-v0.json').fragment);

  it('is refused with a clear error', async () => {
    using vault = await TemporalVault.create();
    for (const call of [() => inspectFragment(fragment), () => vault.reassemble([fragment])]) {
      const error = await expectError(call, UnsupportedError, 'ERR_UNSUPPORTED_VERSION');
      expect(error.message).toContain('fragment version 0; this release reads version 1');
    }
  });

  it('as one of version 2, or of another suite, it is refused as clearly', async () => {
    const error = await expectError(
      () => inspectFragment(fragment.with(3, 2)),
      UnsupportedError,
      'ERR_UNSUPPORTED_VERSION',
    );
    expect(error.message).toContain('fragment version 2; this release reads version 1');
    const known = fromHex(vectors[0]?.fragments[0] as string);
    const suite = await expectError(
      () => inspectFragment(known.with(4, 2)),
      UnsupportedError,
      'ERR_UNSUPPORTED_VERSION',
    );
    expect(suite.message).toContain('suite 2; this release reads suite 1');
    expect(utf8('MWF')).toEqual(known.slice(0, 3));
  });
});
