/**
 * Measures one token, in a process of its own: what is native may take its process along.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { encapsulate, type KemPublicKey } from '@mwrasp/crypto/kem';
import { type Keystore, openKeystore } from '@mwrasp/crypto/keystore';
import type { Pkcs11TokenOptions } from '@mwrasp/crypto/keystore/pkcs11';
import { median } from '../statistics.ts';
import { type BareCaller, BareToken } from './bare.ts';

/** What the process is told, in its environment. */
export interface TokenTask {
  readonly options: Pkcs11TokenOptions;
  readonly pin: string;
  readonly path: string;
  readonly rounds: number;
  readonly sliceMs: number;
}

/** One operation with so many callers at once. */
export interface TokenResult {
  readonly operation: string;
  readonly callers: number;
  readonly opsPerSecond: number;
  /** Over the raw calls, as many callers, a session each. */
  readonly ratioToBare: number;
}

/** How long the event loop was late while 64 operations were under way. */
export interface DelayResult {
  readonly operation: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What the process prints. */
export interface TokenReport {
  readonly results: readonly TokenResult[];
  readonly delays: readonly DelayResult[];
}

const CALLERS = [1, 2, 4, 8];
const MESSAGE_BYTES = 1024;
const CONCURRENT = 64;
/** Ciphertexts to decapsulate, so that no two calls in a row have the same. */
const CIPHERTEXTS = 16;

type Operation = 'sealData' | 'sign' | 'decapsulate';
type Work = (i: number) => Promise<unknown>;

const task = JSON.parse(process.env['BENCH_TOKEN'] as string) as TokenTask;
const message = randomBytes(MESSAGE_BYTES);

function oursOf(store: Keystore, ciphertexts: readonly Buffer[]): Record<Operation, Work> {
  return {
    sealData: () => store.sealData('aes', message),
    sign: () => store.sign('dsa', message),
    async decapsulate(i) {
      using secret = await store.decapsulate('kem', ciphertexts[i % CIPHERTEXTS] as Buffer);
      return secret.length;
    },
  };
}

function bareOf(caller: BareCaller, ciphertexts: readonly Buffer[]): Record<Operation, Work> {
  return {
    sealData: () => caller.seal(message),
    sign: () => caller.sign(message),
    decapsulate: (i) => caller.decapsulate(ciphertexts[i % CIPHERTEXTS] as Buffer),
  };
}

/** Operations a second of callers that each wait for one answer before they ask again. */
async function rate(callers: readonly Work[], durationMs: number): Promise<number> {
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  const counts = callers.map(async (work) => {
    let count = 0;
    while (performance.now() < endMs) await work(count++);
    return count;
  });
  const total = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  return (1000 * total) / (performance.now() - startMs);
}

async function compare(ours: readonly Work[], bare: readonly Work[]): Promise<[ops: number, ratio: number]> {
  const { rounds, sliceMs } = task;
  await rate(ours, 5 * sliceMs);
  await rate(bare, 5 * sliceMs);
  const rates: { ours: number; bare: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = await rate(ours, sliceMs);
    const second = (await rate(bare, sliceMs)) + (await rate(bare, sliceMs));
    rates.push({ ours: (first + (await rate(ours, sliceMs))) / 2, bare: second / 2 });
  }
  return [median(rates.map((r) => r.ours)), median(rates.map((r) => r.ours / r.bare))];
}

/** How late the event loop is with many operations under way; a timer of a millisecond finds it out. */
async function delays(operation: Operation, work: Work): Promise<DelayResult> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await rate(
    Array.from({ length: CONCURRENT }, () => work),
    50 * task.sliceMs,
  );
  histogram.disable();
  // The histogram counts the timer's own millisecond.
  const ms = (percentile: number) => Math.max(0, histogram.percentile(percentile) / 1e6 - 1);
  return { operation, p50Ms: ms(50), p99Ms: ms(99) };
}

async function measure(): Promise<TokenReport> {
  const { options, pin, path } = task;
  const store = await openKeystore({ backend: 'pkcs11', path, ...options, pin: Buffer.from(pin) });
  const operations: Operation[] = ['sealData'];
  await store.generate({ name: 'aes', algorithm: 'AES-256-GCM' });
  const ciphertexts: Buffer[] = [];
  if ((await store.custodyOf('ML-DSA-87')) === 'in-token') {
    await store.generate({ name: 'dsa', algorithm: 'ML-DSA-87' });
    operations.push('sign');
  }
  if ((await store.custodyOf('ML-KEM-1024')) === 'in-token') {
    await store.generate({ name: 'kem', algorithm: 'ML-KEM-1024' });
    operations.push('decapsulate');
    const publicKey = (await store.publicKey('kem')) as KemPublicKey;
    for (let i = 0; i < CIPHERTEXTS; i++) ciphertexts.push(Buffer.from(encapsulate(publicKey).ciphertext));
  }
  const token = new BareToken(options.module as string, options.token as string);
  const bareCallers = CALLERS.map(() => token.caller());
  while (bareCallers.length < Math.max(...CALLERS)) bareCallers.push(token.caller());
  const ours = oursOf(store, ciphertexts);
  const results: TokenResult[] = [];
  for (const operation of operations) {
    for (const callers of CALLERS) {
      const bare = bareCallers.slice(0, callers).map((caller) => bareOf(caller, ciphertexts)[operation]);
      const [opsPerSecond, ratioToBare] = await compare(Array(callers).fill(ours[operation]), bare);
      results.push({ operation, callers, opsPerSecond, ratioToBare });
    }
  }
  const late: DelayResult[] = [];
  for (const operation of operations) late.push(await delays(operation, ours[operation]));
  await store.close();
  return { results, delays: late };
}

const report = await measure();
process.stdout.write(`${JSON.stringify(report)}\n`);
// Sessions of the raw calls are still open.
process.exit(0);
