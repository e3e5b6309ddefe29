#!/usr/bin/env node
/**
 * Compiles src/engines/wasm/assembly/ and writes the bytes into src/engines/wasm/binary.ts. The same source gives the same
 * bytes on every machine: the compiler is a JavaScript program whose version package-lock.json fixes.
 *
 *     node scripts/build-wasm.mjs            writes the module
 *     node scripts/build-wasm.mjs --check    compares it with what the source gives, and writes nothing
 *     node scripts/build-wasm.mjs --out FILE writes the bare bytes to FILE, and the text form beside it
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import asc from 'assemblyscript/asc';
import { root } from './entries.mjs';

const ENTRY = 'src/engines/wasm/assembly/index.ts';
const MODULE = join(root, 'src/engines/wasm/binary.ts');
/** Pages of 64 KiB: what assembly/memory.ts lays out. */
const PAGES = 24;
/** What the binary may have, before compression. */
const MAX_BYTES = 120_000;

const { values } = parseArgs({ options: { check: { type: 'boolean' }, out: { type: 'string' } } });

/** The compiled bytes. */
async function compile() {
  const files = new Map();
  const { error, stderr } = await asc.main(
    [
      ENTRY,
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
      `--initialMemory=${PAGES}`,
      `--maximumMemory=${PAGES}`,
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
  return { bytes: files.get('out.wasm'), text: files.get('out.wat') };
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

const { bytes, text } = await compile();
if (bytes.length > MAX_BYTES) throw new Error(`${bytes.length} bytes are more than ${MAX_BYTES}`);
if (values.out !== undefined) {
  writeFileSync(values.out, bytes);
  writeFileSync(values.out.replace(/(\.wasm)?$/, '.wat'), text);
  console.error(`${values.out}: ${bytes.length} bytes`);
} else if (!values.check) {
  writeFileSync(MODULE, moduleText(bytes));
  console.error(`${MODULE}: ${bytes.length} bytes of WebAssembly`);
} else if (readFileSync(MODULE, 'utf8') === moduleText(bytes)) {
  console.error(`${bytes.length} bytes, the same as in the tree`);
} else {
  console.error('src/engines/wasm/binary.ts is not what the source gives: run node scripts/build-wasm.mjs');
  process.exitCode = 1;
}
