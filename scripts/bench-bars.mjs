#!/usr/bin/env node
/**
 * Measures ML-KEM-1024 and ML-DSA-87 of the engine in WebAssembly beside noble, node:crypto and the packages that are
 * installed, on every runtime that runs files, and compares with the bars that the project set itself.
 *
 *     node scripts/bench-bars.mjs [--quick] [NAME…]
 *
 * Exits 1 when a ratio is below its bar, or when another package of npm's is faster.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import './build-if-stale.mjs';
import { manifest, root } from './entries.mjs';
import { env } from './node-lines.mjs';
import { FILE_RUNTIMES } from './runtimes.mjs';

/** Bytes in, bytes out: over noble. With key objects: over node:crypto's, on Node 26. */
const BARS = [
  { operation: 'ML-KEM-1024 keygen', bytes: 16, objects: 1.3 },
  { operation: 'ML-KEM-1024 encapsulate', bytes: 17, objects: 1.15 },
  { operation: 'ML-KEM-1024 decapsulate', bytes: 18, objects: 1.2 },
  { operation: 'ML-DSA-87 keygen', bytes: 18, objects: 1.7 },
  { operation: 'ML-DSA-87 sign', bytes: 24, objects: 2.2 },
  { operation: 'ML-DSA-87 verify', bytes: 21, objects: 2.8 },
];
const NATIVE = new Set(['node:crypto', 'WebCrypto']);

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});

/** `before` is for programs that need nothing of the system; Deno must let this one see the processors and start threads. */
function measure({ command: [program, ...first], before = [] }) {
  const run = before.length > 0 ? ['run', '--allow-all'] : [];
  const bench = [join(root, manifest.bin['mwrasp-crypto']), 'bench', '--only', 'ml-', '--engine', 'wasm'];
  const args = [...first, ...run, ...bench, '--peers', '--json', ...(values.quick ? ['--quick'] : [])];
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status !== 0) throw new Error(`exit ${status}: ${stderr.trim()}`);
  return JSON.parse(stdout).results;
}

const rateOf = (result) => result?.opsPerSecond.median ?? 0;
const fastest = (results) => results.toSorted((a, b) => rateOf(b) - rateOf(a))[0];

/** One operation on one runtime. Among our own calls with bytes the form of private keys that noble takes counts. */
function judge(results, { operation, bytes, objects }) {
  const of = (form, isOne) => results.filter((r) => r.operation === operation && r.form === form && isOne(r));
  const isOurs = ({ contender }) => contender === 'ours';
  const ours = fastest(of('bytes', isOurs));
  const packages = of('bytes', ({ contender }) => contender !== 'ours' && !NATIVE.has(contender));
  const noble = packages.find(({ contender }) => contender === 'noble');
  const others = packages.filter((result) => result !== noble);
  const native = fastest(of('objects', ({ contender }) => contender === 'node:crypto'));
  const withObjects = fastest(of('objects', isOurs));
  const best = fastest(others);
  return {
    toNoble: ours.ratioToNoble,
    bytes,
    best: best && { name: best.contender, ratio: rateOf(ours) / rateOf(best) },
    ...(native && { toNative: rateOf(withObjects) / rateOf(native), objects }),
  };
}

const newTable = () =>
  new Table({
    head: ['runtime', 'operation', '× noble', 'bar', '× best package', 'which', '× node:crypto', 'bar'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
let missed = 0;
const mark = (value, bar) => {
  if (value < bar) missed++;
  return `${value.toPrecision(3)}${value < bar ? ' !' : '  '}`;
};
for (const name of positionals.length > 0 ? positionals : Object.keys(FILE_RUNTIMES)) {
  if (FILE_RUNTIMES[name] === undefined) {
    throw new Error(`no runtime "${name}"; there are: ${Object.keys(FILE_RUNTIMES).join(', ')}`);
  }
  let results;
  try {
    results = measure(FILE_RUNTIMES[name]);
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    missed++;
    continue;
  }
  const table = newTable();
  for (const bar of BARS) {
    const { toNoble, bytes, best, toNative, objects } = judge(results, bar);
    table.push([
      name,
      bar.operation,
      mark(toNoble, bytes),
      bytes,
      best ? mark(best.ratio, 1) : '',
      best?.name ?? 'none installed',
      toNative === undefined ? '' : mark(toNative, name === 'Node 26' ? objects : 1),
      toNative === undefined || name !== 'Node 26' ? '' : objects,
    ]);
  }
  console.log(table.toString());
}
console.log(missed === 0 ? 'every bar is met' : `${missed} below (!)`);
process.exitCode = missed === 0 ? 0 : 1;
