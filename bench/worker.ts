/**
 * One engine in a thread of its own: the library picks its engines once, and a thread has a library of its own.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { configureEngines, type EngineName, engineInfo, type Family } from '@mwrasp/crypto/engines';
import { type Operation, operationsOf } from './operations.ts';

/** What the main thread asks for: one round of one operation. */
export interface RoundRequest {
  readonly index: number;
  /** How long each of the two sides may take in this round. */
  readonly sliceMs: number;
}

/** What comes back: operations a second of both sides. */
export interface RoundResult {
  readonly ours: number;
  readonly bare: number;
}

const engine = workerData as EngineName;

/** The families that the engine has here, each forced to it. */
function forceEngine(): Set<Family> {
  const available = Object.entries(engineInfo()).filter(([, info]) =>
    info.engines.some((status) => status.engine === engine && status.available),
  );
  configureEngines(Object.fromEntries(available.map(([family]) => [family, engine])));
  return new Set(available.map(([family]) => family as Family));
}

/** Operations a second while a slice lasts; the clock is read once a batch. */
function rateOf(work: () => unknown, sliceMs: number, batch: number): number {
  let count = 0;
  const start = performance.now();
  let elapsed = 0;
  do {
    for (let i = 0; i < batch; i++) work();
    count += batch;
    elapsed = performance.now() - start;
  } while (elapsed < sliceMs);
  return (count / elapsed) * 1000;
}

/** Runs ours, bare, bare, ours, so that a drift of the machine hits both alike. */
function round({ ours, bare }: Operation, sliceMs: number): RoundResult {
  const start = performance.now();
  ours();
  bare();
  const batch = Math.max(1, Math.min(64, Math.floor(1 / (performance.now() - start + 1e-3))));
  const half = sliceMs / 2;
  const first = rateOf(ours, half, batch);
  const bareRate = (rateOf(bare, half, batch) + rateOf(bare, half, batch)) / 2;
  return { ours: (first + rateOf(ours, half, batch)) / 2, bare: bareRate };
}

const operations = operationsOf(engine, forceEngine());

parentPort?.on('message', ({ index, sliceMs }: RoundRequest) => {
  parentPort?.postMessage(round(operations[index] as Operation, sliceMs));
});
parentPort?.postMessage(operations.map(({ operation, sizeBytes }) => ({ operation, sizeBytes })));
