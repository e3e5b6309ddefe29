import { mkdir, readdir } from 'node:fs/promises';
import { beforeEach, describe, expect } from 'vitest';
import { flipped } from '../support/keys.ts';
import {
  expectDone,
  expectFailure,
  it,
  noise,
  type Outcome,
  type Place,
  transcript,
  type WithPlace,
} from './support.ts';

beforeEach<WithPlace>(async ({ place }) => {
  await mkdir(place.path('tmp'));
  await place.write('report.pdf', noise(2_500_000));
});

/** Runs the demo, with a folder for temporary files that shows what is left in it. */
async function demo(place: Place, ...args: string[]): Promise<Outcome> {
  return await place.run(['demo', ...args], { env: { TMPDIR: place.path('tmp') } });
}

/** What of ours is left in the folder for temporary files. */
async function leftovers(place: Place): Promise<string[]> {
  return (await readdir(place.path('tmp'))).filter((name) => name.startsWith('mwrasp'));
}

/** What changes from run to run, replaced by as many characters. */
function steady(text: string): string {
  return text
    .replaceAll(/[\w-]{43}$/gm, 'KEY-ID')
    .replace(/ +time +speed$/m, ' TIME')
    .replaceAll(/^(\w.{55,}?) +[\d.]+ m?s( +\d+ MB\/s)?$/gm, '$1 TIME')
    .replaceAll(/ [\d.]+ ms /g, ' TIME ')
    .replaceAll(/\(\d+ keys\)/g, '(KEYS)')
    .replaceAll(/twice: \d+/g, 'twice: COUNT');
}

/** The lines of the table of steps. */
function tableOf(text: string): string[] {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.startsWith('step '));
  return lines.slice(first, lines.indexOf('', first));
}

describe('demo', () => {
  it('tells the story of a file, in columns that line up, without escape codes', async ({ place }) => {
    const outcome = await demo(place, 'report.pdf');
    expectDone(outcome);
    await expect(steady(transcript([outcome]))).toMatchFileSnapshot('__snapshots__/demo.txt');
    expect(await leftovers(place)).toEqual([]);
    expect(await place.list()).toEqual(['report.pdf', 'tmp']);
    expect(outcome.stdout).not.toContain('\u001b');
    const [head = '', ...rows] = tableOf(outcome.stdout);
    expect(rows).toHaveLength(8);
    const result = head.indexOf('result');
    const sizeEnd = head.indexOf('size') + 'size'.length;
    const timeEnd = head.indexOf('time') + 'time'.length;
    for (const row of rows) {
      expect(row.slice(result - 2, result), row).toBe('  ');
      expect(row[result], row).not.toBe(' ');
      expect(row.slice(sizeEnd, sizeEnd + 2), row).toBe('  ');
      expect(row.slice(timeEnd - 1, timeEnd), row).toBe('s');
      if (!row.startsWith('wait')) expect(row.slice(sizeEnd - 1, sizeEnd), row).toBe('B');
    }
  });

  it('tells machines the same', async ({ place }) => {
    const outcome = await demo(place, 'report.pdf', '--json');
    expectDone(outcome);
    const report = JSON.parse(outcome.stdout);
    expect(report).toMatchObject({ file: 'report.pdf', sizeBytes: 2_500_000, keystore: { kept: false } });
    expect(report.steps.map(({ step }: { step: string }) => step)).toEqual([
      ...['hash', 'sign', 'verify', 'seal', 'open', 'fragment', 'wait', 'adversary'],
    ]);
    expect(report.fragments).toMatchObject({
      ...{ ttlMs: 100, pieces: 3, recorded: 12, refusedByClock: 3, refusedKeyGone: 3, opened: 0 },
    });
  });

  it('takes an empty file', async ({ place }) => {
    await place.write('empty', '');
    const outcome = await demo(place, 'empty', '--json');
    expectDone(outcome);
    expect(JSON.parse(outcome.stdout).fragments).toMatchObject({
      ...{ pieces: 1, recorded: 4, refusedByClock: 1, refusedKeyGone: 1, opened: 0 },
    });
  });

  it('takes a file that is a whole number of pieces', async ({ place }) => {
    await place.write('even', noise(1024 * 1024));
    const { stdout } = await demo(place, 'even', '--json');
    expect(JSON.parse(stdout).fragments).toMatchObject({ pieces: 1, refusedKeyGone: 1, opened: 0 });
  });

  it('takes the tarball of the package when no file is named', async ({ place }) => {
    const { code, stdout } = await demo(place);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^mwrasp-crypto-\d+\.\d+\.\d+\.tgz, \d/);
    expect(await leftovers(place)).toEqual([]);
  });
});

