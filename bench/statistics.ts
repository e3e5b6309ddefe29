/**
 * The few figures of statistics that the bench needs: functions of some lines instead of a dependency that every
 * installation of the package would carry.
 *
 * @module
 */

/** A median and the quartiles around it. */
export interface Spread {
  readonly median: number;
  readonly q1: number;
  readonly q3: number;
}

function sorted(values: Iterable<number>): number[] {
  return [...values].sort((a, b) => a - b);
}

/**
 * The value below which a part of the values lies, interpolated between neighbours.
 *
 * @param ordered - Values in rising order, at least one.
 * @param part - From 0 to 1.
 */
export function quantile(ordered: ArrayLike<number>, part: number): number {
  const position = (ordered.length - 1) * part;
  const below = ordered[Math.floor(position)] as number;
  const above = ordered[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}

/** The middle of some values, at least one. */
export function median(values: Iterable<number>): number {
  return quantile(sorted(values), 0.5);
}

/** The middle and the quartiles of some values, at least one. */
export function spread(values: Iterable<number>): Spread {
  const ordered = sorted(values);
  return { median: quantile(ordered, 0.5), q1: quantile(ordered, 0.25), q3: quantile(ordered, 0.75) };
}
