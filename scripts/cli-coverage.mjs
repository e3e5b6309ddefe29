#!/usr/bin/env node
/**
 * Tests of what is built, and line coverage of the command line: its processes write what they ran (see vitest.config.ts), the
 * source maps say where that stands in `src/cli`. Prints a table; exits 1 when a test failed, or below 95 %.
 *
 *     node scripts/cli-coverage.mjs
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { CoverageReport } from 'monocart-coverage-reports';
import { root } from './entries.mjs';

const THRESHOLD = 95;
const children = `${root}/coverage/children`;

rmSync(children, { recursive: true, force: true });
const vitest = [`${root}/scripts/vitest.mjs`, 'run', '--project', 'built'];
const { status } = spawnSync(process.execPath, vitest, {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, MWRASP_COVERAGE: 'children' },
});

const report = new CoverageReport({
  name: 'command line',
  baseDir: root,
  outputDir: `${root}/coverage/cli`,
  entryFilter: (entry) => entry.url.includes('/dist/cli/'),
  sourceFilter: (path) => path.includes('src/cli/'),
  reports: ['console-details', 'json-summary'],
  logging: 'error',
});
await report.addFromDir(children);
const { summary } = await report.generate();
const { pct } = summary.lines;
console.log(`${pct} % of the lines of src/cli, ${THRESHOLD} % are needed`);
// Nothing read is no coverage.
process.exitCode = status === 0 && typeof pct === 'number' && pct >= THRESHOLD ? 0 : 1;
