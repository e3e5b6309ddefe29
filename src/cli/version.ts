/**
 * The version of this package.
 *
 * @module
 */
import { readFileSync } from 'node:fs';

/** The package's own folder, seen from `dist/cli/` and from `src/cli/` alike. */
export const packageFolder = new URL('../../', import.meta.url);

/** As package.json says. */
export const version: string = (
  JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8')) as { version: string }
).version;
