#!/usr/bin/env node
/**
 * Compiles the folder assembly/ of each module and writes the bytes into binary.ts beside it. The same source gives the
 * same bytes on every machine: the compiler is a JavaScript program whose version package-lock.json fixes.
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
import asc from 'assemblyscript/asc';
import { root } from './entries.mjs';

/** `pages` of 64 KiB are what its source lays out; `maxBytes` is what the binary may have, before compression. */
const MODULES = [
  { folder: 'src/engines/wasm', pages: 24, maxBytes: 120_000 },
  { folder: 'src/fragment/erasure', pages: 3, maxBytes: 4_000 },
];

const { values } = parseArgs({
  options: {
    check: { type: 'boolean' },
    out: { type: 'string' },
    module: { type: 'string', default: 'src/engines/wasm' },
  },
});

/** The compiled bytes. */
async function compile({ folder, pages, maxBytes }) {
  const files = new Map();
  const { error, stderr } = await asc.main(
    [
      `${folder}/assembly/index.ts`,
      '--outFile=out.wasm',
      '--textFile=out.wat',
      '--baseDir=.',
      '--optimizeLevel=3',
      '--shrinkLevel=0',
      '--converge',
      '--noAssert',
      // No allocator and no collector: everything has its place in the memory.
      '--runtime=stub',
      '--enable=simd',
      `--initialMemory=${pages}`,
      `--maximumMemory=${pages}`,
    ],
    {
      readFile: (name, baseDir) => {
        try {
          return readFileSync(join(root, baseDir, name), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (name, contents) => void files.set(name, contents),
      listFiles: () => [],
    },
  );
  if (error !== null) throw new Error(`${error.message}\n${stderr.toString()}`);
  const bytes = files.get('out.wasm');
  if (bytes.length > maxBytes) throw new Error(`${folder}: ${bytes.length} bytes are more than ${maxBytes}`);
  return { bytes, text: files.get('out.wat') };
}

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
  const { bytes } = await compile(module);
  const file = `${module.folder}/binary.ts`;
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
  if (module === undefined)
    throw new Error(`--module: one of ${MODULES.map(({ folder }) => folder).join(', ')}`);
  const { bytes, text } = await compile(module);
  writeFileSync(values.out, bytes);
  writeFileSync(values.out.replace(/(\.wasm)?$/, '.wat'), text);
  console.error(`${values.out}: ${bytes.length} bytes`);
}
