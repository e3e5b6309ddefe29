/**
 * Measures how late the keys of vaults are destroyed: idle, and with the main thread blocked in bursts of half a second
 * while other processes use the machine.
 *
 *     npm run bench:lag -- [--epochs 10000] [--load 2] [--block 500] [--json]
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { ExpiredError } from '@mwrasp/crypto';
import { type LagReport, TemporalVault } from '@mwrasp/crypto/fragment';

/** Epochs of different lengths, so that each key has a moment of its own at which it is due. */
const EPOCHS_MS = [22, 23, 24, 25];

const BUSY_LOOP = 'for (;;) for (let i = 0; i < 1e6; i++) Math.sqrt(i)';

interface Case {
  readonly name: string;
  readonly load: number;
  /** The event loop is blocked for so long at a time, milliseconds; 0 for not at all. */
  readonly blockMs: number;
}

interface Outcome extends Case {
  readonly wipedBy: string;
  readonly loadBefore: number;
  /** Times that the machine stood still for a time to live, and every key was destroyed. */
  readonly anomalies: number;
  /** How late a bare thread woke beside it. */
  readonly bare: BareSleep;
  readonly reports: readonly LagReport[];
}

/** A thread that does nothing but sleep until a time and see how late it wakes: what this machine can do at the moment. */
const BARE_SLEEPER = `const { parentPort, workerData } = require('node:worker_threads');
const words = new Int32Array(workerData);
const lateMs = [];
while (Atomics.load(words, 0) === 0) {
  const dueMs = performance.now() + 10;
  Atomics.wait(words, 0, 0, 10);
  lateMs.push(performance.now() - dueMs);
}
parentPort.postMessage(lateMs);`;

interface BareSleep {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Starts a bare sleeper; the result ends it and says how late it was. */
function startBareSleeper(): () => Promise<BareSleep> {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(BARE_SLEEPER, { eval: true, workerData: words.buffer });
  return async () => {
    const message = once(worker, 'message');
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    const sorted = ((await message)[0] as number[]).sort((a, b) => a - b);
    const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
    return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
  };
}

/** Seals a message in each vault; one that finds that time was lost seals nothing. */
function sealInAll(vaults: readonly TemporalVault[], data: Uint8Array): void {
  for (const vault of vaults) {
    try {
      vault.split(data);
    } catch (error) {
      if (!(error instanceof ExpiredError)) throw error;
    }
  }
}

/** Seals in every epoch for a while, without going back to the event loop. */
function sealWhileBlocked(vaults: readonly TemporalVault[], data: Uint8Array, blockMs: number): void {
  const endMs = performance.now() + blockMs;
  let nextMs = 0;
  while (performance.now() < endMs) {
    if (performance.now() < nextMs) continue;
    sealInAll(vaults, data);
    nextMs = performance.now() + 5;
  }
}

async function run(wanted: Case, epochs: number): Promise<Outcome> {
  const loadBefore = loadavg()[0] as number;
  const children = Array.from({ length: wanted.load }, () =>
    spawn(process.execPath, ['-e', BUSY_LOOP], { stdio: 'ignore' }),
  );
  try {
    const vaults = await Promise.all(
      EPOCHS_MS.map((epochMs) => TemporalVault.create({ ttlMs: 4 * epochMs, epochMs })),
    );
    let anomalies = 0;
    const endBareSleeper = startBareSleeper();
    for (const vault of vaults) vault.onEvent(({ event }) => event === 'anomaly' && anomalies++);
    const data = new Uint8Array(256);
    while (vaults.reduce((sum, vault) => sum + vault.lag().count, 0) < epochs) {
      if (wanted.blockMs > 0) sealWhileBlocked(vaults, data, wanted.blockMs);
      sealInAll(vaults, data);
      await sleep(5);
    }
    const reports = vaults.map((vault) => vault.lag());
    for (const vault of vaults) vault.dispose();
    const bare = await endBareSleeper();
    return { ...wanted, bare, loadBefore, anomalies, wipedBy: vaults[0]?.wipedBy ?? '', reports };
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '10000' },
    load: { type: 'string', default: '2' },
    block: { type: 'string', default: '500' },
    json: { type: 'boolean', default: false },
  },
});

const cases: Case[] = [
  { name: 'idle', load: 0, blockMs: 0 },
  { name: 'blocked and loaded', load: Number(values.load), blockMs: Number(values.block) },
];
const outcomes: Outcome[] = [];
for (const wanted of cases) outcomes.push(await run(wanted, Number(values.epochs)));
if (values.json) console.log(JSON.stringify({ cores: availableParallelism(), outcomes }, null, 2));
else {
  console.log(`Node ${process.versions.node}, ${availableParallelism()} cores`);
  for (const { name, wipedBy, loadBefore, anomalies, bare, reports } of outcomes) {
    const count = reports.reduce((sum, report) => sum + report.count, 0);
    const worst = (of: (report: LagReport) => number) => Math.max(...reports.map(of)).toFixed(2);
    console.log(
      `${name} (by ${wipedBy}, load before ${loadBefore.toFixed(1)}): ${count} keys, ` +
        `p50 ${worst((r) => r.p50Ms)}, p99 ${worst((r) => r.p99Ms)}, at most ${worst((r) => r.maxMs)} ms, ${anomalies} anomalies\n` +
        `  a bare thread beside it: p50 ${bare.p50Ms.toFixed(2)}, p99 ${bare.p99Ms.toFixed(2)}, at most ${bare.maxMs.toFixed(2)} ms`,
    );
  }
}
