/**
 * The points of sealing and opening at which a key may die, for the tests that let it die at each of them.
 *
 * @module
 */

/** Names of the points, in the order in which they are passed. */
export type TapPoint =
  | 'before the key'
  | 'key found'
  | 'key copied'
  | 'key derived'
  | 'key kept'
  | 'ready'
  | 'work done'
  | 'before the return';

let listener: ((point: TapPoint) => void) | undefined;

/** Passes a point. */
export function tap(point: TapPoint): void {
  if (listener !== undefined) listener(point);
}

/** Has something done at every point; undefined for nothing. Tests alone call it. */
export function onTap(next: ((point: TapPoint) => void) | undefined): void {
  listener = next;
}
