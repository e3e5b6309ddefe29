/**
 * How late keys are destroyed: with two load processes beside and the main thread blocked in bursts of 500 ms, and idle.
 *
 *     npm run bench:lag [EPOCHS]
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LagReport, TemporalVault } from '@mwrasp/crypto/fragment';

const EPOCHS = Number(process.argv[2] ?? 10_000);
const TTL_MS = 100;
const EPOCH_MS = 25;
const BLOCK_MS = 500;
const LOAD_PROCESSES = 2;
/** As many vaults as make the epochs in a reasonable time. */
const VAULTS = 20;
const BUSY = 'for (;;) for (let i = 0; i < 1e6; i++) Math.sqrt(i);';

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Keeps vaults in use until so many keys died; the thread that zeroes them starts with the first. */
async function measure(isLoaded: boolean): Promise<LagReport> {
  const load: ChildProcess[] = [];
  const vaults: TemporalVault[] = [];
  try {
    for (let i = 0; i < VAULTS; i++) {
      vaults.push(await TemporalVault.create({ ttlMs: TTL_MS, epochMs: EPOCH_MS }));
      await sleep(EPOCH_MS / VAULTS);
    }
    if (isLoaded) {
      for (let i = 0; i < LOAD_PROCESSES; i++)
        load.push(spawn(process.execPath, ['-e', BUSY], { stdio: 'ignore' }));
    }
    const message = new Uint8Array(64);
    const [first] = vaults as [TemporalVault];
    while (first.lag().count < EPOCHS) {
      for (const vault of vaults) vault.split(message);
      if (isLoaded) block(BLOCK_MS);
      for (let i = 0; i < 4; i++) {
        for (const vault of vaults) vault.split(message);
        await sleep(EPOCH_MS);
      }
    }
    return first.lag();
  } finally {
    for (const child of load) child.kill();
    for (const vault of vaults) vault.dispose();
    // The next measurement gets a thread and a histogram of its own.
    await sleep(1500);
  }
}

for (const isLoaded of [false, true]) {
  const { count, p50Ms, p99Ms, maxMs } = await measure(isLoaded);
  const name = isLoaded
    ? `${LOAD_PROCESSES} load processes, main thread blocked ${BLOCK_MS} ms at a time`
    : 'idle';
  console.log(`${name}: ${count} keys, p50 ${p50Ms} ms, p99 ${p99Ms} ms, max ${maxMs} ms`);
}
