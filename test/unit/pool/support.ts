/**
 * Pools for tests, and what is inside of them.
 *
 * @module
 */
import diagnostics from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';
import { type CryptoPool, createPool, type PoolOptions, type SignedMessage } from '@mwrasp/crypto/pool';
import { sign } from '@mwrasp/crypto/sign';
import { afterAll, vi } from 'vitest';
import { testKeys } from '../../support/keys.ts';

const pools: CryptoPool[] = [];

/** A pool that is closed after the tests of the file. */
export function newPool(options: PoolOptions = { threads: 2 }): CryptoPool {
  if (pools.length === 0) afterAll(() => Promise.all(pools.map((pool) => pool.close())));
  const pool = createPool(options);
  pools.push(pool);
  return pool;
}

const workers: Worker[] = [];
diagnostics.subscribe('worker_threads', (event) => void workers.push((event as { worker: Worker }).worker));

/** The workers that were started since the last call. */
export function newWorkers(): Worker[] {
  return workers.splice(0);
}

/** Messages of different lengths, each of them another. */
export function messages(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new Uint8Array(1 + (i % 50)).fill(i));
}

/** A few signatures, made once. */
let signed: SignedMessage[] | undefined;

/** Messages with right signatures of the test key; a few, again and again. */
export function signedMessages(count: number): SignedMessage[] {
  signed ??= messages(8).map((message) => ({ message, signature: sign(testKeys().signer, message) }));
  return Array.from({ length: count }, (_, i) => signed?.[i % signed.length] as SignedMessage);
}

/** A promise that a test settles. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Waits until something is so. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Shared memory of a test. */
export interface MemoryWatch {
  /** Pieces that hold something. */
  filled(): number;
  /** Whether some piece holds these bytes. */
  holds(bytes: Uint8Array): boolean;
}

/** Watches, from here to `vi.unstubAllGlobals()`, the shared memory that this thread makes for jobs. */
export function watchMemory(): MemoryWatch {
  const pieces: Buffer[] = [];
  class Watched extends SharedArrayBuffer {
    constructor(sizeBytes: number) {
      super(sizeBytes);
      // What is smaller belongs to piscina, or says how far a job is.
      if (sizeBytes >= 4096) pieces.push(Buffer.from(this));
    }
  }
  vi.stubGlobal('SharedArrayBuffer', Watched);
  return {
    filled: () => pieces.filter((piece) => piece.some((byte) => byte !== 0)).length,
    holds: (bytes) => pieces.some((piece) => piece.includes(bytes)),
  };
}
