#!/usr/bin/env node
/**
 * Writes the declarations of src/ to dist/, one file for each source file. Bundled declarations would take types that
 * an entry re-exports from another one for values.
 *
 * Types are not checked here: `npm run types` does that.
 *
 * @module
 */
import { join } from 'node:path';
import ts from 'typescript';
import { publicEntries, root } from './entries.mjs';

const config = join(root, 'tsconfig.json');
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(config, ts.sys.readFile).config,
  ts.sys,
  root,
);
const program = ts.createProgram(
  publicEntries.map(({ source }) => join(root, source)),
  {
    ...options,
    noEmit: false,
    noCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    rootDir: join(root, 'src'),
    outDir: join(root, 'dist'),
  },
);

/** `Disposable`, `AsyncDisposable` and their symbols, whatever `lib` the consumer has set. */
const DISPOSABLE = '/// <reference lib="esnext.disposable" />\n';

const { diagnostics, emitSkipped } = program.emit(undefined, (path, text) => {
  const types = text.replaceAll(/(\bfrom |\bimport\()(['"])(\.[^'"]*)\.ts\2/g, '$1$2$3.js$2');
  ts.sys.writeFile(
    path,
    /\b(?:Async)?Disposable\b|Symbol\.(?:d|asyncD)ispose/.test(types) ? DISPOSABLE + types : types,
  );
});
if (emitSkipped || diagnostics.length > 0) {
  const format = { getCurrentDirectory: () => root, getNewLine: () => '\n', getCanonicalFileName: String };
  console.error(ts.formatDiagnostics(diagnostics, format));
  process.exitCode = 1;
}
