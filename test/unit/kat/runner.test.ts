/**
 * The runner itself: which files it takes, and that nothing wrong passes.
 */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type EngineName, registry } from '../../../src/engines/index.ts';
import { InputError, SelfTestError, UnsupportedError } from '../../../src/errors.ts';
import { type KatOptions, type KatProgress, runKat } from '../../../src/kat/index.ts';
import { ACCEPTED_KEY, REFUSED_KEY, SAMPLES } from './cases.ts';
import { type Case, changed, folderWith, runCases, vectorFile } from './support.ts';

const TREE = new URL('../../vectors/', import.meta.url);
const ENGINES: readonly EngineName[] = ['node', 'wasm', 'noble'];

/** The facts are seconds of work on an idle machine. */
const FACTS_TIMEOUT_MS = 600_000;

const HASH_CASE: Case = {
  Len: 8,
  Msg: 'e5',
  MD:
    '150240baf95fb36f8ccb87a19a41767e7aed95125075a2b2dbba6e565e1ce8575f2b042b62e29a04e9440314a821c6224182964d8b557b' +
    '16a492b3806f4c39c1',
};

/** Vector files of the tree that an engine runs. */
async function treeFiles(engine: EngineName): Promise<{ path: string; header: Case; cases: Case[] }[]> {
  const paths = (await readdir(TREE, { recursive: true }))
    .filter((path) => path.endsWith('.json'))
    .filter((path) => engine !== 'wasm' || !path.includes('aes-256-gcm'));
  return Promise.all(
    paths.map(async (path) => ({ path, ...JSON.parse(await readFile(new URL(path, TREE), 'utf8')) })),
  );
}

/** Expected answers of the cases in the tree, by what tells the kind. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  MLKEMKeyGen: ['ek', 'dk'],
  MLKEMEncapsTest: ['c', 'K'],
  MLKEMTest: ['ek', 'K'],
  MLKEMDecapsValidationTest: ['K'],
  encapsulation: ['c', 'k'],
  decapsulation: ['k'],
  encapsulationKeyCheck: [],
  decapsulationKeyCheck: [],
  'ML-DSA-87': ['pk', 'sk'],
  MlDsaVerify: ['sig'],
  AeadTest: ['msg', 'ct', 'tag'],
  MacTest: ['tag'],
  HkdfTest: ['okm'],
  LDT: ['md'],
};

function answersOf(entry: Case): readonly string[] {
  const { type, function: name, parameterSet, testType } = entry;
  const kind = [type, name, testType, parameterSet].find((text) => typeof text === 'string');
  return kind === undefined ? ['MD'] : (ANSWERS[kind as string] ?? []);
}

/** Every valid case with each of its answers changed. */
function wrongAnswers(cases: readonly Case[]): Case[] {
  return cases
    .filter((entry) => entry['result'] !== 'invalid' && entry['testPassed'] !== false)
    .flatMap((entry) =>
      answersOf(entry)
        .filter((name) => entry[name] !== '')
        .map((name) => ({ ...entry, [name]: changed(entry[name]) })),
    );
}

/** Every case with its result turned round. */
function wrongResults(cases: readonly Case[]): Case[] {
  return cases.flatMap((entry): Case[] => {
    const { testPassed, result } = entry;
    if (typeof testPassed === 'boolean') return [{ ...entry, testPassed: !testPassed }];
    if (typeof result !== 'string') return [];
    return [{ ...entry, result: result === 'valid' ? 'invalid' : 'valid' }];
  });
}

afterEach(() => vi.restoreAllMocks());

