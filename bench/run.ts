/**
 * Runs the bench: two workers, one an engine, that take turns. Only one works at a time.
 *
 * @module
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { EngineName } from '@mwrasp/crypto/engines';
import type { Contest } from './contest.ts';
import { CONTESTS } from './contests.ts';
import { importRound } from './imports.ts';
import { describeMachine } from './machine.ts';
import type { RoundRates } from './measure.ts';
import type { BenchReport, BenchResult } from './report.ts';
import type { Answer, Answers, Request, WorkerTask } from './worker.ts';

/** Options of {@link runBench}. */
export interface BenchOptions {
  /** Engines to measure, all by default; those that the runtime lacks are left out. */
  readonly engines?: readonly EngineName[];
  /** Measure only operations whose name contains this text, in either case; `import` is one too. All by default. */
  readonly only?: string;
  /** Few rounds of short slices: a look, not a measurement. */
  readonly quick?: boolean;
  /** Rounds a measurement, 9 by default; odd numbers have a clean median. */
  readonly rounds?: number;
  /** Processor time of one slice, 40 by default. */
  readonly sliceMs?: number;
  /** Told how much is done, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Ends the run early: it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const FULL = { rounds: 9, sliceMs: 40 };
const QUICK = { rounds: 1, sliceMs: 1 };
const ENGINES: readonly EngineName[] = ['node', 'noble'];

const IMPORT = 'import of the root entry';

/** Two lines instead of a dependency that every installation of the package would carry. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
}

/** One engine in its worker. */
class EngineWorker {
  readonly engine: EngineName;
  readonly #worker: Worker;

  constructor(program: URL, engine: EngineName) {
    this.engine = engine;
    this.#worker = new Worker(program, {
      workerData: { engine } satisfies WorkerTask,
      env: { ...process.env, MWRASP_CRYPTO_ENGINE: engine },
    });
    // A failure is reported to whoever waits for an answer.
    this.#worker.on('error', () => {});
  }

  async ask<R extends Request>(request: R, signal: AbortSignal | undefined): Promise<Answers[R['ask']]> {
    const answered = once(this.#worker, 'message', signal === undefined ? {} : { signal });
    this.#worker.postMessage(request);
    const [answer] = (await answered) as [Answer];
    if ('error' in answer) throw answer.error;
    return answer.value as Answers[R['ask']];
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Rates of all rounds, by engine; the engines take turns in beginning. */
async function measure(
  workers: readonly EngineWorker[],
  contest: number,
  { rounds, sliceMs }: { rounds: number; sliceMs: number },
  signal: AbortSignal | undefined,
): Promise<Map<EngineName, RoundRates[]>> {
  const rates = new Map(workers.map(({ engine }) => [engine, [] as RoundRates[]]));
  for (const worker of workers) await worker.ask({ ask: 'prepare', contest, sliceMs }, signal);
  for (let round = 0; round < rounds; round++) {
    for (const worker of round % 2 === 0 ? workers : [...workers].reverse()) {
      rates.get(worker.engine)?.push(await worker.ask({ ask: 'round' }, signal));
    }
  }
  for (const worker of workers) await worker.ask({ ask: 'close' }, signal);
  return rates;
}

/** One result an engine. */
function summarise(contest: number, rates: ReadonlyMap<EngineName, readonly RoundRates[]>): BenchResult[] {
  const { suite = 'primitives', operation, sizeBytes } = CONTESTS[contest] as Contest;
  const noble = rates.get('noble');
  return [...rates].map(([engine, rounds]) => ({
    suite,
    operation,
    engine,
    sizeBytes,
    opsPerSecond: median(rounds.map(({ ours }) => ours)),
    ratioToNoble:
      noble === undefined ? null : median(rounds.map(({ ours }, i) => ours / (noble[i] as RoundRates).ours)),
    ratioToBare: median(rounds.map(({ ours, bare }) => ours / bare)),
  }));
}

/** What importing the root entry costs, compared with importing noble. */
async function measureImports(
  program: URL,
  rounds: number,
  signal: AbortSignal | undefined,
): Promise<BenchResult> {
  const rates = [];
  for (let round = 0; round < rounds; round++) rates.push(await importRound(program, signal));
  const ratio = median(rates.map(({ ours, noble }) => ours / noble));
  return {
    suite: 'import',
    operation: IMPORT,
    engine: null,
    sizeBytes: 0,
    opsPerSecond: median(rates.map(({ ours }) => ours)),
    ratioToNoble: ratio,
    ratioToBare: ratio,
  };
}

/** Names of everything that can be measured, each once. */
export function benchOperations(): string[] {
  return [...new Set(CONTESTS.map(({ operation }) => operation)), IMPORT];
}

/** The files that other threads and processes run, as they were built. */
export interface Programs {
  /** `worker.ts`. */
  readonly worker: URL;
  /** `importer.ts`. */
  readonly importer: URL;
}

/**
 * Runs the bench.
 *
 * @param programs - The files that threads and processes run.
 * @param options - See {@link BenchOptions}.
 */
export async function runBenchIn(programs: Programs, options: BenchOptions): Promise<BenchReport> {
  const { engines = ENGINES, only = '', quick = false, onProgress, signal } = options;
  const { rounds, sliceMs } = { ...(quick ? QUICK : FULL), ...options };
  signal?.throwIfAborted();
  const machine = describeMachine(rounds, sliceMs);
  const workers = ENGINES.filter((name) => engines.includes(name)).map(
    (name) => new EngineWorker(programs.worker, name),
  );
  try {
    const able = new Map<EngineWorker, readonly number[]>();
    for (const worker of workers) able.set(worker, await worker.ask({ ask: 'contests' }, signal));
    const results: BenchResult[] = [];
    const wanted = (operation: string) => operation.toLowerCase().includes(only.toLowerCase());
    const contests = [...CONTESTS.keys()].filter((i) => {
      const { operation, slowToPrepare = false } = CONTESTS[i] as Contest;
      return wanted(operation) && !(quick && slowToPrepare);
    });
    for (const [done, contest] of contests.entries()) {
      const capable = workers.filter((worker) => able.get(worker)?.includes(contest));
      const entered = CONTESTS[contest]?.slowToPrepare ? capable.slice(0, 1) : capable;
      results.push(...summarise(contest, await measure(entered, contest, { rounds, sliceMs }, signal)));
      onProgress?.((done + 1) / (contests.length + 1));
    }
    if (wanted(IMPORT)) results.push(await measureImports(programs.importer, rounds, signal));
    onProgress?.(1);
    return { machine, results };
  } catch (error) {
    // once() rejects with an error of its own.
    signal?.throwIfAborted();
    throw error;
  } finally {
    await Promise.all(workers.map((worker) => worker.end()));
  }
}
