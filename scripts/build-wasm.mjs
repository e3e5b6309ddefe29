#!/usr/bin/env node
/**
 * Compiles the WebAssembly modules and writes the bytes into the file binary.ts of each. The same source gives the same
 * bytes on every machine: see compile-wasm.mjs.
 *
 *     node scripts/build-wasm.mjs            writes the modules
 *     node scripts/build-wasm.mjs --check    compares them with what the source gives, and writes nothing
 *     node scripts/build-wasm.mjs --out FILE writes the bare bytes of the engine to FILE, and the text form beside it;
 *                                            with --module FOLDER those of another module
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileWasm } from './compile-wasm.mjs';
import { root } from './entries.mjs';
import { binaryFile, ENGINE, MODULES } from './wasm-modules.mjs';

const { values } = parseArgs({
  options: {
    check: { type: 'boolean' },
    out: { type: 'string' },
    module: { type: 'string', default: ENGINE.folder },
  },
});

/** The module that carries the bytes. */
function moduleText(bytes) {
  const base64 = Buffer.from(bytes).toString('base64');
  return `/**
 * The compiled form of assembly/, ${bytes.length} bytes, written by scripts/build-wasm.mjs.
 *
 * @module
 */

/** A WebAssembly module in base64. */
export const WASM_BASE64 =
  '${base64}';
`;
}

/** Writes the module, or compares it. */
async function build(module) {
  const { bytes } = await compileWasm(module);
  const file = binaryFile(module);
  if (bytes.length > module.maxBytes) {
    throw new Error(`${file}: ${bytes.length} bytes are more than ${module.maxBytes}`);
  }
  if (!values.check) {
    writeFileSync(join(root, file), moduleText(bytes));
    console.error(`${file}: ${bytes.length} bytes of WebAssembly`);
  } else if (readFileSync(join(root, file), 'utf8') === moduleText(bytes)) {
    console.error(`${file}: ${bytes.length} bytes, the same as in the tree`);
  } else {
    console.error(`${file} is not what the source gives: run node scripts/build-wasm.mjs`);
    process.exitCode = 1;
  }
}

if (values.out === undefined) {
  for (const module of MODULES) await build(module);
} else {
  const module = MODULES.find(({ folder }) => folder === values.module);
  if (module === undefined) {
    throw new Error(`--module: one of ${MODULES.map(({ folder }) => folder).join(', ')}`);
  }
  const { bytes, text } = await compileWasm(module);
  writeFileSync(values.out, bytes);
  writeFileSync(values.out.replace(/(\.wasm)?$/, '.wat'), text);
  console.error(`${values.out}: ${bytes.length} bytes`);
}
