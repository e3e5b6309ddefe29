/**
 * The pool beside one thread: `npm run bench:pool`, two minutes; `-- --rounds 5` is quicker, and
 * `MWRASP_CRYPTO_ENGINE` names an engine.
 *
 * In a round, each operation is done a number of times on the main thread alone, by as many bare threads as the pool has,
 * which share the work and nothing else, by the pool twice, by the bare threads and on the main thread again. Ratios are
 * medians of the rounds. That of the bare threads is what the machine has to give at the time. While the pool works, the
 * delay of the event loop is sampled every millisecond, which is part of each sample; beside it stands what the same samples
 * give when nothing is done.
 *
 * @module
 */
import { once } from 'node:events';
import { cpus } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isMainThread, type MessagePort, parentPort, Worker } from 'node:worker_threads';
import { engineInfo } from '@mwrasp/crypto/engines';
import { generateKemKey } from '@mwrasp/crypto/kem';
import { type CryptoPool, createPool } from '@mwrasp/crypto/pool';
import { generateSignKey, sign, verify } from '@mwrasp/crypto/sign';

const THREADS = 2;
const MESSAGE_BYTES = 1024;
/** How long one slice on the main thread takes, about. */
const SLICE_MS = 500;
const IDLE_MS = 100;
const BATCH_SIZES = [4, 8, 16, 32, 64, 128];
const NS_PER_MS = 1e6;

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
const rounds = Number(options.rounds);

type Delay = ReturnType<typeof monitorEventLoopDelay>;

/** One operation, a number of times. */
interface Contest {
  readonly name: string;
  one(count: number): void;
  pooled(pool: CryptoPool, count: number): AsyncIterable<unknown>;
}

const key = generateSignKey();
const { publicKey } = key;
const signed = Array.from({ length: 256 }, () => {
  const message = crypto.getRandomValues(new Uint8Array(MESSAGE_BYTES));
  return { message, signature: sign(key, message) };
});
const at = (i: number) => signed[i % signed.length] as (typeof signed)[number];

function repeat(work: (i: number) => unknown): (count: number) => void {
  return (count) => {
    for (let i = 0; i < count; i++) work(i);
  };
}

const VERIFY: Contest = {
  name: 'ML-DSA-87 verify',
  one: repeat((i) => verify(publicKey, at(i).message, at(i).signature)),
  pooled: (pool, count) =>
    pool.verifyMany(
      publicKey,
      Array.from({ length: count }, (_, i) => at(i)),
    ),
};

// The keys of a pool have their public half.
const CONTESTS: readonly Contest[] = [
  VERIFY,
  {
    name: 'ML-DSA-87 sign',
    one: repeat((i) => sign(key, at(i).message)),
    pooled: (pool, count) =>
      pool.signMany(
        key,
        Array.from({ length: count }, (_, i) => at(i).message),
      ),
  },
  {
    name: 'ML-DSA-87 keygen',
    one: repeat(() => generateSignKey().publicKey),
    pooled: (pool, count) => pool.generateSignKeys(count),
  },
  {
    name: 'ML-KEM-1024 keygen',
    one: repeat(() => generateKemKey().publicKey),
    pooled: (pool, count) => pool.generateKemKeys(count),
  },
];

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

