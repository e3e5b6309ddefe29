/**
 * Known answers: the vectors of the tree and the facts always, a folder of vectors named by `MWRASP_VECTORS` when there
 * is one. Every set runs on every engine.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type KatReport, runKat } from '../../src/kat/index.ts';
import { needs } from '../support/require.ts';
import { expectAllRight } from './expectations.ts';
import { printReport } from './print.ts';

const folder = process.env['MWRASP_VECTORS'] ?? '';
/** Gigabytes through JavaScript take tens of minutes; `npm run test:slow` lets them. */
const MAX_NOBLE_MESSAGE_BYTES = 2 ** 26;
const TIMEOUT_MS = 1_800_000;

function setsOf({ sets }: KatReport, engine: string): number {
  return sets.filter((set) => set.engine === engine).length;
}

describe('vectors of the tree', () => {
  it.each(['mlkem', 'openssl'])('are what SHA256SUMS says in %s', async (name) => {
    const url = new URL(`${name}/`, import.meta.url);
    const sums = (await readFile(new URL('SHA256SUMS', url), 'utf8')).trimEnd().split('\n');
    const files = (await readdir(url)).filter((file) => file.endsWith('.json'));
    const digests = files.map(async (file) => {
      const content = await readFile(new URL(file, url));
      return `${createHash('sha256').update(content).digest('hex')}  ${file}`;
    });
    expect((await Promise.all(digests)).sort()).toEqual(sums.sort());
  });

  it('come out right on every engine', { timeout: TIMEOUT_MS }, async () => {
    const report = await runKat({ vectors: fileURLToPath(new URL('.', import.meta.url)) });
    printReport('vectors of the tree', report);
    expectAllRight(report);
    expect(setsOf(report, 'noble')).toBe(11);
    expect(setsOf(report, 'node')).toBe(11);
    expect(setsOf(report, 'wasm')).toBe(11);
    for (const { set, notRun, engine } of report.sets) if (engine === 'noble') expect(notRun, set).toBe(0);
  });
});

describe('facts', () => {
  it('come out right with 100 rounds', { timeout: TIMEOUT_MS }, async () => {
    const report = await runKat({ facts: { rounds: 100 } });
    printReport('facts', report);
    expectAllRight(report);
    expect(setsOf(report, 'noble')).toBe(8);
    expect(setsOf(report, 'wasm')).toBe(8);
  });
});

needs(
  'a folder of vectors',
  folder !== '',
  'MWRASP_VECTORS=<folder> npm test',
)('vectors of MWRASP_VECTORS', () => {
  it('come out right on the native engine', { timeout: TIMEOUT_MS }, async () => {
    const report = await runKat({ vectors: folder, engines: ['node'] });
    printReport(`vectors of ${folder}`, report);
    expectAllRight(report);
    expect(report.totals.passed).toBeGreaterThan(0);
  });

  it.each(['wasm', 'noble'] as const)('come out right on %s', { timeout: TIMEOUT_MS }, async (engine) => {
    const report = await runKat({
      vectors: folder,
      engines: [engine],
      maxMessageBytes: MAX_NOBLE_MESSAGE_BYTES,
    });
    printReport(`vectors of ${folder}`, report);
    expectAllRight(report, /^messages above maxMessageBytes$/);
  });
});
