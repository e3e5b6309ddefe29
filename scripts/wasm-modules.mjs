/**
 * The WebAssembly modules of the package: a folder with the source in `assembly/` and the compiled bytes in `binary.ts`.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './entries.mjs';

/** `pages` of 64 KiB are what its source lays out; `maxBytes` is what the binary may have, before compression. */
export const ENGINE = { folder: 'src/engines/wasm', pages: 24, maxBytes: 120_000 };

/** The code of fragments: small enough for browsers to compile on their main thread. */
const ERASURE = { folder: 'src/fragment/erasure', pages: 3, maxBytes: 4_000 };

/** All of them. */
export const MODULES = [ENGINE, ERASURE];

/** The file of the compiled bytes, from the project's folder. */
export function binaryFile({ folder }) {
  return `${folder}/binary.ts`;
}

/** The compiled bytes in the tree. */
export function readBinary(module) {
  const [, base64] = /'([A-Za-z0-9+/=]+)'/.exec(readFileSync(join(root, binaryFile(module)), 'utf8'));
  return Buffer.from(base64, 'base64');
}