describe('folders and files', () => {
  const refused = { name: 'InputError', code: 'ERR_INPUT_FORMAT', argument: 'options.vectors' };

  it('refuses a folder without vectors', async () => {
    await expect(runKat({ vectors: await folderWith({}) })).rejects.toMatchObject(refused);
    await expect(runKat({ vectors: await folderWith({ 'README.md': '' }) })).rejects.toMatchObject(refused);
  });

  it('refuses a folder that is missing or is a file', async () => {
    const folder = await folderWith({ 'a.json': vectorFile([HASH_CASE]) });
    await expect(runKat({ vectors: join(folder, 'missing') })).rejects.toMatchObject(refused);
    await expect(runKat({ vectors: join(folder, 'a.json') })).rejects.toMatchObject(refused);
  });

  it.each([
    ['text that is not JSON', '{"header": {"set": "x"}, "cases": ['],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
    ['an empty file', ''],
    ['an array', '[]'],
    ['null', 'null'],
    ['no header', '{"cases": [{}]}'],
    ['no cases', '{"header": {"set": "x"}}'],
    ['cases that are no list', '{"header": {"set": "x"}, "cases": {}}'],
    ['an empty list of cases', '{"header": {"set": "x"}, "cases": []}'],
    ['a case that is no object', '{"header": {"set": "x"}, "cases": [null]}'],
  ])('counts %s as a failure on each engine', async (_, content) => {
    const vectors = await folderWith({ 'bad.json': content, 'good.json': vectorFile([HASH_CASE]) });
    const { sets, totals } = await runKat({ vectors });
    expect(totals).toEqual({ passed: ENGINES.length, failed: ENGINES.length, notRun: 0 });
    for (const { reasons } of sets.filter(({ set }) => set === 'bad.json')) {
      expect(reasons[0]?.reason).toMatch(/^failed: the file .* \(bad\.json\)$/);
    }
  });

  it('reads gzipped files, and counts truncated and damaged ones as failures', async () => {
    const whole = gzipSync(vectorFile([HASH_CASE]));
    const damaged = Uint8Array.from(whole);
    damaged[20] = (damaged[20] as number) ^ 0xff;
    const vectors = await folderWith({
      'whole.json.gz': whole,
      'truncated.json.gz': whole.subarray(0, whole.length - 10),
      'damaged.json.gz': damaged,
      'plain.json.gz': vectorFile([HASH_CASE]),
    });
    const { totals } = await runKat({ vectors, engines: ['noble'] });
    expect(totals).toEqual({ passed: 1, failed: 3, notRun: 0 });
  });

  it('looks into folders, and counts a link that leads nowhere as a failure', async () => {
    const vectors = await folderWith({});
    await mkdir(join(vectors, 'inner'));
    await writeFile(join(vectors, 'inner', 'a.json'), vectorFile([HASH_CASE]));
    await symlink(join(vectors, 'nowhere'), join(vectors, 'b.json'));
    const { totals } = await runKat({ vectors, engines: ['noble'] });
    expect(totals).toEqual({ passed: 1, failed: 1, notRun: 0 });
  });

  it('tells kinds apart without the names of files and sets', async () => {
    for (const { cases, header } of await treeFiles('noble')) {
      const named = await runCases(cases, 'noble', header);
      for (const other of [{ set: 'renamed' }, {}]) {
        const renamed = await runCases(cases, 'noble', other);
        expect(renamed.passed).toBe(named.passed);
        expect(renamed.passed).toBe(cases.length);
      }
    }
  });

  it('names sets by their header, else by their file, and keeps equal names apart', async () => {
    const vectors = await folderWith({
      'a.json': vectorFile([HASH_CASE]),
      'b.json': vectorFile([HASH_CASE]),
      'c.json': vectorFile([HASH_CASE], {}),
    });
    const { sets } = await runKat({ vectors, engines: ['noble'] });
    expect(sets.map(({ set }) => set)).toEqual(['a set', 'a set (b.json)', 'c.json']);
  });
});

describe('reports', () => {
  it('have exactly the documented fields', async () => {
    const vectors = await folderWith({ 'a.json': vectorFile([HASH_CASE, { ...HASH_CASE, MD: '00' }]) });
    expect(await runKat({ vectors, engines: ['noble'] })).toEqual({
      sets: [
        {
          set: 'a set',
          engine: 'noble',
          passed: 1,
          failed: 1,
          notRun: 0,
          reasons: [{ reason: 'failed: digest differs (case 1)', count: 1 }],
        },
      ],
      totals: { passed: 1, failed: 1, notRun: 0 },
    });
  });

  it('name the first failing cases only', async () => {
    const wrong = Array.from({ length: 7 }, (_, tcId) => ({ ...HASH_CASE, tcId, MD: '00' }));
    const { failed, reasons } = await runCases(wrong);
    expect(failed).toBe(7);
    expect(reasons).toEqual([
      {
        reason:
          'failed: digest differs (case 0, tcId 0, case 1, tcId 1, case 2, tcId 2, case 3, tcId 3, case 4, tcId 4, …)',
        count: 7,
      },
    ]);
  });

  it('count a set of an unknown kind as not run, never as passed', async () => {
    const { passed, failed, notRun, reasons } = await runCases([{ something: 'else' }, {}]);
    expect({ passed, failed, notRun }).toEqual({ passed: 0, failed: 0, notRun: 2 });
    expect(reasons).toEqual([{ reason: 'a set of an unknown kind', count: 2 }]);
  });

  it('count a case without the fields of its set as a failure', async () => {
    const { passed, failed } = await runCases([HASH_CASE, {}, { something: 'else' }]);
    expect({ passed, failed }).toEqual({ passed: 1, failed: 2 });
  });
});

