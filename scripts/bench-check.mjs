#!/usr/bin/env node
/**
 * Measures the primitives and compares ratios, not seconds, with those recorded in bench/minimums.json. What fell is
 * measured once more, since a busy machine makes mistakes; what fell twice is named, and the exit code is 1.
 *
 *     node scripts/bench-check.mjs [REPORT]
 *     node scripts/bench-check.mjs --record [REPORT…]
 *
 * `--record` writes the file anew, of several runs the lowest ratios. REPORT is a file that `mwrasp-crypto bench --json`
 * printed; with it nothing is measured.
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import './build-if-stale.mjs';
import { root } from './entries.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { record: { type: 'boolean' } },
});
const { checkMinimums, recordMinimums, runBench, runtimeOf } = await import('../dist/bench/index.js');
const path = join(root, 'bench/minimums.json');

const onProgress = (_, operation) => {
  if (process.stderr.isTTY && operation !== '') process.stderr.write(`\u001b[2K\rmeasuring ${operation}`);
};
const endLine = () => void (process.stderr.isTTY && process.stderr.write('\u001b[2K\r'));

async function measure(options) {
  const report = await runBench({ ...options, onProgress });
  endLine();
  return report;
}

/** Measures the operations of what fell once more, and keeps what fell again. */
async function confirm(falls, minimums) {
  const operations = [...new Set(falls.map(({ operation }) => operation))];
  const results = [];
  let machine;
  for (const only of operations) {
    const report = await measure({ only, rounds: 15 });
    results.push(...report.results);
    machine = report.machine;
  }
  const names = new Set(falls.map(({ name }) => name));
  return checkMinimums({ machine, peers: [], results }, minimums).falls.filter(({ name }) => names.has(name));
}

function say({ name, recorded, measured }) {
  return measured === null
    ? `${name} was ${recorded} and is not measured any more`
    : `${name} was ${recorded} and is ${measured.toPrecision(3)}`;
}

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const reports = positionals.length > 0 ? positionals.map(read) : [await measure({})];
const [report] = reports;
if (values.record) {
  const minimums = recordMinimums(reports);
  writeFileSync(path, `${JSON.stringify(minimums, null, 2)}\n`);
  console.log(`${path}: ${Object.keys(minimums.ratios).length} ratios`);
} else {
  const minimums = read(path);
  if (runtimeOf(report) !== minimums.runtime) {
    console.error(`recorded on ${minimums.runtime}, this is ${runtimeOf(report)}: other ratios`);
    process.exit(2);
  }
  const { falls, held, absent } = checkMinimums(report, minimums);
  const isMeasured = positionals.length === 0;
  const confirmed = isMeasured && falls.length > 0 ? await confirm(falls, minimums) : falls;
  for (const fall of confirmed) console.error(`fell: ${say(fall)}`);
  for (const name of absent) console.error(`not possible here: ${name}`);
  console.log(`${held + falls.length - confirmed.length} ratios held, ${confirmed.length} fell`);
  // Nothing measured is nothing shown.
  process.exitCode = confirmed.length === 0 && held > 0 ? 0 : 1;
}
