/**
 * A report as one page: it needs no network, no other file and no script.
 *
 * @module
 */
import { absentLines, machineFacts, ratioText } from '../format.ts';
import type { BenchReport, BenchResult } from '../report.ts';
import { barCharts, type Chart, rateText } from './bars.ts';
import { curveCharts, curveLegend } from './curves.ts';
import { type Html, Html as HtmlText, html } from './html.ts';
import { latencyCharts, signingRidges } from './latencies.ts';
import { lineColour, nameOf } from './names.ts';
import { overheadCharts, overheadNames } from './overhead.ts';
import { loadPen, type Pen } from './pen.ts';
import { STYLE } from './style.ts';
import { figureTables } from './table.ts';

const WIDE_PX = 1180;
const NARROW_PX = 380;

/** Nothing may be loaded from anywhere, whatever stands in the page. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** Charts of one height stand in rows, others fill columns. */
type Layout = 'grid' | 'columns';

function arrange(charts: readonly Chart[], layout: Layout): Html {
  const figures = charts.map(
    ({ title, svg }) => html`<figure class="chart"><h3>${title}</h3>${svg}</figure>
`,
  );
  return html`<div class="${layout}">${figures}</div>`;
}

function section(title: string, intro: Html, body: Html | readonly Html[]): Html {
  return html`
<section>
<h2>${title}</h2>
<p class="lead">${intro}</p>
${body}
</section>`;
}

/** Left out when it would be empty. */
function chartSection(
  title: string,
  intro: Html,
  charts: readonly Chart[],
  legend: Html = html``,
  layout: Layout = 'grid',
): Html[] {
  if (charts.length === 0) return [];
  return [section(title, intro, [legend, arrange(charts, layout)])];
}

/** The library's own choice with key objects, or what there is of it. */
function headline(results: readonly BenchResult[]): BenchResult[] {
  const keyed = results.filter(({ contender, form }) => contender === 'ours' && form === 'objects');
  const engine = keyed.some((result) => result.engine === 'auto') ? 'auto' : keyed[0]?.engine;
  return keyed.filter((result) => result.engine === engine);
}

function cards(results: readonly BenchResult[]): Html[] {
  const chosen = headline(results);
  if (chosen.length === 0) return [];
  const items = chosen.map((result) => {
    const { operation, opsPerSecond, ratioToNoble, ratioToFastestPeer, fastestPeer } = result;
    return html`<li>${operation}<b>${rateText(opsPerSecond.median)}</b><span>${ratioText(ratioToNoble)}× noble</span><span>${ratioText(
      ratioToFastestPeer,
    )}× ${fastestPeer ?? ''}</span></li>`;
  });
  const intro = html`<code>${nameOf(chosen[0] as BenchResult)}</code> with key objects: calls in a second of processor time, beside noble and the fastest other implementation that was measured.`;
  return [section('At a glance', intro, html`<ul class="cards">${items}</ul>`)];
}

const BAR_LEGEND = html`<ul class="legend">
<li><span class="swatch" style="background:var(--auto)"></span>mwrasp, engine of its own choice</li>
<li><span class="swatch" style="background:var(--ours)"></span>mwrasp on one engine</li>
<li><span class="swatch" style="background:var(--peer)"></span>others</li></ul>`;

function bars(pen: Pen, results: readonly BenchResult[]): Html[] {
  const objects = html`Keys are made once and used often. Thin lines are the quartiles of the rounds; implementations that have no key objects keep their keys as bytes.`;
  const bytes = html`Every call imports its key from bytes and gives bytes back. Private keys come as a seed or in expanded form, whichever that implementation is faster with; the table has both.`;
  return [
    ...chartSection('Speed with key objects', objects, barCharts(pen, results, 'objects'), BAR_LEGEND),
    ...chartSection('Speed from bytes to bytes', bytes, barCharts(pen, results, 'bytes'), BAR_LEGEND),
  ];
}

