/**
 * A soak in a process of its own; prints its report, as one line of JSON.
 *
 *     node test/soak/run.ts [--operations N] [--seed TEXT]
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '100000' },
    seed: { type: 'string', default: randomBytes(16).toString('hex') },
  },
});
const operations = Number(values.operations);
if (!Number.isSafeInteger(operations) || operations < 10)
  throw new Error('--operations: an integer from 10 on');

const report = await soak({
  operations,
  seed: values.seed,
  onProgress(done) {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${operations}\u001b[K`);
  },
});
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
console.log(JSON.stringify({ seed: values.seed, ...report }));
