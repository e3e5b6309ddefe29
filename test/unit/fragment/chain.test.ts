import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex, uintBytes } from '../../../src/bytes.ts';
import { EpochChain } from '../../../src/fragment/chain.ts';
import { CAUSE } from '../../../src/fragment/slab.ts';
import { TimerWiper } from '../../../src/fragment/wiper-timer.ts';
import { derive, filledSlots, KEY_BYTES } from './support.ts';

const CHAIN_KEY = Uint8Array.from({ length: KEY_BYTES }, (_, i) => i);
const TTL_MS = 60_000;
const NEVER = Number.POSITIVE_INFINITY;

let wiper: TimerWiper;
let chain: EpochChain;

beforeEach(() => {
  wiper = new TimerWiper();
  chain = new EpochChain(wiper, CHAIN_KEY, TTL_MS);
});

afterEach(() => chain.destroy(CAUSE.disposed));

/** Message key and next chain key, apart from the library. */
const ratchet = (chainKey: Uint8Array, epoch: number) =>
  derive(chainKey, 'mwrasp-crypto/tf1/epoch', uintBytes(epoch, 4));

function messageKeyOf(epoch: number): Uint8Array | undefined {
  const out = new Uint8Array(KEY_BYTES);
  return chain.find(epoch)?.copyMessage(out) ? out : undefined;
}

describe('EpochChain', () => {
  it('has no key before the first epoch', () => {
    expect([chain.newest, chain.isAlive(), chain.find(0), chain.oldest]).toEqual([
      -1,
      true,
      undefined,
      undefined,
    ]);
  });

  it('gives the keys that the docs describe, whatever it jumps over', () => {
    let chainKey: Uint8Array = CHAIN_KEY;
    for (const epoch of [0, 1, 2, 7, 1_000_000, 2 ** 32 - 1]) {
      const key = chain.jumpTo(epoch, NEVER);
      const [messageKey, next] = ratchet(chainKey, epoch);
      const [encryption, commitment] = derive(messageKey, 'mwrasp-crypto/tf1/keys');
      expect(messageKeyOf(epoch)).toEqual(messageKey);
      expect(key?.commitment()).toEqual(commitment);
      const out = new Uint8Array(KEY_BYTES);
      expect(key?.copyEncryption(out)).toBe(true);
      expect(out).toEqual(encryption);
      expect(chain.newest).toBe(epoch);
      chainKey = next;
    }
    expect(chain.find(3)).toBeUndefined();
  });

  it('takes every epoch in turn, ahead of time', () => {
    expect(chain.stepTo(4, (epoch) => 1e9 + epoch, 2)).toBe(true);
    let chainKey: Uint8Array = CHAIN_KEY;
    for (let epoch = 0; epoch <= 4; epoch++) {
      const [messageKey, next] = ratchet(chainKey, epoch);
      expect(messageKeyOf(epoch)).toEqual(epoch < 2 ? undefined : messageKey);
      chainKey = next;
    }
    expect(chain.oldest).toMatchObject({ epoch: 2, dueMs: 1e9 + 2 });
    expect(chain.stepTo(4, NEVER_DUE)).toBe(true);
    expect(chain.newest).toBe(4);
  });

  it('loses its chain key with the first epoch that has no key', () => {
    const due = (epoch: number) => performance.now() + (epoch < 3 ? 1e6 : -1);
    chain.stepTo(2, due);
    wiper.catchUp();
    expect(chain.isAlive()).toBe(false);
    expect(chain.ending?.cause).toBe(CAUSE.due);
    expect(messageKeyOf(2)).toBeDefined();
    expect(chain.stepTo(3, due)).toBe(false);
    expect(chain.jumpTo(3, 1e9)).toBeUndefined();
  });

  it('overwrites the chain key, and keeps no other copy', () => {
    chain.jumpTo(0, NEVER);
    const [messageKey, next] = ratchet(CHAIN_KEY, 0);
    const slots = filledSlots(wiper).map(toHex);
    expect(slots.some((slot) => slot.startsWith(toHex(next)))).toBe(true);
    expect(slots.some((slot) => slot.startsWith(toHex(messageKey)))).toBe(true);
    expect(slots.join()).not.toContain(toHex(CHAIN_KEY));
  });

  it('does not go back', () => {
    chain.jumpTo(5, NEVER);
    expect(() => chain.jumpTo(5, NEVER)).toThrow(RangeError);
    expect(() => chain.jumpTo(3, NEVER)).toThrow(RangeError);
  });

  it('zeroes what is due, tells it once, and uses its slots again', () => {
    for (const epoch of [0, 1, 2]) chain.jumpTo(epoch, performance.now() + (epoch - 1) * 1e6);
    const [old] = [chain.find(0)];
    chain.destroyDue(performance.now() + 1);
    expect(old?.commitment()).toBeUndefined();
    expect(old?.copyEncryption(new Uint8Array(KEY_BYTES))).toBe(false);
    expect(chain.collect().map(({ epoch, cause }) => [epoch, cause])).toEqual([
      [0, CAUSE.due],
      [1, CAUSE.due],
    ]);
    expect(chain.collect()).toEqual([]);
    expect(chain.find(0)).toBeUndefined();
    expect(messageKeyOf(2)).toBeDefined();
    // The chain key and one epoch.
    expect(filledSlots(wiper).length).toBe(2);
    chain.destroyUpTo(2);
    expect(filledSlots(wiper).length).toBe(1);
  });

  it('counts the time that an operation held a copy', () => {
    const key = chain.jumpTo(0, performance.now() - 5);
    key?.slot.wipe(() => key.dueMs, CAUSE.due);
    key?.letGo();
    expect(chain.collect()[0]?.lagMs).toBeGreaterThanOrEqual(5);
  });

  it('is all zeros when it is destroyed', () => {
    for (const epoch of [0, 1, 2]) chain.jumpTo(epoch, NEVER);
    for (const epoch of [0, 2]) chain.find(epoch)?.commitment();
    chain.destroy(CAUSE.disposed);
    expect(filledSlots(wiper)).toEqual([]);
    expect(chain.isAlive()).toBe(false);
    expect(chain.jumpTo(3, NEVER)).toBeUndefined();
    chain.release();
  });
});

const NEVER_DUE = () => NEVER;
