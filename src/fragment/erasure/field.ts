/**
 * GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1 (0x11d), by logarithms to the base x, which generates all elements but 0.
 * For the coefficients of a code, which are public: the look-ups take a time that depends on their operands.
 *
 * @module
 */

/** The polynomial of the field; bit i is the coefficient of x^i. */
const POLYNOMIAL = 0x11d;

/** How many elements have a logarithm; logarithms are counted modulo this. */
export const ORDER = 255;

/** An element times x. */
export function timesX(a: number): number {
  return (a << 1) ^ ((a >> 7) * POLYNOMIAL);
}

/** Powers of x, from the 0th to the 254th. */
const EXP = new Uint8Array(ORDER);
/** Logarithms; that of 0, which has none, is not to be read. */
const LOG = new Uint8Array(256);

for (let power = 0, element = 1; power < ORDER; power++, element = timesX(element)) {
  EXP[power] = element;
  LOG[element] = power;
}

/** The logarithm of an element other than 0: 0 to 254. */
export function log(element: number): number {
  return LOG[element] as number;
}

/** The element that has a logarithm: any integer from 0 up. */
export function exp(logarithm: number): number {
  return EXP[logarithm % ORDER] as number;
}
