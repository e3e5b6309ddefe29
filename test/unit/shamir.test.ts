import fc from 'fast-check';
import * as library from 'shamir-secret-sharing';
import { describe, expect, it } from 'vitest';
import { concat, equal, toHex } from '../../src/bytes.ts';
import { QuorumError } from '../../src/errors.ts';
import { combine, MAX_SECRET_BYTES, MAX_SHARES, type Share, split } from '../../src/shamir.ts';
import { expectInput, NO_BYTES, thrownBy } from '../support/errors.ts';
import { makeField } from '../support/gf256.ts';
import { choices, range } from '../support/numbers.ts';

const { product, power, solve } = makeField(0x11b);

/** A generator that gives what it is told to. */
const fixed = (bytes: Uint8Array) => (out: Uint8Array) => out.set(bytes, 0);

const secrets = fc.uint8Array({ minLength: 1, maxLength: 100, size: 'max' });

/** A secret, a code, and the shares that are left of it, in any order. */
const cases = fc
  .integer({ min: 1, max: MAX_SHARES })
  .chain((total) => fc.tuple(fc.constant(total), fc.integer({ min: 1, max: total })))
  .chain(([total, threshold]) =>
    fc.record({
      secret: secrets,
      threshold: fc.constant(threshold),
      total: fc.constant(total),
      left: fc.shuffledSubarray(range(0, total), { minLength: threshold }),
    }),
  );

const pick = (shares: readonly Share[], indices: readonly number[]) => indices.map((i) => shares[i] as Share);

describe('split and combine', () => {
  it('give the secret back from any shares that are enough, in any order', () => {
    fc.assert(
      fc.property(cases, ({ secret, threshold, total, left }) => {
        const shares = split(secret, threshold, total);
        expect(combine(pick(shares, left), threshold)).toEqual(secret);
      }),
      { numRuns: 60 },
    );
  });

  it('give it back from every choice of M of 16 shares, for every M', () => {
    const secret = Uint8Array.of(0, 0x80, 0xff);
    for (const threshold of range(1, 17)) {
      const shares = split(secret, threshold, 16);
      for (const chosen of choices(16, threshold)) {
        if (!equal(combine(pick(shares, chosen), threshold), secret)) expect.fail(`${threshold}: ${chosen}`);
      }
    }
  });

  it('make the same shares whatever their total: so what holds of 16 holds of fewer', () => {
    for (const threshold of range(1, 17)) {
      const random = fixed(new Uint8Array(3 * (threshold - 1)).map((_, i) => 89 * i + threshold));
      const all = split(Uint8Array.of(1, 2, 3), threshold, 16, random);
      for (const total of range(threshold, 17)) {
        expect(split(Uint8Array.of(1, 2, 3), threshold, total, random)).toEqual(all.slice(0, total));
      }
    }
  });

  it('take the longest secret', () => {
    const secret = new Uint8Array(MAX_SECRET_BYTES).map((_, i) => (i * 31) >> 3);
    expect(equal(combine(split(secret, 2, 3).slice(1), 2), secret)).toBe(true);
  });

  it('take a Buffer, and a part of one', () => {
    const secret = Buffer.from('before and secret').subarray(11);
    const [, second, third] = split(secret, 2, 3) as [Share, Share, Share];
    expect(combine([third, { x: second.x, y: Buffer.from(second.y) }], 2)).toEqual(
      new Uint8Array(Buffer.from('secret')),
    );
  });
});

