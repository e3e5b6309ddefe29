#!/usr/bin/env node
/**
 * The tests of tokens and the contract of keystores on every line of Node but the project's own, on which they run anyway.
 *
 *     node scripts/test-hsm-nodes.mjs [NAME…]
 *
 * Ends with the counts of all of them.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { root } from './entries.mjs';
import { env, NODE_LINES } from './node-lines.mjs';

const OWN = `Node ${process.versions.node.split('.')[0]}`;
const SUITES = ['--project', 'source', '--project', 'hsm', 'test/contract', 'test/hsm'];
const COUNTS = /^(\d+) passed, (\d+) failed, (\d+) skipped$/gm;

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(NODE_LINES);
const total = [0, 0, 0];
for (const name of names.filter((line) => line !== OWN)) {
  const [command, ...before] = NODE_LINES[name] ?? [];
  if (command === undefined)
    throw new Error(`no Node "${name}"; there are: ${Object.keys(NODE_LINES).join(', ')}`);
  const { status, stdout } = spawnSync(command, [...before, 'scripts/vitest.mjs', 'run', ...SUITES], {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(stdout);
  const counts = [...stdout.matchAll(COUNTS)].at(-1)?.slice(1).map(Number) ?? [0, 0, 0];
  if (status !== 0 && counts[1] === 0) counts[1] = 1;
  counts.forEach((count, i) => {
    total[i] += count;
  });
  console.log(`${name}: ${counts[0]} passed, ${counts[1]} failed, ${counts[2]} skipped\n`);
}
console.log(`${total[0]} passed, ${total[1]} failed, ${total[2]} skipped`);
process.exitCode = total[1] === 0 && total[0] > 0 ? 0 : 1;
