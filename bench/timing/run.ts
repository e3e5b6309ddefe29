/**
 * Whether the time of an operation tells something of its secrets, by statistics: `npm run bench:timing`.
 *
 *     node bench/timing/run.ts [--engine wasm] [--samples 1000000] [--only TEXT] [--json]
 *
 * Prints the t of batches over all samples, and the largest |t| over the shorter ones (`t-test.ts`). Below 4.5 there is nothing to be seen;
 * above 10 there is, and the exit code is 1.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import type { EngineName } from '../../src/engines/engine.ts';
import { registry } from '../../src/engines/index.ts';
import { type Classes, timingScenarios } from './scenarios.ts';
import { TimingTest } from './t-test.ts';

/** Samples before keys and inputs are made anew. */
const BATCH = 4000;
const SUSPICIOUS = 4.5;
const CERTAIN = 10;

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'wasm' },
    samples: { type: 'string', default: '1000000' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const samples = Number(values.samples);
if (!Number.isInteger(samples) || samples < BATCH) throw new Error(`--samples: an integer from ${BATCH} on`);

/** Times a batch: which class comes next is drawn at random. */
function runBatch({ calls }: Classes): [number[], number[]] {
  const coins = crypto.getRandomValues(new Uint8Array(BATCH));
  const times: [number[], number[]] = [[], []];
  for (const coin of coins) {
    const which = (coin & 1) as 0 | 1;
    const members = calls[which];
    const call = members[times[which].length % members.length] as () => void;
    const start = performance.now();
    call();
    times[which].push(performance.now() - start);
  }
  return times;
}

const name = values.engine as EngineName;
const reports = [];
for (const { name: scenario, make } of timingScenarios(
  registry.named(name, 'kem'),
  registry.named(name, 'sign'),
)) {
  if (!scenario.includes(values.only)) continue;
  const test = new TimingTest();
  for (let done = 0; done < samples; done += BATCH) {
    const classes = make();
    if (done === 0) {
      // The compiler is at its last tier when the first sample is taken.
      for (let i = 0; i < 500; i++)
        for (const members of classes.calls) (members[i % members.length] as () => void)();
    }
    test.add(runBatch(classes));
    classes.dispose();
    if (process.stderr.isTTY) process.stderr.write(`\r${scenario}: ${done + BATCH} of ${samples}\u001b[K`);
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const report = { scenario, engine: name, ...test.report(1000) };
  reports.push(report);
  if (values.json) continue;
  const { t, largest, mediansUs, welch } = report;
  const size = Math.abs(largest.t);
  const verdict =
    size < SUSPICIOUS ? 'nothing to be seen' : size < CERTAIN ? 'to be looked at again' : 'DIFFERENT';
  console.log(
    `${scenario}\n  ${report.samples} samples in ${report.batches} batches, medians ${mediansUs.map((us) => us.toFixed(1)).join(' and ')} µs`,
  );
  const told = (result: { t: number; largest: { t: number; quantile: number } }) =>
    `${result.t.toFixed(2)} over all; the largest, ${result.largest.t.toFixed(2)}, over the shortest ${100 * result.largest.quantile} %`;
  console.log(`  t of the batches ${told({ t, largest })}: ${verdict}`);
  console.log(`  (Welch's, as if samples did not share keys and memory: ${told(welch)})`);
}
if (values.json) console.log(JSON.stringify(reports));
process.exitCode = reports.some(({ largest }) => Math.abs(largest.t) >= CERTAIN) ? 1 : 0;
