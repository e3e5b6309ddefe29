/**
 * The fuzzer itself: it follows code that counts, and finds what is wrong.
 */
import { expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes.ts';
import { InputError } from '../../../src/errors.ts';
import { hits } from '../../fuzz/counters.ts';
import { type FuzzOptions, fuzz } from '../../fuzz/fuzzer.ts';
import { instrument } from '../../fuzz/instrument.ts';
import { Random } from '../../fuzz/random.ts';
import { must, type Target } from '../../fuzz/target.ts';

const target = (run: Target['run'], more: Partial<Target> = {}): Target => ({
  name: 'test',
  maxBytes: 64,
  seeds: [],
  refusals: ['ERR_INPUT_FORMAT'],
  run,
  ...more,
});
const options = (runs: number, blocks = 0): FuzzOptions => ({
  runs,
  seed: 1,
  corpus: [],
  blocks: () => blocks,
});
const refused = () => new InputError('ERR_INPUT_FORMAT', 'input', 'something', 'something else');

/** Goes on from byte to byte, each of them a block: reached by luck once in 2^32 inputs, and byte by byte soon. */
function stairs(counts: boolean): Target['run'] {
  return (input) => {
    for (const [i, byte] of utf8('MAZE').entries()) {
      if (input[i] !== byte) throw refused();
      if (counts) hits[i] = 1;
    }
    throw new TypeError('the end of the maze');
  };
}

it('follows what inputs reach', async () => {
  const led = await fuzz(target(stairs(true)), options(60_000, 8));
  expect(led.findings.map(({ objection }) => objection)).toEqual(['TypeError: the end of the maze']);
  // What is left over of the input that was found is what it needs.
  expect(led.findings[0]?.input).toEqual(utf8('MAZE'));
  const blind = await fuzz(target(stairs(false)), options(60_000, 0));
  expect(blind.findings).toEqual([]);
});

it('tells what is not documented', async () => {
  const objections = async (run: Target['run'], more?: Partial<Target>) =>
    (await fuzz(target(run, more), options(1))).findings.map(({ objection }) => objection);
  const fails = (error: unknown) => () => {
    throw error;
  };
  expect(await objections(fails(refused()))).toEqual([]);
  expect(await objections(fails(refused()), { refusals: [] })).toEqual([
    'InputError ERR_INPUT_FORMAT: input: expected something, got something else',
  ]);
  expect(await objections(fails(new RangeError('r')))).toEqual(['RangeError: r']);
  expect(await objections(fails(new RangeError('r')), { internalErrors: ['RangeError'] })).toEqual([]);
  expect(await objections(fails('text'))).toEqual(['no error was thrown, but a string']);
  expect(await objections(async () => must(false, 'reads it'))).toEqual(['BrokenPromise: reads it']);
  const long = new InputError('ERR_INPUT_FORMAT', 'input', 'x'.repeat(2000), 'y');
  expect(await objections(fails(long))).toEqual(['a message of 2023 characters (ERR_INPUT_FORMAT)']);
});

it('tells what allocates too much', async () => {
  const allocate = (globalThis as unknown as { __mwraspFuzzAllocate(wanted: number): number })
    .__mwraspFuzzAllocate;
  const { findings } = await fuzz(
    target(() => allocate(2 ** 30)),
    options(1),
  );
  expect(findings[0]?.objection).toMatch(/^allocated 1073741824 bytes, bound 65536$/);
});

it('gives a source its counters, and leaves what it does', () => {
  const source = `
    export function f(x: number, y?: number): unknown {
      if (x === 0) return 'zero';
      else if (x === 1) return y ?? 'one';
      for (const z of [1, 2]) if (z === x) return new Uint8Array(z);
      switch (x) { case 3: return x > 2 ? 'three' : 'never'; default: break; }
      try { throw new Error(String(x)); } catch { return ((a: number) => a + 1)(x); }
    }`;
  const compiled = instrument(source, 'f.ts');
  expect(compiled.match(/__hits\[\d+\]\+\+/g)?.length).toBe(13);
  const f = new Function(`${compiled.replace('export ', '')}; return f;`)() as (
    x: number,
    y?: number,
  ) => unknown;
  hits.fill(0);
  expect([f(0), f(1), f(1, 7), f(2), f(3), f(9)]).toEqual(['zero', 'one', 7, new Uint8Array(2), 'three', 10]);
  expect(hits.filter((count) => count > 0).length).toBe(12);
  hits.fill(0);
});

it('draws the same numbers again', () => {
  const draw = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 5 }, () => random.next());
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});
