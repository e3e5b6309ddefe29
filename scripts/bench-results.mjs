#!/usr/bin/env node
/**
 * Runs the whole bench, other implementations included, and writes bench/RESULTS.md.
 *
 *     node scripts/bench-results.mjs [REPORT]
 *
 * REPORT is a file that `mwrasp-crypto bench --json` printed; with it nothing is measured.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import './build-if-stale.mjs';
import { manifest, root } from './entries.mjs';

const COMMAND = 'npm run bench:results';

function measure() {
  const args = [join(root, manifest.bin['mwrasp-crypto']), 'bench', '--suite', 'all', '--peers', '--json'];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exit(1);
  return stdout;
}

const [, , file] = process.argv;
const { formatMarkdown } = await import('../dist/bench/index.js');
const report = JSON.parse(file === undefined ? measure() : readFileSync(file, 'utf8'));
const path = join(root, 'bench/RESULTS.md');
writeFileSync(path, formatMarkdown(report, COMMAND));
console.log(`${path}: ${report.results.length} results`);
