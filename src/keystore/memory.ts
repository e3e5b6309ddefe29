/**
 * A keystore that ends with its process: for tests and for services that need no keys tomorrow.
 *
 * @module
 */
import type { Clock } from '../clock.ts';
import type { Keystore } from './keystore.ts';
import { LocalKeystore } from './store.ts';

/** Opens a new, empty store. */
export function openMemoryKeystore(clock: Clock): Keystore {
  return new LocalKeystore(
    {
      name: 'memory',
      custody: 'memory',
      initial: { records: [], tombstones: [] },
      protect: (_record, seed) => Uint8Array.from(seed),
      unprotect: ({ seed }) => Uint8Array.from(seed),
      commit: async () => {},
      close: async () => {},
    },
    clock,
  );
}
