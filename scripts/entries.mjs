/**
 * The public entries, read from the `exports` of package.json, so that the build, the tests and the checks share one
 * list.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** package.json, parsed. */
export const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

/**
 * One for each subpath that has code: `./kem` is `{ subpath: './kem', id: '@mwrasp/crypto/kem', name: 'kem/index',
 * report: 'kem', source: 'src/kem/index.ts', code: 'dist/kem/index.js', types: 'dist/kem/index.d.ts' }`.
 */
export const publicEntries = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([subpath, target]) => {
    const name = target.default.replace(/^\.\/dist\//, '').replace(/\.js$/, '');
    return {
      subpath,
      id: manifest.name + subpath.slice(1),
      name,
      report: subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-'),
      source: `src/${name}.ts`,
      code: target.default.slice(2),
      types: target.types.slice(2),
    };
  });
