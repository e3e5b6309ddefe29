/**
 * The arithmetic of ML-KEM-1024 in WebAssembly: against definitions written down slowly, over whole ranges, and within the
 * bounds that the comments of the source give.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { compileInternals, type Internals, SCRATCH } from './internals.ts';

const ENTRY = `
import { canonical, companion, montgomery, multiply, reduce } from './mlkem-field';
import { kemTables } from './mlkem-tables';
export {
  addMessage, compress11, compress5, decode12, decodeMessage, decompress11, decompress5, encode12,
} from './mlkem-encode';
export { inverseNtt, ntt } from './mlkem-ntt';
export { prepareFactor, sumOfProducts } from './mlkem-product';

export function multiplyAll(from: usize, to: usize, factor: i32): void {
  const b = i16x8.splat(factor as i16);
  const bCompanion = i16x8.splat(companion(factor) as i16);
  for (let i: usize = 0; i < 512; i += 16) v128.store(to + i, multiply(v128.load(from + i), b, bCompanion));
}
export function reduceAll(from: usize, to: usize): void {
  for (let i: usize = 0; i < 512; i += 16) v128.store(to + i, reduce(v128.load(from + i)));
}
export function canonicalAll(from: usize, to: usize): void {
  for (let i: usize = 0; i < 512; i += 16) v128.store(to + i, canonical(v128.load(from + i)));
}
/** Even and odd sums of 32 bits each, 128 of them. */
export function montgomeryAll(even: usize, odd: usize, to: usize): void {
  for (let i: usize = 0; i < 512; i += 16) {
    v128.store(to + i, montgomery(v128.load(even + i), v128.load(odd + i)));
  }
}
kemTables();
`;

const Q = 3329;
const A = SCRATCH;
const B = SCRATCH + 0x1000;
const C = SCRATCH + 0x2000;
const FACTORS = SCRATCH + 0x4000;

const mod = (x: number) => ((x % Q) + Q) % Q;
const power = (base: number, exponent: number) => {
  let result = 1;
  for (let i = 0; i < exponent; i++) result = (result * base) % Q;
  return result;
};
const bitReverse7 = (i: number) =>
  Number.parseInt(i.toString(2).padStart(7, '0').split('').reverse().join(''), 2);
const INVERSE_OF_2_16 = power(2, 2 * (Q - 1) - 16);

/** A reproducible sequence of numbers below a bound. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** Polynomials: the ends of the range everywhere, in turn, and random ones between them. */
function polynomials(min: number, max: number, count: number): number[][] {
  const random = numbers(count);
  const of = (coefficient: (index: number) => number) =>
    Array.from({ length: 256 }, (_, i) => coefficient(i));
  return [
    of(() => min),
    of(() => max),
    of((i) => (i % 2 === 0 ? min : max)),
    of((i) => (i < 128 ? min : max)),
    ...Array.from({ length: count }, () => of(() => min + random(max - min + 1))),
  ];
}

/** FIPS 203 §4.3.1: pair i is the polynomial modulo X² − ζ^(2 BitRev₇(i) + 1). */
function transform(f: readonly number[]): number[] {
  return Array.from({ length: 128 }, (_, i) => power(17, 2 * bitReverse7(i) + 1)).flatMap((gamma) => {
    let even = 0;
    let odd = 0;
    for (let k = 127; k >= 0; k--) {
      even = mod(even * gamma + (f[2 * k] as number));
      odd = mod(odd * gamma + (f[2 * k + 1] as number));
    }
    return [even, odd];
  });
}

/** FIPS 203 Algorithm 11. */
function products(f: readonly number[], g: readonly number[]): number[] {
  return Array.from({ length: 128 }, (_, i) => {
    const gamma = power(17, 2 * bitReverse7(i) + 1);
    const [a0, a1, b0, b1] = [f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]].map((x) => mod(x as number));
    return [
      mod((a0 as number) * (b0 as number) + mod((a1 as number) * (b1 as number)) * gamma),
      mod((a0 as number) * (b1 as number) + (a1 as number) * (b0 as number)),
    ];
  }).flat();
}

let wasm: Internals;
beforeAll(async () => {
  wasm = await compileInternals(ENTRY);
});

function call(name: string, ...values: number[]): number {
  return wasm.call[name]?.(...values) ?? Number.NaN;
}

/** Every 16-bit number, 256 at a time. */
function* allNumbers(): Generator<Int16Array> {
  for (let start = -32768; start < 32768; start += 256) {
    wasm.halves(A).set(Int16Array.from({ length: 256 }, (_, i) => start + i));
    yield wasm.halves(A);
  }
}

describe('the field', () => {
  it('multiplies every number by every factor, below 0.5 q + 0.0508 |a|', { timeout: 300_000 }, () => {
    const factors = [1, 512, -266, -1044, ...Array.from({ length: 128 }, (_, i) => power(17, i))];
    let wrong = 0;
    for (const factor of factors.map((b) => (b > Q / 2 ? b - Q : b))) {
      for (const a of allNumbers()) {
        call('multiplyAll', A, B, factor);
        const results = wasm.halves(B);
        for (let i = 0; i < 256; i++) {
          const [x, r] = [a[i] as number, results[i] as number];
          if ((x * factor - r) % Q !== 0) wrong++;
          if (Math.abs(r) > Q * (0.5 + Math.abs(x) / 65536) + 0.5) wrong++;
        }
      }
    }
    expect(wrong).toBe(0);
  });

  it('reduces every number, below 0.5 q + 0.016 |a|, and makes it canonical', () => {
    let wrong = 0;
    for (const a of allNumbers()) {
      call('reduceAll', A, B);
      call('canonicalAll', B, C);
      for (let i = 0; i < 256; i++) {
        const [x, r] = [a[i] as number, wasm.halves(B)[i] as number];
        if ((x - r) % Q !== 0 || Math.abs(r) > 0.5 * Q + 0.016 * Math.abs(x)) wrong++;
        if (wasm.halves(C)[i] !== mod(x)) wrong++;
      }
    }
    expect(wrong).toBe(0);
  });

  it('reduces sums of products, below |c| / 2¹⁶ + q/2', () => {
    const random = numbers(3);
    let wrong = 0;
    for (let round = 0; round < 500; round++) {
      // At most 2³⁰, as sums of products are.
      const bound = 2 ** (8 + (round % 23));
      const sums = Array.from({ length: 256 }, (_, i) =>
        i < 3 ? (i - 1) * bound : random(2 * bound) - bound,
      );
      wasm.words(A, 128).set(sums.filter((_, i) => i % 2 === 0));
      wasm.words(B, 128).set(sums.filter((_, i) => i % 2 === 1));
      call('montgomeryAll', A, B, C);
      for (let i = 0; i < 256; i++) {
        const [c, r] = [sums[i] as number, wasm.halves(C)[i] as number];
        if (mod(r) !== mod(mod(c) * INVERSE_OF_2_16) || Math.abs(r) > Math.abs(c) / 65536 + Q / 2 + 1)
          wrong++;
      }
    }
    expect(wrong).toBe(0);
  });
});

describe('the transform', () => {
  it.each(polynomials(-Q, Q, 6))('is algorithm 9, below 5.5 q (%#)', (...f) => {
    wasm.halves(A).set(f);
    call('ntt', A);
    expect(Array.from(wasm.halves(A), mod)).toEqual(transform(f));
    expect(Math.max(...wasm.halves(A).map(Math.abs))).toBeLessThan(5.5 * Q);
  });

  it.each(polynomials(-Math.floor(3.3 * Q), Math.floor(3.3 * Q), 6))(
    'has an inverse, times 2¹⁶, below 0.85 q (%#)',
    (...f) => {
      wasm.halves(A).set(f);
      call('inverseNtt', A);
      const back = Array.from(wasm.halves(A));
      expect(Math.max(...back.map(Math.abs))).toBeLessThan(0.85 * Q);
      expect(transform(back.map((x) => mod(x * INVERSE_OF_2_16)))).toEqual(f.map(mod));
    },
  );
});

describe('products', () => {
  it.each(polynomials(-5 * Q, 5 * Q, 4))('are algorithm 11, summed, below 3.3 q (%#)', (...g) => {
    const random = numbers(g[0] as number);
    const left = Array.from({ length: 4 }, (_, j) =>
      Array.from({ length: 256 }, () => (j < 2 ? random(4096) : j === 2 ? 4095 : 0)),
    );
    for (const [j, f] of left.entries()) wasm.halves(A + 528 * j).set(f);
    wasm.halves(C).set(g);
    for (let j = 0; j < 4; j++) call('prepareFactor', C, FACTORS + 1024 * j);
    call('sumOfProducts', A, 528, FACTORS, B);
    const parts = left.map((f) => products(f, g));
    const expected = Array.from({ length: 256 }, (_, i) =>
      mod(parts.reduce((sum, part) => sum + (part[i] as number), 0) * INVERSE_OF_2_16),
    );
    expect(Array.from(wasm.halves(B), mod)).toEqual(expected);
    expect(Math.max(...wasm.halves(B).map(Math.abs))).toBeLessThan(3.3 * Q);
  });
});

describe('byte forms', () => {
  /** Number `index` of numbers of d bits. */
  const bitsAt = (bytes: Uint8Array, d: number, index: number) => {
    let value = 0;
    for (let bit = 0; bit < d; bit++) {
      const at = index * d + bit;
      value |= (((bytes[at >> 3] as number) >> (at & 7)) & 1) << bit;
    }
    return value;
  };
  /** ⌈x⌋ of FIPS 203 §2.3, of 2ᵈ x / q, which is never between two numbers. */
  const compress = (x: number, d: number) => (((mod(x) * 2 ** (d + 1) + Q) / (2 * Q)) >> 0) & (2 ** d - 1);

  it.each([
    ['compress11', 11],
    ['compress5', 5],
  ] as const)('%s rounds every number below 2 q as §4.2.1 says', (name, d) => {
    for (let start = 1 - 2 * Q; start < 2 * Q; start += 256) {
      const f = Array.from({ length: 256 }, (_, i) => Math.min(start + i, 2 * Q - 1));
      wasm.halves(A).set(f);
      wasm.bytes(B, 512).fill(0xee);
      call(name, A, B);
      const bytes = Uint8Array.from(wasm.bytes(B, 512));
      expect(f.map((_, i) => bitsAt(bytes, d, i))).toEqual(f.map((x) => compress(x, d)));
      expect(bytes.subarray(32 * d + 3).every((byte) => byte === 0xee)).toBe(true);
    }
  });

  it.each([
    ['decompress11', 11],
    ['decompress5', 5],
  ] as const)('%s gives back every number of bits as §4.2.1 says', (name, d) => {
    const random = numbers(d);
    for (let round = 0; round < 200; round++) {
      const bytes = Uint8Array.from({ length: 32 * d }, () => (round < 2 ? -round : random(256)));
      wasm.bytes(A, 32 * d).set(bytes);
      call(name, A, B);
      const expected = Array.from({ length: 256 }, (_, i) =>
        Math.floor((bitsAt(bytes, d, i) * Q) / 2 ** d + 0.5),
      );
      expect([...wasm.halves(B)]).toEqual(expected);
    }
  });

  it('decodes a message out of every noise', () => {
    for (let start = 1 - 2 * Q; start < 2 * Q; start += 256) {
      const f = Array.from({ length: 256 }, (_, i) => Math.min(start + i, 2 * Q - 1));
      wasm.halves(A).set(f.map((x) => x + 100));
      wasm.halves(B).fill(100);
      call('decodeMessage', A, B, C);
      const bytes = Uint8Array.from(wasm.bytes(C, 32));
      expect(f.map((_, i) => bitsAt(bytes, 1, i))).toEqual(f.map((x) => compress(x, 1)));
    }
  });

  it('encodes a message as 0 and (q + 1) / 2', () => {
    const random = numbers(9);
    const message = Uint8Array.from({ length: 32 }, () => random(256));
    wasm.bytes(C, 32).set(message);
    wasm.halves(A).set(Int16Array.from({ length: 256 }, (_, i) => i));
    wasm.halves(B).fill(-2);
    call('addMessage', A, B, C);
    const expected = Array.from({ length: 256 }, (_, i) => i - 2 + 1665 * bitsAt(message, 1, i));
    expect([...wasm.halves(A)]).toEqual(expected);
  });

  it('encodes 12 bits of any number modulo q, and decodes them, and sees what is not below q', () => {
    for (const f of allNumbers()) {
      const expected = Array.from(f, mod);
      call('encode12', A, B);
      const bytes = Uint8Array.from(wasm.bytes(B, 384));
      expect(expected.map((_, i) => bitsAt(bytes, 12, i))).toEqual(expected);
      expect(call('decode12', B, C)).toBe(1);
      expect([...wasm.halves(C)]).toEqual(expected);
    }
    for (let index = 0; index < 256; index++) {
      for (const value of [Q, 4095]) {
        wasm.bytes(B, 384).fill(0);
        const at = B + ((12 * index) >> 3);
        const shift = (12 * index) & 7;
        wasm.bytes(at, 2).set([(value << shift) & 0xff, (value << shift) >> 8]);
        expect(call('decode12', B, C)).toBe(0);
        expect(wasm.halves(C)[index]).toBe(value);
      }
    }
  });
});
