/**
 * The message representative μ = H(tr ‖ M′, 64) (FIPS 204 algorithm 7, step 6), of a message at hand or piece by piece.
 */
import { STATE_BYTES } from './keccak';
import { STATE } from './memory';
import { MESSAGE, MU } from './mldsa-memory';
import { MU_BYTES, TR_BYTES } from './mldsa-params';
import { absorb, finish, SHAKE256_RATE, SHAKE_SUFFIX, squeeze } from './sponge';

/** In place of how much of a block is absorbed: nothing yet, not even tr. */
export const NOTHING_ABSORBED: i32 = -1;
/** In place of the same: μ is there already. */
export const MU_GIVEN: i32 = -2;

/** Absorbs tr at the beginning, and bytes at MESSAGE. */
function absorbMessage(absorbed: i32, tr: usize, length: usize): usize {
  let at = <usize>absorbed;
  if (absorbed == NOTHING_ABSORBED) {
    memory.fill(STATE, 0, STATE_BYTES);
    at = absorb(STATE, SHAKE256_RATE, 0, tr, TR_BYTES);
  }
  return absorb(STATE, SHAKE256_RATE, at, MESSAGE, length);
}

/**
 * Absorbs a piece of a message that is longer than there is room for; the piece is zeroed, the state is kept for the next.
 *
 * @param absorbed - {@link NOTHING_ABSORBED}, or what the call before returned.
 * @param tr - tr.
 * @param length - Bytes at MESSAGE.
 * @returns Bytes of a block absorbed.
 */
export function dsaAbsorb(absorbed: i32, tr: usize, length: usize): i32 {
  const at = absorbMessage(absorbed, tr, length);
  memory.fill(MESSAGE, 0, length);
  return <i32>at;
}

/** Writes μ to MU, unless it is there. Arguments as above, for the last piece. */
export function makeMu(absorbed: i32, tr: usize, length: usize): void {
  if (absorbed == MU_GIVEN) return;
  finish(STATE, SHAKE256_RATE, absorbMessage(absorbed, tr, length), SHAKE_SUFFIX);
  squeeze(STATE, SHAKE256_RATE, 0, MU, MU_BYTES);
}
