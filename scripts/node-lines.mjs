/**
 * The Nodes that the package is tested on, one a line of releases.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';

/** What npm runs may not find the project's own Node first. */
const path = process.env.PATH.split(':')
  .filter((part) => !part.includes('node_modules'))
  .join(':');

/** Environment for commands of npm's that bring a runtime of their own. */
export const env = { ...process.env, PATH: path, NO_COLOR: '1', npm_config_update_notifier: 'false' };

/** The command that runs a program of a package of npm's at a version. */
export const pinned = (name, version, binary = name) => [
  'npx',
  '--yes',
  '--package',
  `${name}@${version}`,
  binary,
];

const systemNode = spawnSync('sh', ['-c', 'command -v node'], { env, encoding: 'utf8' }).stdout.trim();

/** The command that runs each of them. */
export const NODE_LINES = {
  'Node 20.19': pinned('node', '20.19.6'),
  ...(systemNode === '' ? {} : { 'Node of the system': [systemNode] }),
  'Node 22': pinned('node', '22.23.3'),
  'Node 24': pinned('node', '24.21.0'),
  'Node 26': pinned('node', '26.10.0'),
};
