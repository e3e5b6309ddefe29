import { describe, expect, it } from 'vitest';
import { CAUSE, PAGE_BYTES, PAGE_SLOTS, Page, SLOT_BYTES, Slot } from '../../../src/fragment/slab.ts';

const SECRET = Uint8Array.from({ length: SLOT_BYTES }, (_, i) => i + 1);
const ZEROS = new Uint8Array(SLOT_BYTES);

function slotOf(index = 3): { page: Page; slot: Slot; bytes: () => Uint8Array } {
  const page = new Page(new SharedArrayBuffer(PAGE_BYTES));
  return {
    page,
    slot: new Slot(page, index),
    bytes: () => page.keys.slice(index * SLOT_BYTES, (index + 1) * SLOT_BYTES),
  };
}

const at = (ms: number) => () => ms;

describe('Slot', () => {
  it('is free, lives, is dead, and is free again', () => {
    const { page, slot, bytes } = slotOf();
    expect([slot.isFree(), slot.isAlive(), slot.ending]).toEqual([true, false, undefined]);
    slot.publish(SECRET, 100, 50);
    expect([slot.isFree(), slot.isAlive(), slot.ending, slot.dueMs]).toEqual([false, true, undefined, 100]);
    expect(bytes()).toEqual(SECRET);
    expect(slot.release()).toBe(false);

    expect(page.wipe(3, at(107.5), CAUSE.due)).toBe(true);
    expect(bytes()).toEqual(ZEROS);
    expect([slot.isFree(), slot.isAlive(), slot.ending]).toEqual([
      false,
      false,
      { cause: CAUSE.due, lagMs: 7.5 },
    ]);
    expect(page.wipe(3, at(200), CAUSE.late)).toBe(false);
    expect(slot.ending?.lagMs).toBe(7.5);
    expect(slot.release()).toBe(true);
    expect(slot.isFree()).toBe(true);
  });

  it('leaves its neighbours alone', () => {
    const page = new Page(new SharedArrayBuffer(PAGE_BYTES));
    const slots = Array.from({ length: PAGE_SLOTS }, (_, i) => new Slot(page, i));
    for (const slot of slots) slot.publish(SECRET, 100, 50);
    page.wipe(7, at(0), CAUSE.due);
    expect(slots.map((slot) => slot.isAlive()).indexOf(false)).toBe(7);
    const out = new Uint8Array(SLOT_BYTES);
    for (const i of [6, 8]) {
      expect(slots[i]?.copy(out)).toBe(true);
      expect(out).toEqual(SECRET);
    }
  });

  it('has another generation each time, so that an old reader does not take the new contents for its own', () => {
    const { page, slot } = slotOf();
    const words = new Set<number>();
    for (let i = 0; i < 5; i++) {
      slot.publish(SECRET, 100, 50);
      words.add(page.states[3] as number);
      slot.wipe(at(0), CAUSE.due);
      slot.release();
    }
    expect(words.size).toBe(5);
  });

  it('is not filled while it is not free', () => {
    const { slot } = slotOf();
    slot.publish(SECRET, 100, 50);
    expect(() => slot.publish(SECRET, 100, 50)).toThrow(RangeError);
    slot.wipe(at(0), CAUSE.due);
    expect(() => slot.publish(SECRET, 100, 50)).toThrow(RangeError);
  });

  it('gives no copy when its end came while it was copied, wherever', () => {
    for (let cut = 0; cut <= SLOT_BYTES; cut++) {
      const { page, slot } = slotOf();
      slot.publish(SECRET, 100, 50);
      const out = new Uint8Array(SLOT_BYTES);
      // The end comes when so many bytes have been copied.
      const meddled = new Proxy(out, {
        get: (target, name) => (name === 'length' ? target.length : Reflect.get(target, name)),
        set(target, name, value) {
          if (Number(name) === cut) page.wipe(3, at(100), CAUSE.due);
          target[Number(name)] = value;
          return true;
        },
      });
      Object.defineProperty(out, 'fill', { value: () => Uint8Array.prototype.fill.call(out, 0) });
      const whole = slot.copy(meddled);
      expect(whole).toBe(cut === SLOT_BYTES);
      expect(out).toEqual(whole ? SECRET : ZEROS);
    }
  });

  it('keeps nothing of what is written into it when its end comes meanwhile', () => {
    const { page, slot, bytes } = slotOf();
    slot.publish(SECRET, 100, 50);
    const late = new Proxy(new Uint8Array(8).fill(9), {
      get(target, name) {
        // `set` asks for the length before it copies.
        if (name === 'length') page.wipe(3, at(100), CAUSE.due);
        const value = Reflect.get(target, name, target);
        return value;
      },
    });
    expect(slot.write(late as Uint8Array)).toBe(false);
    expect(bytes()).toEqual(ZEROS);
    expect(slot.write(new Uint8Array(8).fill(9))).toBe(false);
    expect(bytes()).toEqual(ZEROS);
  });

  it('zeroes what the other thread is about to zero as well, and is free only when that one is done', () => {
    const { page, slot, bytes } = slotOf();
    slot.publish(SECRET, 100, 50);
    const live = page.states[3] as number;
    // The other thread was interrupted between its decision and its zeros.
    page.states[3] = (live & ~3) | 2;
    expect([slot.isAlive(), slot.isFree(), slot.release(), slot.ending]).toEqual([
      false,
      false,
      false,
      undefined,
    ]);
    slot.wipe(at(0), CAUSE.disposed);
    expect(bytes()).toEqual(ZEROS);
    expect(slot.release()).toBe(false);
    page.states[3] = live | 3;
    expect(slot.release()).toBe(true);
  });
});
