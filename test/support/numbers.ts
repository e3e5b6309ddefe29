/**
 * Integers to go through.
 *
 * @module
 */

/** The integers from `first` up to, and without, `end`. */
export function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}

/** Every choice of `size` of the integers below n, each in ascending order. */
export function choices(n: number, size: number): number[][] {
  if (size === 0) return [[]];
  return range(size - 1, n).flatMap((last) => choices(last, size - 1).map((rest) => [...rest, last]));
}
