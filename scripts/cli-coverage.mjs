#!/usr/bin/env node
/**
 * Line coverage of the command line: its processes wrote what they ran (see vitest.config.ts), the source maps say where
 * that stands in `src/cli`. Prints a table; exits 1 below 95 %.
 *
 *     node scripts/cli-coverage.mjs
 *
 * @module
 */
import { CoverageReport } from 'monocart-coverage-reports';
import { root } from './entries.mjs';

const THRESHOLD = 95;

const report = new CoverageReport({
  name: 'command line',
  baseDir: root,
  outputDir: `${root}/coverage/cli`,
  entryFilter: (entry) => entry.url.includes('/dist/cli/'),
  sourceFilter: (path) => path.includes('src/cli/'),
  reports: ['console-details', 'json-summary'],
  logging: 'error',
});
await report.addFromDir(`${root}/coverage/children`);
const { summary } = await report.generate();
const { pct } = summary.lines;
console.log(`${pct} % of the lines of src/cli, ${THRESHOLD} % are needed`);
// Nothing read is no coverage.
process.exitCode = typeof pct === 'number' && pct >= THRESHOLD ? 0 : 1;
