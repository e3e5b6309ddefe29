import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { concat, toHex, uintBytes, utf8 } from '../../../src/bytes.ts';
import { EpochChain } from '../../../src/fragment/chain.ts';
import { countingRandom, KEY_BYTES, withSlab } from './support.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The chain as the docs describe it: SHA3-512(domain ‖ epoch ‖ chain key) = message key ‖ next chain key. */
function ratchet(chainKey: Uint8Array, epoch: number): { messageKey: Uint8Array; next: Uint8Array } {
  const digest = createHash('sha3-512')
    .update(concat(utf8('mwrasp-crypto/fragment/v0/ratchet'), uintBytes(epoch, 4), chainKey))
    .digest();
  return {
    messageKey: Uint8Array.from(digest.subarray(0, KEY_BYTES)),
    next: Uint8Array.from(digest.subarray(KEY_BYTES)),
  };
}

function keyOf(chain: EpochChain, epoch: number): Uint8Array | undefined {
  const out = new Uint8Array(KEY_BYTES);
  return chain.copyKey(epoch, out) ? out : undefined;
}

describe('EpochChain', () => {
  it('has no key before the first epoch', () => {
    const chain = new EpochChain(4);
    expect(chain.newest).toBe(-1);
    expect(chain.alive).toEqual([]);
    expect(keyOf(chain, 0)).toBeUndefined();
    expect(keyOf(chain, -1)).toBeUndefined();
  });

  it('gives the keys of these vectors', () => {
    countingRandom();
    const chain = new EpochChain(4);
    const keys: string[] = [];
    for (const epoch of [0, 1, 2]) {
      chain.advance(epoch);
      keys.push(toHex(keyOf(chain, epoch) as Uint8Array));
    }
    expect(keys).toMatchInlineSnapshot(`
      [
        "695e3ece7b28115754b214ecfcbb1c6292f06e2e9daa747b49ae1c83044fa4cb",
        "e9958a4614beeca6051da379662ca9238232d8635b5b5b352b1b55486d74cdca",
        "f5f951b6dd172f404ce55e9e7c703b0fbd2909f9689b792c2dd05ab684c05b9b",
      ]
    `);
  });

  it('agrees with the ratchet computed apart', () => {
    countingRandom();
    const chain = new EpochChain(8);
    let chainKey = Uint8Array.from({ length: KEY_BYTES }, (_, i) => i);
    // Epochs passed over never have a key, and cost nothing.
    for (const epoch of [0, 1, 2, 7, 8, 1_000_000, 2 ** 32 - 1]) {
      chain.advance(epoch);
      const { messageKey, next } = ratchet(chainKey, epoch);
      expect(keyOf(chain, epoch)).toEqual(messageKey);
      expect(chain.newest).toBe(epoch);
      chainKey = Uint8Array.from(next);
    }
    expect(chain.alive).toEqual([0, 1, 2, 7, 8, 1_000_000, 2 ** 32 - 1]);
    expect(keyOf(chain, 3)).toBeUndefined();
    expect(keyOf(chain, 999_999)).toBeUndefined();
  });

  it('overwrites the chain key, and keeps no other copy in its buffer', async () => {
    const { made: chain, slab } = await withSlab(() => new EpochChain(4));
    const before = slab.bytes.slice(0, KEY_BYTES);
    chain.advance(0);
    const { messageKey, next } = ratchet(before, 0);
    expect(slab.bytes.slice(0, KEY_BYTES)).toEqual(next);
    expect(toHex(slab.bytes)).not.toContain(toHex(before));
    expect(keyOf(chain, 0)).toEqual(messageKey);
  });

  it('does not go back: an epoch that has, or had, a key gets no other', () => {
    const chain = new EpochChain(4);
    chain.advance(5);
    const key = keyOf(chain, 5);
    chain.advance(5);
    chain.advance(3);
    expect(chain.newest).toBe(5);
    expect(chain.alive).toEqual([5]);
    expect(keyOf(chain, 5)).toEqual(key);
    expect(keyOf(chain, 3)).toBeUndefined();
  });

  it('zeroes the keys of an epoch and of all before it', async () => {
    const { made: chain, slab } = await withSlab(() => new EpochChain(4));
    for (const epoch of [0, 1, 2, 3]) chain.advance(epoch);
    const keys = [0, 1, 2, 3].map((epoch) => toHex(keyOf(chain, epoch) as Uint8Array));
    expect(slab.filledSlots()).toBe(4);
    for (const key of keys) expect(toHex(slab.bytes)).toContain(key);

    expect(chain.destroyUpTo(-1)).toEqual([]);
    expect(chain.destroyUpTo(1)).toEqual([0, 1]);
    expect(chain.destroyUpTo(1)).toEqual([]);
    expect(slab.filledSlots()).toBe(2);
    expect(keys.map((key) => toHex(slab.bytes).includes(key))).toEqual([false, false, true, true]);
    expect(chain.alive).toEqual([2, 3]);
    expect([0, 1, 2, 3].map((epoch) => keyOf(chain, epoch) !== undefined)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it("leaves the caller's buffer alone when a key is gone", () => {
    const chain = new EpochChain(2);
    chain.advance(0);
    chain.destroyUpTo(0);
    const out = new Uint8Array(KEY_BYTES).fill(0xaa);
    expect(chain.copyKey(0, out)).toBe(false);
    expect(out).toEqual(new Uint8Array(KEY_BYTES).fill(0xaa));
  });

  it('hands out copies', () => {
    const chain = new EpochChain(2);
    chain.advance(0);
    const key = keyOf(chain, 0) as Uint8Array;
    const copy = keyOf(chain, 0) as Uint8Array;
    copy.fill(0);
    expect(keyOf(chain, 0)).toEqual(key);
  });

  it('zeroes everything whatever the epoch, when it is no number', async () => {
    const { made: chain, slab } = await withSlab(() => new EpochChain(4));
    for (const epoch of [0, 1]) chain.advance(epoch);
    expect(chain.destroyUpTo(Number.NaN)).toEqual([0, 1]);
    expect(slab.filledSlots()).toBe(0);
  });

  it('uses its slots again, for ever', async () => {
    const { made: chain, slab } = await withSlab(() => new EpochChain(3));
    for (let epoch = 0; epoch < 100; epoch++) {
      chain.destroyUpTo(epoch - 3);
      chain.advance(epoch);
      expect(keyOf(chain, epoch)).toBeDefined();
      expect(slab.filledSlots()).toBe(Math.min(epoch + 1, 3));
    }
  });

  it('refuses more epochs than it has room for, and keeps those it has', () => {
    const chain = new EpochChain(2);
    for (const epoch of [0, 1]) chain.advance(epoch);
    expect(() => chain.advance(2)).toThrow(RangeError);
    expect(chain.newest).toBe(1);
    expect(chain.alive).toEqual([0, 1]);
    chain.destroyUpTo(0);
    chain.advance(2);
    expect(chain.alive).toEqual([1, 2]);
  });

  it('is all zeros when it is destroyed', async () => {
    const { made: chain, slab } = await withSlab(() => new EpochChain(4));
    for (const epoch of [0, 1, 2]) chain.advance(epoch);
    expect(slab.bytes.some((byte) => byte !== 0)).toBe(true);
    chain.destroy();
    expect(slab.bytes).toEqual(new Uint8Array(slab.bytes.length));
    expect(chain.alive).toEqual([]);
    expect(keyOf(chain, 2)).toBeUndefined();
    chain.destroy();
  });

  it('draws a new chain key each time', async () => {
    const [one, two] = [await withSlab(() => new EpochChain(1)), await withSlab(() => new EpochChain(1))];
    expect(one.slab.bytes).not.toEqual(two.slab.bytes);
  });
});
