/**
 * What pieces of a code are made of: byte i of piece x is f(x) for the polynomial f of degree below k, over GF(2^8),
 * that has byte i of data piece j at each j below k. So any k pieces give f, and with it every other piece.
 *
 * @module
 */
import { exp, log, ORDER } from './field.ts';

/** A matrix, row by row: `outputs` rows, of as many coefficients as there are `inputs`. */
export interface Matrix {
  readonly inputs: number;
  readonly outputs: number;
  readonly coefficients: Uint8Array;
}

/**
 * The matrix that takes some pieces to others (Lagrange's interpolation): the coefficient of the input at point p in
 * the output at point x is the product of (x − q) / (p − q) over the other inputs' points q. It has no zeros. In this
 * field − is ⊕.
 *
 * @param from - The indices of k pieces, each once, 0 to 254.
 * @param to - The indices of the pieces to make, none of them in `from`.
 */
export function interpolation(from: readonly number[], to: readonly number[]): Matrix {
  // Logarithms: a product is their sum, at most 254 · 254 here.
  const denominators = from.map((p) => {
    let sum = 0;
    for (const q of from) if (q !== p) sum += log(p ^ q);
    return sum % ORDER;
  });
  const coefficients = new Uint8Array(to.length * from.length);
  let at = 0;
  for (const x of to) {
    let whole = ORDER;
    for (const q of from) whole += log(x ^ q);
    for (let j = 0; j < from.length; j++) {
      coefficients[at++] = exp(whole - log(x ^ (from[j] as number)) - (denominators[j] as number));
    }
  }
  return { inputs: from.length, outputs: to.length, coefficients };
}
