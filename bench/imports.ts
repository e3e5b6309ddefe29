/**
 * What importing the package costs, beside importing what it uses of noble.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The package's root entry. */
const OURS = ['@mwrasp/crypto'];
/** The same primitives of noble's three packages. */
const NOBLE = [
  '@noble/post-quantum/ml-kem.js',
  '@noble/post-quantum/ml-dsa.js',
  '@noble/ciphers/aes.js',
  '@noble/hashes/sha3.js',
  '@noble/hashes/hmac.js',
  '@noble/hashes/hkdf.js',
];

/** Imports a second in one round. */
export interface ImportRates {
  readonly ours: number;
  readonly noble: number;
}

async function importMs(
  program: URL,
  modules: readonly string[],
  signal: AbortSignal | undefined,
): Promise<number> {
  const urls = modules.map((name) => import.meta.resolve(name));
  const child = fork(fileURLToPath(program), urls, { execArgv: [], ...(signal ? { signal } : {}) });
  const [ms] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the process that imports ended with exit code ${code}`);
    }),
  ])) as [number];
  return ms;
}

/**
 * One round: ours, noble, noble, ours, each in a process of its own.
 *
 * @param program - The file that the processes run, `importer.ts` as it was built.
 * @param signal - Ends the round early.
 */
export async function importRound(program: URL, signal: AbortSignal | undefined): Promise<ImportRates> {
  let oursMs = await importMs(program, OURS, signal);
  let nobleMs = await importMs(program, NOBLE, signal);
  nobleMs += await importMs(program, NOBLE, signal);
  oursMs += await importMs(program, OURS, signal);
  return { ours: 2000 / oursMs, noble: 2000 / nobleMs };
}
