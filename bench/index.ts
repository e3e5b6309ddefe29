/**
 * The bench: `npm run bench`, `mwrasp-crypto bench`.
 *
 * @module
 */
import type { BenchReport } from './report/report.ts';
import { type BenchOptions, benchOperations, isWanted, runBenchIn } from './run.ts';
import { engineChoices } from './worlds.ts';

export { SUITES, type SuiteName } from './contests/contest.ts';
export {
  type CheckOutcome,
  checkMinimums,
  type Fall,
  type Minimums,
  recordMinimums,
  runtimeOf,
} from './minimums.ts';
export { formatMarkdown } from './report/markdown.ts';
export type { BenchMachine, BenchReport, BenchResult } from './report/report.ts';
export { formatBench } from './report/text.ts';
export type { EngineChoice } from './worlds.ts';
export { type BenchOptions, benchOperations, engineChoices, isWanted };

/**
 * Loads what writes reports as pages with plots.
 *
 * @returns A function from a report to a page.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER` when what draws is not installed.
 */
export async function loadPageWriter(): Promise<(report: BenchReport) => string> {
  // Loaded on use: the library that draws is larger than everything else.
  const page = await import('./report/html/page.ts');
  return await page.loadPageWriter();
}

/**
 * Measures the library on every engine, and what it is compared with, at several sizes.
 *
 * Each engine has a worker thread in which the library runs on that engine alone, beside the raw calls of the same
 * engine; `auto` and each further implementation have one too. In a round, each worker in turn measures all that it has
 * forth and back (see `measure.ts`), and the workers take turns in beginning; the figures are medians of the rounds. All
 * operations run in the same threads one after the other, as in a program that uses them all; a program that uses only
 * one may see it run faster. The last result of the primitives is the import of the root entry, beside that of the same
 * primitives of noble.
 *
 * @param options - What to measure, how long, whom to tell.
 * @returns The machine, and one result for each operation, size and contender.
 * @throws The signal's reason, when it ended the run.
 */
export function runBench(options: BenchOptions = {}): Promise<BenchReport> {
  return runBenchIn(
    { worker: new URL('./worker.js', import.meta.url), importer: new URL('./importer.js', import.meta.url) },
    options,
  );
}
