import { describe, expect, it } from 'vitest';
import {
  durationText,
  figure,
  operationText,
  ratioText,
  sizeText,
  sparkline,
  spreadText,
} from '../../../bench/report/format.ts';
import { formatMarkdown } from '../../../bench/report/markdown.ts';
import { formatBench } from '../../../bench/report/text.ts';
import { fullReport, LATENCY, report, result } from './reports.ts';

describe('figures', () => {
  it.each([
    [null, ''],
    [0, '0'],
    [0.12345, '0.123'],
    [12.345, '12.3'],
    [100, '100'],
    [1234567.8, '1 234 568'],
  ])('%d is "%s"', (value, text) => {
    expect(figure(value)).toBe(text);
  });

  it.each([
    [null, ''],
    [0.954, '0.95'],
    [12.345, '12.3'],
  ])('the ratio %d is "%s"', (value, text) => {
    expect(ratioText(value)).toBe(text);
  });

  it.each([
    [0, ''],
    [64, '64 B'],
    [16384, '16 KiB'],
    [4 * 1048576, '4 MiB'],
  ])('a size of %d is "%s"', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it.each([
    [12.34, '12.3 µs'],
    [1234, '1.23 ms'],
    [2.5e6, '2.50 s'],
  ])('%d µs are "%s"', (us, text) => {
    expect(durationText(us)).toBe(text);
  });

  it('say spreads and parameters', () => {
    expect(spreadText({ median: 100, q1: 98, q3: 102 })).toBe('2.0 %');
    expect(operationText({ operation: 'split', parameters: { fragments: 3 } })).toBe('split, 3 fragments');
  });

  it('draw a histogram in one line', () => {
    expect(sparkline(LATENCY, 72, 104)).toBe('▂   █    ▄      ▁');
  });
});

describe('the text', () => {
  it('has the machine, a line a result, signing, and what was not measured', () => {
    const lines = formatBench(report([result(), result({ contender: 'mlkem', engine: null })])).split('\n');
    expect(lines.slice(0, 4)).toEqual([
      'Some CPU, 2 cores, linux x64, load 0.10',
      'node 26.10.0, V8 14.6, OpenSSL 3.5.8',
      '@mwrasp/crypto 0.1.0, mlkem 2.7.0',
      '2026-11-24T12:00:00.000Z, 9 rounds, slices of 25 ms of processor time',
    ]);
    expect(lines[5]).toMatch(
      /^operation +size +keys +by +ops\/s +spread +MB\/s +p50 µs +p99 µs +kB +× noble +× best peer +× bare$/,
    );
    expect(lines[6]).toMatch(
      /^ML-DSA-87 sign +1 KiB +objects +ours \(auto\) +1 000 +2\.0 % +1\.02 +1 000 +6 000 +5\.63 +12\.0 +0\.90 +0\.95$/,
    );
    expect(lines[9]).toMatch(/^ML-DSA-87 sign, one call on a random message/);
    expect(lines[10]).toMatch(/^ours \(auto\), objects +1\.00 +2\.50 +6\.00 +0\.500 +9\.00 +100 +▂/);
    expect(lines.slice(-2)).toEqual(['Not measured:', '  pqclean: not installed; npm install pqclean']);
  });

  it('leaves peers out when they were not asked for', () => {
    const text = formatBench(report([result(), result({ contender: 'noble', engine: null })]), false);
    expect(text).toContain('ours (auto)');
    expect(text).not.toMatch(/objects +noble/);
  });

  it('leaves empty what has no figure', () => {
    const bare = {
      ratioToNoble: null,
      ratioToFastestPeer: null,
      ratioToBare: null,
      latency: null,
      memory: null,
    };
    const text = formatBench(
      report([result({ ...bare, sizeBytes: 0, mbPerSecond: null, engine: null, form: null })]),
    );
    expect(text).toMatch(/^ML-DSA-87 sign +ours +1 000 +2\.0 %$/m);
    expect(text).not.toContain('how many took how long');
  });
});

describe('the file of results', () => {
  const text = formatMarkdown(fullReport(), 'npm run bench:results');

  it('names its command, the machine, and what was not measured', () => {
    expect(text).toMatch(/^# Results of the bench\n\nWritten by `npm run bench:results`;/);
    expect(text).toContain('- machine: Some CPU, 2 cores, linux x64, load 0.10\n');
    expect(text).toContain('- not measured: pqclean: not installed; npm install pqclean\n');
  });

  it('has tables whose rows are as wide as their heads', () => {
    for (const table of text.split('\n\n').filter((part) => part.startsWith('| '))) {
      const widths = table
        .trimEnd()
        .split('\n')
        .map((line) => line.split('|').length);
      expect(new Set(widths).size).toBe(1);
    }
    expect(text.match(/^## .+$/gm)).toEqual(['## Signing', '## primitives', '## fragment', '## keystore']);
  });

  it('keeps a stray bar inside its cell', () => {
    const odd = formatMarkdown(report([result({ operation: 'a|b\\c\nd' })]), 'x');
    expect(odd).toContain('| a\\|b\\\\c d |');
  });
});
