/**
 * A report as Markdown, for a file that is kept.
 *
 * @module
 */
import { absentLines, figure, LEGEND, machineFacts } from './format.ts';
import type { BenchReport, BenchResult } from './report.ts';
import type { Column } from './table.ts';
import { COLUMNS, row, SIGNING_COLUMNS, signingRows } from './text.ts';

/** A text in a cell. */
function cell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  const rule = columns.map(([, align]) => (align === 'left' ? '---' : '--:'));
  return [line(columns.map(([head]) => head)), `|${rule.join('|')}|`, ...rows.map(line)];
}

function suites(results: readonly BenchResult[]): string[] {
  return [...new Set(results.map(({ suite }) => suite))];
}

/**
 * Writes a report as Markdown.
 *
 * @param report - What {@link runBench} returned.
 * @param command - The command that made it, which the file tells.
 * @returns A whole file.
 */
export function formatMarkdown(report: BenchReport, command: string): string {
  const { results } = report;
  const absent = absentLines(report);
  const signing = signingRows(results);
  const lines = [
    '# Results of the bench',
    '',
    `Written by \`${command}\`; [how to read it](README.md). Rates are of processor time.`,
    '',
    ...machineFacts(report).map(([name, fact]) => `- ${name}: ${fact}`),
    ...absent.map((line) => `- not measured: ${line}`),
    '',
    ...LEGEND.map((line) => `- ${line}`),
  ];
  if (signing.length > 0) lines.push('', '## Signing', '', ...table(SIGNING_COLUMNS, signing));
  for (const suite of suites(results)) {
    const rows = results.filter((result) => result.suite === suite).map(row);
    lines.push('', `## ${suite}`, '', `${figure(rows.length)} rows.`, '', ...table(COLUMNS, rows));
  }
  return `${lines.join('\n')}\n`;
}