describe.each(ENGINES)('wrong vectors of the tree on %s', (engine) => {
  it('fail when an answer is changed', async () => {
    for (const { path, header, cases } of await treeFiles(engine)) {
      const wrong = wrongAnswers(cases);
      expect(wrong.length, path).toBeGreaterThan(0);
      const { passed, failed, notRun } = await runCases(wrong, engine, header);
      // The native engine cannot encapsulate with given randomness.
      const skipped = engine === 'node' && path.includes('encapsulation') ? wrong.length : 0;
      expect({ path, passed, failed, notRun }).toEqual({
        path,
        passed: 0,
        failed: wrong.length - skipped,
        notRun: skipped,
      });
    }
  });

  it('fail when a result is turned round', async () => {
    let count = 0;
    for (const { path, header, cases } of await treeFiles(engine)) {
      const wrong = wrongResults(cases);
      if (wrong.length === 0) continue;
      count += wrong.length;
      const { passed, failed } = await runCases(wrong, engine, header);
      expect({ path, passed, failed }).toEqual({ path, passed: 0, failed: wrong.length });
    }
    expect(count).toBeGreaterThan(engine === 'wasm' ? 60 : 80);
  });

  it('fail when an answer is missing', async () => {
    for (const { path, header, cases } of await treeFiles(engine)) {
      const valid = cases.find((entry) => entry['result'] !== 'invalid') as Case;
      for (const name of answersOf(valid)) {
        const { [name]: _, ...rest } = valid;
        const { failed } = await runCases([rest], engine, header);
        expect({ path, name, failed }).toEqual({ path, name, failed: 1 });
      }
    }
  });
});

describe.each(SAMPLES)('a case of $name', ({ values, answers }) => {
  it('passes', async () => {
    const { reasons, passed } = await runCases([values]);
    expect(reasons).toEqual([]);
    expect(passed).toBe(1);
  });

  it('does not fail on the native engine', async () => {
    expect((await runCases([values], 'node')).failed).toBe(0);
  });

  it.each(answers)('fails with another %s, or without it', async (name) => {
    const { [name]: value, ...rest } = values;
    expect((await runCases([{ ...values, [name]: changed(value) }])).failed).toBe(1);
    expect((await runCases([rest])).passed).toBe(0);
    // With a whole case beside it, the set is of a known kind.
    expect((await runCases([values, rest])).failed).toBe(1);
  });
});

describe('refusals', () => {
  it('of keys are what a list of keys says', async () => {
    for (const engine of ENGINES) {
      expect((await runCases([ACCEPTED_KEY, REFUSED_KEY], engine)).passed).toBe(2);
      const wrong = [
        { ...ACCEPTED_KEY, result: 'invalid' },
        { ...REFUSED_KEY, result: 'valid' },
      ];
      expect((await runCases(wrong, engine)).failed).toBe(2);
    }
  });

  it('of a CAVP ciphertext are what the case says', async () => {
    const { values } = SAMPLES.find(({ name }) => name === 'CAVP GCM, decrypt') as (typeof SAMPLES)[number];
    const { PT: _, ...rest } = values;
    const forged = { ...rest, Tag: changed(values['Tag']), result: 'FAIL' };
    for (const engine of ['node', 'noble'] as const) {
      expect((await runCases([forged], engine)).passed).toBe(1);
      expect((await runCases([{ ...rest, result: 'FAIL' }], engine)).failed).toBe(1);
      expect((await runCases([{ ...values, Tag: forged.Tag }], engine)).failed).toBe(1);
    }
  });

  it('of signing keys and contexts are seen, and so is their absence', async () => {
    const sample = SAMPLES.find(({ name }) => name === 'Wycheproof signing, seed');
    const values = sample?.values as Case;
    const refusedCases = [
      { ...values, privateSeed: '', publicKey: null, result: 'invalid' },
      { ...values, ctx: '00'.repeat(256), result: 'invalid' },
    ];
    for (const engine of ENGINES) {
      expect((await runCases(refusedCases, engine)).passed).toBe(2);
      expect((await runCases([{ ...values, result: 'invalid' }], engine)).failed).toBe(1);
    }
  });

  it('of an unknown result are failures', async () => {
    expect((await runCases([{ ...ACCEPTED_KEY, result: 'perhaps' }])).failed).toBe(1);
  });
});

