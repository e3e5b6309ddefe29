import { describe, expect, it } from 'vitest';
import { verifyTranscript } from '../../../src/ceremony/index.ts';
import { PqError } from '../../../src/errors.ts';
import { flipped } from '../../support/keys.ts';
import { hold, holders } from './support.ts';

const { transcript } = await hold(2, 2);
const other = await hold(2, 2);
const alone = await hold(1, 1);
const known = holders(2).map(({ name, signer }) => ({ name, signer: signer.publicKey }));

/** Where each record begins, its length before it, and where the last one ends. */
function boundaries(bytes: Uint8Array): number[] {
  const found = [4];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 4; at < bytes.length; ) {
    at += 4 + view.getUint32(at);
    found.push(at);
  }
  return found;
}

const [start, second, third, end] = boundaries(transcript) as [number, number, number, number];

/** What comes of reading: the error's code, or how many have signed. */
function verdict(bytes: Uint8Array, options = {}): string {
  try {
    const { custodians, committed } = verifyTranscript(bytes, options);
    return `${custodians.filter(({ verifiedAtMs }) => verifiedAtMs !== undefined).length} signed, ${committed}`;
  } catch (error) {
    if (!(error instanceof PqError)) throw error;
    return error.code;
  }
}

describe('a transcript', () => {
  it('tells who took part, and that it is committed', () => {
    expect(verifyTranscript(transcript)).toMatchObject({
      label: 'test',
      threshold: 2,
      total: 2,
      committed: true,
      custodians: [
        { index: 1, name: 'alice' },
        { index: 2, name: 'bob' },
      ],
    });
    expect([start, end]).toEqual([4, transcript.length]);
  });

  it('changed in any byte is refused', { timeout: 600_000 }, () => {
    let changed = 0;
    for (const [bytes, every] of [
      // Each byte costs a verification: of the longer one, in which a record follows a signed one, a sample.
      [alone.transcript, 1],
      [transcript, process.env['MWRASP_FAULT'] === 'full' ? 1 : 9],
    ] as const) {
      const accepted: number[] = [];
      for (let offset = 0; offset < bytes.length; offset += every) {
        changed++;
        const code = verdict(flipped(bytes, offset, 1 << (offset % 8)));
        if (!code.startsWith('ERR_')) accepted.push(offset);
        else if (offset >= 4) expect(code, `byte ${offset}`).toBe('ERR_CEREMONY_TRANSCRIPT');
      }
      expect(accepted).toEqual([]);
    }
    expect(changed).toBeGreaterThan(alone.transcript.length);
  });

  it('cut off anywhere is refused, or is not committed where a record ends', () => {
    // Inside a record one place is as good as another: every length at its ends, and a sample between.
    const isNear = (length: number) => [second, third, end].some((at) => Math.abs(at - length) < 40);
    for (let length = 4; length < transcript.length; length++) {
      if (!isNear(length) && length % 29 !== 0) continue;
      const told = verdict(transcript.subarray(0, length));
      const signed = [second, third].indexOf(length);
      expect(told, `${length} bytes`).toBe(
        signed < 0 ? 'ERR_CEREMONY_TRANSCRIPT' : `${signed} signed, false`,
      );
    }
  });

  it('with records left out, moved, repeated or of another ceremony is refused', () => {
    const part = (from: number, to: number, bytes = transcript) => bytes.subarray(from, to);
    const first = part(0, second);
    const [one, two] = [part(second, third), part(third, end)];
    const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((bytes) => [...bytes]));
    const [, otherSecond, otherThird] = boundaries(other.transcript) as [number, number, number];
    for (const bytes of [
      join(first, two),
      join(first, two, one),
      join(first, one, one),
      join(first, one, two, two),
      join(first, first),
      join(first, part(otherSecond, otherThird, other.transcript)),
      join(first, one, part(otherThird, other.transcript.length, other.transcript)),
      join(transcript, Uint8Array.of(0)),
    ]) {
      expect(verdict(bytes)).toBe('ERR_CEREMONY_TRANSCRIPT');
    }
    expect(verdict(join(first, one, two))).toBe('2 signed, true');
  });

  it('of other keys than those one knows is refused, whole as it may be', () => {
    expect(verdict(transcript, { custodians: known })).toBe('2 signed, true');
    const [alice, bob] = known as [(typeof known)[0], (typeof known)[0]];
    const stranger = holders(3)[2] as ReturnType<typeof holders>[0];
    for (const custodians of [
      [alice],
      [alice, { ...bob, signer: stranger.signer.publicKey }],
      [...known, { name: 'carol', signer: stranger.signer.publicKey }],
      [],
    ]) {
      expect(verdict(transcript, { custodians })).toBe('ERR_CEREMONY_TRANSCRIPT');
    }
  });

  it('is as deep as it is long: a length that lies allocates nothing', () => {
    const lying = Uint8Array.from(transcript);
    lying.set([0xff, 0xff, 0xff, 0xff], 4);
    expect(verdict(lying)).toBe('ERR_CEREMONY_TRANSCRIPT');
    expect(verdict(new Uint8Array(300_000))).toBe('ERR_INPUT_LENGTH');
  });
});
