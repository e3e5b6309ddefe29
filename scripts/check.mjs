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
/** `test`, in two parts: `coverage` is all but the vectors and a look at what it ran. */
const tests = ci ? [['coverage'], ['test:vectors']] : [['test']];
/** Checks of the engine in WebAssembly. */
const engine = ['check:wasm', 'check:constant-time'];
/** Two lanes for the two cores of CI's machine; the tests use both themselves. */
const stages = [
  [['check:layers', 'format', 'lint'], ['types']],
  tests,
  [
    ['check:api', 'check:package', 'docs', ...(ci ? [...engine, 'test:runtimes'] : [])],
    ci ? ['test:hsm'] : engine,
  ],
];

await runStages(stages, new Set(['test', 'coverage', 'test:vectors', 'test:runtimes', 'test:hsm']));
