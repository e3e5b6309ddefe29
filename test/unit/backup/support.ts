/**
 * Stores to back up.
 *
 * @module
 */
import type { Clock } from '../../../src/clock.ts';
import { type Keystore, openKeystore } from '../../../src/keystore/index.ts';

export const ROOT_KEY: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 5);

/** A clock that somebody sets. */
export class SetClock implements Clock {
  nowMs = Date.UTC(2026, 10, 30);

  wallMs(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }
}

/** An empty store in memory. */
export function emptyStore(clock?: Clock): Promise<Keystore> {
  return openKeystore({ backend: 'memory', ...(clock === undefined ? {} : { clock }) });
}

/** A store in memory with a key of each kind. */
export async function filledStore(clock?: Clock): Promise<Keystore> {
  const store = await emptyStore(clock);
  await store.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' });
  await store.generate({ name: 'inbox', algorithm: 'ML-KEM-1024' });
  await store.generate({ name: 'signer', algorithm: 'ML-DSA-87' });
  await store.generate({ name: 'data', algorithm: 'AES-256-GCM', maxUses: 1600 });
  return store;
}
