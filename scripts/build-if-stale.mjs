#!/usr/bin/env node
/**
 * Builds dist/ when it is missing, unfinished or older than what it is made of. Speaks on standard error only, so that
 * it can stand before a command whose output a program reads.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { manifest, publicEntries, root } from './entries.mjs';

const inputs = [
  'src/**/*.ts',
  'bench/**/*.ts',
  'package.json',
  'tsconfig.json',
  'tsup.config.ts',
  'scripts/build-types.mjs',
];
const outputs = [
  ...publicEntries.flatMap(({ code, types }) => [code, types]),
  ...Object.values(manifest.bin),
  'dist/pool/worker.js',
  'dist/bench/index.js',
  'dist/bench/worker.js',
  'dist/bench/importer.js',
];

/** When a file was last written; 0 when it is not there. */
const writtenMs = (file) => statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;

const newestInput = Math.max(...globSync(inputs, { cwd: root }).map(writtenMs));
// A build empties dist/ first, so the oldest output tells whether all are there and new.
const oldestOutput = Math.min(...outputs.map(writtenMs));

if (oldestOutput <= newestInput) {
  console.error('building dist/');
  for (const command of [
    ['node_modules/tsup/dist/cli-default.js', '--silent'],
    ['scripts/build-types.mjs'],
  ]) {
    const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: ['ignore', 2, 2] });
    if (status !== 0) process.exit(1);
  }
}
