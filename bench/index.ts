/**
 * Measures every primitive on every engine: operations a second, as a ratio to noble and to the bare engine call.
 *
 * Each engine has a thread of its own. The engines take turns, one operation and one round at a time, and within a round
 * the library and the bare call take turns (ABBA), so that what else the machine does hits all alike. Reported are medians
 * over the rounds; ratios are medians of the ratios of each round.
 *
 * @module
 */
import { once } from 'node:events';
import { cpus, totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type EngineName, engineInfo } from '@mwrasp/crypto/engines';
import Table from 'cli-table3';
import type { RoundRequest, RoundResult } from './worker.ts';

/** Where it was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly runtime: string;
  readonly openssl: string | null;
  readonly platform: string;
  readonly date: string;
}

/** One operation on one engine. */
export interface BenchResult {
  readonly suite: 'primitives';
  readonly operation: string;
  readonly engine: EngineName;
  /** Bytes of the message; 0 where there is none. */
  readonly sizeBytes: number;
  /** Through the library. */
  readonly opsPerSecond: number;
  /** To the library on noble. */
  readonly ratioToNoble: number;
  /** To the raw engine call. */
  readonly ratioToBare: number;
}

/** What a run gives. */
export interface BenchReport {
  readonly machine: Machine;
  readonly results: readonly BenchResult[];
}

/** Options of {@link runBench}. */
export interface BenchOptions {
  /** Short slices and few rounds: a look, not a measurement. */
  readonly quick?: boolean;
  /** Hears how far the run is, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

interface Lane {
  readonly engine: EngineName;
  readonly worker: Worker;
  readonly operations: readonly { readonly operation: string; readonly sizeBytes: number }[];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

async function startLane(engine: EngineName): Promise<Lane> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: engine });
  const [operations] = (await once(worker, 'message')) as [Lane['operations']];
  return { engine, worker, operations };
}

async function runRound(lane: Lane, request: RoundRequest): Promise<RoundResult> {
  lane.worker.postMessage(request);
  const [result] = (await once(lane.worker, 'message')) as [RoundResult];
  return result;
}

function machine(): Machine {
  const all = cpus();
  const { versions, platform, arch } = process;
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryBytes: totalmem(),
    runtime: `Node ${versions.node}`,
    openssl: versions.openssl ?? null,
    platform: `${platform} ${arch}`,
    date: new Date().toISOString(),
  };
}

/**
 * Runs the benchmark.
 *
 * @param options - How thorough, and who hears about it.
 * @returns One result for each operation, size and engine.
 */
export async function runBench({ quick = false, onProgress }: BenchOptions = {}): Promise<BenchReport> {
  const rounds = quick ? 3 : 15;
  const sliceMs = quick ? 4 : 60;
  const names = engineInfo().hash.engines.map(({ engine }) => engine);
  const lanes: Lane[] = [];
  try {
    for (const engine of names) lanes.push(await startLane(engine));
    const noble = lanes.find(({ engine }) => engine === 'noble') as Lane;
    const results: BenchResult[] = [];
    for (const [index, { operation, sizeBytes }] of noble.operations.entries()) {
      const taken = lanes.flatMap((lane) => {
        const at = lane.operations.findIndex((o) => o.operation === operation && o.sizeBytes === sizeBytes);
        return at === -1 ? [] : [{ lane, at, rounds: [] as RoundResult[] }];
      });
      // One round to warm up, which does not count.
      for (let round = -1; round < rounds; round++) {
        for (const entry of taken) {
          const result = await runRound(entry.lane, { index: entry.at, sliceMs });
          if (round >= 0) entry.rounds.push(result);
        }
      }
      const nobleRounds = taken.find(({ lane }) => lane === noble)?.rounds ?? [];
      for (const { lane, rounds: measured } of taken) {
        results.push({
          suite: 'primitives',
          operation,
          engine: lane.engine,
          sizeBytes,
          opsPerSecond: median(measured.map(({ ours }) => ours)),
          ratioToNoble: median(measured.map(({ ours }, i) => ours / (nobleRounds[i] as RoundResult).ours)),
          ratioToBare: median(measured.map(({ ours, bare }) => ours / bare)),
        });
      }
      onProgress?.((index + 1) / noble.operations.length);
    }
    return { machine: machine(), results };
  } finally {
    await Promise.all(lanes.map(({ worker }) => worker.terminate()));
  }
}

/** 1234567 as `1.23 M`. */
function formatRate(rate: number): string {
  if (rate >= 1e6) return `${(rate / 1e6).toFixed(2)} M`;
  return rate >= 1e4 ? `${(rate / 1e3).toFixed(1)} k` : rate.toFixed(0);
}

/**
 * A report as a table for people.
 *
 * @param report - What {@link runBench} returned.
 */
export function formatBench({ machine: m, results }: BenchReport): string {
  const table = new Table({
    head: ['operation', 'bytes', 'engine', 'ops/s', 'to noble', 'to bare'],
    colAligns: ['left', 'right', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { operation, sizeBytes, engine, opsPerSecond, ratioToNoble, ratioToBare } of results) {
    table.push([
      operation,
      sizeBytes === 0 ? '' : String(sizeBytes),
      engine,
      formatRate(opsPerSecond),
      ratioToNoble.toFixed(2),
      ratioToBare.toFixed(2),
    ]);
  }
  const head = `${m.cpu}, ${m.cores} cores, ${m.platform}, ${m.runtime}, OpenSSL ${m.openssl ?? 'none'}, ${m.date}`;
  return `${head}\n\n${table.toString()}`;
}
