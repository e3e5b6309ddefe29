/**
 * What the bench reports, and its form for people.
 *
 * @module
 */
import type { EngineName } from '@mwrasp/crypto/engines';
import { type Column, plainTable } from './table.ts';

/** Where and how it was measured. */
export interface BenchMachine {
  readonly cpu: string;
  readonly cores: number;
  /** For example `linux x64`. */
  readonly platform: string;
  /** `node`, `bun` or `deno`. */
  readonly runtime: string;
  readonly runtimeVersion: string;
  /** JavaScript engine and OpenSSL, as far as the runtime tells. */
  readonly v8: string | null;
  readonly openssl: string | null;
  /** Versions of this package and of noble's. */
  readonly packages: Readonly<Record<string, string>>;
  /** When it began, ISO 8601. */
  readonly date: string;
  /** Processes that wanted a core over the minute before; near 0 on a machine that does nothing else. */
  readonly loadAverage: number;
  /** Rounds a measurement, and the usual length of one slice in processor time. */
  readonly rounds: number;
  readonly sliceMs: number;
}

/** One operation on one engine at one size. */
export interface BenchResult {
  readonly suite: 'primitives' | 'keystore' | 'import';
  readonly operation: string;
  /** The engine that the library ran on; null where none computes anything. */
  readonly engine: EngineName | null;
  /** Bytes of the message, or of the output of HKDF; 0 where there is neither. */
  readonly sizeBytes: number;
  /** Calls of the library in a second of processor time, median of the rounds. */
  readonly opsPerSecond: number;
  /** Over the library on noble (an import: over noble's), median of the rounds' ratios; null when noble was not measured. */
  readonly ratioToNoble: number | null;
  /** Over the raw call of the same engine, median of the rounds' ratios. */
  readonly ratioToBare: number;
}

/** What {@link runBench} returns. */
export interface BenchReport {
  readonly machine: BenchMachine;
  readonly results: readonly BenchResult[];
}

const COLUMNS: readonly Column[] = [
  ['operation', 'left'],
  ['bytes', 'right'],
  ['engine', 'left'],
  ['ops/s', 'right'],
  ['× noble', 'right'],
  ['× bare', 'right'],
];

/** Three significant digits, or whole from 100 up: `12.3`, `1234`. */
function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Whole figures in groups, so that 12345678 can be read. */
function grouped(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US').replaceAll(',', ' ') : figure(value);
}

/**
 * Writes a report as a text: what was measured on, then one line a result.
 *
 * @param report - What {@link runBench} returned.
 * @returns Lines without colours or a final line feed.
 */
export function formatBench({ machine, results }: BenchReport): string {
  const rows = results.map(({ operation, engine, sizeBytes, opsPerSecond, ratioToNoble, ratioToBare }) => {
    const size = sizeBytes === 0 ? '' : String(sizeBytes);
    const toNoble = ratioToNoble === null ? '' : figure(ratioToNoble);
    return [operation, size, engine ?? '', grouped(opsPerSecond), toNoble, ratioToBare.toFixed(2)];
  });
  const { cpu, cores, platform, runtime, runtimeVersion, v8, openssl, packages, date } = machine;
  const parts = [v8 === null ? '' : `V8 ${v8}`, openssl === null ? '' : `OpenSSL ${openssl}`];
  const lines = [
    `${cpu}, ${cores} cores, ${platform}, load ${machine.loadAverage.toFixed(2)}`,
    [`${runtime} ${runtimeVersion}`, ...parts.filter((part) => part !== '')].join(', '),
    Object.entries(packages)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    `${date}, ${machine.rounds} rounds, slices of ${machine.sliceMs} ms of processor time`,
    '',
    plainTable(COLUMNS, rows),
    '',
    '× noble: over this library on noble; × bare: over the raw call of the same engine.',
  ];
  return lines.join('\n');
}
