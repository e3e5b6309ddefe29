/**
 * Keys of ML-DSA-87: generation (FIPS 204 §6.1, algorithm 6), packed forms (§7.2, algorithms 22 and 24), the check of an
 * expanded private key, and its working form.
 */
import { STATE } from './memory';
import {
  HASHED, IN_PRIVATE_KEY, IN_SEED, OPERANDS, OUT_PRIVATE_KEY, OUT_PUBLIC_KEY, POLY, SHORTS, SLOT_A, STREAMS, W,
  wipeOperation, WORKING_K, WORKING_KEY_BYTES, WORKING_RHO, WORKING_S1, WORKING_S2, WORKING_T0, WORKING_TR,
} from './mldsa-memory';
import { multiplyRow, OPERAND_BYTES, toDigits, toOperand } from './mldsa-matrix';
import { inverseNtt, ntt } from './mldsa-ntt';
import { packShort, roundAndPack, unpackShort, unpackT0, widen } from './mldsa-pack';
import {
  COLUMNS, ETA, POLY_BYTES, PUBLIC_KEY_BYTES, ROWS, S_PACKED_BYTES, SEED_BYTES, T0_PACKED_BYTES,
  T1_PACKED_BYTES, TR_BYTES,
} from './mldsa-params';
import { expandA, expandS, SHORT_STRIDE } from './mldsa-sample';
import { SMALL_BYTES, transformShort } from './mldsa-small-ntt';
import { hash, SHAKE256_RATE, SHAKE_SUFFIX } from './sponge';

/** A packed private key: ρ, K, tr, s1 and s2, t0. */
const KEY_K: usize = SEED_BYTES;
const KEY_TR: usize = KEY_K + SEED_BYTES;
const KEY_SHORTS: usize = KEY_TR + TR_BYTES;
const KEY_T0: usize = KEY_SHORTS + (ROWS + COLUMNS) * S_PACKED_BYTES;

/** H of FIPS 204 §3.7: SHAKE256. */
export function shake256(data: usize, length: usize, out: usize, outLength: usize): void {
  hash(STATE, SHAKE256_RATE, SHAKE_SUFFIX, data, length, out, outLength);
}

/**
 * Algorithm 6, steps 5 to 9, and algorithm 22: t = A·s1 + s2 rounded and packed, and tr = H(pk).
 *
 * @param matrix - A.
 * @param publicKey - Where pk goes; ρ is there already.
 * @param privateKey - Where tr and t0 go, at their places in a packed private key.
 */
function derive(matrix: usize, publicKey: usize, privateKey: usize): void {
  let short = SHORTS;
  for (let j: usize = 0; j < COLUMNS; j++, short += SHORT_STRIDE) {
    widen(short, POLY);
    ntt(POLY, POLY);
    toOperand(POLY, OPERANDS + j * OPERAND_BYTES);
  }
  for (let i: usize = 0; i < ROWS; i++, short += SHORT_STRIDE) {
    multiplyRow(matrix + i * COLUMNS * POLY_BYTES, OPERANDS, POLY);
    inverseNtt(POLY);
    const t1 = publicKey + SEED_BYTES + i * T1_PACKED_BYTES;
    roundAndPack(POLY, short, t1, privateKey + KEY_T0 + i * T0_PACKED_BYTES);
  }
  shake256(publicKey, PUBLIC_KEY_BYTES, privateKey + KEY_TR, TR_BYTES);
}

/**
 * Algorithm 6 (KeyGen_internal) with the seed at IN_SEED: the keys at OUT_PUBLIC_KEY and OUT_PRIVATE_KEY.
 *
 * @param slot - Where A goes, and stays.
 */
export function dsaGenerate(slot: usize): void {
  store<u8>(IN_SEED + SEED_BYTES, <u8>ROWS);
  store<u8>(IN_SEED + SEED_BYTES, <u8>COLUMNS, 1);
  shake256(IN_SEED, SEED_BYTES + 2, HASHED, 128);
  const rho = HASHED;
  const rhoPrime = HASHED + 32;
  const k = HASHED + 96;
  expandA(rho, slot + SLOT_A, STREAMS);
  expandS(rhoPrime, SHORTS, STREAMS);
  // In this order: what packs writes some bytes beyond the end of its result.
  for (let i: usize = 0; i < ROWS + COLUMNS; i++) {
    packShort(SHORTS + i * SHORT_STRIDE, OUT_PRIVATE_KEY + KEY_SHORTS + i * S_PACKED_BYTES);
  }
  memory.copy(OUT_PUBLIC_KEY, rho, SEED_BYTES);
  derive(slot + SLOT_A, OUT_PUBLIC_KEY, OUT_PRIVATE_KEY);
  memory.copy(OUT_PRIVATE_KEY, rho, SEED_BYTES);
  memory.copy(OUT_PRIVATE_KEY + KEY_K, k, SEED_BYTES);
  wipeOperation(0);
}

