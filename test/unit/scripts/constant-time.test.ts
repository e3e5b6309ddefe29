/**
 * The search for leaks finds those that are put there, and nothing in code that has none.
 */
import binaryen from 'binaryen';
import { describe, expect, it } from 'vitest';
import { Interpreter } from '../../../scripts/constant-time/interpreter.mjs';

const SECRET = 64;

/** A module with a memory of one page and one function `f`, whose argument is an address. */
function moduleOf(body: string, result = '(result i32)'): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(
    `(module (memory (export "memory") 1 1) (func $f (export "f") (param $p i32) ${result} (local $x i32) ${body}))`,
  );
  module.setFeatures(binaryen.Features.All);
  return Uint8Array.from(module.emitBinary());
}

/** Runs `f` on 16 secret bytes, here and in this runtime: kinds of what was found, and both results. */
function run(bytes: Uint8Array<ArrayBuffer>, data: ArrayLike<number> = [3, 1, 4, 1, 5, 9, 2, 6]) {
  const start = () => new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  const real = start() as { memory: WebAssembly.Memory; f(address: number): unknown };
  const interpreter = new Interpreter(bytes, start()['memory'] as WebAssembly.Memory);
  for (const { buffer } of [real.memory, interpreter.memory]) new Uint8Array(buffer).set(data, SECRET);
  interpreter.shadow.fill(1, SECRET, SECRET + 16);
  const found = interpreter.exports['f']?.(SECRET);
  return {
    kinds: [...interpreter.findings.values()].map(({ what }) => what),
    results: [found, real.f(SECRET)],
    memories: [real.memory, interpreter.memory].map(({ buffer }) =>
      Buffer.from(buffer.slice(0, 256)).toString('hex'),
    ),
    shadow: interpreter.shadow,
  };
}

describe('finds', () => {
  it.each([
    ['if', '(if (result i32) (i32.load8_u (local.get $p)) (then (i32.const 1)) (else (i32.const 2)))'],
    [
      'br_if',
      '(block $out (result i32) (br_if $out (i32.const 7) (i32.load (local.get $p))) (drop) (i32.const 8))',
    ],
    [
      'br_table',
      '(block $a (block $b (br_table $a $b (i32.and (i32.load8_u (local.get $p)) (i32.const 1))))) (i32.const 1)',
    ],
    ['select', '(select (i32.const 5) (i32.const 6) (i32.load8_u (local.get $p)))'],
    ['load', '(i32.load8_u (i32.and (i32.load8_u (local.get $p)) (i32.const 15)))'],
    ['store', '(i32.store8 (i32.load8_u (local.get $p)) (i32.const 1)) (i32.const 0)'],
    ['division', '(i32.div_u (i32.load (local.get $p)) (i32.const 3329))'],
    ['division', '(i32.wrap_i64 (i64.rem_u (i64.load (local.get $p)) (i64.const 8380417)))'],
    ['memory.fill', '(memory.fill (i32.const 0) (i32.const 0) (i32.load8_u (local.get $p))) (i32.const 0)'],
    ['memory.copy', '(memory.copy (i32.const 0) (i32.const 9) (i32.load8_u (local.get $p))) (i32.const 0)'],
  ])('%s on a secret', (kind, body) => {
    const { kinds, results, memories } = run(moduleOf(body));
    expect(kinds).toContain(kind);
    expect(results[0]).toBe(results[1]);
    expect(memories[0]).toBe(memories[1]);
  });

  it('what a secret decides on its way through memory, vectors and locals', () => {
    const { kinds } = run(
      moduleOf(`
        (v128.store (i32.const 128) (i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0
          (v128.load (local.get $p)) (v128.load (i32.const 0))))
        (local.set $x (i32.load8_u (i32.const 143)))
        (if (result i32) (i32.eqz (local.get $x)) (then (i32.const 1)) (else (i32.const 2)))`),
    );
    expect(kinds).toEqual(['if']);
  });
});

describe('finds nothing', () => {
  it.each([
    ['arithmetic', '(i32.mul (i32.load (local.get $p)) (i32.load offset=4 (local.get $p)))'],
    [
      'a mask in place of a condition',
      `(local.set $x (i32.sub (i32.const 0) (i32.and (i32.load8_u (local.get $p)) (i32.const 1))))
       (i32.xor (i32.and (local.get $x) (i32.const 5)) (i32.and (i32.xor (local.get $x) (i32.const -1)) (i32.const 6)))`,
    ],
    [
      'a vector whose bytes move by secret indices',
      '(i8x16.extract_lane_u 3 (i8x16.swizzle (v128.load (local.get $p)) (v128.load (local.get $p))))',
    ],
    [
      'conditions on what is public beside secrets',
      '(if (result i32) (i32.load8_u offset=16 (local.get $p)) (then (i32.const 1)) (else (i32.load (local.get $p))))',
    ],
    [
      'what public zeros leave of a secret',
      '(if (result i32) (i32.and (i32.load (local.get $p)) (i32.const 0)) (then (i32.const 1)) (else (i32.const 2)))',
    ],
    [
      'what was overwritten',
      `(i32.store (local.get $p) (i32.const 9))
       (if (result i32) (i32.load (local.get $p)) (then (i32.const 1)) (else (i32.const 2)))`,
    ],
  ])('in %s', (_, body) => {
    const { kinds, results } = run(moduleOf(body));
    expect(kinds).toEqual([]);
    expect(results[0]).toBe(results[1]);
  });
});

