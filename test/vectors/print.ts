/**
 * How the tests print a report: a line for each set and engine, and under it why cases were not run.
 *
 * @module
 */
import type { KatReport } from '../../src/kat/index.ts';

/** Prints a report. */
export function printReport(title: string, { sets, totals }: KatReport): void {
  const width = Math.max(...sets.map(({ set }) => set.length));
  const lines = sets.flatMap(({ set, engine, passed, failed, notRun, reasons }) => [
    `${set.padEnd(width)}  ${engine.padEnd(5)}  ${passed} passed, ${failed} failed, ${notRun} not run`,
    ...reasons.map(({ reason, count }) => `    ${count}: ${reason}`),
  ]);
  const total = `${totals.passed} passed, ${totals.failed} failed, ${totals.notRun} not run`;
  console.log([title, ...lines, `total: ${total}`].join('\n'));
}
