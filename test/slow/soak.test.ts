/**
 * A hundred thousand operations of the engine in WebAssembly, through the public API and by themselves, with failures in
 * between: bad keys, bad lengths, no randomness, disposal in mid-use, keys that are dropped.
 */
import { it } from 'vitest';
import { runSoak } from '../support/soak.ts';

const OPERATIONS = 100_000;

it(`memory is flat and every secret gone after ${OPERATIONS} operations`, () => {
  runSoak(OPERATIONS);
});
