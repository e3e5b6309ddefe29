/**
 * All operations, and which case does which.
 *
 * @module
 */
import type { Kind, Operation } from '../operation.ts';
import { hashOperations, invalidHashOperations } from './hash.ts';
import { kemOperations } from './kem.ts';
import { invalidKemOperations } from './kem-invalid.ts';
import { signOperations } from './sign.ts';
import { invalidSignOperations } from './sign-invalid.ts';

/** How many cases share their keys; in as many, each operation has as many cases as it weighs. */
export const PERIOD = 1000;

/** Has no factor in common with {@link PERIOD}: neighbouring cases are of different operations. */
const STRIDE = 389;

/** The operations of each kind. */
export const OPERATIONS: Readonly<Record<Kind, readonly Operation[]>> = {
  random: [...hashOperations, ...kemOperations, ...signOperations],
  invalid: [...invalidHashOperations, ...invalidKemOperations, ...invalidSignOperations],
};

/** The operation at each place of a period. */
function placesOf(kind: Kind): Operation[] {
  const places = OPERATIONS[kind].flatMap((operation) =>
    Array.from({ length: operation.weight }, () => operation),
  );
  if (places.length !== PERIOD) throw new Error(`weights of ${kind}: ${places.length}, not ${PERIOD}`);
  return places;
}

const PLACES = { random: placesOf('random'), invalid: placesOf('invalid') };

/** The operation of a case. */
export function operationOf(kind: Kind, number: number): Operation {
  return PLACES[kind][((number % PERIOD) * STRIDE) % PERIOD] as Operation;
}
