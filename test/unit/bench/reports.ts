/**
 * Reports that nobody measured.
 *
 * @module
 */
import type { Latency } from '../../../bench/latency.ts';
import type { BenchReport, BenchResult } from '../../../bench/report/report.ts';

export const LATENCY: Latency = {
  samples: 100,
  minUs: 500,
  p50Us: 1000,
  p90Us: 2500,
  p99Us: 6000,
  maxUs: 9000,
  meanUs: 1300,
  histogram: [
    [72, 10],
    [80, 60],
    [90, 25],
    [104, 5],
  ],
};

/** A result; what is not given is plausible. */
export function result(given: Partial<BenchResult> = {}): BenchResult {
  return {
    suite: 'primitives',
    family: 'sign',
    operation: 'ML-DSA-87 sign',
    sizeBytes: 1024,
    parameters: {},
    contender: 'ours',
    engine: 'auto',
    form: 'objects',
    keyFormat: null,
    opsPerSecond: { median: 1000, q1: 980, q3: 1020 },
    mbPerSecond: 1.024,
    ratioToNoble: 12,
    ratioToFastestPeer: 0.9,
    fastestPeer: 'node:crypto',
    ratioToBare: 0.95,
    latency: LATENCY,
    memory: { heapBytes: 1000, bufferBytes: 4627 },
    warmUp: { calls: 100, ms: 100 },
    ...given,
  };
}

/** A report of some results. */
export function report(results: readonly BenchResult[], given: Partial<BenchReport> = {}): BenchReport {
  return {
    machine: {
      cpu: 'Some CPU',
      cores: 2,
      platform: 'linux x64',
      runtime: 'node',
      runtimeVersion: '26.10.0',
      v8: '14.6',
      openssl: '3.5.8',
      packages: { '@mwrasp/crypto': '0.1.0' },
      date: '2026-11-24T12:00:00.000Z',
      loadAverage: 0.1,
      rounds: 9,
      sliceMs: 25,
    },
    peers: [
      { name: 'noble', version: null, problem: null, install: null },
      { name: 'mlkem', version: '2.7.0', problem: null, install: null },
      { name: 'pqclean', version: null, problem: 'not installed', install: 'npm install pqclean' },
    ],
    results,
    ...given,
  };
}

/** Something of everything: keys in both forms, sizes, parameters, a baseline, the import. */
export function fullReport(): BenchReport {
  const contenders = [
    { contender: 'ours', engine: 'auto' },
    { contender: 'ours', engine: 'node' },
    { contender: 'ours', engine: 'wasm' },
    { contender: 'noble', engine: null, ratioToBare: null },
    { contender: '@oqs/liboqs-js', engine: null, ratioToBare: null },
  ] as const;
  const operations = [
    { operation: 'ML-KEM-1024 encapsulate', family: 'kem' },
    { operation: 'ML-DSA-87 sign', family: 'sign' },
  ] as const;
  const keyed = operations.flatMap((operation) =>
    (['objects', 'bytes'] as const).flatMap((form) =>
      contenders.map((who, i) => result({ ...operation, form, ...who, ratioToNoble: 10 - 2 * i })),
    ),
  );
  const sized = [64, 1024, 16384, 1048576].flatMap((sizeBytes) =>
    contenders.map((who) =>
      result({
        operation: 'SHA3-512',
        family: 'hash',
        form: null,
        sizeBytes,
        ...who,
        mbPerSecond: sizeBytes / 50,
      }),
    ),
  );
  const split = [1, 3, 8].map((fragments) =>
    result({
      ...{ suite: 'fragment', family: 'aead', operation: 'TemporalVault split', form: null },
      parameters: { fragments },
    }),
  );
  const store = { suite: 'keystore', family: 'aead', operation: 'file keystore: open', form: null } as const;
  const others = [
    result({ ...store, parameters: { keys: 1000 }, sizeBytes: 0, mbPerSecond: null }),
    result({ ...store, parameters: { keys: 1000 }, sizeBytes: 0, mbPerSecond: null, contender: 'baseline' }),
    result({
      ...{ operation: 'import of the root entry', family: null, engine: null, form: null, sizeBytes: 0 },
      ...{ latency: null, memory: null, warmUp: null, mbPerSecond: null },
    }),
  ];
  return report([...keyed, ...sized, ...split, ...others]);
}
