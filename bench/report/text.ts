/**
 * A report as a text for terminals.
 *
 * @module
 */
import {
  absentLines,
  allocatedText,
  contenderText,
  figure,
  formText,
  LEGEND,
  machineFacts,
  operationText,
  ratioText,
  sizeText,
  sparkline,
  spreadText,
} from './format.ts';
import type { BenchReport, BenchResult } from './report.ts';
import { type Column, plainTable } from './table.ts';

/** Columns of a result. */
export const COLUMNS: readonly Column[] = [
  ['operation', 'left'],
  ['size', 'right'],
  ['keys', 'left'],
  ['by', 'left'],
  ['ops/s', 'right'],
  ['spread', 'right'],
  ['MB/s', 'right'],
  ['p50 µs', 'right'],
  ['p99 µs', 'right'],
  ['kB', 'right'],
  ['× noble', 'right'],
  ['× best peer', 'right'],
  ['× bare', 'right'],
];

/** Cells of a result. */
export function row(result: BenchResult): string[] {
  const { latency } = result;
  return [
    operationText(result),
    sizeText(result.sizeBytes),
    formText(result),
    contenderText(result),
    figure(result.opsPerSecond.median),
    spreadText(result.opsPerSecond),
    figure(result.mbPerSecond),
    figure(latency?.p50Us),
    figure(latency?.p99Us),
    allocatedText(result),
    ratioText(result.ratioToNoble),
    ratioText(result.ratioToFastestPeer),
    ratioText(result.ratioToBare),
  ];
}

/** Results of signing: how long a signature takes is a matter of chance, so the mean is not enough. */
export function signingResults(results: readonly BenchResult[]): BenchResult[] {
  return results.filter(({ operation, latency }) => operation === 'ML-DSA-87 sign' && latency !== null);
}

/** Columns of signing. */
export const SIGNING_COLUMNS: readonly Column[] = [
  ['ML-DSA-87 sign, one call on a random message', 'left'],
  ['p50 ms', 'right'],
  ['p90 ms', 'right'],
  ['p99 ms', 'right'],
  ['from', 'right'],
  ['to', 'right'],
  ['calls', 'right'],
  ['how many took how long', 'left'],
];

/** Cells of signing: percentiles, and a histogram that all rows have one axis of. */
export function signingRows(results: readonly BenchResult[]): string[][] {
  const signing = signingResults(results);
  const bins = signing.flatMap(({ latency }) => latency?.histogram.map(([bin]) => bin) ?? []);
  const [first, last] = [Math.min(...bins), Math.max(...bins)];
  return signing.flatMap((result) => {
    const { latency } = result;
    if (latency === null) return [];
    const ms = [latency.p50Us, latency.p90Us, latency.p99Us, latency.minUs, latency.maxUs];
    const times = ms.map((us) => figure(us / 1000));
    const name = [contenderText(result), formText(result)].filter((part) => part !== '').join(', ');
    return [[name, ...times, String(latency.samples), sparkline(latency, first, last)]];
  });
}

/**
 * Writes a report as a text: what was measured on, then one line a result. Other implementations have lines of their own
 * when they were asked for; else they stand in the ratios.
 *
 * @param report - What {@link runBench} returned.
 * @param withPeers - Whether they were asked for.
 * @returns Lines without colours or a final line feed.
 */
export function formatBench(report: BenchReport, withPeers = true): string {
  const shown = report.results.filter(({ contender }) => withPeers || contender === 'ours');
  const absent = absentLines(report);
  const signing = signingRows(shown);
  return [
    ...machineFacts(report).map(([, fact]) => fact),
    '',
    plainTable(COLUMNS, shown.map(row)),
    ...(signing.length > 0 ? ['', plainTable(SIGNING_COLUMNS, signing)] : []),
    '',
    ...LEGEND,
    ...(absent.length > 0 ? ['', 'Not measured:', ...absent.map((line) => `  ${line}`)] : []),
  ].join('\n');
}
