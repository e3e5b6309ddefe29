/**
 * Every backend that the contract suite runs on.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Custody, type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import type { Clock } from '../../../src/clock.ts';

/** Somewhere a store is kept. */
export interface Place {
  /** Opens the store that is there. One that does not persist is empty each time. */
  open(clock?: Clock): Promise<Keystore>;
  /** Removes everything. */
  remove(): void;
}

/** A backend under test. */
export interface BackendUnderTest {
  readonly name: Keystore['backend'];
  readonly custody: Custody;
  readonly persists: boolean;
  makePlace(): Place;
}

/** A new, empty folder. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'keystore-'));
}

/** 32 bytes that are the same in every run. */
export const ROOT_KEY: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);

/** Options without what is undefined. */
const withClock = (clock: Clock | undefined) => (clock === undefined ? {} : { clock });

export const BACKENDS: readonly BackendUnderTest[] = [
  {
    name: 'memory',
    custody: 'memory',
    persists: false,
    makePlace: () => ({
      open: (clock) => openKeystore({ backend: 'memory', ...withClock(clock) }),
      remove: () => {},
    }),
  },
  {
    name: 'file',
    custody: 'sealed',
    persists: true,
    makePlace: () => {
      const folder = makeFolder();
      const path = join(folder, 'keys.mwk');
      return {
        open: (clock) => openKeystore({ backend: 'file', path, rootKey: ROOT_KEY, ...withClock(clock) }),
        remove: () => rmSync(folder, { recursive: true }),
      };
    },
  },
];
