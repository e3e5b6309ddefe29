#!/usr/bin/env node
/**
 * Runs every check, the later ones also when an earlier one failed, and ends with a table and a line
 * `N passed, N failed`: each test and each program of `npm run test:runtimes` counts one, and so does each other check.
 * Where something was skipped, `, N skipped` follows.
 *
 *     node scripts/check.mjs [--ci]
 *
 * `--ci` adds the coverage threshold to the tests, the runtimes and the tokens.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { root } from './entries.mjs';

const ci = process.argv.includes('--ci');
/** `coverage` is `test` and a look at what it ran. */
const tests = ci ? 'coverage' : 'test';
const checks = [
  'format',
  'lint',
  'types',
  'check:wasm',
  'check:layers',
  tests,
  'check:api',
  'check:package',
  'docs',
];
if (ci) checks.push('test:runtimes', 'test:hsm');
/** Those that say themselves how much they did. */
const COUNTED = new Set(['test', 'coverage', 'test:runtimes', 'test:hsm']);
const COUNTS = /^(\d+) passed, (\d+) failed, (\d+) skipped$/gm;

if (!process.stdout.isTTY) process.env.NO_COLOR ??= '1';

/** Runs one npm script, its output as it comes; resolves to its exit code and what it printed. */
async function run(script) {
  const child = spawn('npm', ['run', '--silent', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text) => {
    output += text;
    process.stdout.write(text);
  });
  const [code] = await once(child, 'close');
  return { code, output };
}

function count(script, { code, output }) {
  const ok = code === 0;
  if (!COUNTED.has(script)) return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  // Tests print counts as well; the last are those of the whole run. The coverage comes after them.
  const counts = [...output.matchAll(COUNTS)].at(-1)?.slice(1).map(Number);
  const [passed, failed, skipped] = counts ?? [0, 0, 0];
  // Whatever it counted, an exit code is an exit code, and nothing run is nothing shown.
  return { passed, failed: failed === 0 && (!ok || passed === 0) ? 1 : failed, skipped };
}

const total = { passed: 0, failed: 0, skipped: 0 };
const rows = [];
for (const script of checks) {
  console.log(`\n── ${script}`);
  const startMs = performance.now();
  const result = count(script, await run(script));
  for (const key of Object.keys(total)) total[key] += result[key];
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  rows.push([script, result.failed === 0 ? 'ok' : 'FAILED', `${seconds} s`]);
}

const width = (column) => Math.max(...rows.map((row) => row[column].length));
console.log();
for (const [script, state, time] of rows) {
  console.log(`${script.padEnd(width(0))}  ${state.padEnd(width(1))}  ${time.padStart(width(2))}`);
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;
