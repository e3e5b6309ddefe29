import { mkdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect } from 'vitest';
import type { KatReport } from '../../src/kat/index.ts';
import { expectDone, expectFailure, it, type Place, transcript, type WithPlace } from './support.ts';

const DIGEST_OF_NOTHING =
  'a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26';
const GOOD = { Len: 0, Msg: '', MD: DIGEST_OF_NOTHING };
const WRONG = { ...GOOD, MD: DIGEST_OF_NOTHING.replace('a', 'b') };
const file = (set: string, cases: readonly object[]) => JSON.stringify({ header: { set }, cases });
const vectors = (place: Place, name: string, data: Uint8Array | string) =>
  place.write(`vectors/${name}`, data);

async function kat(place: Place, ...options: string[]) {
  return await place.run(['kat', '--vectors', 'vectors', ...options]);
}

/** The report without the facts, which are the same for every folder. */
function ofFolder(json: string): KatReport['sets'] {
  return (JSON.parse(json) as KatReport).sets.filter(({ set }) => !set.startsWith('facts/'));
}

beforeEach<WithPlace>(({ place }) => mkdir(place.path('vectors')));

describe.concurrent('kat', () => {
  it('prints for machines one object and nothing else', async ({ place }) => {
    await vectors(place, 'z.json', file('sha3', [GOOD]));
    const name = 'ml-kem-1024-encapsulation.json';
    const source = new URL(`../vectors/mlkem/${name}`, import.meta.url);
    const { cases } = JSON.parse(await readFile(source, 'utf8'));
    await vectors(place, name, file('encapsulation', cases));
    const outcome = await kat(place, '--json');
    expectDone(outcome);
    const report = JSON.parse(outcome.stdout) as KatReport;
    expect(outcome.stdout).toBe(`${JSON.stringify(report)}\n`);
    expect(Object.keys(report)).toEqual(['sets', 'totals']);
    for (const set of report.sets) {
      expect(Object.keys(set)).toEqual(['set', 'engine', 'passed', 'failed', 'notRun', 'reasons']);
    }
    const sum = (name: 'passed' | 'failed' | 'notRun') =>
      report.sets.reduce((total, set) => total + set[name], 0);
    expect(report.totals).toEqual({ passed: sum('passed'), failed: 0, notRun: sum('notRun') });
    for (const engine of ['node', 'wasm', 'noble']) {
      expect(report.sets).toContainEqual({
        set: 'sha3',
        engine,
        passed: 1,
        failed: 0,
        notRun: 0,
        reasons: [],
      });
      expect(report.sets.filter((set) => set.engine === engine && set.set.startsWith('facts/'))).toHaveLength(
        8,
      );
    }
    // What the native engine cannot do is neither passed nor failed, and a reason says why.
    const [native, , everywhere] = ofFolder(outcome.stdout);
    expect(native?.notRun).toBeGreaterThan(0);
    expect(native).toMatchObject({ set: 'encapsulation', engine: 'node', failed: 0 });
    expect(native?.reasons).toEqual([{ reason: expect.stringContaining('engine'), count: native?.notRun }]);
    expect(everywhere).toEqual({
      ...{ set: 'encapsulation', engine: 'noble', passed: cases.length, failed: 0, notRun: 0, reasons: [] },
    });
    expect((native?.passed ?? 0) + (native?.notRun ?? 0)).toBe(cases.length);
  });

  it('prints for people a line a set and engine, and the totals', async ({ place, expect }) => {
    await vectors(place, 'good.json', file('sha3', [GOOD, GOOD]));
    await vectors(place, 'wrong.json.gz', gzipSync(file('sha3 with a mistake', [GOOD, WRONG])));
    const outcome = await kat(place, '--engine', 'node');
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    await expect(transcript([outcome])).toMatchFileSnapshot('__snapshots__/kat.txt');
  });
});

describe.concurrent('kat fails', () => {
  it('for every file that is not what it should be', async ({ place }) => {
    const good = file('good', [GOOD]);
    await vectors(place, 'good.json', good);
    await vectors(place, 'broken.json', good.slice(0, -10));
    await vectors(place, 'cut.json.gz', gzipSync(good).subarray(0, -20));
    await vectors(place, 'no-gzip.json.gz', good);
    await vectors(place, 'no-vectors.json', '{"hello":"world"}');
    await vectors(place, 'empty.json', '');
    await vectors(place, 'no-case.json', file('no case', []));
    await mkdir(place.path('vectors/folder'));
    await vectors(place, 'folder/list.json', '[]');
    const outcome = await kat(place, '--engine', 'node', '--json');
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    const sets = ofFolder(outcome.stdout);
    expect(sets.map(({ set, passed, failed }) => ({ set, passed, failed }))).toEqual([
      { set: 'broken.json', passed: 0, failed: 1 },
      { set: 'cut.json.gz', passed: 0, failed: 1 },
      { set: 'empty.json', passed: 0, failed: 1 },
      { set: 'folder/list.json', passed: 0, failed: 1 },
      { set: 'good', passed: 1, failed: 0 },
      { set: 'no-case.json', passed: 0, failed: 1 },
      { set: 'no-gzip.json.gz', passed: 0, failed: 1 },
      { set: 'no-vectors.json', passed: 0, failed: 1 },
    ]);
    for (const { failed, reasons } of sets) {
      if (failed > 0)
        expect(reasons).toEqual([{ reason: expect.stringMatching(/^failed: the file /), count: 1 }]);
    }
  });

  it('when no vector of the folder could be run, though the facts passed', async ({ place }) => {
    await vectors(place, 'other.json', file('of an algorithm that nobody knows', [{ rune: 'fehu' }]));
    const outcome = await kat(place, '--engine', 'node', '--json');
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    expect(ofFolder(outcome.stdout)).toMatchObject([{ passed: 0, reasons: [{ count: 1 }] }]);
  });

  it.for<[string, string, RegExp]>([
    ['an empty folder', 'vectors', /^error: --vectors: expected a folder with \.json or \.json\.gz files/],
    ['a folder that is not there', 'none', /^error: --vectors: expected a readable folder of vector files/],
    ['a file in place of a folder', 'file', /^error: --vectors: expected a readable folder of vector files/],
    ['a folder without a name', '', /^error: --vectors: expected the path of a folder/],
  ])('for %s', async ([_, folder, message], { place }) => {
    await place.write('file', file('good', [GOOD]));
    expectFailure(await place.run(['kat', '--vectors', folder]), 2, message);
  });

  it('for an engine that nobody knows', async ({ place }) => {
    expectFailure(
      await kat(place, '--engine', 'openssl'),
      2,
      /^error: --engine: expected node, wasm or noble, got "openssl"/,
    );
  });

  it('for machines in JSON', async ({ place }) => {
    const { code, stdout, stderr } = await kat(place, '--json');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'ERR_INPUT_FORMAT', message: expect.stringContaining('--vectors: expected a folder') },
    });
  });
});
