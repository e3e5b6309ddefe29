/**
 * Places in the memory of the engine, read from its source: what the scenarios write to, and what is public by the
 * standard.
 *
 * @module
 */
import { compileWasm } from '../compile-wasm.mjs';

/** Constants by file of assembly/; those of ML-DSA get a prefix where two files use one name. */
const CONSTANTS = {
  memory: ['KEM_SLOTS', 'OUT', 'SECRETS', 'SECRETS_END', 'SIGN_SLOTS', 'STATE', 'WORK'],
  'mlkem-memory': ['CT', 'DK', 'DK_EK', 'G_OUT', 'MESSAGE', 'SEED'],
  'mldsa-memory': [
    'HASHED',
    'HINTS',
    'IN_PRIVATE_KEY',
    'IN_PUBLIC_KEY',
    'IN_SEED',
    'IN_SIGNATURE',
    'MESSAGE as DSA_MESSAGE',
    'MU',
    'OUT as DSA_OUT',
    'OUT_PRIVATE_KEY',
    'OUT_PUBLIC_KEY',
    'RND',
    'WORKING_KEY',
    'WORKING_KEY_BYTES',
    'WORKING_RHO',
  ],
};

/** @returns {Promise<Record<string, number>>} Constants by name. */
export async function readPlaces(module) {
  const lines = Object.entries(CONSTANTS).map(
    ([file, names]) => `export { ${names.join(', ')} } from './${file}';`,
  );
  const { bytes } = await compileWasm(module, { index: lines.join('\n') });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return Object.fromEntries(
    Object.entries(exports)
      .filter(([, value]) => value instanceof WebAssembly.Global)
      .map(([name, { value }]) => [name, value]),
  );
}
