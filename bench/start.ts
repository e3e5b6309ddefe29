/**
 * How long the engine in WebAssembly takes to start: `npm run bench:start`.
 *
 *     node bench/start.ts [--processes 21] [--json]
 *
 * From the first call of an imported package to the end of the first call of each family, self-tests included, in processes
 * of their own; and beside it what the runtime's first random bytes take, which no engine can spare it.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { median } from './statistics.ts';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '21' },
    json: { type: 'boolean', default: false },
  },
});
const processes = Number(values.processes);
if (!Number.isInteger(processes) || processes < 1) throw new Error('--processes: an integer from 1 on');

const START = `
import { configureEngines } from '@mwrasp/crypto';
import { sha3_512 } from '@mwrasp/crypto/hash';
import { KemPrivateKey } from '@mwrasp/crypto/kem';
import { SignPrivateKey } from '@mwrasp/crypto/sign';
configureEngines({ hash: 'wasm', kem: 'wasm', sign: 'wasm' });
const start = performance.now();
sha3_512(new Uint8Array(1));
KemPrivateKey.fromSeed(new Uint8Array(64));
SignPrivateKey.fromSeed(new Uint8Array(32));
console.log(performance.now() - start);`;
const RANDOM = `
const start = performance.now();
crypto.getRandomValues(new Uint8Array(1));
console.log(performance.now() - start);`;

const here = new URL('.', import.meta.url);

/** What a program prints, in milliseconds. */
function measure(program: string): number {
  const args = ['--input-type=module', '--eval', program];
  return Number(execFileSync(process.execPath, args, { cwd: here, encoding: 'utf8' }));
}

const startMs: number[] = [];
const randomMs: number[] = [];
for (let i = 0; i < processes; i++) {
  startMs.push(measure(START));
  randomMs.push(measure(RANDOM));
}
const report = {
  node: process.version,
  processes,
  startMs: { median: median(startMs), least: Math.min(...startMs), most: Math.max(...startMs) },
  randomMs: { median: median(randomMs), least: Math.min(...randomMs), most: Math.max(...randomMs) },
};
if (values.json) {
  console.log(JSON.stringify(report));
} else {
  const line = (name: string, { median, least, most }: typeof report.startMs) =>
    `${name.padEnd(40)} median ${median.toFixed(1)} ms, ${least.toFixed(1)} to ${most.toFixed(1)}`;
  console.log(`Node ${report.node}, ${processes} processes each`);
  console.log(line('engine in WebAssembly, self-tests included', report.startMs));
  console.log(line('first random bytes of the runtime', report.randomMs));
}
