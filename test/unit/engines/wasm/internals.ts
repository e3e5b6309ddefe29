/**
 * Parts of the module that it does not export, compiled for tests.
 */
import { readFile } from 'node:fs/promises';
import asc from 'assemblyscript/asc';

/** Free memory in the region of secrets, far from where anything has its place. */
export const SCRATCH = 0x40000;

const FOLDER = new URL('../../../../src/engines/wasm/assembly/', import.meta.url);

type Call = (...values: number[]) => number;

/** The compiled parts and their memory. */
export class Internals {
  readonly call: Readonly<Record<string, Call>>;
  readonly #buffer: ArrayBuffer;

  constructor(instance: WebAssembly.Instance) {
    this.call = instance.exports as unknown as Record<string, Call>;
    this.#buffer = (instance.exports['memory'] as WebAssembly.Memory).buffer as ArrayBuffer;
  }

  words(address: number, length = 256): Int32Array {
    return new Int32Array(this.#buffer, address, length);
  }

  halves(address: number, length = 256): Int16Array {
    return new Int16Array(this.#buffer, address, length);
  }

  bytes(address: number, length = 256): Uint8Array {
    return new Uint8Array(this.#buffer, address, length);
  }

  signed(address: number, length = 256): Int8Array {
    return new Int8Array(this.#buffer, address, length);
  }
}

/**
 * Compiles parts.
 *
 * @param entry - AssemblyScript beside the files of `assembly/`: what it exports can be called.
 */
export async function compileInternals(entry: string): Promise<Internals> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const { error, stderr } = await asc.main(
    [
      'entry.ts',
      '--outFile=out.wasm',
      '--optimizeLevel=3',
      '--noAssert',
      '--runtime=stub',
      '--enable=simd',
      '--initialMemory=24',
    ],
    {
      readFile: async (name) => {
        if (name === 'entry.ts') return entry;
        return readFile(new URL(name, FOLDER), 'utf8').catch(() => null);
      },
      writeFile: (name, contents) => void files.set(name, contents as Uint8Array<ArrayBuffer>),
      listFiles: () => [],
    },
  );
  if (error !== null) throw new Error(`${error.message}\n${stderr.toString()}`);
  const bytes = files.get('out.wasm') as Uint8Array<ArrayBuffer>;
  return new Internals(new WebAssembly.Instance(new WebAssembly.Module(bytes)));
}
