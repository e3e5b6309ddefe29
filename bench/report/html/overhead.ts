/**
 * What the library adds: dots on a line from nothing done to as fast as the raw call.
 *
 * @module
 */
import { operationText, ratioText, sizeText } from '../format.ts';
import type { BenchResult } from '../report.ts';
import type { Chart } from './bars.ts';
import { groupBy, lineColour, nameOf } from './names.ts';
import { draw, type Pen } from './pen.ts';

const ROW_PX = 22;
/** Whatever is faster than this stands at the edge. */
const MAX_RATIO = 1.6;
const TICKS = [0, 0.5, 1, 1.5];

const FAMILIES: Readonly<Record<string, string>> = {
  hash: 'Hashes',
  aead: 'AES-256-GCM',
  kem: 'ML-KEM-1024',
  sign: 'ML-DSA-87',
};
const SUITES: Readonly<Record<string, string>> = { keystore: 'Keystore', fragment: 'Fragments' };

/** What the title says already. */
const SAID = /^(?:AES-256-GCM|ML-KEM-1024|ML-DSA-87|TemporalVault|Session) | keystore(?=:)/;

function groupOf({ suite, family }: BenchResult): string {
  return SUITES[suite] ?? FAMILIES[family ?? ''] ?? 'Import';
}

function overheadChart(pen: Pen, title: string, results: readonly BenchResult[]): Chart {
  const { Plot } = pen;
  const dots = results.map((result) => {
    const ratio = result.ratioToBare ?? 0;
    const what = [operationText(result).replace(SAID, ''), sizeText(result.sizeBytes)];
    const row = what.filter((part) => part !== '').join(', ');
    const name = nameOf(result);
    return { row, ratio, colour: lineColour(result), hint: `${row}, ${name}: ${ratioText(ratio)}` };
  });
  const rows = [...new Set(dots.map(({ row }) => row))];
  const longest = Math.max(...rows.map((row) => row.length));
  const highest = Math.min(MAX_RATIO, Math.max(1.2, ...dots.map(({ ratio }) => ratio)));
  const svg = draw(pen, `${title}: ratio to the raw call. ${dots.map(({ hint }) => hint).join('. ')}`, {
    height: rows.length * ROW_PX + 48,
    marginLeft: Math.min(225, 14 + longest * 6.5),
    marginRight: 16,
    marginTop: 6,
    marginBottom: 40,
    x: { domain: [0, highest], clamp: true, label: 'ratio to the raw call →', labelOffset: 36 },
    y: { domain: rows, label: null },
    marks: [
      Plot.axisX(TICKS.filter((tick) => tick <= highest)),
      Plot.gridX(TICKS.filter((tick) => tick <= highest)),
      Plot.gridY({ strokeOpacity: 0.08 }),
      Plot.axisY({ tickSize: 0 }),
      Plot.ruleX([1], { strokeWidth: 1.5 }),
      Plot.dot(dots, { x: 'ratio', y: 'row', fill: 'colour', r: 4.5, title: 'hint', fillOpacity: 0.9 }),
    ],
  });
  return { title, svg };
}

/** One chart for each part of the library. */
export function overheadCharts(pen: Pen, results: readonly BenchResult[]): Chart[] {
  const compared = results.filter(({ ratioToBare, form }) => ratioToBare !== null && form !== 'bytes');
  return [...groupBy(compared, groupOf)].map(([title, group]) => overheadChart(pen, title, group));
}

/** The engines that have a raw call. */
export function overheadNames(results: readonly BenchResult[]): BenchResult[] {
  const compared = results.filter(({ ratioToBare, engine }) => ratioToBare !== null && engine !== null);
  return [...groupBy(compared, nameOf).values()].map(([first]) => first as BenchResult);
}