describe('what is not offered', () => {
  const sigGen = SAMPLES.find(({ name }) => name.startsWith('ACVP sigGen, hashed'))?.values as Case;
  const gcm = SAMPLES.find(({ name }) => name === 'CAVP GCM, encrypt')?.values as Case;
  const keyGen = SAMPLES.find(({ name }) => name === 'ACVP ML-KEM keyGen')?.values as Case;

  it.each([
    ['HashML-DSA with a weak hash', { ...sigGen, hashAlg: 'SHA2-224' }, {}, /with a weak hash: SHA2-224/],
    ['another ML-DSA', { ...sigGen, parameterSet: 'ML-DSA-44' }, {}, /ML-DSA-44 is not offered/],
    ['another ML-KEM', { ...keyGen, parameterSet: 'ML-KEM-768' }, {}, /ML-KEM-768 is not offered/],
    ['a long IV', { ...gcm, IV: '00'.repeat(16) }, {}, /IVs other than 96 bits/],
    ['a short key', { ...gcm, Key: '00'.repeat(16) }, {}, /AES with shorter keys/],
    ['a short tag', { ...gcm, Tag: '00'.repeat(12) }, {}, /tags other than 128 bits/],
    ['bits', { ...HASH_CASE, Len: 5 }, {}, /not whole bytes/],
    ['another hash', HASH_CASE, { set: 'sha3-256' }, /sha3-256 is not offered/],
    ['a hash of the algorithm field', HASH_CASE, { set: 'x', algorithm: 'SHA2-512/256' }, /is not offered/],
  ] as const)('counts %s as not run', async (_, values, header, reason) => {
    const report = await runCases([values], 'noble', header);
    expect(report).toMatchObject({ passed: 0, failed: 0, notRun: 1 });
    expect(report.reasons[0]?.reason).toMatch(reason);
  });

  it('because an engine fails its self-test is a failure', async () => {
    const named = registry.named.bind(registry);
    vi.spyOn(registry, 'named').mockImplementation((name, family) => {
      if (name === 'node') throw new SelfTestError('node', family, 'a test');
      return named(name, family);
    });
    expect(await runCases([HASH_CASE], 'node')).toMatchObject({ passed: 0, failed: 1, notRun: 0 });
  });

  it('by an engine here is not run, with the engine’s reason', async () => {
    vi.spyOn(registry, 'named').mockImplementation(() => {
      throw new UnsupportedError('ERR_UNSUPPORTED_ENGINE', 'no hash here');
    });
    const { passed, failed, reasons } = await runCases([HASH_CASE], 'node');
    expect({ passed, failed, reasons }).toEqual({
      passed: 0,
      failed: 0,
      reasons: [{ reason: 'no hash here', count: 1 }],
    });
  });
});

