/**
 * The shim of test/hsm/shim: a module that forwards to a real one and behaves like a device that is not at hand.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { needs, type Suite } from '../../support/require.ts';
import type { TestToken } from './tokens.ts';

const SOURCE = join(import.meta.dirname, '../shim/shim.c');

/** Which symbols it has: those of version 3.2, those of 2.40 only, or Luna's names. */
export type ShimBuild = 'v3.2' | 'v2.40' | 'CA names';

const FLAGS: Readonly<Record<ShimBuild, readonly string[]>> = {
  'v3.2': [],
  'v2.40': ['-DSHIM_V240'],
  'CA names': ['-DSHIM_CA'],
};

/** A suite that needs a C compiler. */
export const needsCompiler: Suite = needs(
  'a C compiler',
  existsSync('/usr/bin/cc'),
  'apt-get install -y gcc libc6-dev',
);

/** The same token behind the shim. */
export function behindShim(token: TestToken, mode: string, build: ShimBuild = 'v3.2'): TestToken {
  const path = join(token.folder, `libshim-${build.replaceAll(/\W/g, '')}.so`);
  if (!existsSync(path)) {
    // The functions that it forwards are declared without their parameters, which C23 has no more.
    execFileSync('cc', [
      '-std=gnu11',
      '-shared',
      '-fPIC',
      '-O1',
      '-w',
      ...FLAGS[build],
      '-o',
      path,
      SOURCE,
      '-ldl',
    ]);
  }
  const module = token.options.module as string;
  const preload = join(dirname(module), 'libnssutil3.so');
  return {
    ...token,
    options: { ...token.options, module: path },
    env: {
      ...token.env,
      SHIM_MODULE: module,
      SHIM_MODE: mode,
      SHIM_LOG: join(token.folder, 'logins'),
      ...(existsSync(preload) ? { SHIM_PRELOAD: preload } : {}),
    },
  };
}
