/**
 * Shamir's secret sharing over GF(2^8): any `threshold` of the shares give the secret, fewer say nothing about it but
 * its length. A. Shamir, How to share a secret, Communications of the ACM 22 (1979), 612–613.
 *
 * Byte i of share x is f(x), where f is a polynomial of its own for each i: of degree below the threshold, f(0) the
 * secret's byte, and the other coefficients random, 0 included. The field is that of AES, modulo x^8 + x^4 + x^3 + x
 * + 1 (0x11b); docs/k-of-n.md has it to the byte. Shares carry no check: whoever stores or sends them sees to their
 * integrity.
 *
 * Nothing looks a table up or branches by a secret: a secret byte only meets masks made of its bits, and constants
 * that follow from the points, which are public.
 *
 * @module
 */
import {
  allocateSecret,
  checkArray,
  checkBytes,
  checkInteger,
  describe,
  equal,
  isObject,
  randomFill,
  readFrom,
  wipe,
} from './bytes.ts';
import { InputError, QuorumError } from './errors.ts';

/** x^8 + x^4 + x^3 + x + 1 (FIPS 197 §4.2); bit i is the coefficient of x^i. */
const POLYNOMIAL = 0x11b;

/** The most shares of a secret: as many points as the field has beside 0, where the secret is. */
export const MAX_SHARES = 255;
/** The longest secret. */
export const MAX_SECRET_BYTES = 65_536;

/** One share of a secret. */
export interface Share {
  /** The point: 1 to 255, public, each once among the shares of a secret. */
  readonly x: number;
  /** As many bytes as the secret has. The share is as secret as that. */
  readonly y: Uint8Array;
}

/** An element times x. */
function timesX(a: number): number {
  return (a << 1) ^ (-(a >> 7) & POLYNOMIAL);
}

/** The product of two elements: a sum of a · x^i, each under a mask of bit i of b. */
function product(a: number, b: number): number {
  let sum = 0;
  let power = a;
  for (let i = 0; i < 8; i++) {
    sum ^= -((b >> i) & 1) & power;
    power = timesX(power);
  }
  return sum;
}

/** 1 / a for a other than 0: a^254, as a^255 is 1; that is a^2 · a^4 · … · a^128. */
function inverse(a: number): number {
  let result = 1;
  let power = a;
  for (let i = 0; i < 7; i++) {
    power = product(power, power);
    result = product(result, power);
  }
  return result;
}

/**
 * Adds a constant's products with some bytes to other bytes.
 *
 * @param out - The sums.
 * @param bytes - Secret; as many from `from` on as `out` has.
 * @param from - Where they begin.
 * @param c0 - The constant, public.
 */
function addProducts(out: Uint8Array, bytes: Uint8Array, from: number, c0: number): void {
  const c1 = timesX(c0);
  const c2 = timesX(c1);
  const c3 = timesX(c2);
  const c4 = timesX(c3);
  const c5 = timesX(c4);
  const c6 = timesX(c5);
  const c7 = timesX(c6);
  for (let i = 0; i < out.length; i++) {
    const byte = bytes[from + i] as number;
    const sum =
      (-(byte & 1) & c0) ^
      (-((byte >> 1) & 1) & c1) ^
      (-((byte >> 2) & 1) & c2) ^
      (-((byte >> 3) & 1) & c3) ^
      (-((byte >> 4) & 1) & c4) ^
      (-((byte >> 5) & 1) & c5) ^
      (-((byte >> 6) & 1) & c6) ^
      (-((byte >> 7) & 1) & c7);
    out[i] = (out[i] as number) ^ sum;
  }
}

/**
 * What the polynomials through some shares have at a point that is none of theirs (Lagrange): the sum of y · L(x)
 * over the shares, with L(x) the product of (x − q) / (p − q) over the other shares' points q, for the share's point
 * p. Here − is ⊕.
 */
function interpolate(shares: readonly Share[], x: number): Uint8Array {
  const out = allocateSecret((shares[0] as Share).y.length);
  for (const { x: p, y } of shares) {
    let numerator = 1;
    let denominator = 1;
    for (const { x: q } of shares) {
      if (q === p) continue;
      numerator = product(numerator, x ^ q);
      denominator = product(denominator, p ^ q);
    }
    addProducts(out, y, 0, product(numerator, inverse(denominator)));
  }
  return out;
}