describe('a share', () => {
  it('is the value of the polynomials at its point', () => {
    const codes = fc
      .tuple(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 20 }),
      )
      .chain(([threshold, length, more]) => {
        const size = (threshold - 1) * length;
        return fc.record({
          threshold: fc.constant(threshold),
          total: fc.constant(threshold + more),
          secret: fc.uint8Array({ minLength: length, maxLength: length }),
          coefficients: fc.uint8Array({ minLength: size, maxLength: size }),
        });
      });
    fc.assert(
      fc.property(codes, ({ secret, threshold, total, coefficients }) => {
        const rows = [
          secret,
          ...range(0, threshold - 1).map((j) => coefficients.subarray(j * secret.length)),
        ];
        split(secret, threshold, total, fixed(coefficients)).forEach(({ x, y }, i) => {
          expect(x).toBe(i + 1);
          const value = (at: number) =>
            rows.reduce((sum, row, j) => sum ^ product(row[at] as number, power(x, j)), 0);
          expect([...y]).toEqual(range(0, secret.length).map(value));
        });
      }),
      { numRuns: 50 },
    );
  });

  it('is right for every product of the field', () => {
    const coefficients = Uint8Array.from(range(0, 256));
    for (const { x, y } of split(new Uint8Array(256), 2, 255, fixed(coefficients))) {
      expect(y).toEqual(coefficients.map((a) => product(a, x)));
    }
  });

  it('is as docs/k-of-n.md has it', () => {
    const shares = split(Uint8Array.of(0x42, 0x00), 3, 5, fixed(Uint8Array.of(0x13, 0x01, 0xa7, 0xff)));
    expect(shares.map(({ x, y }) => `${x} ${toHex(y)}`)).toEqual([
      '1 f6fe',
      '2 ced3',
      '3 7a2d',
      '4 906d',
      '5 2493',
    ]);
  });

  it('has memory of its own', () => {
    const shares = split(Uint8Array.of(1, 2), 1, 3);
    expect(new Set(shares.map(({ y }) => y.buffer)).size).toBe(3);
    expect(shares.every(({ y }) => y.buffer.byteLength === 2)).toBe(true);
  });
});

describe('fewer shares than are needed', () => {
  // Two things make it true for every M of N up to 16: each choice of M − 1 shares and each candidate for the secret's
  // byte have a polynomial; and none has two, as that many equations are independent.
  it.each(range(1, 17))('are the same for every candidate of a byte: %i of 16', (threshold) => {
    const candidates = Uint8Array.from(range(0, 256));
    const known = threshold - 1;
    fc.assert(
      fc.property(
        fc.shuffledSubarray(range(1, 17), { minLength: known, maxLength: known }),
        fc.uint8Array({ minLength: known, maxLength: known }),
        (points, values) => {
          const powers = points.map((x) => range(1, threshold).map((j) => power(x, j)));
          const sums = points.map((_, i) => candidates.map((byte) => byte ^ (values[i] as number)));
          const coefficients = concat(...(solve(powers, sums) as Uint8Array[]));
          const shares = split(candidates, threshold, 16, fixed(coefficients));
          points.forEach((x, i) => {
            expect(new Set(shares[x - 1]?.y)).toEqual(new Set([values[i]]));
          });
        },
      ),
      { numRuns: 10 },
    );
  });

  it.each(range(2, 17))('leave every coefficient open: every choice from 16, %i needed', (threshold) => {
    const known = threshold - 1;
    // Byte b of the shares has 1 for coefficient b and 0 for the others: what the shares make of each coefficient.
    const units = concat(...range(0, known).map((j) => Uint8Array.from(range(0, known), (b) => +(b === j))));
    const rows = split(new Uint8Array(known), threshold, 16, fixed(units)).map(({ y }) => [...y]);
    for (const chosen of choices(16, known)) {
      const independent = solve(
        chosen.map((i) => rows[i] as number[]),
        chosen.map(() => new Uint8Array(1)),
      );
      if (independent === undefined) expect.fail(`${chosen}`);
    }
  });

  it('take every value once for each secret byte, counted over all polynomials: 2 needed', () => {
    const coefficients = Uint8Array.from(range(0, 256));
    for (const byte of range(0, 256)) {
      for (const { y } of split(new Uint8Array(256).fill(byte), 2, 16, fixed(coefficients))) {
        if (new Set(y).size !== 256) expect.fail(`secret ${byte}`);
      }
    }
  });

  it('take every pair of values once for each secret byte, counted over all polynomials: 3 needed', () => {
    const all = range(0, 65_536);
    const random = fixed(
      concat(
        Uint8Array.from(all, (i) => i >> 8),
        Uint8Array.from(all),
      ),
    );
    for (const byte of range(0, 256)) {
      const shares = split(new Uint8Array(65_536).fill(byte), 3, 3, random);
      for (const pair of choices(3, 2)) {
        const [{ y: first }, { y: second }] = pick(shares, pair) as [Share, Share];
        const seen = new Uint8Array(65_536);
        for (let i = 0; i < seen.length; i++) seen[((first[i] as number) << 8) | (second[i] as number)] = 1;
        if (seen.includes(0)) expect.fail(`secret ${byte}, shares ${pair}`);
      }
    }
  });
});

