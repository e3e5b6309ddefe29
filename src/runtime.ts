/**
 * Modules of Node that other runtimes may lack.
 *
 * @module
 */
import { UnsupportedError } from './errors.ts';

/**
 * A module built into Node, or undefined elsewhere. Not an import, so that bundles for browsers stay whole.
 *
 * @param name - For example `node:fs`.
 */
export function builtinModule<T>(name: string): T | undefined {
  const process = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process;
  return process?.getBuiltinModule?.(name) as T | undefined;
}

/**
 * A module built into Node.
 *
 * @param name - For example `node:fs`.
 * @param purpose - What needs it, for the error.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` where there is none.
 */
export function requireBuiltin<T>(name: string, purpose: string): T {
  const found = builtinModule<T>(name);
  if (found === undefined) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_RUNTIME',
      `${purpose} needs ${name}, which this runtime does not have`,
    );
  }
  return found;
}
