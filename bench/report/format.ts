/**
 * Figures and names as reports show them.
 *
 * @module
 */
import type { Latency } from '../latency.ts';
import type { Spread } from '../statistics.ts';
import type { BenchReport, BenchResult } from './report.ts';

/** Stands where there is no figure. */
const NONE = '';

/** Three significant digits, or whole from 100 up, in groups: `12.3`, `1 234`. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (value < 100) return value === 0 ? '0' : value.toPrecision(3);
  return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
}

/** A ratio: two digits behind the point below 10. */
export function ratioText(value: number | null): string {
  if (value === null) return NONE;
  return value < 10 ? value.toFixed(2) : figure(value);
}

/** Half the distance of the quartiles, as a part of the median: `2.1 %`. */
export function spreadText({ median, q1, q3 }: Spread): string {
  return `${(((q3 - q1) / 2 / median) * 100).toFixed(1)} %`;
}

const BINARY_UNITS = ['B', 'KiB', 'MiB'];

/** A size of a message, `16 KiB`; nothing for 0. */
export function sizeText(sizeBytes: number): string {
  if (sizeBytes === 0) return NONE;
  let [value, unit] = [sizeBytes, 0];
  while (value >= 1024 && unit < BINARY_UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value} ${BINARY_UNITS[unit]}`;
}

/** Bytes that a call allocates, in kB. */
export function allocatedText({ memory }: BenchResult): string {
  return memory === null ? NONE : figure((memory.heapBytes + memory.bufferBytes) / 1000);
}

/** Microseconds in the unit that suits them: `12.3 µs`, `1.23 ms`. */
export function durationText(us: number): string {
  if (us < 1000) return `${figure(us)} µs`;
  return us < 1e6 ? `${figure(us / 1000)} ms` : `${figure(us / 1e6)} s`;
}

/** Who it was: `ours (auto)`, `noble`. */
export function contenderText({ contender, engine }: BenchResult): string {
  if (contender === 'ours') return engine === null ? 'ours' : `ours (${engine})`;
  return contender;
}

/** How keys were held: `objects`, `bytes, seed`; nothing where there is no choice. */
export function formText({ form, keyFormat }: Pick<BenchResult, 'form' | 'keyFormat'>): string {
  return [form, keyFormat].filter((part) => part !== null).join(', ');
}

/** What was done: `TemporalVault split, 3 fragments`. */
export function operationText({
  operation,
  parameters,
}: Pick<BenchResult, 'operation' | 'parameters'>): string {
  return [operation, ...Object.entries(parameters).map(([name, value]) => `${value} ${name}`)].join(', ');
}

/** What it ran on: names and facts. */
export function machineFacts({ machine, peers }: BenchReport): (readonly [name: string, fact: string])[] {
  const { cpu, cores, platform, loadAverage, rounds, sliceMs, date, runtime, runtimeVersion } = machine;
  const versions = { ...machine.packages };
  for (const { name, version } of peers) if (version !== null) versions[name] = version;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const parts = [`${runtime} ${runtimeVersion}`];
  if (machine.v8 !== null) parts.push(`V8 ${machine.v8}`);
  if (machine.openssl !== null) parts.push(`OpenSSL ${machine.openssl}`);
  return [
    ['machine', `${cpu}, ${cores} cores, ${platform}, load ${loadAverage.toFixed(2)}`],
    ['runtime', parts.join(', ')],
    ['packages', packages.join(', ')],
    ['measured', `${date}, ${rounds} rounds, slices of ${sliceMs} ms of processor time`],
  ];
}

/** Peers that were asked for and not measured, each with what helps. */
export function absentLines({ peers }: BenchReport): string[] {
  return peers
    .filter(({ problem }) => problem !== null)
    .map(({ name, problem, install }) => `${name}: ${problem}${install === null ? '' : `; ${install}`}`);
}

/** What stands in the columns of ratios. */
export const LEGEND: readonly string[] = [
  '× noble: over noble doing the same. × best peer: over the fastest other implementation that was measured.',
  '× bare: over the raw call of the same engine (for stores of many keys: over a store of one), in the same thread.',
  'spread: half the distance of the quartiles of the rounds. kB: allocated by one call, as JavaScript sees it.',
];

const BARS = '▁▂▃▄▅▆▇█';

/** A histogram in one line of text, from one bin to another, two bins a sign. */
export function sparkline({ histogram }: Latency, firstBin: number, lastBin: number): string {
  const heights = new Array<number>(Math.floor((lastBin - firstBin) / 2) + 1).fill(0);
  for (const [bin, count] of histogram) {
    const place = Math.floor((bin - firstBin) / 2);
    heights[place] = (heights[place] ?? 0) + count;
  }
  const highest = Math.max(...heights);
  return heights
    .map((count) => (count === 0 ? ' ' : BARS[Math.ceil((count / highest) * BARS.length) - 1]))
    .join('')
    .trimEnd();
}
