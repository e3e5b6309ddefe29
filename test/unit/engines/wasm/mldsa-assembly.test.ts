import { shake128, shake256 } from '@noble/hashes/sha3.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Internals, SCRATCH } from './internals.ts';
import {
  bitsAt,
  compileMldsa,
  decompose,
  GAMMA2,
  INVERSE_OF_2_13,
  mod,
  multiply,
  numbers,
  polynomial,
  power2Round,
  product,
  Q,
  transform,
  useHint,
} from './mldsa-support.ts';

const A = SCRATCH;
const B = SCRATCH + 0x2000;
const C = SCRATCH + 0x8000;
const D = SCRATCH + 0xa000;
const E = SCRATCH + 0xb000;
const F = SCRATCH + 0xc000;

let wasm: Internals;
beforeAll(async () => {
  wasm = await compileMldsa();
});

/** Cases of a polynomial: the ends of the range everywhere, in turn, and random ones between them. */
function polynomials(min: number, max: number, count: number): number[][] {
  const random = numbers(count + 1);
  return [
    polynomial(() => min),
    polynomial(() => max),
    polynomial((i) => (i % 2 === 0 ? min : max)),
    polynomial((i) => (i < 128 ? min : max)),
    ...Array.from({ length: count }, () => polynomial(() => min + random(max - min + 1))),
  ];
}

describe('the transform', () => {
  it.each(polynomials(1 - Q, Q - 1, 6))('is algorithm 41, below 27.1·q (%#)', (...poly) => {
    wasm.words(A).set(poly);
    wasm.call['ntt']?.(A, B);
    expect(Array.from(wasm.words(B), mod)).toEqual(transform(poly));
    expect(Math.max(...wasm.words(B).map(Math.abs))).toBeLessThan(27.1 * Q);
    expect([...wasm.words(A)]).toEqual(poly);
    wasm.call['ntt']?.(A, A);
    expect(wasm.words(A)).toEqual(wasm.words(B));
  });

  it.each(polynomials(-(2 ** 21), 2 ** 23 + 2 ** 21 - 1, 6))('has an inverse, times 2^13 (%#)', (...poly) => {
    wasm.words(A).set(poly);
    wasm.call['inverseNtt']?.(A);
    const back = Array.from(wasm.words(A));
    expect(Math.min(...back)).toBeGreaterThan(-3.26 * Q);
    expect(Math.max(...back)).toBeLessThan(2.26 * Q);
    expect(transform(back)).toEqual(poly.map((x) => multiply(mod(x), 8192)));
  });
});

describe('products in the transformed domain', () => {
  const limit = Math.floor(27.09 * Q);
  const cases = [
    { digits: () => Q - 1, operand: () => limit },
    { digits: () => Q - 1, operand: () => -limit },
    { digits: () => 0x7fdfff, operand: (i: number) => (i % 2 === 0 ? limit : -limit) },
    { digits: (i: number) => i, operand: (i: number) => i - 128 },
    ...[1, 2, 3, 4].map((seed) => {
      const random = numbers(seed);
      return { digits: () => random(Q), operand: () => random(2 * limit) - limit };
    }),
  ];

  it.each(cases)('are exact at the ends of their ranges (%#)', ({ digits, operand }) => {
    const sum = polynomial(() => 0);
    let last: number[] = [];
    for (let j = 0; j < 8; j++) {
      const a = polynomial(digits);
      const y = polynomial(operand);
      // Seven of a row, and one to subtract. Digits are made of numbers that are not reduced, too.
      const shift = (j % 3) - 1;
      wasm.words(j < 7 ? A + 1024 * j : C).set(a.map((x) => x + shift * Q));
      wasm.call['toDigits']?.(j < 7 ? A + 1024 * j : C);
      wasm.words(D).set(y);
      wasm.call['toOperand']?.(D, j < 7 ? B + 2048 * j : E);
      last = a.map((x, i) => multiply(multiply(x, mod(y[i] as number)), INVERSE_OF_2_13));
      if (j < 7) for (const [i, term] of last.entries()) sum[i] = mod((sum[i] as number) + term);
    }
    const check = (expected: readonly number[]) => {
      expect(Array.from(wasm.words(D), mod)).toEqual(expected);
      expect(Math.min(...wasm.words(D))).toBeGreaterThanOrEqual(-(2 ** 21));
      expect(Math.max(...wasm.words(D))).toBeLessThan(2 ** 23 + 2 ** 21);
    };
    wasm.call['multiplyRow']?.(A, B, D);
    check(sum);
    wasm.call['multiplyRowLess']?.(A, B, D, C, E);
    check(sum.map((x, i) => mod(x - (last[i] as number))));
    wasm.call['multiplyOne']?.(C, E, D);
    check(last);
  });
});