/** Unpacks s1 and s2 of the private key at IN_PRIVATE_KEY; says whether all coefficients are in range, which is public. */
function unpackShorts(): bool {
  let largest = i8x16.splat(0);
  for (let i: usize = 0; i < ROWS + COLUMNS; i++) {
    const from = IN_PRIVATE_KEY + KEY_SHORTS + i * S_PACKED_BYTES;
    largest = i8x16.max_u(largest, unpackShort(from, SHORTS + i * SHORT_STRIDE));
  }
  return !v128.any_true(i8x16.gt_u(largest, i8x16.splat(2 * <i8>ETA)));
}

/** The working form of the private key at IN_PRIVATE_KEY, whose s1 and s2 are unpacked, at OUT_PRIVATE_KEY. */
function makeWorkingKey(): void {
  for (let i: usize = 0; i < ROWS + COLUMNS; i++) {
    transformShort(SHORTS + i * SHORT_STRIDE, OUT_PRIVATE_KEY + WORKING_S1 + i * SMALL_BYTES);
  }
  for (let i: usize = 0; i < ROWS; i++) {
    const poly = OUT_PRIVATE_KEY + WORKING_T0 + i * POLY_BYTES;
    unpackT0(IN_PRIVATE_KEY + KEY_T0 + i * T0_PACKED_BYTES, poly);
    ntt(poly, poly);
    toDigits(poly);
  }
  memory.copy(OUT_PRIVATE_KEY + WORKING_RHO, IN_PRIVATE_KEY, SEED_BYTES);
  memory.copy(OUT_PRIVATE_KEY + WORKING_K, IN_PRIVATE_KEY + KEY_K, SEED_BYTES);
  memory.copy(OUT_PRIVATE_KEY + WORKING_TR, IN_PRIVATE_KEY + KEY_TR, TR_BYTES);
}

/** The working form, at OUT_PRIVATE_KEY, of a private key at IN_PRIVATE_KEY that is known to be right. */
export function dsaExpand(): void {
  unpackShorts();
  makeWorkingKey();
  wipeOperation(0);
}

/** Whether two byte strings, of whole words, are the same: all are compared before the answer. */
export function areEqual(a: usize, b: usize, length: usize): bool {
  let difference: u32 = 0;
  for (const end = a + length; a < end; a += 4, b += 4) difference |= load<u32>(a) ^ load<u32>(b);
  return difference == 0;
}

/**
 * Checks the private key at IN_PRIVATE_KEY whole: s1 and s2 in range, tr and t0 as they follow from the rest. The public
 * key comes to OUT_PUBLIC_KEY, the working form to OUT_PRIVATE_KEY.
 *
 * @param slot - Where A goes, and stays.
 * @returns Whether algorithm 6 could have made it; if not, all is zeroed.
 */
export function dsaImport(slot: usize): bool {
  expandA(IN_PRIVATE_KEY, slot + SLOT_A, STREAMS);
  memory.copy(OUT_PUBLIC_KEY, IN_PRIVATE_KEY, SEED_BYTES);
  let isRight = unpackShorts();
  if (isRight) {
    // W is free: tr and t0 come there as they should be.
    derive(slot + SLOT_A, OUT_PUBLIC_KEY, W);
    const sameTr = areEqual(W + KEY_TR, IN_PRIVATE_KEY + KEY_TR, TR_BYTES);
    const sameT0 = areEqual(W + KEY_T0, IN_PRIVATE_KEY + KEY_T0, ROWS * T0_PACKED_BYTES);
    isRight = sameTr && sameT0;
  }
  if (isRight) makeWorkingKey();
  else memory.fill(OUT_PUBLIC_KEY, 0, PUBLIC_KEY_BYTES + WORKING_KEY_BYTES);
  wipeOperation(0);
  return isRight;
}
