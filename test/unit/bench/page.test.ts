import { parseHTML } from 'linkedom';
import { beforeAll, describe, expect, it } from 'vitest';
import { escapeText, html } from '../../../bench/report/html/html.ts';
import { loadPageWriter } from '../../../bench/report/html/page.ts';
import { logTicks, spacedTicks, tickDuration, tickNumber } from '../../../bench/report/html/ticks.ts';
import type { BenchReport } from '../../../bench/report/report.ts';
import { checkPage } from './page-check.ts';
import { fullReport, report, result } from './reports.ts';

let write: (report: BenchReport) => string;

beforeAll(async () => {
  write = await loadPageWriter();
});

const EVIL = `</title><script>alert("1")</script><img src=x onerror='alert(2)'>&`;

describe('HTML', () => {
  it('escapes what is not HTML, and nothing twice', () => {
    expect(escapeText(`<a href="x">'&'</a>`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;');
    const inner = html`<b>${'<'}</b>`;
    expect(html`<i>${inner}${[inner, inner]}${null}${1}</i>`.text).toBe(
      '<i><b>&lt;</b><b>&lt;</b><b>&lt;</b>1</i>',
    );
  });
});

describe('ticks', () => {
  it('are powers of ten, or finer where those are few', () => {
    expect(logTicks(8, 12000, 4)).toEqual([10, 100, 1000, 10000]);
    expect(logTicks(180, 900, 4)).toEqual([200, 500]);
    expect(logTicks(90, 1100, 6)).toEqual([100, 200, 500, 1000]);
  });

  it('leave room between labels', () => {
    expect(spacedTicks([64, 256, 1024, 4096, 16384, 65536, 1048576], 5)).toEqual([64, 1024, 16384, 1048576]);
    expect(spacedTicks([1, 2], 5)).toEqual([1, 2]);
    expect(spacedTicks([7], 5)).toEqual([7]);
  });

  it('are short', () => {
    expect([0.5, 500, 2000, 50000].map(tickDuration)).toEqual(['0.5 µs', '500 µs', '2 ms', '50 ms']);
    expect([0.1, 20, 5000, 1e5, 2e6].map(tickNumber)).toEqual(['0.1', '20', '5000', '100 k', '2 M']);
  });
});

describe('the page', () => {
  it('is whole, and loads nothing', () => {
    checkPage(write(fullReport()));
  });

  it('has a plot for each thing to look at, which says what it shows', () => {
    const { document } = parseHTML(write(fullReport()));
    const titles = [...document.querySelectorAll('figure h3')].map(({ textContent }) => textContent);
    expect(titles).toEqual([
      ...['ML-KEM-1024 encapsulate', 'ML-DSA-87 sign', 'ML-KEM-1024 encapsulate', 'ML-DSA-87 sign'],
      'How long one ML-DSA-87 signature takes',
      ...['ML-KEM-1024 encapsulate', 'SHA3-512', 'TemporalVault split, 1 KiB, by fragments'],
      ...['ML-KEM-1024', 'ML-DSA-87', 'Hashes', 'Fragments', 'Keystore', 'Import'],
    ]);
    for (const svg of document.querySelectorAll('svg')) {
      expect(svg.getAttribute('role')).toBe('img');
      expect(svg.getAttribute('aria-label')?.length).toBeGreaterThan(20);
    }
  });

  it('has every result in its tables', () => {
    const all = fullReport();
    const { document } = parseHTML(write(all));
    expect(document.querySelectorAll('tbody tr').length).toBe(all.results.length);
    for (const table of document.querySelectorAll('table')) {
      expect(table.querySelector('caption')?.textContent).toMatch(/^All figures: /);
      const columns = table.querySelectorAll('thead th').length;
      for (const row of table.querySelectorAll('tbody tr')) expect(row.children.length).toBe(columns);
    }
  });

  it('lets nothing of a report become markup', () => {
    const odd = report([
      result({ operation: EVIL }),
      result({ operation: EVIL, form: null, parameters: { [EVIL]: 1 }, engine: EVIL }),
      result({ operation: 'ML-DSA-87 sign', engine: EVIL }),
    ]);
    const machine = { ...odd.machine, cpu: EVIL, date: EVIL, packages: { [EVIL]: EVIL } };
    const peers = [{ name: 'pqclean', version: EVIL, problem: EVIL, install: EVIL } as const];
    const page = write({ ...odd, machine, peers });
    checkPage(page);
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<img');
    const { document } = parseHTML(page);
    expect(document.querySelector('dl')?.textContent).toContain(EVIL);
  });

  it('warns of a busy machine, and says what was not measured', () => {
    const quiet = fullReport();
    expect(write(quiet)).not.toContain('The machine was busy');
    expect(write({ ...quiet, machine: { ...quiet.machine, loadAverage: 7 } })).toContain(
      'The machine was busy',
    );
    expect(write(quiet)).toContain('<li>pqclean: not installed; npm install pqclean</li>');
    expect(write({ ...quiet, peers: [] })).not.toContain('Not measured');
  });

  it.each([
    ['one round', fullReport().results.map((r) => ({ ...r, opsPerSecond: { median: 1, q1: 1, q3: 1 } }))],
    ['one operation', [result()]],
    ['no keys', [result({ operation: 'HKDF-SHA3-512', form: null, family: 'hash', latency: null })]],
    ['nothing to compare', [result({ ratioToNoble: null, ratioToBare: null, ratioToFastestPeer: null })]],
  ])('stands with %s', (_, results) => {
    const page = write(report(results));
    checkPage(page);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });
});
