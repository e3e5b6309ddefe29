/**
 * Signing with ML-DSA-87 (FIPS 204 §6.2, algorithm 7).
 *
 * The number of attempts is public, and so is what made one fail. Within an attempt, and until it is known whether it fails,
 * nothing depends on secrets but values: see mldsa-sample.ts for the challenge. What an attempt drew is used for that attempt
 * only, except for one polynomial of y, which no attempt has used: y is drawn two polynomials at a time and there are seven.
 */
import {
  BYTES, CHALLENGE, CHALLENGE_OPERAND, CHALLENGE_SMALL, HASHED, HINTS, MESSAGE, MU, OPERANDS, OUT, POLY, PRODUCT, SLOT_A,
  STREAMS, W, W1, wipeOperation, WORKING_K, WORKING_KEY, WORKING_RHO, WORKING_S1, WORKING_S2, WORKING_T0, WORKING_TR, Y,
} from './mldsa-memory';
import { shake256 } from './mldsa-keys';
import { multiplyOne, multiplyRow, OPERAND_BYTES, toOperand } from './mldsa-matrix';
import { makeMu } from './mldsa-message';
import { inverseNtt, ntt } from './mldsa-ntt';
import { packHints, packZ, widen } from './mldsa-pack';
import {
  COLUMNS, CTILDE_BYTES, HINTS_OFFSET, MU_BYTES, OMEGA, POLY_BYTES, ROWS, SEED_BYTES, W1_PACKED_BYTES, Z_PACKED_BYTES,
} from './mldsa-params';
import { addProduct, decompose, makeHints, subtractProduct } from './mldsa-round';
import { expandA, expandMask, sampleInBall, SHORT_BYTES } from './mldsa-sample';
import { multiplyShort, prepareChallenge, SMALL_BYTES } from './mldsa-small-ntt';

/** Polynomial j of y in an attempt: the places are a ring of eight, and each attempt begins one place earlier. */
// @ts-ignore: decorator
@inline
function placeOfY(j: usize, isOdd: usize): usize {
  return Y + ((j - isOdd) & 7) * POLY_BYTES;
}

/** Step 11: y of the attempt that begins with polynomial number `kappa` of ρ″, in pairs of an even number and an odd one. */
function drawY(kappa: u32): void {
  const isOdd = <usize>kappa & 1;
  for (let j = isOdd; j < COLUMNS; j += 2) {
    expandMask(HASHED, kappa + <u32>j, placeOfY(j, isOdd), placeOfY(j + 1, isOdd), STREAMS);
  }
}

/** Steps 12 to 15: w = A·y, its parts w1 and w0, and c̃ at OUT. */
function commit(matrix: usize, isOdd: usize): void {
  for (let j: usize = 0; j < COLUMNS; j++) {
    memory.copy(POLY, placeOfY(j, isOdd), POLY_BYTES);
    ntt(POLY);
    toOperand(POLY, OPERANDS + j * OPERAND_BYTES);
  }
  for (let i: usize = 0; i < ROWS; i++) {
    const row = W + i * POLY_BYTES;
    multiplyRow(matrix + i * COLUMNS * POLY_BYTES, OPERANDS, row);
    inverseNtt(row);
    decompose(row, BYTES + i * SHORT_BYTES, W1 + i * W1_PACKED_BYTES);
  }
  shake256(MU, MU_BYTES + ROWS * W1_PACKED_BYTES, OUT, CTILDE_BYTES);
}

/**
 * Steps 16 to 28: z in place of y and the hints, or false when the attempt fails. Of the norms, r0's comes first: it is the
 * one that fails more often. That of c·t0 is below γ2 in any case: ‖c·t0‖∞ ≤ τ·2^12 = 245 760.
 */
function respond(isOdd: usize): bool {
  sampleInBall(OUT, CHALLENGE);
  prepareChallenge(CHALLENGE, CHALLENGE_SMALL, PRODUCT);
  for (let i: usize = 0; i < ROWS; i++) {
    multiplyShort(CHALLENGE_SMALL, WORKING_KEY + WORKING_S2 + i * SMALL_BYTES, PRODUCT);
    if (subtractProduct(W + i * POLY_BYTES, PRODUCT)) return false;
  }
  for (let j: usize = 0; j < COLUMNS; j++) {
    multiplyShort(CHALLENGE_SMALL, WORKING_KEY + WORKING_S1 + j * SMALL_BYTES, PRODUCT);
    if (addProduct(placeOfY(j, isOdd), PRODUCT)) return false;
  }
  widen(CHALLENGE, POLY);
  ntt(POLY);
  toOperand(POLY, CHALLENGE_OPERAND);
  let count = 0;
  for (let i: usize = 0; i < ROWS; i++) {
    multiplyOne(WORKING_KEY + WORKING_T0 + i * POLY_BYTES, CHALLENGE_OPERAND, POLY);
    inverseNtt(POLY);
    count += makeHints(W + i * POLY_BYTES, POLY, BYTES + i * SHORT_BYTES, HINTS + i * 32);
  }
  return count <= OMEGA;
}

/**
 * Algorithm 7 (Sign_internal): the signature comes to OUT. The working key is at WORKING_KEY, rnd at RND, the message at
 * MESSAGE or μ at MU.
 *
 * @param slot - The slot with A.
 * @param isNew - Whether A has to be made first.
 * @param absorbed - What of the message is absorbed: see mldsa-message.ts.
 * @param length - Bytes at MESSAGE.
 */
export function dsaSign(slot: usize, isNew: bool, absorbed: i32, length: usize): void {
  if (isNew) expandA(WORKING_KEY + WORKING_RHO, slot + SLOT_A, STREAMS);
  makeMu(absorbed, WORKING_KEY + WORKING_TR, length);
  // Step 7: ρ″ = H(K ‖ rnd ‖ μ, 64).
  shake256(WORKING_KEY + WORKING_K, 2 * SEED_BYTES + MU_BYTES, HASHED, 64);
  let kappa: u32 = 0;
  do {
    drawY(kappa);
    commit(slot + SLOT_A, <usize>kappa & 1);
    if (respond(<usize>kappa & 1)) break;
    kappa += <u32>COLUMNS;
  } while (true);
  for (let j: usize = 0; j < COLUMNS; j++) {
    packZ(placeOfY(j, <usize>kappa & 1), OUT + CTILDE_BYTES + j * Z_PACKED_BYTES);
  }
  packHints(HINTS, OUT + HINTS_OFFSET);
  wipeOperation(length);
}
