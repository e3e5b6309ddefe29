#!/usr/bin/env node
/**
 * Runs every vector and every fact on the engine in WebAssembly of the packed tarball, on every runtime that the package
 * supports, and compares with what noble can run on this one.
 *
 *     MWRASP_VECTORS=<folder> node scripts/test-vectors-runtimes.mjs [NAME…]
 *
 * Without a folder, the vectors of the tree. Without names, all runtimes. Chromium is skipped when missing, and a failure when
 * MWRASP_REQUIRE=all is set.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Table from 'cli-table3';
import { build } from 'esbuild';
import { installTarball } from './consumer.mjs';
import { root } from './entries.mjs';
import { env } from './node-lines.mjs';
import { chromiumPath, FILE_RUNTIMES, runInChromium } from './runtimes.mjs';

const ENGINE = 'wasm';
const TIMEOUT_MS = 900_000;
const vectors = resolve(process.env.MWRASP_VECTORS ?? join(root, 'test/vectors'));

const { folder } = installTarball();
cpSync(join(root, 'test/runtimes'), folder, { recursive: true });

function run([program, ...first], args) {
  const { status, signal, stdout, stderr, error } = spawnSync(program, [...first, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status !== 0) throw new Error(error?.message ?? `exit ${status ?? signal}: ${stderr.trim()}`);
  return stdout;
}

/** The report of a runtime that runs files. */
function runFile({ command, before = [] }, engine = ENGINE) {
  const version = /\d+\.\d+\.\d+/.exec(run(command, ['--version']))?.[0] ?? '?';
  return { version, report: JSON.parse(run(command, [...before, 'vectors.mjs', engine, vectors])) };
}

/** The report of a page: the same program, with files that the server unpacks. */
async function runPage() {
  const shim = join(folder, 'vectors-files.mjs');
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'vectors-browser.mjs')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
    define: { ENGINE: JSON.stringify(ENGINE) },
    alias: { 'node:fs/promises': shim, 'node:path': shim, 'node:util': shim, 'node:zlib': shim },
  });
  const files = new Map();
  for (const name of readdirSync(vectors, { recursive: true })) {
    if (!/\.json(\.gz)?$/.test(name)) continue;
    const bytes = readFileSync(join(vectors, name));
    files.set(`/vectors/${name.replace(/\.gz$/, '')}`, name.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  }
  const names = [...files.keys()].map((path) => path.slice('/vectors/'.length));
  files.set('/vectors/', JSON.stringify(names));
  const { version, outcome } = await runInChromium(outputFiles[0].text, TIMEOUT_MS, files);
  return { version, report: outcome };
}

const runtimes = {
  ...Object.fromEntries(Object.entries(FILE_RUNTIMES).map(([name, how]) => [name, () => runFile(how)])),
  Chromium: runPage,
};

/** How many cases of each set passed. */
const passedOf = ({ sets }) => new Map(sets.map(({ set, passed }) => [set, passed]));
const expected = passedOf(runFile({ command: [process.execPath] }, 'noble').report);

/** What is wrong with a report: failures, and sets of which noble passes more. AES-256-GCM is not in the engine. */
function problemsOf({ sets }) {
  const problems = [];
  for (const { set, passed, failed, notRun, reasons } of sets) {
    if (failed > 0) problems.push(`${set}: ${failed} failed: ${JSON.stringify(reasons.slice(0, 3))}`);
    const isAead = reasons.some(({ reason }) => reason.includes('AES-256-GCM is not written in WebAssembly'));
    if (!isAead && passed < expected.get(set)) {
      problems.push(`${set}: ${passed} passed and ${notRun} not run, noble passes ${expected.get(set)}`);
    }
  }
  return problems;
}

const table = new Table({
  head: ['runtime', 'version', 'passed', 'failed', 'not run', 'AES-256-GCM aside, as many as noble'],
  colAligns: ['left', 'left', 'right', 'right', 'right', 'left'],
  style: { head: [], border: [], compact: true },
});
const total = { passed: 0, failed: 0, skipped: 0 };
const problems = [];
for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(runtimes)) {
  if (runtimes[name] === undefined) {
    throw new Error(`no runtime "${name}"; there are: ${Object.keys(runtimes).join(', ')}`);
  }
  if (name === 'Chromium' && !existsSync(chromiumPath) && process.env.MWRASP_REQUIRE !== 'all') {
    total.skipped++;
    table.push([name, { colSpan: 5, content: `skipped: needs ${chromiumPath}: apt-get install chromium` }]);
    continue;
  }
  process.stderr.write(`${name} …\n`);
  try {
    const { version, report } = await runtimes[name]();
    const found = problemsOf(report);
    const { passed, failed, notRun } = report.totals;
    table.push([name, version, passed, failed, notRun, found.length === 0 ? 'yes' : 'NO']);
    total.passed += passed;
    total.failed += Math.max(failed, found.length);
    problems.push(...found.map((problem) => `${name}: ${problem}`));
  } catch (error) {
    total.failed++;
    problems.push(`${name}: ${error.message}`);
    table.push([name, { colSpan: 5, content: 'FAILED' }]);
  }
}
console.log(table.toString());
for (const problem of problems) console.error(problem);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
