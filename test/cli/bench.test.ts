import { describe, expect } from 'vitest';
import { checkPage } from '../unit/bench/page-check.ts';
import { expectDone, expectFailure, it, needsTerminal, onTerminal, type Place, SCRIPT } from './support.ts';

interface Result {
  readonly suite: string;
  readonly operation: string;
  readonly contender: string;
  readonly engine: string | null;
  readonly form: string | null;
  readonly sizeBytes: number;
  readonly opsPerSecond: { readonly median: number };
}

/** Counting lines makes JavaScript several times slower: what is measured at length is not looked at so. */
const UNCOUNTED = { env: { NODE_V8_COVERAGE: undefined } };

async function measure(place: Place, ...args: string[]) {
  const outcome = await place.run(['bench', '--quick', '--json', ...args], UNCOUNTED);
  expectDone(outcome);
  const report = JSON.parse(outcome.stdout);
  expect(outcome.stdout).toBe(`${JSON.stringify(report)}\n`);
  return report as { machine: object; peers: { name: string }[]; results: Result[] };
}

const NUMBER = expect.any(Number);
const numberOrNull = (value: unknown) => (value === null ? null : NUMBER);
const textOrNull = (value: unknown) => (value === null ? null : expect.any(String));

/** What a result looks like, whatever was measured. */
function shape(result: Record<string, unknown>) {
  const { latency, memory, warmUp } = result;
  const us = { minUs: NUMBER, p50Us: NUMBER, p90Us: NUMBER, p99Us: NUMBER, maxUs: NUMBER, meanUs: NUMBER };
  return {
    suite: expect.stringMatching(/^(primitives|keystore|fragment)$/),
    family: result['family'] === null ? null : expect.stringMatching(/^(hash|aead|kem|sign)$/),
    operation: expect.any(String),
    sizeBytes: NUMBER,
    parameters: expect.any(Object),
    contender: expect.any(String),
    engine: textOrNull(result['engine']),
    form: result['form'] === null ? null : expect.stringMatching(/^(objects|bytes)$/),
    keyFormat: result['keyFormat'] === null ? null : expect.stringMatching(/^(seed|expanded)$/),
    opsPerSecond: { median: NUMBER, q1: NUMBER, q3: NUMBER },
    mbPerSecond: result['sizeBytes'] === 0 ? null : NUMBER,
    ratioToNoble: numberOrNull(result['ratioToNoble']),
    ratioToFastestPeer: numberOrNull(result['ratioToFastestPeer']),
    fastestPeer: textOrNull(result['fastestPeer']),
    ratioToBare: numberOrNull(result['ratioToBare']),
    latency: latency === null ? null : { samples: NUMBER, ...us, histogram: expect.any(Array) },
    memory: memory === null ? null : { heapBytes: NUMBER, bufferBytes: NUMBER },
    warmUp: warmUp === null ? null : { calls: NUMBER, ms: NUMBER },
  };
}

const names = (results: readonly Result[]) => [...new Set(results.map(({ operation }) => operation))];

describe.concurrent('bench', () => {
  it('measures the primitives on every engine, and prints one object for machines', {
    timeout: 900_000,
  }, async ({ place }) => {
    const { machine, peers, results, ...rest } = await measure(place);
    expect(rest).toEqual({});
    expect(machine).toMatchObject({ runtime: 'node', cores: NUMBER, rounds: 1, sliceMs: 1 });
    expect(peers.map(({ name }) => name).sort()).toEqual(['noble', 'node:crypto']);
    for (const result of results) {
      expect(result).toEqual(shape({ ...result }));
      expect(result.suite).toBe('primitives');
      expect(result.opsPerSecond.median).toBeGreaterThan(0);
    }
    const operations = (engine: string) =>
      results
        .filter((result) => result.engine === engine)
        .map(({ operation, sizeBytes, form }) => `${operation} ${sizeBytes} ${form}`);
    expect(operations('auto').length).toBeGreaterThan(30);
    expect(operations('node')).toEqual(operations('auto'));
    expect(operations('noble')).toEqual(operations('auto'));
    const signing = results.filter(
      ({ operation, form }) => operation === 'ML-DSA-87 sign' && form === 'bytes',
    );
    expect(signing.map(({ contender }) => contender)).toEqual(
      expect.arrayContaining(['noble', 'node:crypto']),
    );
  });

  it.for([
    [
      'keystore',
      ['memory keystore: ML-KEM-1024 decapsulate', 'file keystore: ML-KEM-1024 decapsulate'],
      'kem-1024',
    ],
    [
      'fragment',
      [
        ...['', 'Many', ' 4 of 6', ' 4 of 6, threshold'].flatMap((form) => [
          `TemporalVault split${form}`,
          `TemporalVault reassemble${form}`,
        ]),
        'Session message',
      ],
      '',
    ],
  ] as const)('measures the suite %s', async ([suite, operations, only], { place }) => {
    const { results } = await measure(place, '--suite', suite, '--engine', 'auto', '--only', only);
    expect(new Set(results.map((result) => result.suite))).toEqual(new Set([suite]));
    expect(names(results)).toEqual(operations);
  });

  it('measures all suites', async ({ place }) => {
    const { results } = await measure(place, '--suite', 'all', '--engine', 'auto', '--only', 'decapsulate');
    expect(names(results)).toEqual([
      'ML-KEM-1024 decapsulate',
      ...['memory keystore: ML-KEM-1024 decapsulate', 'file keystore: ML-KEM-1024 decapsulate'],
    ]);
  });

  it('measures a part on some engines', async ({ place }) => {
    const { results } = await measure(place, '--only', 'hkdf', '--engine', 'noble,auto');
    const who = results.map(({ operation, contender, engine }) => `${operation} ${contender} ${engine}`);
    const one = ['ours auto', 'ours noble', 'noble null', 'node:crypto null'];
    expect(who).toEqual([...one, ...one].map((name) => `HKDF-SHA3-512 ${name}`));
  });

  it('measures what else is installed, and says how to install the rest', async ({ place }) => {
    const outcome = await place.run([
      'bench',
      '--quick',
      '--peers',
      '--only',
      'encapsulate',
      '--engine',
      'auto',
    ]);
    expectDone(outcome);
    for (const peer of ['noble', 'node:crypto', 'WebCrypto', 'mlkem', '@oqs/liboqs-js']) {
      expect(outcome.stdout).toMatch(new RegExp(`^ML-KEM-1024 encapsulate +bytes +${peer} `, 'm'));
    }
    // Not a part of this project, since it has to be compiled.
    if (!/^ML-KEM-1024 encapsulate +bytes +pqclean /m.test(outcome.stdout)) {
      expect(outcome.stdout).toContain('  pqclean: not installed; npm install pqclean');
    }
  });

  it('prints a table for people: the library alone, unless others were asked for', async ({ place }) => {
    const outcome = await place.run(['bench', '--quick', '--only', 'ml-dsa-87 sign']);
    expectDone(outcome);
    expect(outcome.stdout).toMatch(/^operation +size +keys +by +ops\/s/m);
    expect(outcome.stdout).toMatch(/^ML-DSA-87 sign +1 KiB +bytes, seed +ours \(noble\) +\d/m);
    expect(outcome.stdout).toMatch(/^ours \(noble\), bytes, seed +\d/m);
    expect(outcome.stdout).not.toMatch(/^ML-DSA-87 sign .* noble {2}/m);
  });
});

