/**
 * A store that does to fragments what networks and machines do to them.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FragmentStore } from '@mwrasp/crypto/fragment/store';

/** What goes wrong, each with its probability. */
export interface Faults {
  readonly loss?: number;
  readonly duplication?: number;
  readonly corruption?: number;
  readonly delayMs?: number;
  /** Gives numbers from 0 to 1. */
  readonly random: () => number;
}

/** Wraps a store. Order is never kept. */
export function faultyStore(store: FragmentStore, faults: Faults): FragmentStore {
  const { loss = 0, duplication = 0, corruption = 0, delayMs = 0, random } = faults;
  const changed = (fragment: Uint8Array) => {
    const copy = fragment.slice();
    const at = Math.floor(random() * copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return copy;
  };
  return {
    put: (id, fragments, ttlMs) => store.put(id, fragments, ttlMs),
    async get(id) {
      await sleep(delayMs * random());
      const found = await store.get(id);
      const kept = found.filter(() => random() >= loss);
      const twice = kept.filter(() => random() < duplication);
      const all = [...kept, ...twice].map((one) => (random() < corruption ? changed(one) : one));
      return all
        .map((one) => ({ one, at: random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ one }) => one);
    },
    delete: (id) => store.delete(id),
    close: () => store.close(),
  };
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
