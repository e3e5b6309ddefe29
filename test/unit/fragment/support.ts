/**
 * Clocks that tests turn, and chains whose ends are in one process.
 *
 * @module
 */
import { vi } from 'vitest';
import { randomFill } from '../../../src/bytes.ts';
import type { Clock } from '../../../src/clock.ts';
import { EpochChain } from '../../../src/fragment/chain.ts';
import type { Content, Secrecy } from '../../../src/fragment/format.ts';
import type { Parties } from '../../../src/fragment/parties.ts';
import type { SealPlan } from '../../../src/fragment/sealer.ts';
import { startWiping } from '../../../src/fragment/slab/wiping.ts';

/** A clock that moves only when it is told to. */
export class ManualClock implements Clock {
  nowMs = 0;
  /** What the wall clock is ahead. */
  wallAheadMs = 0;

  wallMs(): number {
    return this.nowMs + this.wallAheadMs;
  }

  monotonicMs(): number {
    return this.nowMs;
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

/** Waits until something is so; a test that waits in vain ends by its time limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Bytes that differ from place to place. */
export function pattern(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + seed * 7) & 0xff);
}

/** A life so long that no test outlasts it. */
export const LONG = { epochMs: 20_000, ttlMs: 60_000 };

/** The two ends of a session, with the same chain key. */
export async function makeEnds(times: { epochMs: number; ttlMs: number } = LONG) {
  const wiping = await startWiping();
  const chainKey = randomFill(new Uint8Array(32));
  const startMs = performance.now();
  const receiver = EpochChain.create(wiping, { role: 'receiver', chainKey, startMs, ...times });
  const sender = EpochChain.create(wiping, { role: 'sender', chainKey, startMs, ...times });
  const parties: Parties = { id: randomFill(new Uint8Array(16)), binding: randomFill(new Uint8Array(32)) };
  const end = () => {
    receiver.dispose();
    sender.dispose();
  };
  return { wiping, chainKey, startMs, receiver, sender, parties, end };
}

/** How a message is sealed, in short. */
export function plan(
  threshold = 1,
  total = 1,
  secrecy: Secrecy = 'normal',
  content: Content = 'message',
): SealPlan {
  return { threshold, total, secrecy, content, context: new Uint8Array(0) };
}