describe('shamir-secret-sharing', () => {
  // A share of the library is the bytes and behind them the point.
  const toTheirs = ({ x, y }: Share) => concat(y, Uint8Array.of(x));
  const toOurs = (share: Uint8Array): Share => ({ x: share.at(-1) as number, y: share.subarray(0, -1) });
  const codes = cases.filter(({ threshold }) => threshold >= 2);

  it('combines what was split here', async () => {
    await fc.assert(
      fc.asyncProperty(codes, async ({ secret, threshold, total, left }) => {
        const shares = pick(split(secret, threshold, total), left);
        expect(await library.combine(shares.map(toTheirs))).toEqual(secret);
      }),
      { numRuns: 20 },
    );
  });

  it('splits what is combined here', async () => {
    await fc.assert(
      fc.asyncProperty(codes, async ({ secret, threshold, total, left }) => {
        const shares = pick((await library.split(secret, total, threshold)).map(toOurs), left);
        expect(combine(shares, threshold)).toEqual(secret);
      }),
      { numRuns: 20 },
    );
  });
});

describe('split', () => {
  it('draws the random bytes once, as many as there are coefficients, and wipes them', () => {
    const draws: Uint8Array[] = [];
    const random = (out: Uint8Array) => draws.push(out.fill(0xaa));
    split(Uint8Array.of(1, 2, 3, 4), 3, 5, random);
    expect(draws.map((draw) => [draw.length, draw.some((byte) => byte !== 0)])).toEqual([[8, false]]);
  });

  it('wipes them when the generator fails', () => {
    let drawn: Uint8Array | undefined;
    const random = (out: Uint8Array) => {
      drawn = out.fill(0xaa);
      throw new Error('no more');
    };
    expect(() => split(Uint8Array.of(1, 2), 2, 2, random)).toThrow('no more');
    expect(drawn).toEqual(new Uint8Array(2));
  });

  it('leaves the secret alone', () => {
    const secret = Uint8Array.of(1, 2, 3);
    split(secret, 2, 3);
    expect(secret).toEqual(Uint8Array.of(1, 2, 3));
  });

  it.each(NO_BYTES)('refuses %s for the secret', (_, value) => {
    expectInput(() => split(value as Uint8Array, 2, 3), 'ERR_INPUT_TYPE', 'secret');
  });

  it('refuses secrets that are empty or too long', () => {
    expectInput(() => split(new Uint8Array(0), 2, 3), 'ERR_INPUT_LENGTH', 'secret');
    expectInput(() => split(new Uint8Array(MAX_SECRET_BYTES + 1), 2, 3), 'ERR_INPUT_LENGTH', 'secret');
  });

  it('refuses codes that are none', () => {
    const secret = Uint8Array.of(1);
    for (const total of [0, 256, -1, 2.5, Number.NaN]) {
      expectInput(() => split(secret, 1, total), 'ERR_INPUT_RANGE', 'total');
    }
    for (const threshold of [0, 4, -1, 1.5]) {
      expectInput(() => split(secret, threshold, 3), 'ERR_INPUT_RANGE', 'threshold');
    }
    expectInput(() => split(secret, '2' as never, 3), 'ERR_INPUT_TYPE', 'threshold');
    expectInput(() => split(secret, 2, undefined as never), 'ERR_INPUT_TYPE', 'total');
  });
});

