/**
 * Attacks a dump, in threads: every window as every secret, and a search for plaintexts.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Handshake, Hit, Target } from './kernel.ts';
import type { Dump } from './memory.ts';

/** What is looked for. */
export interface Aim {
  /** One an epoch, in their order. */
  readonly targets: readonly Target[];
  readonly handshake?: Handshake;
  /** Plaintexts, by name. */
  readonly plaintexts: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** Where something was found. */
export interface Place extends Omit<Hit, 'offset'> {
  readonly address: number;
}

/** What came of it. */
export interface Spoils {
  /** Windows that were tried, and how many there are. */
  readonly tried: number;
  readonly windows: number;
  /** Schedules of AES-256 in the memory, of whatever key. */
  readonly schedules: number;
  readonly secrets: readonly Place[];
  readonly plaintexts: readonly { readonly name: string; readonly address: number }[];
}

/** What a thread is started with. */
export interface AttackTask extends Aim {
  readonly module: WebAssembly.Module;
  readonly dump: Dump;
  /** Takes every n-th piece, from this one on. */
  readonly first: number;
  readonly every: number;
}

/** Attacks a dump. */
export async function attack(module: WebAssembly.Module, dump: Dump, aim: Aim): Promise<Spoils> {
  const every = Math.max(1, Math.min(4, availableParallelism()));
  const parts = await Promise.all(
    Array.from({ length: every }, (_, first) => {
      const workerData: AttackTask = { ...aim, module, dump, first, every };
      return new Promise<Spoils>((resolve, reject) => {
        const worker = new Worker(new URL('./attack-worker.ts', import.meta.url), { workerData });
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    }),
  );
  const sum = (of: (part: Spoils) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    tried: sum((part) => part.tried),
    windows: sum((part) => part.windows),
    schedules: sum((part) => part.schedules),
    secrets: parts.flatMap((part) => part.secrets),
    plaintexts: parts.flatMap((part) => part.plaintexts),
  };
}