describe.concurrent('bench --html', () => {
  it('writes one page that needs nothing else, and the table as well', async ({ place }) => {
    const outcome = await place.run(['bench', '--quick', '--only', 'ml-', '--html', 'report.html']);
    expectDone(outcome);
    expect(outcome.stdout).toMatch(/^operation +size/m);
    expect(await place.list()).toEqual(['report.html']);
    const page = await place.text('report.html');
    checkPage(page);
    expect(page).toContain('How long one ML-DSA-87 signature takes');
    expect(page).not.toContain(place.folder);
  });

  it('writes it to standard output when told to, and nothing else', async ({ place }) => {
    const outcome = await place.run(['bench', '--quick', '--only', 'hkdf', '--html', '-']);
    expectDone(outcome);
    checkPage(outcome.stdout);
  });

  it('prints one object beside it', async ({ place }) => {
    await measure(place, '--only', 'hkdf', '--html', 'report.html');
    expect(await place.list()).toEqual(['report.html']);
  });

  it('replaces a page with --force only, and says so before it measures', async ({ place }) => {
    await place.write('report.html', 'mine');
    const args = ['bench', '--quick', '--only', 'hkdf', '--html', 'report.html'];
    expectFailure(
      await place.run(args),
      2,
      'report.html exists: choose another name, or replace it with --force',
    );
    expect(await place.text('report.html')).toBe('mine');
    expectDone(await place.run([...args, '--force']));
    checkPage(await place.text('report.html'));
  });

  it('is refused without a place for it', async ({ place }) => {
    const page = (path: string, ...more: string[]) =>
      place.run(['bench', '--quick', '--html', path, ...more]);
    expectFailure(await page('none/report.html'), 3, 'there is no folder none');
    expectFailure(await page('.'), 3, '. is not a file');
  });

  it('cannot share standard output with an object', async ({ place }) => {
    const { code, stdout, stderr } = await place.run(['bench', '--quick', '--json', '--html', '-']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'ERR_CLI',
      message: expect.stringContaining('--html'),
    });
  });
});

describe.concurrent('bench refuses', () => {
  it.for([
    [
      ['--suite', 'everything'],
      'there is no suite "everything"; there are: primitives, keystore, fragment, all',
    ],
    [['--engine', 'openssl'], 'there is no engine "openssl"; there are: auto, node, wasm, noble'],
    [['--engine', 'node,'], 'there is no engine ""; there are: auto, node'],
    [['--only', 'rsa'], /no operation of suite primitives contains "rsa"; there are: .*ML-DSA-87 sign/],
    [
      ['--suite', 'fragment', '--only', 'sha3'],
      /suite fragment contains "sha3"; there are: TemporalVault split/,
    ],
  ] as const)('%j', async ([args, message], { place }) => {
    expectFailure(await place.run(['bench', '--quick', ...args]), 2, message);
  });

  it('a suite without a name', async ({ place }) => {
    const { code, stderr } = await place.run(['bench', '--suite']);
    expect(code).toBe(2);
    expect(stderr).toContain("option '--suite <name>' argument missing");
  });
});

needsTerminal('bench on a terminal', () => {
  it('shows what it measures, and takes that away', async ({ place }) => {
    expect(SCRIPT).toBeTruthy();
    const env = { NO_COLOR: '1' };
    const { code, stdout } = await onTerminal(place, 'bench --quick --only ml-', [], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/measuring .* eta \d+s ML-/);
    expect(stdout).toContain('\u001b[2K');
  });
});