describe('products of a challenge and a short polynomial', () => {
  const random = numbers(7);
  const challenge = (coefficient: () => number, places: (n: number) => number) => {
    const c = polynomial(() => 0);
    for (let n = 0; n < 60; n++) {
      let place = places(n);
      while (c[place] !== 0) place = (place + 1) % 256;
      c[place] = coefficient();
    }
    return c;
  };
  const cases = [
    {
      s: polynomial(() => 2),
      c: challenge(
        () => 1,
        (n) => n,
      ),
    },
    {
      s: polynomial(() => -2),
      c: challenge(
        () => 1,
        (n) => n,
      ),
    },
    {
      s: polynomial(() => 2),
      c: challenge(
        () => -1,
        (n) => 255 - n,
      ),
    },
    {
      s: polynomial((i) => (i % 2 === 0 ? 2 : -2)),
      c: challenge(
        () => 1,
        (n) => 2 * n,
      ),
    },
    {
      s: polynomial((i) => (i < 128 ? 2 : -2)),
      c: challenge(
        () => 1,
        (n) => 128 + n,
      ),
    },
    ...Array.from({ length: 40 }, () => ({
      s: polynomial(() => random(5) - 2),
      c: challenge(
        () => 2 * random(2) - 1,
        () => random(256),
      ),
    })),
  ];

  it.each(cases)('are exact (%#)', ({ s, c }) => {
    wasm.signed(A).set(s);
    wasm.signed(A + 256).set(c);
    wasm.call['transformShort']?.(A, B);
    wasm.call['prepareChallenge']?.(A + 256, C, D);
    wasm.call['multiplyShort']?.(C, B, D);
    expect([...wasm.halves(D)]).toEqual(product(c, s));
  });
});