describe('large messages', () => {
  const large = {
    testType: 'LDT',
    largeMsg: { content: '00', contentLength: 8, fullLength: 8 * 2 ** 21, expansionTechnique: 'repeating' },
    md: '',
  };

  it('above the limit are not run', async () => {
    const vectors = await folderWith({ 'a.json': vectorFile([large]) });
    const limited = await runKat({ vectors, engines: ['noble'], maxMessageBytes: 2 ** 21 - 1 });
    expect(limited.totals).toEqual({ passed: 0, failed: 0, notRun: 1 });
    const unlimited = await runKat({ vectors, engines: ['node'], maxMessageBytes: 2 ** 21 });
    expect(unlimited.totals).toEqual({ passed: 0, failed: 1, notRun: 0 });
  });

  it('end when the run is aborted', async () => {
    const vectors = await folderWith({
      'a.json': vectorFile([{ ...large, largeMsg: { ...large.largeMsg, fullLength: 2 ** 43 } }]),
    });
    const signal = AbortSignal.timeout(100);
    await expect(runKat({ vectors, signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('facts', () => {
  it('come out right with other numbers of rounds', { timeout: FACTS_TIMEOUT_MS }, async () => {
    const { totals, sets } = await runKat({ facts: { rounds: 10 }, engines: ['noble'] });
    expect(totals).toEqual({ passed: 8, failed: 0, notRun: 0 });
    expect(sets.every(({ set }) => set.startsWith('facts/'))).toBe(true);
  });

  it('fail when an engine is wrong', { timeout: FACTS_TIMEOUT_MS }, async () => {
    const named = registry.named.bind(registry);
    const kem = named('noble', 'kem');
    const sign = named('noble', 'sign');
    const wrong = {
      kem: {
        ...kem,
        prepareSeed: (seed: Uint8Array) => kem.prepareSeed(Uint8Array.from(seed, (byte) => byte ^ 1)),
      },
      sign: {
        ...sign,
        prepareSeed: (seed: Uint8Array) => sign.prepareSeed(Uint8Array.from(seed, (byte) => byte ^ 1)),
      },
    };
    vi.spyOn(registry, 'named').mockImplementation((name, family) =>
      family === 'kem' || family === 'sign' ? (wrong[family] as never) : named(name, family),
    );
    const { totals, sets } = await runKat({ facts: { rounds: 10 }, engines: ['noble'] });
    expect(totals).toEqual({ passed: 0, failed: 8, notRun: 0 });
    for (const { reasons } of sets) expect(reasons[0]?.reason).toMatch(/^failed: the value differs/);
  });

  it('are the default without vectors, and left out with them', async () => {
    const { sets } = await runKat({ engines: ['node'] });
    expect(sets.every(({ set }) => set.startsWith('facts/'))).toBe(true);
    const vectors = await folderWith({ 'a.json': vectorFile([HASH_CASE]) });
    expect((await runKat({ vectors, engines: ['node'] })).sets).toHaveLength(1);
    expect((await runKat({ vectors, engines: ['node'], facts: true })).sets).toHaveLength(9);
    expect((await runKat({ facts: false })).sets).toEqual([]);
  });
});

describe('options', () => {
  it.each([
    ['an unknown option', { vector: 'x' }, 'ERR_INPUT_OPTION'],
    ['an unknown engine', { engines: ['fast'] }, 'ERR_INPUT_OPTION'],
    ['no engine', { engines: [] }, 'ERR_INPUT_TYPE'],
    ['a folder that is no text', { vectors: 7 }, 'ERR_INPUT_TYPE'],
    ['an empty folder name', { vectors: '' }, 'ERR_INPUT_TYPE'],
    ['rounds without a published value', { facts: { rounds: 99 } }, 'ERR_INPUT_RANGE'],
    ['an unknown option of facts', { facts: { iterations: 10 } }, 'ERR_INPUT_OPTION'],
    ['a negative limit', { maxMessageBytes: -1 }, 'ERR_INPUT_RANGE'],
  ])('refuses %s', async (_, options, code) => {
    const run = runKat(options as unknown as KatOptions);
    await expect(run).rejects.toBeInstanceOf(InputError);
    await expect(run).rejects.toMatchObject({ code });
  });

  it('tells the progress, at least at the end of each set', async () => {
    const heard: KatProgress[] = [];
    const vectors = await folderWith({ 'a.json': vectorFile([HASH_CASE, HASH_CASE]) });
    await runKat({ vectors, onProgress: (progress) => heard.push(progress) });
    const ends = heard.filter(({ done, total }) => done === total);
    expect(ends).toEqual([
      { set: 'a set', engine: 'node', done: 2, total: 2 },
      { set: 'a set', engine: 'wasm', done: 2, total: 2 },
      { set: 'a set', engine: 'noble', done: 2, total: 2 },
    ]);
  });

  it('runs nothing after an abort', async () => {
    const vectors = await folderWith({ 'a.json': vectorFile([HASH_CASE]) });
    const signal = AbortSignal.abort();
    await expect(runKat({ vectors, signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(runKat({ facts: true, signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});
