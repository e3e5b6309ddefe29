/**
 * Bars: how many times as fast as noble, one chart an operation.
 *
 * @module
 */
import { figure, ratioText, spreadText } from '../format.ts';
import type { BenchResult } from '../report.ts';
import type { Html } from './html.ts';
import { barColour, fastestOfEach, groupBy, isOurs, nameOf, withObjects } from './names.ts';
import { draw, type Pen } from './pen.ts';

/** A chart and its heading. */
export interface Chart {
  readonly title: string;
  readonly svg: Html;
}

const ROW_PX = 26;

/** 13 107 calls as `13.1 k/s`. */
export function rateText(opsPerSecond: number): string {
  if (opsPerSecond >= 1e6) return `${figure(opsPerSecond / 1e6)} M/s`;
  return opsPerSecond >= 1000 ? `${figure(opsPerSecond / 1000)} k/s` : `${figure(opsPerSecond)}/s`;
}

interface Bar {
  readonly name: string;
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly colour: string;
  readonly label: string;
  /** Where the label begins: not on the line of noble. */
  readonly end: number;
  readonly weight: number;
  readonly hint: string;
}

function bar(result: BenchResult): Bar[] {
  const { ratioToNoble: ratio, opsPerSecond } = result;
  if (ratio === null) return [];
  const { median, q1, q3 } = opsPerSecond;
  const name = nameOf(result);
  return [
    {
      name,
      ratio,
      low: (ratio * q1) / median,
      high: (ratio * q3) / median,
      end: Math.max(1, (ratio * q3) / median),
      colour: barColour(result),
      label: `${ratioText(ratio)}×  ${rateText(median)}`,
      weight: isOurs(result) ? 600 : 400,
      hint: `${name}: ${ratioText(ratio)} times noble, ${rateText(median)}, spread ${spreadText(opsPerSecond)}`,
    },
  ];
}

function barChart(pen: Pen, title: string, bars: readonly Bar[], highest: number): Chart {
  const { Plot } = pen;
  const ours = bars.filter(({ weight }) => weight > 400);
  const others = bars.filter(({ weight }) => weight <= 400);
  const text = (group: readonly Bar[], fontWeight: number) =>
    Plot.text(group, { x: 'end', y: 'name', text: 'label', textAnchor: 'start', dx: 6, fontWeight });
  const svg = draw(pen, `${title}: times as fast as noble. ${bars.map(({ hint }) => hint).join('. ')}`, {
    height: bars.length * ROW_PX + 44,
    marginLeft: 106,
    marginRight: 104,
    marginTop: 4,
    marginBottom: 38,
    x: { domain: [0, highest], ticks: 4, label: 'times as fast as noble →', labelOffset: 34 },
    y: { domain: bars.map(({ name }) => name), label: null, padding: 0.25 },
    marks: [
      Plot.gridX({ ticks: 4 }),
      Plot.axisY({ tickSize: 0 }),
      Plot.barX(bars, { x: 'ratio', y: 'name', fill: 'colour', title: 'hint', rx2: 2 }),
      Plot.ruleY(bars, { x1: 'low', x2: 'high', y: 'name', strokeWidth: 1.5 }),
      Plot.ruleX([1], { strokeDasharray: '2 3' }),
      text(ours, 600),
      text(others, 400),
    ],
  });
  return { title, svg };
}

/**
 * One chart for each operation that knows the form.
 *
 * @param form - `objects`, which those without key objects enter with bytes, or `bytes`.
 */
export function barCharts(pen: Pen, results: readonly BenchResult[], form: 'objects' | 'bytes'): Chart[] {
  const keyed = results.filter((result) => result.form !== null);
  const operations = [...groupBy(keyed, ({ operation }) => operation)].map(([title, group]) => {
    const chosen =
      form === 'objects' ? withObjects(group) : fastestOfEach(group.filter((r) => r.form === form));
    return { title, bars: chosen.flatMap(bar).sort((a, b) => b.ratio - a.ratio) };
  });
  const highest = Math.max(1, ...operations.flatMap(({ bars }) => bars.map(({ high }) => high)));
  return operations
    .filter(({ bars }) => bars.length > 0)
    .map(({ title, bars }) => barChart(pen, title, bars, highest));
}
