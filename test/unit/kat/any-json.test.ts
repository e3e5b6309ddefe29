import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runKat } from '../../../src/kat/index.ts';
import { SAMPLES } from './cases.ts';
import { type Case, folderWith, vectorFile } from './support.ts';

/** Runs one file on one engine; what it holds is its own affair, so nothing may be thrown. */
async function run(content: string | Uint8Array, name = 'some.json') {
  const vectors = await folderWith({ [name]: content });
  const report = await runKat({ vectors, engines: ['noble'], maxMessageBytes: 10_000 });
  expect(report.sets).toHaveLength(1);
  return report.totals;
}

it('any file that is no set of vectors is one failure', async () => {
  const part = fc.dictionary(fc.constantFrom('header', 'cases', 'other'), fc.jsonValue());
  const noCases = part.filter(({ header, cases }) => !(isObject(header) && isList(cases)));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.uint8Array({ maxLength: 50 }),
        fc.jsonValue().map((value) => JSON.stringify(value)),
        noCases.map((value) => JSON.stringify(value)),
      ),
      async (content) => {
        expect(await run(content)).toEqual({ passed: 0, failed: 1, notRun: 0 });
        expect(await run(gzipSync(content), 'some.json.gz')).toEqual({ passed: 0, failed: 1, notRun: 0 });
        expect(await run(content, 'some.json.gz')).toEqual({ passed: 0, failed: 1, notRun: 0 });
      },
    ),
    { numRuns: 60 },
  );
});

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}

const hex = fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const fields = [...new Set(SAMPLES.flatMap((sample) => Object.keys(sample.values)))];
const texts = [...new Set(SAMPLES.flatMap((sample) => Object.values(sample.values)).filter(isShortText))];

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length < 30;
}

const value = fc.oneof(
  hex,
  fc.constantFrom(...texts),
  fc.nat(600),
  fc.constantFrom(-1, 1.5, 2 ** 53, null, true, false),
  fc.jsonValue(),
);
const randomCase: fc.Arbitrary<Case> = fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 12 });
const changedCase: fc.Arbitrary<Case> = fc
  .tuple(fc.constantFrom(...SAMPLES), fc.constantFrom(...fields), value)
  .map(([sample, field, changed]) => ({ ...sample.values, [field]: changed }));

it('any cases are counted, each once, whatever they hold', async () => {
  const header = fc.dictionary(
    fc.constantFrom('set', 'algorithm'),
    fc.constantFrom('SHA3-512', 'ML-KEM-1024', 'AES-GCM', '', 7),
  );
  const cases = fc.array(fc.oneof(randomCase, changedCase), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(cases, header, async (some, head) => {
      const { passed, failed, notRun } = await run(vectorFile(some, head));
      expect(passed + failed + notRun).toBe(some.length);
    }),
    { numRuns: 40 },
  );
});

it('cases of random values pass only where a refusal was expected', async () => {
  await fc.assert(
    fc.asyncProperty(randomCase, async ({ result, testPassed, ...some }) => {
      expect(await run(vectorFile([some]))).toMatchObject({ passed: 0 });
    }),
    { numRuns: 40 },
  );
});
