/**
 * The packed tarball, installed in an empty project outside the repository, as a user would have it.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import './build-if-stale.mjs';
import { root } from './entries.mjs';

const npm = (cwd, ...args) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/**
 * Packs the package and installs it in a new project. The folder is removed when the process ends.
 *
 * @returns `folder`, the project's; `tarball`, the packed file, in it.
 */
export function installTarball() {
  const folder = mkdtempSync(join(tmpdir(), 'mwrasp-consumer-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  // dist/ is fresh already, and `prepack` would build it again.
  npm(root, 'pack', '--ignore-scripts', '--pack-destination', folder);
  const [name] = readdirSync(folder);
  const tarball = join(folder, name);
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
  npm(folder, 'install', '--no-audit', '--no-fund', '--prefer-offline', tarball);
  return { folder, tarball };
}
