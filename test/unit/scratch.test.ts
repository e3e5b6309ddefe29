import { expect, it } from 'vitest';
import { borrow, giveBack } from '../../src/scratch.ts';

it('lends as many bytes as are asked for', () => {
  for (const length of [0, 1, 1056, 16_384, 16_385, 100_000]) {
    const bytes = borrow(length);
    expect(bytes.length).toBe(length);
    giveBack(bytes);
  }
});

it('lends nothing to two at once', () => {
  const lent = Array.from({ length: 40 }, () => borrow(100));
  expect(new Set(lent.map(({ buffer }) => buffer)).size).toBe(40);
  for (const bytes of lent) giveBack(bytes);
});

it('uses memory again, wiped of what was in it', () => {
  const bytes = borrow(1000).fill(7);
  const { buffer } = bytes;
  giveBack(bytes);
  const again = borrow(16_384);
  expect(again.buffer).toBe(buffer);
  expect(again).toEqual(new Uint8Array(16_384));
  giveBack(again);
});

it('wipes what it does not keep', () => {
  const bytes = borrow(20_000).fill(7);
  giveBack(bytes);
  expect(bytes).toEqual(new Uint8Array(20_000));
  expect(borrow(20_000).buffer).not.toBe(bytes.buffer);
});