/**
 * Splits a secret.
 *
 * @param secret - 1 to {@link MAX_SECRET_BYTES} bytes; stays the caller's.
 * @param threshold - How many shares give the secret, 1 to `total`. With 1, each share is the secret.
 * @param total - How many shares there are, up to {@link MAX_SHARES}.
 * @param random - Fills an array with random bytes; the runtime's cryptographic generator by default. It is called
 *   once, and what it filled is wiped.
 * @returns The shares with the points 1 to `total`, yours to wipe.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator or it fails.
 * @example const shares = split(rootKey, 3, 5);
 */
export function split(
  secret: Uint8Array,
  threshold: number,
  total: number,
  random: (out: Uint8Array) => unknown = randomFill,
): Share[] {
  checkBytes('secret', secret, { min: 1, max: MAX_SECRET_BYTES });
  checkInteger('total', total, 1, MAX_SHARES);
  checkInteger('threshold', threshold, 1, total);
  const { length } = secret;
  // The coefficients of x, x^2 and so on: of all polynomials those of x, then those of x^2.
  const coefficients = allocateSecret((threshold - 1) * length);
  try {
    random(coefficients);
    const shares: Share[] = [];
    for (let x = 1; x <= total; x++) {
      const y = allocateSecret(length);
      y.set(secret);
      let power = 1;
      for (let from = 0; from < coefficients.length; from += length) {
        power = product(power, x);
        addProducts(y, coefficients, from, power);
      }
      shares.push({ x, y });
    }
    return shares;
  } finally {
    wipe(coefficients);
  }
}

/** Checks one share and reads it once. */
function checkShare(name: string, value: unknown): Share {
  const expected = 'a share: an object with x and y';
  const share = readFrom(name, expected, () => {
    if (!isObject(value)) return undefined;
    const { x, y } = value as Partial<Share>;
    return { x, y };
  });
  if (share === undefined) throw new InputError('ERR_INPUT_TYPE', name, expected, describe(value));
  const { x, y } = share;
  checkInteger(`${name}.x`, x, 1, MAX_SHARES);
  checkBytes(`${name}.y`, y, { min: 1, max: MAX_SECRET_BYTES });
  return { x, y };
}

/** Checks that shares fit together: lengths and points. */
function checkTogether(shares: readonly Share[]): void {
  const points = new Set<number>();
  for (const [i, { x, y }] of shares.entries()) {
    checkBytes(`shares[${i}].y`, y, (shares[0] as Share).y.length);
    if (points.has(x)) {
      throw new InputError('ERR_INPUT_FORMAT', `shares[${i}].x`, 'each point once', `${x} a second time`);
    }
    points.add(x);
  }
}

/**
 * Gives the secret back.
 *
 * @param shares - Shares of one secret, in any order. The first `threshold` of them give it; those behind them must
 *   agree.
 * @param threshold - How many shares the secret was split to need. With a smaller number the result is wrong, and
 *   nothing tells.
 * @returns The secret, yours to wipe. When a share is not what `split` made, it is another one, and nothing tells as
 *   long as there are no more shares than needed.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`; `ERR_INPUT_FORMAT` when a point
 *   comes twice, or a share too many does not agree with the first ones.
 * @throws {@link QuorumError} when there are fewer shares than `threshold`.
 * @example const rootKey = combine([shares[4], shares[0], shares[2]], 3);
 */
export function combine(shares: readonly Share[], threshold: number): Uint8Array {
  checkInteger('threshold', threshold, 1, MAX_SHARES);
  const checked = checkArray('shares', shares, 'an array of shares', checkShare);
  checkTogether(checked);
  if (checked.length < threshold) throw new QuorumError(checked.length, threshold);
  const needed = checked.slice(0, threshold);
  for (const [i, { x, y }] of checked.entries()) {
    if (i < threshold) continue;
    const expected = interpolate(needed, x);
    const agrees = equal(expected, y);
    wipe(expected);
    if (!agrees) {
      const others = `a share that agrees with the first ${threshold}`;
      throw new InputError('ERR_INPUT_FORMAT', `shares[${i}]`, others, 'one that does not');
    }
  }
  return interpolate(needed, 0);
}
