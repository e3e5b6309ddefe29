#!/usr/bin/env node
/**
 * Runs every check, and says how many passed: each test and each program of `npm run test:runtimes` counts one, and so does
 * each other check.
 *
 *     node scripts/check.mjs [--ci]
 *
 * `--ci` adds the coverage threshold to the tests, the runtimes and the tokens.
 *
 * @module
 */
import { runStages } from './steps.mjs';

const ci = process.argv.includes('--ci');
const checks = ['check:api', 'check:package', 'docs', 'check:wasm', 'check:constant-time'];
/** Two lanes for the two cores of CI's machine; `test` uses both itself. */
const stages = [
  [['check:layers', 'format', 'lint'], ['types']],
  // `test`, in three parts, with a look at what two of them ran.
  ...(ci
    ? [
        [['coverage:library'], ['test:vectors']],
        [['coverage:cli'], ['test:hsm', ...checks, 'test:runtimes']],
      ]
    : [[['test']], [checks.slice(0, 3), checks.slice(3)]]),
];

await runStages(
  stages,
  new Set(['test', 'coverage:library', 'coverage:cli', 'test:vectors', 'test:runtimes', 'test:hsm']),
);
