/**
 * Node's own modules. They are asked for when they are used, and not imported, so that bundles for browsers stay whole.
 *
 * @module
 */
import type * as Fs from 'node:fs';
import type * as Os from 'node:os';
import type * as Path from 'node:path';
import type * as Url from 'node:url';
import type * as Threads from 'node:worker_threads';
import { requireBuiltin } from '../../runtime.ts';

interface Modules {
  readonly fs: typeof Fs;
  readonly os: typeof Os;
  readonly path: typeof Path;
  readonly url: typeof Url;
  readonly worker_threads: typeof Threads;
}

/**
 * One of them.
 *
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` where there is none.
 */
export function node<Name extends keyof Modules>(name: Name): Modules[Name] {
  return requireBuiltin<Modules[Name]>(`node:${name}`, 'a pkcs11 keystore');
}