describe('rounding', () => {
  it('is algorithm 36 for every r, and algorithm 40 with and without a hint', () => {
    for (let base = 0; base < Q; base += 256) {
      // What comes out of the inverse transform is anywhere between −3.3·q and 3.3·q.
      const shift = (((base / 256) % 7) - 3) * Q;
      const poly = wasm.words(A);
      const hints = wasm.bytes(B);
      for (let i = 0; i < 256; i++) {
        poly[i] = Math.min(base + i, Q - 1) + shift;
        hints[i] = (base / 256 + i) % 2 === 0 ? 0xff : 0;
      }
      wasm.words(C).set(poly);
      wasm.call['useHints']?.(C, B, D);
      wasm.call['decompose']?.(A, B + 256, D + 128);
      let wrong = 0;
      for (let i = 0; i < 256; i++) {
        const r = Math.min(base + i, Q - 1);
        const { r1, r0 } = decompose(r);
        if (wasm.bytes(B + 256)[i] !== r1 || wasm.words(A)[i] !== r0) wrong++;
      }
      const used = wasm.bytes(D, 128);
      const packed = wasm.bytes(D + 128, 128);
      for (let i = 0; i < 256; i++) {
        const r = Math.min(base + i, Q - 1);
        const nibble = (bytes: Uint8Array) => ((bytes[i >> 1] as number) >> (4 * (i & 1))) & 15;
        if (nibble(used) !== useHint(hints[i] === 0xff, r) || nibble(packed) !== decompose(r).r1) wrong++;
      }
      if (wrong !== 0) expect.fail(`${wrong} wrong at ${base}`);
    }
  });

  it('is algorithm 35 for every r', () => {
    wasm.signed(B).fill(0);
    for (let base = 0; base < Q; base += 256) {
      const poly = wasm.words(A);
      for (let i = 0; i < 256; i++) poly[i] = Math.min(base + i, Q - 1) - ((base / 256) % 3) * Q;
      wasm.call['roundAndPack']?.(A, B, C, D);
      wasm.call['unpackT1']?.(C, A);
      wasm.call['unpackT0']?.(D, E);
      const t0 = wasm.words(E);
      let wrong = 0;
      for (let i = 0; i < 256; i++) {
        const { r1, r0 } = power2Round(Math.min(base + i, Q - 1));
        if (poly[i] !== 8192 * r1 || t0[i] !== r0) wrong++;
      }
      if (wrong !== 0) expect.fail(`${wrong} wrong at ${base}`);
    }
  });

  /** w and c·s2 with every combination of the ends of what LowBits gives. */
  it('refuses r0 exactly where its norm is γ2 − β or more', () => {
    const random = numbers(3);
    for (let round = 0; round < 400; round++) {
      const k = round % 17;
      const near = [GAMMA2, -GAMMA2, GAMMA2 - 120, 120 - GAMMA2, 0][round % 5] as number;
      const w = polynomial(() => mod(k * 2 * GAMMA2 + near + random(500) - 250));
      // One coefficient in doubt at a time; the others are far from the border.
      const at = random(256);
      for (let i = 0; i < 256; i++) if (i !== at) w[i] = 1000;
      const cs2 = polynomial(() => random(241) - 120);
      wasm.words(A).set(w);
      wasm.halves(B).set(cs2);
      wasm.call['decompose']?.(A, C, D);
      const { r0, r1 } = decompose(mod((w[at] as number) - (cs2[at] as number)));
      const isRefused = wasm.call['subtractProduct']?.(A, B) !== 0;
      expect(isRefused).toBe(Math.abs(r0) >= GAMMA2 - 120);
      if (isRefused) continue;
      expect(wasm.words(A)[at]).toBe(r0);
      expect(wasm.bytes(C)[at]).toBe(r1);
    }
  });

  it('refuses z exactly where its norm is γ1 − β or more', () => {
    for (const [y, cs1, isRefused] of [
      [2 ** 19 - 121, 0, false],
      [2 ** 19 - 121, 1, true],
      [2 ** 19 - 240, 119, false],
      [2 ** 19 - 240, 120, true],
      [121 - 2 ** 19, 0, false],
      [121 - 2 ** 19, -1, true],
      [2 ** 19, -120, true],
      [2 ** 19, 0, true],
      [1 - 2 ** 19, 120, false],
    ] as const) {
      for (const at of [0, 3, 4, 100, 255]) {
        wasm.words(A).fill(5);
        wasm.halves(B).fill(7);
        wasm.words(A)[at] = y;
        wasm.halves(B)[at] = cs1;
        expect(wasm.call['addProduct']?.(A, B)).toBe(Number(isRefused));
        expect(wasm.words(A)[at]).toBe(y + cs1);
        expect(wasm.call['isLong']?.(A)).toBe(Number(isRefused));
      }
    }
  });

  it('makes the hints of algorithm 39', () => {
    const random = numbers(11);
    for (let round = 0; round < 60; round++) {
      const w1 = polynomial(() => random(16));
      const ct0 = polynomial(() => random(2 * 245760 + 1) - 245760);
      // r0 such that the sum lies around a border, or anywhere.
      const r0 = ct0.map((x) => {
        const sum = ([GAMMA2, -GAMMA2, 0, x][random(4)] as number) + random(5) - 2;
        return Math.max(121 - GAMMA2, Math.min(GAMMA2 - 121, sum - x));
      });
      wasm.words(A).set(r0);
      wasm.words(B).set(ct0.map((x) => x + (random(5) - 2) * Q));
      wasm.bytes(C).set(w1);
      const expected = r0.map((x, i) => {
        const without = w1[i] as number;
        const withT0 = decompose(mod(without * 2 * GAMMA2 + x + (ct0[i] as number))).r1;
        return without === withT0 ? 0 : 1;
      });
      const count = wasm.call['makeHints']?.(A, B, C, D);
      expect(polynomial((i) => bitsAt(wasm.bytes(D, 32), 1, i))).toEqual(expected);
      expect(count).toBe(expected.reduce<number>((sum, hint) => sum + hint, 0));
    }
  });
});

