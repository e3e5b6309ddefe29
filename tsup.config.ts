import { defineConfig } from 'tsup';
import { manifest, publicEntries } from './scripts/entries.mjs';

// Declarations are written by scripts/build-types.mjs.
export default defineConfig({
  entry: {
    ...Object.fromEntries(publicEntries.map(({ name, source }) => [name, source])),
    'cli/main': 'src/cli/main.ts',
    'pool/worker': 'src/pool/worker.ts',
    'fragment/wiper': 'src/fragment/wiper.ts',
    'bench/index': 'bench/index.ts',
    'bench/worker': 'bench/worker.ts',
    'bench/importer': 'bench/importer.ts',
  },
  format: 'esm',
  // The code runs on Node, Bun, Deno, workerd and in browsers; what is Node's own is imported as node:*.
  platform: 'neutral',
  target: 'es2022',
  // One copy of each module, whatever entry it is reached through: a key made by one is a key for all others.
  splitting: true,
  sourcemap: true,
  clean: true,
  // Fewer bytes to parse at each import; names stay, and source maps tell the lines.
  minifyWhitespace: true,
  // Bun, Deno and workerd know the built-in modules under their full names only.
  removeNodeProtocol: false,
  // tsup leaves out dependencies and peers; the package's own name is how the CLI imports it, as a user would.
  external: [/^node:/, new RegExp(`^${manifest.name}(/|$)`)],
});
