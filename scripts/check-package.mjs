#!/usr/bin/env node
/**
 * Checks the package as it would be published: its files, its manifest (publint), its types under every module
 * resolution (are-the-types-wrong), and that consumers of several kinds compile against it with `skipLibCheck` off.
 *
 * @module
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installTarball } from './consumer.mjs';
import { manifest, publicEntries, root } from './entries.mjs';

const { folder, tarball } = installTarball();
const bin = (name) => join(root, 'node_modules/.bin', name);
const NODE_TYPES = { types: ['node'], typeRoots: [join(root, 'node_modules/@types')] };
// These read files, so whoever compiles them has the types of Node.
const NEEDS_NODE = new Set(['./kat', './keystore']);

/** Consumers: what their tsconfig.json says beyond `strict`. Web streams are in the types of Node and in the DOM's. */
const CONSUMERS = {
  'nodenext, types of Node, no DOM': {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    lib: ['es2022'],
    ...NODE_TYPES,
  },
  'nodenext, types of Node, DOM': {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    lib: ['es2022', 'dom', 'dom.iterable'],
    ...NODE_TYPES,
  },
  'bundler, types of Node, no DOM': {
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2022'],
    ...NODE_TYPES,
  },
  'bundler, DOM, no types of Node': {
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types: [],
  },
};

function run(command, args, cwd = folder) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
  });
  return { ok: status === 0, output: `${stdout}${stderr}`.trim() };
}

function compile(name, options) {
  const project = join(folder, name.replaceAll(/\W+/g, '-'));
  mkdirSync(project);
  const entries = publicEntries.filter(({ subpath }) => options.types.length > 0 || !NEEDS_NODE.has(subpath));
  const imports = entries.map(({ id }, index) => `import * as entry${index} from '${id}';`);
  const uses = entries.map((_, index) => `entry${index}`);
  // Exported, so that the consumer's own declarations must name our types (TS2742).
  const lines = [
    ...imports,
    "import { generateKemKey } from '@mwrasp/crypto/kem';",
    'export const key = generateKemKey();',
    'export const publicKey = key.publicKey;',
    `export const entries: readonly object[] = [${uses.join(', ')}];`,
  ];
  writeFileSync(join(project, 'index.ts'), `${lines.join('\n')}\n`);
  const compilerOptions = {
    target: 'es2022',
    strict: true,
    declaration: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    outDir: 'out',
    ...options,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['index.ts'] }));
  return run(bin('tsc'), ['--project', project]);
}

/** What is published beside package.json, README.md and LICENSE, which npm always takes. */
const PUBLISHED = /^(?:dist\/.+\.(?:js|js\.map|d\.ts)|docs\/[^/]+\.md|[A-Z]+(?:\.md)?|package\.json)$/;

function checkFiles() {
  const [{ files }] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--dry-run', '--json'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  const paths = files.map(({ path }) => path);
  const wanted = [
    ...[
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'SECURITY.md',
      ...Object.values(manifest.bin),
      'dist/pool/worker.js',
    ],
    ...publicEntries.flatMap(({ code, types }) => [code, types]),
  ];
  const problems = [
    ...wanted.filter((path) => !paths.includes(path)).map((path) => `missing: ${path}`),
    ...paths.filter((path) => !PUBLISHED.test(path)).map((path) => `not to be published: ${path}`),
    ...files
      .filter(({ path, mode }) => Object.values(manifest.bin).includes(path) && (mode & 0o111) === 0)
      .map(({ path }) => `not executable: ${path}`),
  ];
  return { ok: problems.length === 0, output: problems.join('\n') };
}

/** Every entry loads, through import and through require. */
function load(kind) {
  const statements = publicEntries.map(({ id }) =>
    kind === 'import' ? `await import('${id}');` : `require('${id}');`,
  );
  const file = join(folder, kind === 'import' ? 'load.mjs' : 'load.cjs');
  writeFileSync(file, `${statements.join('\n')}\n`);
  return run(process.execPath, [file]);
}

const checks = {
  'files in the tarball': checkFiles,
  publint: () => run(bin('publint'), ['run', tarball, '--strict']),
  'are the types wrong': () =>
    run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color']),
  'every entry loads by import': () => load('import'),
  'every entry loads by require': () => load('require'),
};
for (const [name, options] of Object.entries(CONSUMERS)) {
  checks[`TypeScript: ${name}`] = () => compile(name, options);
}

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const { ok, output } = check();
  if (!ok) failed++;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}`);
  if (!ok) console.log(output.replaceAll(/^/gm, '       '));
}
process.exitCode = failed === 0 ? 0 : 1;
