#!/usr/bin/env node
/**
 * Imports point down: reads every import of src/ and bench/ and refuses those that break the rules below.
 *
 *     node scripts/check-layers.mjs [FOLDER]
 *
 * FOLDER holds the src/ and bench/ to read; this project by default.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import ts from 'typescript';
import { manifest, root } from './entries.mjs';

/** Each row may import from the rows above it. A name is a file of src/ or a folder. */
const ROWS = [
  [
    'errors',
    'params',
    'bytes',
    'chunks',
    'garbage',
    'nonce',
    'preamble',
    'runtime',
    'scratch',
    'secret',
    'clock',
    'signal',
  ],
  ['engines', 'shamir'],
  ['hash', 'keypair'],
  ['aead', 'kem', 'sign'],
  ['encodings'],
  ['envelope', 'kat', 'pool'],
  ['keystore'],
  ['rotation', 'ceremony', 'backup', 'fragment', 'insecure'],
];

const inSrc = (names) => `^src/(?:${names.join('|')})(?:/|\\.ts$)`;
const npm = (...names) => `(?:^|node_modules/)(?:${names.join('|')})(?:/|$)`;

const rows = ROWS.map((names, index) => ({
  name: `row ${index + 1} (${names.join(', ')}) imports only from above, and not from its neighbours`,
  from: { path: `^src/(${names.join('|')})(?:/|\\.ts$)` },
  to: {
    path: '^src/',
    // The files of the first row are one foundation; the rule against cycles keeps them in order.
    pathNot: [inSrc(ROWS.slice(0, Math.max(index, 1)).flat()), '^src/$1(?:/|\\.ts$)'],
  },
}));

const forbidden = [
  ...rows,
  {
    name: 'every file of src/ has its place in the rows',
    from: {},
    to: { path: '^src/', pathNot: [inSrc([...ROWS.flat(), 'cli']), '^src/index\\.ts$'] },
  },
  {
    name: 'the library imports nothing of the command line, the bench or the tests',
    from: { path: '^src/', pathNot: '^src/cli/' },
    to: { path: '^(?:src/cli|bench|test|scripts|examples)/' },
  },
  {
    name: 'cli and bench use the package as its users do, through its entry points',
    // The bench of tokens makes them as the tests do, those of the codes and of timing measure what has no entry; none is published.
    from: { path: '^(?:src/cli|bench)/', pathNot: '^bench/(?:tokens/run|timing/[^/]+|erasure)\\.ts$' },
    to: { path: '^(?:src|test|scripts|examples)/', pathNot: '^src/cli/', dependencyTypesNot: ['aliased'] },
  },
  {
    name: 'only cli and bench import the package by its name',
    from: { path: '^src/', pathNot: '^src/cli/' },
    to: { dependencyTypes: ['aliased'] },
  },
  {
    name: 'only engines/ imports node:crypto or noble',
    from: { path: '^src/', pathNot: '^src/engines/' },
    to: { path: [npm('@noble'), '^(?:node:)?crypto$'] },
  },
  {
    name: 'what runs everywhere imports no built-in module of Node',
    from: { path: '^src/', pathNot: '^src/(?:cli|kat|keystore)/' },
    // One that is asked for at run time may be absent, and bundles stay whole.
    to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only', 'exotic-require'] },
  },
  {
    name: 'only keystore/pkcs11/, and what it is measured against, imports the PKCS#11 binding and koffi',
    from: { pathNot: '^(?:src/keystore/pkcs11/|bench/tokens/bare\\.ts$)' },
    to: { path: npm('pkcs11js', 'koffi') },
  },
  {
    name: 'only pool/peer.ts imports the pool of threads',
    from: { pathNot: '^src/pool/peer\\.ts$' },
    to: { path: npm('piscina', 'tinypool') },
  },
  {
    name: 'only fragment/redis.ts and rotation/redis.ts import the Redis client',
    from: { pathNot: '^src/(?:fragment|rotation)/redis\\.ts$' },
    to: { path: npm('redis', '@redis', 'ioredis') },
  },
  {
    name: 'what is published imports only dependencies and peers',
    from: { path: '^(?:src|bench)/', pathNot: '^bench/erasure\\.ts$' },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'undetermined'],
      // Optional peers are installed here as well, for the tests.
      pathNot: npm(...Object.keys(manifest.peerDependencies)),
    },
  },
  {
    name: 'no import leads nowhere',
    from: {},
    // Optional peers need not be installed; the rule above still wants them declared.
    to: { couldNotResolve: true, pathNot: npm(...Object.keys(manifest.peerDependencies)) },
  },
  {
    name: 'no cycles',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
].map((rule) => ({ severity: 'error', ...rule }));

const folder = resolve(process.argv[2] ?? root);
const sources = ['src', 'bench'].filter((name) => existsSync(join(folder, name)));
const { output } = await cruise(
  sources,
  {
    baseDir: folder,
    ruleSet: { forbidden },
    validate: true,
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '^dist/'] },
    // Asking for a built-in module at run time counts as an import; the two helpers are those of src/runtime.ts.
    exoticRequireStrings: ['process.getBuiltinModule', 'builtinModule', 'requireBuiltin'],
  },
  { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  { tsConfig: extractTSConfig(join(root, 'tsconfig.json')) },
);

const problems = output.summary.violations.map(({ rule, from, to, cycle }) => {
  const path = cycle === undefined ? to : cycle.map((step) => step.name).join(' → ');
  return `${from} → ${path}\n    breaks: ${rule.name}`;
});

// The everyday surface only re-exports.
const index = join(folder, 'src/index.ts');
if (existsSync(index)) {
  const file = ts.createSourceFile(index, readFileSync(index, 'utf8'), ts.ScriptTarget.Latest);
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined) continue;
    const { line } = file.getLineAndCharacterOfPosition(statement.getStart(file));
    problems.push(`src/index.ts:${line + 1}\n    breaks: src/index.ts only re-exports`);
  }
}

for (const problem of problems) console.error(problem);
const { totalCruised, totalDependenciesCruised } = output.summary;
console.log(
  `${totalCruised} modules, ${totalDependenciesCruised} imports, ${forbidden.length + 1} rules, ${problems.length} broken`,
);
if (totalDependenciesCruised === 0) console.error('no import was read');
process.exitCode = problems.length === 0 && totalDependenciesCruised > 0 ? 0 : 1;
