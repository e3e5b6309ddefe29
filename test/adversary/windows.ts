/**
 * Which 32 bytes of a dump are tried. All that begin at a multiple of 8, but for those that 32 random bytes practically
 * never are:
 *
 * - with 8 zero bytes or more: pointers and small integers of the runtime; a random key has that once in 2^40;
 * - without a byte above 127: texts; once in 2^32;
 * - with 16 different bytes or fewer: counters, tables, patterns; once in 2^48;
 * - the same 32 bytes once more, while they are among the last million that were tried.
 *
 * @module
 */

/** Windows in some bytes. */
export function keyWindows(bytes: number): number {
  return bytes < 32 ? 0 : Math.floor((bytes - 32) / 8) + 1;
}
