/**
 * Compiles AssemblyScript. The same source gives the same bytes on every machine: the compiler is a JavaScript program
 * whose version package-lock.json fixes.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { root } from './entries.mjs';

/**
 * @param {{ folder: string, pages: number }} module - Where its `assembly/index.ts` is; pages of 64 KiB that its source
 * lays out.
 * @param {{ names?: boolean, index?: string }} options - `names` keeps those of functions in a section of its own, which
 * changes no code; `index` is compiled in place of the file.
 * @returns {Promise<{ bytes: Uint8Array, text: string }>} The binary, and its text form.
 */
export async function compileWasm({ folder, pages }, { names = false, index } = {}) {
  const entry = `${folder}/assembly/index.ts`;
  const files = new Map();
  const { error, stderr } = await asc.main(
    [
      entry,
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
      ...(names ? ['--debug'] : []),
    ],
    {
      readFile: (name, baseDir) => {
        if (index !== undefined && name === entry) return index;
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
