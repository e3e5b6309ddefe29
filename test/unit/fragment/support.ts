/**
 * Clocks that tests turn, and a look at the memory that keys live in.
 *
 * @module
 */
import { vi } from 'vitest';
import type { Clock } from '../../../src/clock.ts';

/** A clock that moves only when it is told to. */
export class ManualClock implements Clock {
  nowMs = 0;

  wallMs(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }
}

/** Bytes of a chain key and of an epoch's message key. */
export const KEY_BYTES = 32;

/** Where a chain keeps its keys. */
export interface Slab {
  /** The chain key, then the slots. */
  readonly bytes: Uint8Array;
  /** Slots that hold anything but zeros. */
  filledSlots(): number;
}

/**
 * Runs what makes a chain and tells where its keys are: the chain key is the one draw of 32 random bytes, made straight
 * into the buffer that holds every key of the chain.
 */
export async function withSlab<T>(make: () => T | Promise<T>): Promise<{ made: T; slab: Slab }> {
  const real = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
  const draws: Uint8Array[] = [];
  const spy = vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((out) => {
    draws.push(out as Uint8Array);
    return real(out as Uint8Array<ArrayBuffer>) as typeof out;
  });
  try {
    const made = await make();
    const [chainKey, ...others] = draws.filter(({ length }) => length === KEY_BYTES);
    if (chainKey === undefined || others.length > 0) throw new Error('one chain key was expected');
    const bytes = new Uint8Array(chainKey.buffer);
    const filledSlots = () => {
      let filled = 0;
      for (let at = KEY_BYTES; at < bytes.length; at += KEY_BYTES) {
        if (bytes.subarray(at, at + KEY_BYTES).some((byte) => byte !== 0)) filled++;
      }
      return filled;
    };
    return { made, slab: { bytes, filledSlots } };
  } finally {
    spy.mockRestore();
  }
}

/** Makes the random generator count up instead. */
export function countingRandom(): void {
  let next = 0;
  vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((out) => {
    const bytes = out as Uint8Array;
    for (let i = 0; i < bytes.length; i++) bytes[i] = next++;
    return out;
  });
}

/** Waits real time, whatever timers do. */
export async function waitUntil(elapsedMs: number, startMs: number): Promise<void> {
  while (performance.now() - startMs < elapsedMs) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Waits until every slot is zeros; a test that waits in vain ends by its time limit. */
export async function untilZero(slab: Slab): Promise<void> {
  while (slab.filledSlots() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