function signing(pen: Pen, results: readonly BenchResult[]): Html[] {
  const [wide, narrow] = [signingRidges(pen, results, WIDE_PX), signingRidges(pen, results, NARROW_PX)];
  if (wide === null || narrow === null) return [];
  const intro = html`ML-DSA-87 tries until a signature fits, so the same key signs quickly or slowly by chance. Each ridge is the distribution over calls on random messages of 1 KiB; the figures are the 50th, 90th and 99th percentile, in milliseconds of processor time.`;
  const body = html`<figure class="chart"><h3>How long one ML-DSA-87 signature takes</h3><div class="wide">${wide}</div><div class="narrow">${narrow}</div></figure>`;
  return [section('Signing, and what chance does to it', intro, body)];
}

function latencies(pen: Pen, results: readonly BenchResult[]): Html[] {
  const intro = html`Time of one call, with key objects where there are any: the dot is the median, the tick the 90th percentile, and the line ends at the 99th. Processor time, but the wall clock for calls below 0.2 ms, where a busy machine makes the lines longer.`;
  return chartSection('How long single calls take', intro, latencyCharts(pen, results));
}

function curves(pen: Pen, results: readonly BenchResult[]): Html[] {
  const intro = html`Both axes are logarithmic. A colour is an engine: unbroken the library on it, broken the same engine called directly.`;
  const charts = curveCharts(pen, results);
  return chartSection('Speed by size', intro, charts, curveLegend(charts));
}

function overhead(pen: Pen, results: readonly BenchResult[]): Html[] {
  const intro = html`At 1 the library is as fast as the raw call of the same engine, measured in the same thread; at 0.9 a tenth goes into checking, copying and wiping. Stores of many keys are compared with a store of one.`;
  const items = overheadNames(results).map(
    (result) =>
      html`<li><span class="key dot" style="background:${lineColour(result)}"></span>${nameOf(result)}</li>`,
  );
  const legend = html`<ul class="legend">${items}</ul>`;
  return chartSection('What the library costs', intro, overheadCharts(pen, results), legend, 'columns');
}

function header(report: BenchReport): Html {
  const facts = machineFacts(report).map(([name, fact]) => html`<dt>${name}</dt><dd>${fact}</dd>`);
  const { loadAverage, cores } = report.machine;
  const isBusy = loadAverage > cores / 2;
  const warning = html`<p class="warning">The machine was busy when this began (load ${loadAverage.toFixed(1)} on ${cores} cores). Rates are of processor time and ratios of neighbouring moments, so read the ratios.</p>`;
  return html`<header>
<h1>@mwrasp/crypto, measured</h1>
<p class="lead">How fast the library is on each of its engines, beside noble and other implementations of the same algorithms, and what its own checks cost.</p>
<dl class="machine">${facts}</dl>
${isBusy ? warning : null}
</header>`;
}

function footer(report: BenchReport): Html {
  const absent = absentLines(report).map((line) => html`<li>${line}</li>`);
  const list = html`<p>Not measured:</p><ul>${absent}</ul>`;
  return html`<footer>
<p>In each round every implementation ran forth and back in short slices, in turn with all others; rates are medians of the rounds, ratios medians of the rounds’ ratios. Memory is what one call allocates as far as JavaScript sees it: neither what native code takes for itself, nor what WebAssembly does in its own memory.</p>
${absent.length > 0 ? list : null}
<p>Made by <code>mwrasp-crypto bench --html FILE</code>.</p>
</footer>`;
}

/**
 * Writes a report as a page.
 *
 * @param pen - What draws.
 * @param report - What {@link runBench} returned.
 */
export function formatPage(pen: Pen, report: BenchReport): string {
  const { results } = report;
  const sections = [cards, (all: readonly BenchResult[]) => bars(pen, all)].flatMap((make) => make(results));
  const plots = [signing, latencies, curves, overhead].flatMap((make) => make(pen, results));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>@mwrasp/crypto, measured ${report.machine.date.slice(0, 10)}</title>
<style>${new HtmlText(STYLE)}</style>
</head>
<body>
${header(report)}
<main>
${sections}
${plots}
${section('Every figure', html`Open a table; it scrolls sideways where the window is narrow.`, figureTables(results))}
</main>
${footer(report)}
</body>
</html>
`;
  return page.text;
}

/**
 * Loads what writes pages.
 *
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER` when what draws the plots is not installed.
 */
export async function loadPageWriter(): Promise<(report: BenchReport) => string> {
  const pen = await loadPen();
  return (report) => formatPage(pen, report);
}
