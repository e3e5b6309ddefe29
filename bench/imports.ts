/**
 * What importing the package costs, beside importing what it uses of noble.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ContestHead, Measured } from './summary.ts';

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

/** How the results are headed. */
export const IMPORT: ContestHead = {
  suite: 'primitives',
  family: null,
  operation: 'import of the root entry',
  sizeBytes: 0,
};

/** Imports a second in one round. */
interface ImportRates {
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

/** One round: ours, noble, noble, ours, each in a process of its own. */
async function importRound(program: URL, signal: AbortSignal | undefined): Promise<ImportRates> {
  let oursMs = await importMs(program, OURS, signal);
  let nobleMs = await importMs(program, NOBLE, signal);
  nobleMs += await importMs(program, NOBLE, signal);
  oursMs += await importMs(program, OURS, signal);
  return { ours: 2000 / oursMs, noble: 2000 / nobleMs };
}

/**
 * Measures imports.
 *
 * @param program - The file that the processes run, `importer.ts` as it was built.
 * @param rounds - How often.
 * @param signal - Ends it early.
 */
export async function measureImports(
  program: URL,
  rounds: number,
  signal: AbortSignal | undefined,
): Promise<Measured[]> {
  const rates: ImportRates[] = [];
  for (let round = 0; round < rounds; round++) rates.push(await importRound(program, signal));
  const shared = { world: 0, engine: null, form: null, details: null };
  return [
    { ...shared, contender: 'ours', rates: rates.map(({ ours }) => ours) },
    { ...shared, contender: 'noble', rates: rates.map(({ noble }) => noble) },
  ];
}