describe('demo --keystore', () => {
  const keysOf = ({ stdout }: Outcome) => stdout.match(/^key .*$/gm);

  it('keeps the keystore and uses it again', async ({ place }) => {
    const first = await demo(place, 'report.pdf', '--keystore', 'keys.mwk');
    expectDone(first);
    expect(keysOf(first)).toHaveLength(2);
    const names = ['keys.mwk', 'keys.mwk.mark', 'keys.mwk.rootkey'];
    const modes = () => Promise.all(names.map((name) => place.mode(name)));
    expect(await place.list()).toEqual([...names, 'report.pdf', 'tmp']);
    expect(await modes()).toEqual(['700', '600', '600']);
    const again = await demo(place, 'report.pdf', '--keystore', 'keys.mwk');
    expectDone(again);
    expect(keysOf(again)).toEqual(keysOf(first));
    expect(await modes()).toEqual(['700', '600', '600']);
  });

  it('refuses a wrong root key and a changed keystore', async ({ place }) => {
    await demo(place, 'report.pdf', '--keystore', 'keys.mwk');
    // The newest manifest is the store.
    const manifest = (await readdir(place.path('keys.mwk')))
      .filter((name) => name.startsWith('manifest-'))
      .sort();
    const names = [`keys.mwk/${manifest.at(-1)}`, 'keys.mwk.rootkey'] as const;
    const [keystore, rootKey] = [await place.read(names[0]), await place.read(names[1])];
    const cases: [Uint8Array, Uint8Array, number, RegExp][] = [
      [keystore, flipped(rootKey, 7), 3, /ERR_KEYSTORE/],
      [keystore, rootKey.subarray(1), 2, /rootKey: expected 32 bytes/],
      [flipped(keystore, keystore.length - 20), rootKey, 3, /ERR_KEYSTORE/],
      [keystore.subarray(0, 100), rootKey, 3, /ERR_KEYSTORE/],
    ];
    for (const [newKeystore, newRootKey, code, message] of cases) {
      await place.write(names[0], newKeystore);
      await place.write(names[1], newRootKey);
      expectFailure(await demo(place, 'report.pdf', '--keystore', 'keys.mwk'), code, message);
      expect(await place.read(names[0])).toEqual(newKeystore);
    }
  });

  it('makes no new root key for a keystore that has lost its own', async ({ place }) => {
    await mkdir(place.path('keys.mwk'));
    const outcome = await demo(place, 'report.pdf', '--keystore', 'keys.mwk');
    expectFailure(outcome, 3, 'keys.mwk.rootkey is not there, and without it nobody can open keys.mwk');
    expect(await place.list()).toEqual(['keys.mwk', 'report.pdf', 'tmp']);
  });

  it('refuses a folder that is not there', async ({ place }) => {
    expectFailure(await demo(place, 'report.pdf', '--keystore', 'none/keys'), 3, /none\/keys/);
  });
});

describe('demo refuses', () => {
  it.for<[string, string, number, RegExp]>([
    ['a file that is not there', 'none', 3, /^error: none: no such file or directory/],
    ['a folder', 'tmp', 3, /^error: tmp is not a regular file/],
    ['standard input, which it would have to read twice', '-', 2, /reads its file several times: name one/],
  ])('%s, and leaves nothing behind', async ([_, name, code, message], { place }) => {
    expectFailure(await demo(place, name, '--keystore', 'keys.mwk'), code, message);
    expect(await leftovers(place)).toEqual([]);
    expect(await place.list()).toEqual(['report.pdf', 'tmp']);
  });
});