describe('packing', () => {
  const random = numbers(5);

  it.each(polynomials(-2, 2, 4))('s1 and s2 in three bits (%#)', (...s) => {
    wasm.signed(A).set(s);
    wasm.call['packShort']?.(A, B);
    expect(polynomial((i) => bitsAt(wasm.bytes(B, 96), 3, i))).toEqual(s.map((x) => 2 - x));
    expect(wasm.call['unpackShort']?.(B, C)).toBe(1);
    expect([...wasm.signed(C)]).toEqual(s);
    wasm.call['widen']?.(C, D);
    expect([...wasm.words(D)]).toEqual(s);
  });

  it('finds every coefficient that is out of range', () => {
    for (let i = 0; i < 256; i++) {
      wasm.bytes(B, 98).fill(0);
      const value = 5 + (i % 3);
      for (let bit = 0; bit < 3; bit++) {
        const at = 3 * i + bit;
        const bytes = wasm.bytes(B, 96);
        bytes[at >> 3] = (bytes[at >> 3] as number) | (((value >> bit) & 1) << (at & 7));
      }
      expect(wasm.call['unpackShort']?.(B, C)).toBe(0);
    }
  });

  it.each(polynomials(1 - 2 ** 19, 2 ** 19, 4))('z in twenty bits (%#)', (...z) => {
    wasm.words(A).set(z);
    wasm.call['packZ']?.(A, B);
    expect(polynomial((i) => bitsAt(wasm.bytes(B, 640), 20, i))).toEqual(z.map((x) => 2 ** 19 - x));
    wasm.call['unpackZ']?.(B, C);
    expect([...wasm.words(C)]).toEqual(z);
  });

  it('t1 in ten and t0 in thirteen bits', () => {
    for (let round = 0; round < 20; round++) {
      const product = polynomial(() => random(6 * Q) - 3 * Q);
      const s2 = polynomial(() => random(5) - 2);
      wasm.words(A).set(product);
      wasm.signed(B).set(s2);
      wasm.call['roundAndPack']?.(A, B, C, D);
      const rounded = product.map((x, i) => power2Round(mod(x + (s2[i] as number))));
      expect(polynomial((i) => bitsAt(wasm.bytes(C, 320), 10, i))).toEqual(rounded.map(({ r1 }) => r1));
      expect(polynomial((i) => 4096 - bitsAt(wasm.bytes(D, 416), 13, i))).toEqual(
        rounded.map(({ r0 }) => r0),
      );
    }
  });

  it('hints as algorithms 20 and 21', () => {
    for (let round = 0; round < 50; round++) {
      const bits = wasm.bytes(A, 256).fill(0);
      const count = round % 76;
      for (let n = 0; n < count; n++) {
        const at = random(2048);
        bits[at >> 3] = (bits[at >> 3] as number) | (1 << (at & 7));
      }
      const expected = new Uint8Array(83);
      let index = 0;
      for (let at = 0; at < 2048; at++) {
        if (bitsAt(bits, 1, at) === 1) expected[index++] = at & 255;
        if ((at & 255) === 255) expected[75 + (at >> 8)] = index;
      }
      wasm.call['packHints']?.(A, B);
      expect(wasm.bytes(B, 83)).toEqual(expected);
      expect(wasm.call['unpackHints']?.(B, C)).toBe(1);
      const unpacked = wasm.bytes(C, 2048);
      for (let at = 0; at < 2048; at++)
        if (unpacked[at] !== 255 * bitsAt(bits, 1, at)) expect.fail(`hint ${at}`);
    }
  });
});