describe('computes as this runtime does', () => {
  const SHAPES = ['i8x16', 'i16x8', 'i32x4', 'i64x2'];
  const binaries = [
    ...SHAPES.flatMap((shape) => [
      `${shape}.add`,
      `${shape}.sub`,
      `${shape}.eq`,
      `${shape}.lt_s`,
      `${shape}.ge_s`,
    ]),
    ...['i16x8', 'i32x4', 'i64x2'].map((shape) => `${shape}.mul`),
    ...['i8x16', 'i16x8', 'i32x4'].flatMap((shape) => [`${shape}.min_s`, `${shape}.max_u`, `${shape}.gt_u`]),
    ...['i8x16', 'i16x8'].flatMap((shape) => [`${shape}.add_sat_s`, `${shape}.sub_sat_u`, `${shape}.avgr_u`]),
    ...['i16x8.extmul_low_i8x16', 'i32x4.extmul_high_i16x8', 'i64x2.extmul_low_i32x4'].flatMap((name) => [
      `${name}_s`,
      `${name}_u`,
    ]),
    ...['i8x16.narrow_i16x8_s', 'i8x16.narrow_i16x8_u', 'i16x8.narrow_i32x4_s', 'i16x8.narrow_i32x4_u'],
    ...[
      'i32x4.dot_i16x8_s',
      'i16x8.q15mulr_sat_s',
      'i8x16.swizzle',
      'v128.and',
      'v128.or',
      'v128.xor',
      'v128.andnot',
    ],
  ];
  const unaries = [
    ...SHAPES.flatMap((shape) => [`${shape}.abs`, `${shape}.neg`]),
    ...['i16x8.extend_low_i8x16_s', 'i32x4.extend_high_i16x8_u', 'i64x2.extend_low_i32x4_s'],
    ...['i16x8.extadd_pairwise_i8x16_u', 'i32x4.extadd_pairwise_i16x8_s', 'i8x16.popcnt', 'v128.not'],
  ];
  const load = (offset: number) => `(v128.load offset=${offset} (local.get $p))`;
  const vectors: [string, string][] = [
    ...binaries.map((name): [string, string] => [name, `(${name} ${load(0)} ${load(16)})`]),
    ...unaries.map((name): [string, string] => [name, `(${name} ${load(0)})`]),
    ...SHAPES.flatMap((shape) =>
      ['shl', 'shr_s', 'shr_u'].map((name): [string, string] => [
        `${shape}.${name}`,
        `(${shape}.${name} ${load(0)} (i32.const 11))`,
      ]),
    ),
    ['v128.bitselect', `(v128.bitselect ${load(0)} ${load(16)} ${load(32)})`],
    ...['load8_splat', 'load16_splat', 'load32_splat', 'load64_splat', 'load32_zero', 'load64_zero'].map(
      (name): [string, string] => [name, `(v128.${name} (local.get $p))`],
    ),
    ...['load8x8_s', 'load8x8_u', 'load16x4_s', 'load16x4_u', 'load32x2_s', 'load32x2_u'].map(
      (name): [string, string] => [name, `(v128.${name} (local.get $p))`],
    ),
    ['load16_lane', `(v128.load16_lane 5 (local.get $p) ${load(16)})`],
  ];

  it.each(vectors)('%s', (_, expression) => {
    const bytes = moduleOf(`(v128.store (i32.const 0) ${expression})`, '');
    for (let round = 0; round < 4; round++) {
      const data = crypto.getRandomValues(new Uint8Array(48));
      const { memories, kinds } = run(bytes, data);
      expect(memories[1]).toBe(memories[0]);
      expect(kinds).toEqual([]);
    }
  });

  const SCALARS = [
    'add',
    'sub',
    'mul',
    'and',
    'or',
    'xor',
    'shl',
    'shr_s',
    'shr_u',
    'rotl',
    'lt_s',
    'lt_u',
    'ge_u',
  ];
  it.each(SCALARS.flatMap((name) => [`i32.${name}`, `i64.${name}`]))('%s', (name) => {
    const type = name.slice(0, 3);
    const store = /lt|ge/.test(name) ? 'i32.store' : `${type}.store`;
    const operands = `(${type}.load (local.get $p)) (${type}.load offset=8 (local.get $p))`;
    const bytes = moduleOf(`(${store} (i32.const 0) (${name} ${operands}))`, '');
    for (let round = 0; round < 4; round++) {
      const { memories } = run(bytes, crypto.getRandomValues(new Uint8Array(16)));
      expect(memories[1]).toBe(memories[0]);
    }
  });
});

it('takes what is public by the standard for public, whatever it was computed from', () => {
  const bytes = moduleOf(
    `(i32.store (i32.const 128) (i32.load (local.get $p)))
     (if (result i32) (i32.load (i32.const 128)) (then (i32.const 1)) (else (i32.const 2)))`,
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const interpreter = new Interpreter(bytes, exports['memory'] as WebAssembly.Memory);
  interpreter.shadow.fill(1, SECRET, SECRET + 16);
  interpreter.publicBytes.fill(1, 128, 132);
  interpreter.exports['f']?.(SECRET);
  expect([...interpreter.findings.values()]).toEqual([]);
});
