/**
 * Curves: how speed depends on the size of the message, or on another parameter of an operation.
 *
 * @module
 */
import { figure, sizeText } from '../format.ts';
import type { BenchResult } from '../report.ts';
import type { Chart } from './bars.ts';
import { type Html, html } from './html.ts';
import { groupBy, isOurs, lineColour, nameOf } from './names.ts';
import { draw, type Pen } from './pen.ts';
import { logTicks, spacedTicks, tickNumber } from './ticks.ts';

/** What a curve runs over: the size, or a parameter. */
interface Axis {
  readonly name: string;
  readonly of: (result: BenchResult) => number;
  readonly tick: (value: number) => string;
}

const SIZE: Axis = { name: 'size of the message', of: ({ sizeBytes }) => sizeBytes, tick: sizeText };

function parameterAxis(name: string): Axis {
  return { name, of: ({ parameters }) => parameters[name] ?? 0, tick: String };
}

/** Fewer points are no curve. */
const MIN_POINTS = 3;

/** The value with which most results agree: the others of a curve stand still. */
function usual(values: readonly number[]): number {
  const count = (value: number) => values.filter((other) => other === value).length;
  return values.reduce((best, value) => (count(value) > count(best) ? value : best), values[0] ?? 0);
}

/** Results that agree with most in these axes. */
function along(results: readonly BenchResult[], others: readonly Axis[]): BenchResult[] {
  const isUsual = others.map((other) => {
    const value = usual(results.map(other.of));
    return (result: BenchResult) => other.of(result) === value;
  });
  return results.filter((result) => isUsual.every((test) => test(result)));
}

/** So many labels fit beneath a curve on a phone. */
const MAX_TICKS = 5;

function curveChart(pen: Pen, title: string, results: readonly BenchResult[], axis: Axis): Chart {
  const { Plot } = pen;
  const hasSize = results.every(({ mbPerSecond }) => mbPerSecond !== null);
  const unit = axis === SIZE && hasSize ? 'MB/s' : 'calls a second';
  const ordered = [...results].sort((a, b) => axis.of(a) - axis.of(b));
  const points = ordered.map((result) => {
    const [x, name] = [axis.of(result), nameOf(result)];
    const y = unit === 'MB/s' ? (result.mbPerSecond ?? 0) : result.opsPerSecond.median;
    const hint = `${name}, ${axis.tick(x)}: ${figure(y)} ${unit}`;
    return { x, y, name, colour: lineColour(result), isOurs: isOurs(result), engine: result.engine, hint };
  });
  const ticks = spacedTicks([...new Set(points.map(({ x }) => x))], MAX_TICKS);
  const heights = points.map(({ y }) => y);
  const domain = [Math.min(...heights) / 1.15, Math.max(...heights) * 1.15] as const;
  const levels = logTicks(...domain, 6);
  const line = (test: (point: (typeof points)[number]) => boolean, style: object) =>
    Plot.line(points.filter(test), { x: 'x', y: 'y', z: 'name', stroke: 'colour', ...style });
  const svg = draw(pen, `${title}: ${unit} by ${axis.name}. ${points.map(({ hint }) => hint).join('. ')}`, {
    height: 280,
    marginLeft: 52,
    marginRight: 20,
    marginTop: 26,
    marginBottom: 40,
    x: { type: 'log', base: 2, label: `${axis.name} →`, labelOffset: 36 },
    y: { type: 'log', domain, label: `↑ ${unit}` },
    marks: [
      Plot.axisX(ticks, { text: axis.tick }),
      Plot.axisY(levels, { text: tickNumber }),
      Plot.gridY(levels),
      line((point) => !point.isOurs, { strokeWidth: 1.5, strokeDasharray: '4 3' }),
      line((point) => point.isOurs && point.engine !== 'auto', { strokeWidth: 2 }),
      line((point) => point.engine === 'auto', { strokeWidth: 3.5, strokeOpacity: 0.55 }),
      Plot.dot(points, { x: 'x', y: 'y', fill: 'colour', r: 2.6, title: 'hint' }),
    ],
  });
  return { title: axis === SIZE ? title : `${title}, by ${axis.name}`, svg };
}

/** A chart, and the results that it shows. */
export interface CurveChart extends Chart {
  readonly shown: readonly BenchResult[];
}

/** A chart for each operation and axis that has enough points. */
export function curveCharts(pen: Pen, results: readonly BenchResult[]): CurveChart[] {
  const charts: CurveChart[] = [];
  const plain = results.filter(({ form, contender }) => form === null && contender !== 'baseline');
  for (const [operation, group] of groupBy(plain, (result) => result.operation)) {
    const names = [...new Set(group.flatMap(({ parameters }) => Object.keys(parameters)))];
    const axes = [SIZE, ...names.map(parameterAxis)];
    for (const axis of axes) {
      const others = axes.filter((other) => other !== axis);
      const chosen = along(group, others);
      if (new Set(chosen.map(axis.of)).size < MIN_POINTS) continue;
      const still =
        axis === SIZE || group[0]?.sizeBytes === 0 ? '' : `, ${sizeText(chosen[0]?.sizeBytes ?? 0)}`;
      charts.push({ ...curveChart(pen, operation + still, chosen, axis), shown: chosen });
    }
  }
  return charts;
}

/** What the lines mean, once for all charts. */
export function curveLegend(charts: readonly CurveChart[]): Html {
  const shown = charts.flatMap((chart) => chart.shown);
  const lines = [...groupBy(shown, nameOf).values()].map(([first]) => first as BenchResult);
  const items = lines.map((result) => {
    const kind = isOurs(result) ? (result.engine === 'auto' ? 'thick' : 'solid') : 'broken';
    const style = `border-top-color:${lineColour(result)}`;
    return html`<li><span class="key ${kind}" style="${style}"></span>${nameOf(result)}</li>`;
  });
  return html`<ul class="legend">${items}</ul>`;
}
