/**
 * How fast the Reed–Solomon code and Shamir's scheme are, beside the libraries that were considered for them, and
 * beside bare AES-256-GCM over the n pieces.
 *
 *     node bench/erasure.ts
 *
 * Processor time, medians of rounds in which all take turns; what a line is compared with ran in the same rounds.
 *
 * @module
 */
import { createCipheriv, randomBytes } from 'node:crypto';
import library from '@subspace/reed-solomon-erasure.wasm';
import * as shamirLibrary from 'shamir-secret-sharing';
import { encodeParity, pieceBytesOf, reconstruct } from '../src/fragment/erasure/index.ts';
import type { Kernel } from '../src/fragment/erasure/kernel.ts';
import { portableKernel } from '../src/fragment/erasure/kernel-portable.ts';
import { wasmKernel } from '../src/fragment/erasure/kernel-wasm.ts';
import { combine, split } from '../src/shamir.ts';

const ROUNDS = 15;
const SLICE_MS = 25;

type Work = () => unknown;
type Table = Record<string, string | number>[];

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function time(work: Work, calls: number): Promise<number> {
  const startMs = cpuMs();
  for (let i = 0; i < calls; i++) {
    const result = work();
    if (result instanceof Promise) await result;
  }
  return Math.max(cpuMs() - startMs, 0.001);
}

/** Calls that take about a slice of time, after as many to warm up. */
async function calibrate(work: Work): Promise<number> {
  let calls = 1;
  for (;;) {
    const ms = await time(work, calls);
    if (ms >= SLICE_MS / 2) return Math.ceil((calls * SLICE_MS) / ms);
    calls *= 2;
  }
}

/** Calls a second of each work, the median of all rounds. */
async function rates(works: ReadonlyMap<string, Work>): Promise<Map<string, number>> {
  const measured = new Map<string, number[]>();
  const calls = new Map<string, number>();
  for (const [name, work] of works) calls.set(name, await calibrate(work));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, work] of works) {
      const count = calls.get(name) as number;
      const rate = (1000 * count) / (await time(work, count));
      measured.set(name, [...(measured.get(name) ?? []), rate]);
    }
  }
  const median = (values: readonly number[]) =>
    [...values].sort((a, b) => a - b)[values.length >> 1] as number;
  return new Map([...measured].map(([name, values]) => [name, median(values)]));
}

/** The code over some data: encoding, and rebuilding the first pieces, as many as may be lost. */
async function codeTable(k: number, n: number, sizeBytes: number): Promise<Table> {
  const data = new Uint8Array(randomBytes(sizeBytes));
  const pieceBytes = pieceBytesOf(sizeBytes, k);
  const parity = new Uint8Array((n - k) * pieceBytes);
  encodeParity(data, k, n, parity);
  const part = (from: Uint8Array, i: number) => from.subarray(i * pieceBytes, (i + 1) * pieceBytes);
  const pieces = Array.from({ length: n }, (_, i) => (i < k ? part(data, i) : part(parity, i - k)));
  const lost = Math.min(k, n - k);
  const left = pieces.map((piece, i) => (i < lost ? undefined : piece));
  const out = Uint8Array.from(data);
  const encode = (kernel: Kernel) => () => encodeParity(data, k, n, parity, kernel);
  const rebuild = (kernel: Kernel) => () => reconstruct(left, k, n, pieceBytes, out, kernel);
  const wasm = wasmKernel() as Kernel;
  const portable = portableKernel();

  const theirs = await library.ReedSolomonErasure.fromCurrentDirectory();
  const shards = new Uint8Array(n * pieceBytes);
  shards.set(data);
  const there = left.map((piece) => piece !== undefined);
  const key = randomBytes(32);
  const nonce = randomBytes(12);
  const works = new Map<string, Work>([
    ['encode: WebAssembly', encode(wasm)],
    ['encode: JavaScript', encode(portable)],
    ['encode: reed-solomon-erasure.wasm', () => theirs.encode(shards, k, n - k)],
    ['rebuild: WebAssembly', rebuild(wasm)],
    ['rebuild: JavaScript', rebuild(portable)],
    ['rebuild: reed-solomon-erasure.wasm', () => theirs.reconstruct(shards, k, n - k, there)],
    [
      'bare AES-256-GCM over n pieces',
      () => {
        for (const piece of pieces) {
          const cipher = createCipheriv('aes-256-gcm', key, nonce);
          cipher.update(piece);
          cipher.final();
          cipher.getAuthTag();
        }
      },
    ],
  ]);
  const perSecond = await rates(works);
  const bare = perSecond.get('bare AES-256-GCM over n pieces') as number;
  return [...perSecond].map(([name, rate]) => {
    const theirRate = perSecond.get(name.replace(/:.*/, ': reed-solomon-erasure.wasm'));
    return {
      code: `${k} of ${n}`,
      bytes: sizeBytes,
      what: name,
      'MB/s of data': Math.round((rate * sizeBytes) / 1e6),
      'to the library': theirRate === undefined ? '' : (rate / theirRate).toFixed(2),
      'time to that of AES': (bare / rate).toFixed(2),
    };
  });
}

/** Shamir's scheme over a secret. */
async function shamirTable(threshold: number, total: number, sizeBytes: number): Promise<Table> {
  const secret = new Uint8Array(randomBytes(sizeBytes));
  const shares = split(secret, threshold, total).slice(0, threshold);
  const theirShares = (await shamirLibrary.split(secret, total, threshold)).slice(0, threshold);
  const works = new Map<string, Work>([
    ['split', () => split(secret, threshold, total)],
    ['split: shamir-secret-sharing', () => shamirLibrary.split(secret, total, threshold)],
    ['combine', () => combine(shares, threshold)],
    ['combine: shamir-secret-sharing', () => shamirLibrary.combine(theirShares)],
  ]);
  const perSecond = await rates(works);
  return [...perSecond].map(([name, rate]) => ({
    code: `${threshold} of ${total}`,
    bytes: sizeBytes,
    what: name,
    'a second': Math.round(rate),
    'to the library': (
      rate / (perSecond.get(name.replace(/(:.*)?$/, ': shamir-secret-sharing')) as number)
    ).toFixed(2),
  }));
}

for (const sizeBytes of [1024, 65_536, 2 ** 20]) console.table(await codeTable(4, 6, sizeBytes));
console.table(await codeTable(10, 14, 2 ** 20));
console.table(await shamirTable(3, 5, 32));
console.table(await shamirTable(3, 5, 4096));
