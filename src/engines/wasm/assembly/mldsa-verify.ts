/**
 * Verifying with ML-DSA-87 (FIPS 204 §6.3, algorithm 8). Everything here is public, and zeroed all the same.
 */
import {
  BYTES, CHALLENGE, CHALLENGE_OPERAND, HASHED, IN_PUBLIC_KEY, IN_SIGNATURE, MESSAGE, MU, OPERANDS, POLY, SLOT_A, SLOT_T1, SLOT_TR,
  STREAMS, W, W1, wipeOperation,
} from './mldsa-memory';
import { areEqual, shake256 } from './mldsa-keys';
import { multiplyRowLess, OPERAND_BYTES, toDigits, toOperand } from './mldsa-matrix';
import { makeMu, NOTHING_ABSORBED } from './mldsa-message';
import { inverseNtt, ntt } from './mldsa-ntt';
import { unpackHints, unpackT1, widen } from './mldsa-pack';
import {
  COLUMNS, CTILDE_BYTES, HINTS_OFFSET, MU_BYTES, POLY_BYTES, PUBLIC_KEY_BYTES, ROWS, SEED_BYTES, T1_PACKED_BYTES,
  TR_BYTES, W1_PACKED_BYTES, Z_PACKED_BYTES,
} from './mldsa-params';
import { isLong, useHints } from './mldsa-round';
import { ENTRIES, expandEntries, sampleInBall, SHORT_BYTES, unpackZ } from './mldsa-sample';
import { beginBeside, finishBeside, isBusyBeside, SHAKE_SUFFIX } from './sponge';

/**
 * What follows from the public key at IN_PUBLIC_KEY: steps 1, 5 and 6, and of step 9 what becomes of t1. While A is sampled,
 * tr is hashed beside, and then μ if there is a whole message.
 */
function fill(slot: usize, withMu: bool, length: usize): void {
  const tr = slot + SLOT_TR;
  beginBeside(IN_PUBLIC_KEY, PUBLIC_KEY_BYTES, SHAKE_SUFFIX, tr, TR_BYTES);
  for (let entry: usize = 0; entry < ENTRIES; ) {
    if (withMu && !isBusyBeside()) {
      memory.copy(MESSAGE - TR_BYTES, tr, TR_BYTES);
      beginBeside(MESSAGE - TR_BYTES, TR_BYTES + length, SHAKE_SUFFIX, MU, MU_BYTES);
      withMu = false;
    }
    entry = expandEntries(IN_PUBLIC_KEY, slot + SLOT_A, entry, STREAMS);
  }
  finishBeside();
  for (let i: usize = 0; i < ROWS; i++) {
    const poly = slot + SLOT_T1 + i * POLY_BYTES;
    unpackT1(IN_PUBLIC_KEY + SEED_BYTES + i * T1_PACKED_BYTES, poly);
    ntt(poly, poly);
    toDigits(poly);
  }
}

/** Fills the slot of a key, before a message that comes in pieces: the public key is at IN_PUBLIC_KEY. */
export function dsaFill(slot: usize): void {
  fill(slot, false, 0);
  wipeOperation(0);
}

/** Algorithm 8 from step 2 on, where μ is at MU. */
function isRight(slot: usize): bool {
  if (!unpackHints(IN_SIGNATURE + HINTS_OFFSET, BYTES)) return false;
  for (let j: usize = 0; j < COLUMNS; j++) {
    unpackZ(IN_SIGNATURE + CTILDE_BYTES + j * Z_PACKED_BYTES, POLY);
    if (isLong(POLY)) return false;
    ntt(POLY, POLY);
    toOperand(POLY, OPERANDS + j * OPERAND_BYTES);
  }
  sampleInBall(IN_SIGNATURE, CHALLENGE);
  widen(CHALLENGE, POLY);
  ntt(POLY, POLY);
  toOperand(POLY, CHALLENGE_OPERAND);
  for (let i: usize = 0; i < ROWS; i++) {
    const row = slot + SLOT_A + i * COLUMNS * POLY_BYTES;
    multiplyRowLess(row, OPERANDS, W, slot + SLOT_T1 + i * POLY_BYTES, CHALLENGE_OPERAND);
    inverseNtt(W);
    useHints(W, BYTES + i * SHORT_BYTES, W1 + i * W1_PACKED_BYTES);
  }
  shake256(MU, MU_BYTES + ROWS * W1_PACKED_BYTES, HASHED, CTILDE_BYTES);
  return areEqual(HASHED, IN_SIGNATURE, CTILDE_BYTES);
}

/**
 * Algorithm 8 (Verify_internal). The signature is at IN_SIGNATURE, the message at MESSAGE or μ at MU; for a new slot, the
 * public key at IN_PUBLIC_KEY.
 *
 * @param slot - The slot of the key.
 * @param isNew - Whether it has to be filled first.
 * @param absorbed - What of the message is absorbed: see mldsa-message.ts.
 * @param length - Bytes at MESSAGE.
 * @returns Whether the signature is right.
 */
export function dsaVerify(slot: usize, isNew: bool, absorbed: i32, length: usize): bool {
  const withMu = isNew && absorbed == NOTHING_ABSORBED;
  if (isNew) fill(slot, withMu, length);
  if (!withMu) makeMu(absorbed, slot + SLOT_TR, length);
  const result = isRight(slot);
  wipeOperation(length);
  return result;
}