describe('sampling', () => {
  /** Algorithm 30. */
  function rejNttPoly(bytes: Uint8Array): number[] {
    const accepted: number[] = [];
    for (let i = 0; i + 3 <= bytes.length && accepted.length < 256; i += 3) {
      const [b0, b1, b2] = bytes.subarray(i, i + 3) as unknown as [number, number, number];
      const candidate = b0 | (b1 << 8) | ((b2 & 0x7f) << 16);
      if (candidate < Q) accepted.push(candidate);
    }
    return accepted;
  }

  const fromDigits = (word: number) => (word & 0xfff) + 256 * (word >>> 16);

  it('refuses what is not below q, wherever it stands', () => {
    for (let round = 0; round < 300; round++) {
      const random = numbers(round);
      const stream = wasm.bytes(A, 1024);
      for (let i = 0; i < 1024; i++) stream[i] = random(256);
      // From none to many candidates around q.
      for (let n = 0; n < round; n++) {
        const at = 3 * random(336);
        const candidate = Q - 2 + random(4) + 2 ** 23 * random(2);
        stream.set([candidate & 255, (candidate >> 8) & 255, candidate >> 16], at);
      }
      const expected = rejNttPoly(stream.slice(0, 1008));
      const isEnough = wasm.call['rejectUniform']?.(A, 1008, B);
      expect(isEnough).toBe(Number(expected.length >= 256));
      expect(Array.from(wasm.words(B, expected.length), fromDigits)).toEqual(expected);
    }
  });

  it('makes A of algorithm 32', () => {
    for (let round = 0; round < 4; round++) {
      const rho = wasm.bytes(A, 32).fill(17 * round);
      wasm.call['expandA']?.(A, 0xc0000, B);
      for (let r = 0; r < 8; r++) {
        for (let s = 0; s < 7; s++) {
          const expected = rejNttPoly(shake128(Uint8Array.of(...rho, s, r), { dkLen: 1200 }));
          expect(Array.from(wasm.words(0xc0000 + 1024 * (7 * r + s)), fromDigits)).toEqual(expected);
        }
      }
    }
  });

  it('makes s1 and s2 of algorithm 33', () => {
    for (let round = 0; round < 20; round++) {
      const seed = wasm.bytes(A, 64).fill(3 * round);
      wasm.call['expandS']?.(A, C, B);
      for (let n = 0; n < 15; n++) {
        const stream = shake256(Uint8Array.of(...seed, n, 0), { dkLen: 1088 });
        const expected = [...stream]
          .flatMap((byte) => [byte & 15, byte >> 4])
          .filter((nibble) => nibble < 15)
          .map((nibble) => 2 - (nibble % 5));
        expect([...wasm.signed(C + 272 * n)]).toEqual(expected.slice(0, 256));
      }
    }
  });

  it('makes y of algorithm 34, three polynomials at a time', () => {
    const seed = wasm.bytes(A, 64).fill(9);
    for (const number of [0, 3, 255, 510, 65533]) {
      wasm.call['expandMask']?.(A, number, C, B);
      for (let i = 0; i < 3; i++) {
        const tail = [(number + i) & 255, (number + i) >> 8];
        const bytes = shake256(Uint8Array.of(...seed, ...tail), { dkLen: 640 });
        expect([...wasm.words(C + 1024 * i)]).toEqual(polynomial((at) => 2 ** 19 - bitsAt(bytes, 20, at)));
      }
    }
  });

  it('makes the challenge of algorithm 29', () => {
    for (let round = 0; round < 3000; round++) {
      const seed = wasm.bytes(A, 64).fill(round & 255);
      seed[0] = round >> 8;
      const stream = shake256(seed, { dkLen: 544 });
      const expected = polynomial(() => 0);
      let at = 8;
      for (let i = 196; i < 256; i++) {
        let j = stream[at++] as number;
        while (j > i) j = stream[at++] as number;
        expected[i] = expected[j] as number;
        expected[j] = bitsAt(stream, 1, i - 196) === 1 ? -1 : 1;
      }
      wasm.call['sampleInBall']?.(A, F);
      expect([...wasm.signed(F)]).toEqual(expected);
    }
  });
});