async function msOf(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function drain(results: AsyncIterable<unknown>): Promise<void> {
  for await (const result of results) (result as Partial<Disposable> | boolean | undefined)?.valueOf();
}

/** How many times take about one slice on the main thread. */
async function calibrate(contest: Contest): Promise<number> {
  let count = 8;
  for (;;) {
    const ms = await msOf(() => contest.one(count));
    if (ms >= SLICE_MS / 4) return Math.max(64, Math.round((count * SLICE_MS) / ms));
    count *= 2;
  }
}

/** What a bare thread is to do. */
interface BareTask {
  readonly contest: number;
  readonly count: number;
}

function serve(port: MessagePort): void {
  port.on('message', ({ contest, count }: BareTask) => {
    CONTESTS[contest]?.one(count);
    port.postMessage(undefined);
  });
}

/** Threads that do the same without a pool. */
class BareThreads {
  readonly #workers = Array.from({ length: THREADS }, () => new Worker(new URL(import.meta.url)));

  async run(contest: Contest, count: number): Promise<void> {
    const task: BareTask = { contest: CONTESTS.indexOf(contest), count: Math.ceil(count / THREADS) };
    await Promise.all(
      this.#workers.map((worker) => {
        worker.postMessage(task);
        return once(worker, 'message');
      }),
    );
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** Runs something while the delay of the event loop is sampled. */
async function sampled(delay: Delay, work: () => Promise<unknown>): Promise<void> {
  delay.enable();
  await work();
  delay.disable();
}

const percentile = (delay: Delay, percent: number) => (delay.percentile(percent) / NS_PER_MS).toFixed(1);

async function measure(pool: CryptoPool, bare: BareThreads, contest: Contest): Promise<readonly string[]> {
  const count = await calibrate(contest);
  await drain(contest.pooled(pool, count));
  await bare.run(contest, count);
  const busy = monitorEventLoopDelay({ resolution: 1 });
  const idle = monitorEventLoopDelay({ resolution: 1 });
  const times: { oneMs: number; bareMs: number; poolMs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    let oneMs = await msOf(() => contest.one(count));
    let bareMs = await msOf(() => bare.run(contest, count));
    await setTimeout(5);
    let poolMs = 0;
    await sampled(busy, async () => {
      poolMs = await msOf(() => drain(contest.pooled(pool, count)));
      poolMs += await msOf(() => drain(contest.pooled(pool, count)));
    });
    bareMs += await msOf(() => bare.run(contest, count));
    oneMs += await msOf(() => contest.one(count));
    await sampled(idle, () => setTimeout(IDLE_MS));
    times.push({ oneMs, bareMs, poolMs });
  }
  const rate = (ms: number) => Math.round((2000 * count) / ms).toLocaleString('en');
  const ratio = (ratioOf: (round: (typeof times)[number]) => number) => {
    const sorted = times.map(ratioOf).sort((a, b) => a - b);
    const quartile = (part: number) => (sorted[Math.round(part * (sorted.length - 1))] as number).toFixed(2);
    return `${quartile(0.5)} (${quartile(0.25)}–${quartile(0.75)})`;
  };
  return [
    contest.name,
    rate(median(times.map(({ oneMs }) => oneMs))),
    rate(median(times.map(({ poolMs }) => poolMs))),
    ratio(({ oneMs, poolMs }) => oneMs / poolMs),
    ratio(({ oneMs, bareMs }) => oneMs / bareMs),
    `${percentile(busy, 50)} / ${percentile(busy, 99)}`,
    `${percentile(idle, 50)} / ${percentile(idle, 99)}`,
  ];
}

/** Verifications a second, by the size of a job. */
async function measureBatches(): Promise<readonly (readonly string[])[]> {
  const pools = BATCH_SIZES.map((batchSize) => createPool({ threads: THREADS, batchSize }));
  const count = 2 * (await calibrate(VERIFY));
  const times = pools.map((): number[] => []);
  for (const pool of pools) await drain(VERIFY.pooled(pool, count));
  for (let round = 0; round < rounds / 3; round++) {
    for (const [i, pool] of pools.entries()) {
      times[i]?.push(await msOf(() => drain(VERIFY.pooled(pool, count))));
    }
  }
  await Promise.all(pools.map((pool) => pool.close()));
  return BATCH_SIZES.map((size, i) => [
    String(size),
    Math.round((1000 * count) / median(times[i] as number[])).toLocaleString('en'),
  ]);
}

function print(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    const cells = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    console.log(cells.join('  ').trimEnd());
  }
}

async function main(): Promise<void> {
  const processors = cpus();
  console.log(
    `Node ${process.versions.node}, ${processors.length} × ${processors[0]?.model}, ` +
      `engines ${engineInfo().sign.engine} and ${engineInfo().kem.engine}, ${THREADS} threads, ${rounds} rounds`,
  );
  {
    await using pool = createPool({ threads: THREADS });
    const bare = new BareThreads();
    const head = [
      '',
      'one thread/s',
      'pool/s',
      'pool to one',
      'bare threads to one',
      'loop p50 / p99 ms',
      'idle',
    ];
    const rows = [head];
    for (const contest of CONTESTS) rows.push([...(await measure(pool, bare, contest))]);
    print(rows);
    await bare.end();
  }
  console.log();
  print([['verify, items a job', 'pool/s'], ...(await measureBatches())]);
}

if (isMainThread) await main();
else if (parentPort !== null) serve(parentPort);
