import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, uintBytes } from '../../../src/bytes.ts';
import { AuthenticationError, InputError } from '../../../src/errors.ts';
import { pack, unpack } from '../../../src/fragment/batch.ts';
import { ReplayWindow } from '../../../src/fragment/replay.ts';
import { expectError } from '../../contract/support/errors.ts';

describe('a batch', () => {
  it('gives back any messages', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 50 }), (messages) => {
        expect(unpack(pack(messages))).toEqual(messages);
      }),
    );
  });

  it('has the documented bytes', () => {
    expect(pack([Uint8Array.of(7, 8), new Uint8Array(0)])).toEqual(
      concat(uintBytes(2, 4), uintBytes(2, 4), uintBytes(0, 4), Uint8Array.of(7, 8)),
    );
  });

  it('is never read past its end, whatever it says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const original = bytes.slice();
        try {
          expect(pack(unpack(bytes))).toEqual(original);
        } catch (error) {
          expect(error).toBeInstanceOf(AuthenticationError);
          expect(bytes.every((byte) => byte === 0)).toBe(true);
        }
      }),
    );
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['fewer lengths than messages', uintBytes(3, 4)],
    ['2^32 − 1 messages', new Uint8Array(12).fill(0xff)],
    ['a message that is longer than the rest', concat(uintBytes(1, 4), uintBytes(2, 4), Uint8Array.of(1))],
    ['bytes that are in no message', concat(uintBytes(1, 4), uintBytes(1, 4), Uint8Array.of(1, 2))],
  ])('of %s is refused', async (_name, bytes) => {
    await expectError(() => unpack(bytes), AuthenticationError, 'ERR_AUTHENTICATION');
  });

  it('has a largest size', async () => {
    const most = new Uint8Array(2 ** 20 - 8);
    expect(pack([most]).length).toBe(2 ** 20);
    await expectError(() => pack([most, new Uint8Array(0)]), InputError, 'ERR_INPUT_LENGTH');
    await expectError(() => pack(new Array(65_537).fill(new Uint8Array(0))), InputError, 'ERR_INPUT_LENGTH');
  });
});

describe('ReplayWindow', () => {
  it('marks each number once, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(100_000)), { maxLength: 200 }), (marks) => {
        const window = new ReplayWindow();
        const seen = new Set<string>();
        for (const [epoch, number] of marks) {
          const id = `${epoch} ${number}`;
          expect(window.has(epoch, number)).toBe(seen.has(id));
          expect(window.mark(epoch, number)).toBe(!seen.has(id));
          seen.add(id);
        }
      }),
    );
  });

  it('takes no more memory than a bit for each number that there may be', () => {
    const window = new ReplayWindow(10_000);
    expect(window.mark(1, 9999)).toBe(true);
    expect([window.has(1, 10_000), window.mark(1, 2 ** 39)]).toEqual([true, false]);
    expect(window.bytes).toBe(1250);
    window.mark(2, 0);
    window.forgetBefore(2);
    expect(window.bytes).toBe(128);
    expect(window.has(1, 9999)).toBe(false);
  });
});
