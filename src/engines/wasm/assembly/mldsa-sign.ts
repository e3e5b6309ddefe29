/**
 * Signing with ML-DSA-87 (FIPS 204 §6.2, algorithm 7).
 *
 * The number of attempts is public, and so is what made one fail. Within an attempt, and until it is known whether it fails,
 * nothing depends on secrets but values: see mldsa-sample.ts for the challenge. y is drawn three polynomials at
 * a time and an attempt takes seven: one or two that none has used are left for the next.
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

/** Polynomials of y that there is room for: a ring, which an attempt and what is left over fill at most. */
const RING: usize = 9;

/** Where polynomial j of y is in an attempt whose first one is at place `first` of the ring. */
// @ts-ignore: decorator
@inline
function placeOfY(first: usize, j: usize): usize {
  const place = first + j;
  return Y + (place < RING ? place : place - RING) * POLY_BYTES;
}

/** Steps 12 to 15: w = A·y, its parts w1 and w0, and c̃ at OUT. */
function commit(matrix: usize, first: usize): void {
  for (let j: usize = 0; j < COLUMNS; j++) {
    ntt(placeOfY(first, j), POLY);
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
function respond(first: usize): bool {
  sampleInBall(OUT, CHALLENGE);
  prepareChallenge(CHALLENGE, CHALLENGE_SMALL, PRODUCT);
  for (let i: usize = 0; i < ROWS; i++) {
    multiplyShort(CHALLENGE_SMALL, WORKING_KEY + WORKING_S2 + i * SMALL_BYTES, PRODUCT);
    if (subtractProduct(W + i * POLY_BYTES, PRODUCT)) return false;
  }
  for (let j: usize = 0; j < COLUMNS; j++) {
    multiplyShort(CHALLENGE_SMALL, WORKING_KEY + WORKING_S1 + j * SMALL_BYTES, PRODUCT);
    if (addProduct(placeOfY(first, j), PRODUCT)) return false;
  }
  widen(CHALLENGE, POLY);
  ntt(POLY, POLY);
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
  // First, for making A takes the place of the state that absorbed a message in pieces.
  makeMu(absorbed, WORKING_KEY + WORKING_TR, length);
  if (isNew) expandA(WORKING_KEY + WORKING_RHO, slot + SLOT_A, STREAMS);
  // Step 7: ρ″ = H(K ‖ rnd ‖ μ, 64).
  shake256(WORKING_KEY + WORKING_K, 2 * SEED_BYTES + MU_BYTES, HASHED, 64);
  // Both counts are public. The ring has room for three at once where the number of polynomials drawn so far leads.
  let kappa: u32 = 0;
  let drawn: u32 = 0;
  do {
    for (; drawn < kappa + <u32>COLUMNS; drawn += 3) {
      expandMask(HASHED, drawn, Y + (<usize>drawn % RING) * POLY_BYTES, STREAMS);
    }
    const first = <usize>kappa % RING;
    commit(slot + SLOT_A, first);
    if (respond(first)) break;
    kappa += <u32>COLUMNS;
  } while (true);
  for (let j: usize = 0; j < COLUMNS; j++) {
    packZ(placeOfY(<usize>kappa % RING, j), OUT + CTILDE_BYTES + j * Z_PACKED_BYTES);
  }
  packHints(HINTS, OUT + HINTS_OFFSET);
  wipeOperation(length);
}
