/**
 * Every figure in tables, for those who do not see the plots and those who want to know exactly.
 *
 * @module
 */
import { figure, formText, operationText, ratioText, sizeText, spreadText } from '../format.ts';
import type { BenchResult } from '../report.ts';
import { type Html, html } from './html.ts';
import { groupBy, isOurs, nameOf } from './names.ts';

/** A column: its heading, what that means, and the figure of a result. */
interface Column {
  readonly head: string;
  readonly meaning: string;
  readonly cell: (result: BenchResult) => string;
}

const kB = (bytes: number | undefined) => (bytes === undefined ? '' : figure(bytes / 1000));

const COLUMNS: readonly Column[] = [
  {
    head: 'ops/s',
    meaning: 'calls in a second of processor time, median',
    cell: (r) => figure(r.opsPerSecond.median),
  },
  { head: 'lower', meaning: 'lower quartile of the rounds', cell: (r) => figure(r.opsPerSecond.q1) },
  { head: 'upper', meaning: 'upper quartile of the rounds', cell: (r) => figure(r.opsPerSecond.q3) },
  { head: 'spread', meaning: 'half their distance', cell: (r) => spreadText(r.opsPerSecond) },
  { head: 'MB/s', meaning: 'millions of bytes a second', cell: (r) => figure(r.mbPerSecond) },
  { head: 'p50 µs', meaning: 'median time of one call', cell: (r) => figure(r.latency?.p50Us) },
  { head: 'p90 µs', meaning: '90th percentile', cell: (r) => figure(r.latency?.p90Us) },
  { head: 'p99 µs', meaning: '99th percentile', cell: (r) => figure(r.latency?.p99Us) },
  { head: '× noble', meaning: 'over noble', cell: (r) => ratioText(r.ratioToNoble) },
  { head: '× best peer', meaning: 'over the fastest peer', cell: (r) => ratioText(r.ratioToFastestPeer) },
  { head: 'best peer', meaning: 'which that is', cell: (r) => r.fastestPeer ?? '' },
  { head: '× bare', meaning: 'over the raw call of the same engine', cell: (r) => ratioText(r.ratioToBare) },
  { head: 'heap kB', meaning: 'objects that a call allocates', cell: (r) => kB(r.memory?.heapBytes) },
  { head: 'buffer kB', meaning: 'buffers that a call allocates', cell: (r) => kB(r.memory?.bufferBytes) },
  { head: 'warm-up', meaning: 'calls before anything counted', cell: (r) => figure(r.warmUp?.calls) },
];

function row(result: BenchResult): Html {
  const what = [operationText(result), sizeText(result.sizeBytes)].filter((part) => part !== '').join(', ');
  const cells = COLUMNS.map(({ cell }) => html`<td>${cell(result)}</td>`);
  return html`<tr class="${isOurs(result) ? 'ours' : 'other'}"><th scope="row">${what}</th><td class="word">${formText(
    result,
  )}</td><td class="word">${nameOf(result)}</td>${cells}</tr>`;
}

/** One table for each suite, each in a box of its own that scrolls. */
export function figureTables(results: readonly BenchResult[]): Html[] {
  const heads = COLUMNS.map(({ head, meaning }) => html`<th scope="col" title="${meaning}">${head}</th>`);
  return [...groupBy(results, ({ suite }) => suite)].map(
    ([suite, group]) => html`
<details>
<summary>${suite}: ${group.length} rows</summary>
<div class="scroll" role="region" aria-label="All figures of ${suite}" tabindex="0">
<table>
<caption>All figures: ${suite}</caption>
<thead><tr><th scope="col">operation</th><th scope="col">keys</th><th scope="col">by</th>${heads}</tr></thead>
<tbody>
${group.map(row)}
</tbody>
</table>
</div>
</details>`,
  );
}
