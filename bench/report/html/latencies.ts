/**
 * How long single calls take: the whole distribution of signing, and median to 99th percentile of the others.
 *
 * @module
 */
import { binStartUs, type Latency } from '../../latency.ts';
import { durationText, figure } from '../format.ts';
import type { BenchResult } from '../report.ts';
import { signingResults } from '../text.ts';
import type { Chart } from './bars.ts';
import type { Html } from './html.ts';
import { barColour, groupBy, nameOf, withObjects } from './names.ts';
import { draw, type Pen } from './pen.ts';
import { logTicks, tickDuration } from './ticks.ts';

/** A result that has latencies. */
type Timed = BenchResult & { readonly latency: Latency };

function timed(results: readonly BenchResult[]): Timed[] {
  return results.filter((result): result is Timed => result.latency !== null);
}

function timesText({ latency: { p50Us, p90Us, p99Us } }: Timed): string {
  return `median ${durationText(p50Us)}, 90 % ${durationText(p90Us)}, 99 % ${durationText(p99Us)}`;
}

const RIDGE_PX = 46;

interface Slope {
  readonly name: string;
  readonly us: number;
  readonly share: number;
  readonly colour: string;
}

/** The outline of a histogram, with the empty bins in it; each distribution is as high as the next. */
function outline(result: Timed): Slope[] {
  const { histogram } = result.latency;
  const counts = new Map(histogram);
  const bins = histogram.map(([bin]) => bin);
  const [first, last] = [Math.min(...bins) - 1, Math.max(...bins) + 1];
  const highest = Math.max(...counts.values());
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    name: nameOf(result),
    us: binStartUs(first + i + 0.5),
    share: (counts.get(first + i) ?? 0) / highest,
    colour: barColour(result),
  }));
}

const RIDGE_LEFT_PX = 106;
const RIDGE_RIGHT_PX = 18;
/** Labels nearer than this would lie on each other. */
const LABEL_PX = 30;

interface Mark {
  readonly name: string;
  readonly us: number;
  readonly label: string;
}

/** Median, 99th and 90th percentile, each with its figure if that has room. */
function percentiles(result: Timed, px: (us: number) => number): Mark[] {
  const { p50Us, p99Us, p90Us } = result.latency;
  const taken: number[] = [];
  return [p50Us, p99Us, p90Us].map((us) => {
    const isFree = taken.every((other) => Math.abs(px(other) - px(us)) >= LABEL_PX);
    if (isFree) taken.push(us);
    return { name: nameOf(result), us, label: isFree ? figure(us / 1000) : '' };
  });
}

/** Ridges: one distribution of signing a row, all on one axis of time. */
export function signingRidges(pen: Pen, results: readonly BenchResult[], width: number): Html | null {
  const chosen = timed(withObjects(signingResults(results)));
  if (chosen.length === 0) return null;
  const { Plot } = pen;
  const slopes = chosen.flatMap(outline);
  const low = Math.min(...slopes.map(({ us }) => us));
  const high = Math.max(...slopes.map(({ us }) => us));
  const room = width - RIDGE_LEFT_PX - RIDGE_RIGHT_PX;
  const marks = chosen.flatMap((result) =>
    percentiles(result, (us) => (Math.log(us / low) / Math.log(high / low)) * room),
  );
  const ticks = logTicks(low, high, Math.floor(room / 52));
  const said = chosen.map((result) => `${nameOf(result)}: ${timesText(result)}`);
  return draw(pen, `Time of one ML-DSA-87 signature. ${said.join('. ')}`, {
    width,
    height: chosen.length * RIDGE_PX + 48,
    marginLeft: RIDGE_LEFT_PX,
    marginRight: RIDGE_RIGHT_PX,
    marginTop: 8,
    marginBottom: 40,
    x: { type: 'log', domain: [low, high], label: 'time of one signature →', labelOffset: 36 },
    y: { axis: null, domain: [0, 1.5] },
    fy: { domain: chosen.map(nameOf), label: null, padding: 0.04 },
    marks: [
      Plot.axisX(ticks, { text: tickDuration }),
      Plot.gridX(ticks),
      Plot.axisFy({ anchor: 'left', tickSize: 0, textAnchor: 'end' }),
      Plot.areaY(slopes, {
        ...{ x: 'us', y: 'share', fy: 'name', fill: 'colour' },
        ...{ z: 'name', fillOpacity: 0.75, curve: 'step' },
      }),
      Plot.ruleY([0], { strokeOpacity: 0.4 }),
      Plot.ruleX(marks, { x: 'us', fy: 'name', y1: 0, y2: 1.05, strokeDasharray: '2 2' }),
      Plot.text(marks, { x: 'us', y: 1.28, fy: 'name', text: 'label', fontSize: 10.5 }),
    ],
  });
}

const ROW_PX = 24;

function rangeChart(pen: Pen, title: string, results: readonly Timed[]): Chart {
  const { Plot } = pen;
  const rows = [...results]
    .sort((a, b) => a.latency.p50Us - b.latency.p50Us)
    .map((result) => {
      const { p50Us, p90Us, p99Us, samples } = result.latency;
      const name = nameOf(result);
      const hint = `${name}: ${timesText(result)}, of ${samples} calls`;
      return { name, p50Us, p90Us, p99Us, colour: barColour(result), label: durationText(p50Us), hint };
    });
  const [low, high] = [Math.min(...rows.map((r) => r.p50Us)), Math.max(...rows.map((r) => r.p99Us))];
  const ticks = logTicks(low * 0.8, high * 1.2, 4);
  const svg = draw(pen, `${title}: time of one call. ${rows.map(({ hint }) => hint).join('. ')}`, {
    height: rows.length * ROW_PX + 44,
    marginLeft: 166,
    marginRight: 24,
    marginTop: 4,
    marginBottom: 38,
    x: { type: 'log', domain: [low * 0.8, high * 1.2], label: 'time of one call →', labelOffset: 34 },
    y: { domain: rows.map(({ name }) => name), label: null },
    marks: [
      Plot.axisX(ticks, { text: tickDuration }),
      Plot.gridX(ticks),
      Plot.axisY({ tickSize: 0, tickPadding: 66 }),
      Plot.text(rows, { y: 'name', text: 'label', frameAnchor: 'left', textAnchor: 'end', dx: -8 }),
      Plot.ruleY(rows, {
        x1: 'p50Us',
        x2: 'p99Us',
        y: 'name',
        stroke: 'colour',
        strokeWidth: 3,
        strokeOpacity: 0.55,
      }),
      Plot.tickX(rows, { x: 'p90Us', y: 'name', stroke: 'colour', strokeWidth: 2, inset: 6 }),
      Plot.dot(rows, { x: 'p50Us', y: 'name', fill: 'colour', r: 5, title: 'hint' }),
    ],
  });
  return { title, svg };
}

/** One chart for each operation with keys, but signing. */
export function latencyCharts(pen: Pen, results: readonly BenchResult[]): Chart[] {
  const signing = signingResults(results);
  const keyed = results.filter((result) => result.form !== null && !signing.includes(result));
  return [...groupBy(keyed, ({ operation }) => operation)]
    .map(([title, group]) => ({ title, chosen: timed(withObjects(group)) }))
    .filter(({ chosen }) => chosen.length > 0)
    .map(({ title, chosen }) => rangeChart(pen, title, chosen));
}
