/**
 * The bench: `npm run bench`, `mwrasp-crypto bench`.
 *
 * @module
 */
import type { BenchReport } from './report.ts';
import { type BenchOptions, benchOperations, runBenchIn } from './run.ts';

export { type BenchMachine, type BenchReport, type BenchResult, formatBench } from './report.ts';
export { type BenchOptions, benchOperations };

/**
 * Measures every primitive of the library on every engine, at several sizes, in 2 to 3 minutes.
 *
 * Each engine has a worker thread in which the library runs on that engine alone. In a round, each worker in turn
 * measures ours, bare, bare, ours (see `measure.ts`), and the workers take turns in beginning; the figures are medians of
 * the rounds. All primitives run in the same two threads one after the other, as in a program that uses them all; a
 * program that uses only one may see it run faster. The last result is the import of the root entry, beside that of the
 * same primitives of noble.
 *
 * @param options - What to measure, how long, whom to tell.
 * @returns The machine, and one result for each operation, size and engine.
 * @throws The signal's reason, when it ended the run.
 */
export function runBench(options: BenchOptions = {}): Promise<BenchReport> {
  return runBenchIn(
    { worker: new URL('./worker.js', import.meta.url), importer: new URL('./importer.js', import.meta.url) },
    options,
  );
}
