import { setTimeout as sleep } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Holder, SlotCache } from '../../../../src/engines/wasm/slots.ts';

const BASE = 64;
const SLOT = 16;

function cache(count: number) {
  const memory = new Uint8Array(BASE + count * SLOT);
  return { memory, slots: new SlotCache(memory, BASE, SLOT, count) };
}

/** Takes a slot and fills it, as an engine does. */
function fill(memory: Uint8Array, slots: SlotCache, holder: Holder, key?: object): number {
  const address = slots.take(holder, key);
  if (!holder.filled) {
    memory.fill(0xee, address, address + SLOT);
    holder.filled = true;
  }
  return address;
}

describe('SlotCache', () => {
  it('gives each key a slot of its own, and the same one again', () => {
    const { memory, slots } = cache(3);
    const holders = [new Holder(), new Holder(), new Holder()];
    const addresses = holders.map((holder) => fill(memory, slots, holder));
    expect(new Set(addresses).size).toBe(3);
    for (const address of addresses) expect((address - BASE) % SLOT).toBe(0);
    expect(holders.map((holder) => fill(memory, slots, holder))).toEqual(addresses);
    expect(slots.held).toBe(3);
  });

  it('takes the slot of the key that was used longest ago', () => {
    const { memory, slots } = cache(2);
    const [a, b, c] = [new Holder(), new Holder(), new Holder()];
    const first = fill(memory, slots, a);
    const second = fill(memory, slots, b);
    fill(memory, slots, a);
    expect(slots.take(c)).toBe(second);
    expect(c.filled).toBe(false);
    expect(b).toMatchObject({ address: 0, filled: false });
    expect(a).toMatchObject({ address: first, filled: true });
    c.filled = true;
    // And the evicted one that of another.
    expect(slots.take(b)).toBe(first);
    expect(b.filled).toBe(false);
    expect(slots.held).toBe(2);
  });

  it('zeroes slot and secrets on release, and gives the slot away again', () => {
    const { memory, slots } = cache(2);
    const secret = new Uint8Array(8).fill(1);
    const holder = new Holder(secret);
    const key = {};
    const other = new Holder();
    fill(memory, slots, other);
    const address = fill(memory, slots, holder, key);
    fill(memory, slots, holder, key);
    slots.release(holder);
    slots.release(holder);
    expect(memory.subarray(address, address + SLOT)).toEqual(new Uint8Array(SLOT));
    expect(secret).toEqual(new Uint8Array(8));
    expect(memory[other.address]).toBe(0xee);
    expect(slots.held).toBe(1);
    expect(slots.take(new Holder())).toBe(address);
  });

  it('zeroes them when a key that was used twice is collected', async () => {
    v8.setFlagsFromString('--expose-gc');
    const collect = vm.runInNewContext('gc') as () => void;
    const { memory, slots } = cache(2);
    const secret = new Uint8Array(8).fill(1);
    const holder = new Holder(secret);
    let key: object | undefined = { holder };
    fill(memory, slots, holder, key);
    fill(memory, slots, holder, key);
    expect(holder.watched).toBe(true);
    key = undefined;
    for (let i = 0; i < 50 && slots.held > 0; i++) {
      collect();
      await sleep(10);
    }
    expect(slots.held).toBe(0);
    expect(memory.every((byte) => byte === 0)).toBe(true);
    expect(secret).toEqual(new Uint8Array(8));
  });
});
