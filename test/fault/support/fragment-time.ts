/**
 * A process with a vault that does what it is told, line by line.
 *
 * @module
 */
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../../src/clock.ts';
import { PqError } from '../../../src/errors.ts';
import { TemporalVault } from '../../../src/fragment/index.ts';

/** Every thread that this process starts. */
const workers: Worker[] = [];
const { on } = Worker.prototype;
Worker.prototype.on = function (this: Worker, ...args: Parameters<typeof on>) {
  if (!workers.includes(this)) workers.push(this);
  return on.apply(this, args);
} as typeof on;

/** Says that no time passes once it lies, so that the deadline never comes. */
class LyingClock implements Clock {
  lies = false;
  readonly #startMs = performance.now();
  wallMs(): number {
    return Date.now();
  }
  monotonicMs(): number {
    return this.lies ? this.#startMs : performance.now();
  }
}

const clock = new LyingClock();
const vault = await TemporalVault.create({ ttlMs: Number(process.env['TTL_MS'] ?? 200), clock });
const anomalies: string[] = [];
vault.onEvent((event) => {
  if (event.event === 'anomaly') anomalies.push(event.reason);
});
const data = new Uint8Array(100).fill(7);
let fragments = vault.split(data);

function attempt(open: () => Uint8Array): Record<string, unknown> {
  try {
    return { result: open().length === data.length ? 'opened' : 'something else' };
  } catch (error) {
    return { result: error instanceof PqError ? error.code : String(error) };
  }
}

async function answer(line: string): Promise<Record<string, unknown>> {
  switch (line) {
    case 'split':
      fragments = vault.split(data);
      return { result: 'split' };
    case 'lie':
    case 'honest':
      clock.lies = line === 'lie';
      return attempt(() => vault.reassemble(fragments));
    case 'open':
      return attempt(() => vault.reassemble(fragments));
    case 'round':
      return attempt(() => vault.reassemble(vault.split(data)));
    case 'anomalies':
      return { anomalies };
    case 'end thread':
      for (const worker of workers.splice(0)) await worker.terminate();
      return { result: 'ended' };
    case 'block': {
      vault.split(data);
      const before = vault.lag().count;
      const end = performance.now() + 500;
      while (performance.now() < end);
      return { destroyed: vault.lag().count - before, anomalies };
    }
    default:
      return { result: 'unknown' };
  }
}

console.log('{}');
const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  if (line === 'end') break;
  console.log(JSON.stringify(await answer(line)));
}
// The vault is alive, and no reason to stay.
process.stdin.destroy();
