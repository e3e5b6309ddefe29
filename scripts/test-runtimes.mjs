#!/usr/bin/env node
/**
 * Installs the packed tarball in an empty project and runs sign/verify, ML-KEM and AES-256-GCM round trips on every
 * runtime that the package supports: from TypeScript (compiled against the installed types), from JavaScript by import,
 * and by require() where the runtime has it. The programs are in test/runtimes/.
 *
 *     node scripts/test-runtimes.mjs [NAME…]
 *
 * Without names, all. The runtimes come from npm at the versions below; Chromium must be installed, or be named by
 * CHROMIUM. It is skipped when missing, and a failure when MWRASP_REQUIRE=all is set.
 *
 * @module
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Table from 'cli-table3';
import { build } from 'esbuild';
import { installTarball } from './consumer.mjs';
import { root } from './entries.mjs';
import { env, pinned } from './node-lines.mjs';
import { chromiumPath, FILE_RUNTIMES, runInChromium } from './runtimes.mjs';

const TIMEOUT_MS = 120_000;
const KINDS = ['TypeScript', 'import', 'require'];

/** A program of test/runtimes/ for each kind, once in the consumer's folder. */
const PROGRAMS = { TypeScript: 'typescript.mjs', import: 'import.mjs', require: 'require.cjs' };

const { folder } = installTarball();
cpSync(join(root, 'test/runtimes'), folder, { recursive: true });

const WORKERD = pinned('workerd', '1.20261117.1');

function run(command, args) {
  const { status, signal, stdout, stderr, error } = spawnSync(command[0], [...command.slice(1), ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status !== 0)
    throw new Error(error?.message ?? `exit ${status ?? signal}: ${stderr.trim() || stdout.trim()}`);
  return stdout.trim();
}

/** Runs the three programs; `{ version, outcomes: { TypeScript, import, require } }`. */
function runFiles({ command, before = [] }) {
  const version = /\d+\.\d+\.\d+/.exec(run(command, ['--version']))?.[0] ?? '?';
  const outcomes = {};
  for (const kind of KINDS) {
    try {
      outcomes[kind] = JSON.parse(run(command, [...before, PROGRAMS[kind]]));
    } catch (error) {
      outcomes[kind] = error;
    }
  }
  return { version, outcomes };
}

/** What a bundle of both programs says; there is no require() in it. */
const bundled = ({ typescript, javascript }) => ({ TypeScript: typescript, import: javascript });

async function bundle(entry, options) {
  const result = await build({
    entryPoints: [join(folder, entry)],
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'silent',
    ...options,
  });
  return result.outputFiles[0].text;
}

async function runWorkerd(compatibilityDate) {
  const version = run(WORKERD, ['--version']).replace(/^workerd /, '');
  const place = mkdtempSync(join(folder, 'workerd-'));
  writeFileSync(join(place, 'worker.js'), await bundle('worker.mjs', { platform: 'neutral' }));
  writeFileSync(
    join(place, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${compatibilityDate}",
);
`,
  );
  // A group of its own, so that npx and the server behind it end together.
  const server = spawn(
    WORKERD[0],
    [...WORKERD.slice(1), 'serve', '--control-fd=1', join(place, 'config.capnp')],
    {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stderr = '';
  server.stderr.on('data', (text) => {
    stderr += text;
  });
  try {
    for await (const line of createInterface({
      input: server.stdout,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })) {
      const { event, port } = JSON.parse(line);
      if (event !== 'listen') continue;
      const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const body = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${body} ${stderr}`);
      return { version, outcomes: bundled(JSON.parse(body)) };
    }
    throw new Error(`workerd did not listen: ${stderr}`);
  } finally {
    if (server.exitCode === null) {
      process.kill(-server.pid);
      await once(server, 'exit');
    }
  }
}

async function runChromium() {
  const script = await bundle('browser.mjs', { platform: 'browser' });
  const { version, outcome } = await runInChromium(script, TIMEOUT_MS);
  return { version, outcomes: bundled(outcome) };
}

const runtimes = {
  ...Object.fromEntries(
    Object.entries(FILE_RUNTIMES).map(([name, options]) => [name, () => runFiles(options)]),
  ),
  workerd: () => runWorkerd('2026-11-01'),
  // Of a time when it had no modules of Node unless asked for.
  'workerd without Node': () => runWorkerd('2025-01-01'),
  Chromium: runChromium,
};

/** Compiles test/runtimes/program.ts in the consumer's folder, against the installed types. */
function compile() {
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    lib: ['es2022', 'dom'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['program.ts'] }));
  run([process.execPath], [join(root, 'node_modules/typescript/bin/tsc'), '--project', folder]);
}

const problems = [];
let skipped = 0;
let passed = 0;
const table = new Table({
  head: ['runtime', 'version', 'hash', 'aead', 'kem', 'sign', ...KINDS],
  style: { head: [], border: [], compact: true },
});

/** One cell: what became of one program. */
function cell(name, kind, outcome) {
  if (outcome === undefined) return '–';
  if (outcome.checks > 0) {
    passed++;
    return 'ok';
  }
  problems.push(`${name}, ${kind}: ${outcome instanceof Error ? outcome.message : JSON.stringify(outcome)}`);
  return 'FAILED';
}

compile();
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(runtimes);
for (const name of names) {
  if (runtimes[name] === undefined) {
    problems.push(`no runtime "${name}"; there are: ${Object.keys(runtimes).join(', ')}`);
    continue;
  }
  if (name === 'Chromium' && !existsSync(chromiumPath) && process.env.MWRASP_REQUIRE !== 'all') {
    skipped++;
    table.push([name, { colSpan: 8, content: `skipped: needs ${chromiumPath}: apt-get install chromium` }]);
    continue;
  }
  try {
    const { version, outcomes } = await runtimes[name]();
    const engines = Object.values(outcomes).find((outcome) => outcome?.engines !== undefined)?.engines ?? {};
    table.push([
      name,
      version,
      ...['hash', 'aead', 'kem', 'sign'].map((family) => engines[family] ?? '?'),
      ...KINDS.map((kind) => cell(name, kind, outcomes[kind])),
    ]);
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
    table.push([name, { colSpan: 8, content: 'FAILED' }]);
  }
}

console.log(table.toString());
for (const problem of problems) console.error(problem);
console.log(`${passed} passed, ${problems.length} failed, ${skipped} skipped`);
process.exitCode = problems.length === 0 && passed > 0 ? 0 : 1;
