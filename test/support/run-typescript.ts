/**
 * How a test starts a TypeScript program.
 *
 * @module
 */
import { join } from 'node:path';

const runsTypeScript = Number(process.versions.node.split('.')[0]) >= 24;

/** What stands between `node` and the program: nothing, where Node runs it by itself. */
export const TYPESCRIPT: readonly string[] = runsTypeScript
  ? []
  : ['--import', join(import.meta.dirname, 'typescript.mjs')];
