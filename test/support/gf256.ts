/**
 * GF(2^8) and linear equations over it, written apart from src/: products from the definition, elimination instead of
 * interpolation.
 *
 * @module
 */

/** A field of 256 elements. */
export interface Field {
  product(a: number, b: number): number;
  /** a to the power of `exponent`; that of 0 to the power of 0 is 1. */
  power(a: number, exponent: number): number;
  /**
   * Solves a · x = b for rows of bytes x and b.
   *
   * @returns One row for each unknown; undefined when there is not exactly one solution.
   */
  solve(a: readonly (readonly number[])[], b: readonly Uint8Array[]): Uint8Array[] | undefined;
}

/** The polynomials' product, then its remainder. */
function longProduct(a: number, b: number, polynomial: number): number {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) if ((b >> bit) & 1) result ^= a << bit;
  for (let bit = 14; bit >= 8; bit--) if ((result >> bit) & 1) result ^= polynomial << (bit - 8);
  return result;
}

function swap<T>(rows: T[], i: number, j: number): void {
  [rows[i], rows[j]] = [rows[j] as T, rows[i] as T];
}

/**
 * Makes a field.
 *
 * @param polynomial - What products are reduced by; bit i is the coefficient of x^i.
 */
export function makeField(polynomial: number): Field {
  const products = Uint8Array.from({ length: 65_536 }, (_, i) => longProduct(i >> 8, i & 255, polynomial));
  const inverses = Uint8Array.from({ length: 256 }, (_, a) =>
    a === 0 ? 0 : products.subarray(a << 8, (a + 1) << 8).indexOf(1),
  );
  const product = (a: number, b: number) => products[(a << 8) | b] as number;

  /** Adds a multiple of one row to another. */
  function addTimes(to: number[] | Uint8Array, from: ArrayLike<number>, factor: number): void {
    for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) ^ product(from[i] as number, factor);
  }

  return {
    product,
    power: (a, exponent) => {
      let result = 1;
      for (let i = 0; i < exponent; i++) result = product(result, a);
      return result;
    },
    solve: (a, b) => {
      const left = a.map((row) => [...row]);
      const right = b.map((row) => Uint8Array.from(row));
      for (let column = 0; column < left.length; column++) {
        const pivot = left.findIndex((row, i) => i >= column && row[column] !== 0);
        if (pivot < 0) return undefined;
        swap(left, column, pivot);
        swap(right, column, pivot);
        // A row times c is the row and c ⊕ 1 times the row.
        const scale = (inverses[left[column]?.[column] as number] as number) ^ 1;
        addTimes(left[column] as number[], [...(left[column] as number[])], scale);
        addTimes(right[column] as Uint8Array, [...(right[column] as Uint8Array)], scale);
        for (let i = 0; i < left.length; i++) {
          const factor = left[i]?.[column] as number;
          if (i === column || factor === 0) continue;
          addTimes(left[i] as number[], left[column] as number[], factor);
          addTimes(right[i] as Uint8Array, right[column] as Uint8Array, factor);
        }
      }
      return right;
    },
  };
}