describe('combine', () => {
  const secret = Uint8Array.of(7, 8, 9);
  const shares = split(secret, 3, 5) as [Share, Share, Share, Share, Share];
  const [first, second, third, fourth, fifth] = shares;

  it('says how many shares there are when there are too few', () => {
    for (const have of range(0, 3)) {
      const error = thrownBy(() => combine(shares.slice(0, have), 3));
      expect(error).toBeInstanceOf(QuorumError);
      expect(error).toMatchObject({ have, need: 3 });
    }
  });

  it('refuses a point that comes twice, and points that shares do not have', () => {
    expectInput(() => combine([first, second, first], 3), 'ERR_INPUT_FORMAT', 'shares[2].x');
    for (const x of [0, 256, -1, 1.5]) {
      expectInput(() => combine([first, { ...second, x }, third], 3), 'ERR_INPUT_RANGE', 'shares[1].x');
    }
    expectInput(() => combine([{ ...first, x: '1' as never }], 1), 'ERR_INPUT_TYPE', 'shares[0].x');
  });

  it('refuses shares of different lengths, and without bytes', () => {
    const short = { x: 3, y: third.y.subarray(1) };
    expectInput(() => combine([first, second, short], 3), 'ERR_INPUT_LENGTH', 'shares[2].y');
    expectInput(() => combine([{ x: 1, y: new Uint8Array(0) }], 1), 'ERR_INPUT_LENGTH', 'shares[0].y');
    expectInput(
      () => combine([{ x: 1, y: new Uint8Array(MAX_SECRET_BYTES + 1) }], 1),
      'ERR_INPUT_LENGTH',
      'shares[0].y',
    );
  });

  it.each(NO_BYTES)('refuses %s for the bytes of a share', (_, value) => {
    expectInput(() => combine([{ x: 1, y: value as never }], 1), 'ERR_INPUT_TYPE', 'shares[0].y');
  });

  it('refuses what is no array of shares', () => {
    for (const value of [undefined, null, 'shares', first, new Set(shares)]) {
      expectInput(() => combine(value as never, 3), 'ERR_INPUT_TYPE', 'shares');
    }
    for (const value of [undefined, null, 'share', 7]) {
      expectInput(() => combine([first, value as never], 2), 'ERR_INPUT_TYPE', 'shares[1]');
    }
    const hostile = {
      get x(): number {
        throw new Error('hostile');
      },
      y: first.y,
    };
    expectInput(() => combine([hostile], 1), 'ERR_INPUT_TYPE', 'shares[0]');
  });

  it('refuses thresholds that are none', () => {
    for (const threshold of [0, 256, 1.5]) {
      expectInput(() => combine(shares, threshold), 'ERR_INPUT_RANGE', 'threshold');
    }
  });

  it('names a share too many that does not agree with the first ones', () => {
    const foreign = split(secret, 3, 5)[4] as Share;
    expectInput(() => combine([first, second, third, fourth, foreign], 3), 'ERR_INPUT_FORMAT', 'shares[4]');
    const swapped = { x: fourth.x, y: fifth.y };
    expectInput(() => combine([first, second, third, swapped, fifth], 3), 'ERR_INPUT_FORMAT', 'shares[3]');
    // A threshold that is too small shows as soon as there are more shares.
    expectInput(() => combine(shares, 2), 'ERR_INPUT_FORMAT', 'shares[2]');
  });

  it('leaves the shares alone', () => {
    const before = shares.map(({ x, y }) => ({ x, y: Uint8Array.from(y) }));
    combine(shares, 3);
    expect(shares).toEqual(before);
  });
});
