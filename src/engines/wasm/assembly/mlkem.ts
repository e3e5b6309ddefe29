/**
 * ML-KEM-1024 (FIPS 203): key generation, encapsulation and decapsulation, one call each.
 *
 * What follows from public keys alone (Â, t̂, H(ek)) lies in a slot that outlives the call. Everything else is zero when a
 * function returns, except the results, which JavaScript fetches.
 */
import { STATE, wipe } from './memory';
import { addMessage, addTo, compress11, compress5, decode12, decodeMessage, decompress11, decompress5, encode12 } from './mlkem-encode';
import { multiply } from './mlkem-field';
import {
  ACCUMULATOR, C1_BYTES, CT, CT_AGAIN, CT_BYTES, DK, DK_BYTES, DK_EK, DK_HASH, DK_Z, EK_BYTES, ENCODED_VECTOR, ENTRY, FACTORS,
  G_OUT, K, MESSAGE, MESSAGE_HASH, NOISE, NOISE_VECTOR, OUT_CT, OUT_DK, OUT_SECRET, POLY, REJECTED, SECRET_VECTOR, SEED,
  SLOT_HASH, SLOT_MATRIX, SLOT_T, WORK_BYTES,
} from './mlkem-memory';
import { inverseNtt, ntt } from './mlkem-ntt';
import { FACTOR, prepareFactor, sumOfProducts } from './mlkem-product';
import { sampleMatrix, sampleNoise } from './mlkem-sample';
import {
  beginBeside, finishBeside, hash, limitBeside, SHA3_512_RATE, SHA3_SUFFIX, SHAKE_SUFFIX,
} from './sponge';

/** G of §4.1. */
function hashG(data: usize, length: usize): void {
  hash(STATE, SHA3_512_RATE, SHA3_SUFFIX, data, length, G_OUT, 64);
}

/** Transforms k polynomials and prepares them to be multiplied with. */
function transformToFactors(vector: usize): void {
  for (let i: usize = 0; i < K; i++) {
    ntt(vector + i * POLY);
    prepareFactor(vector + i * POLY, FACTORS + i * FACTOR);
  }
}

/** Expands ek at {@link DK_EK} into a slot. False when a coefficient is not below q (§7.2). */
function expandKey(slot: usize): bool {
  let reduced = true;
  for (let i: usize = 0; i < K; i++) {
    reduced = decode12(DK_EK + 384 * i, slot + SLOT_T + i * POLY) && reduced;
  }
  sampleMatrix(DK_EK + ENCODED_VECTOR, slot + SLOT_MATRIX, 0, 16);
  return reduced;
}

/** t̂ᵢ = 2¹⁶ · 2⁻¹⁶ (Â ∘ ŝ)ᵢ + êᵢ, at most 0.65 q + 5.5 q, encoded. */
function publicPolynomial(slot: usize, i: usize): void {
  const noise = NOISE_VECTOR + i * POLY;
  ntt(noise);
  sumOfProducts(slot + SLOT_MATRIX + K * i * ENTRY, ENTRY, FACTORS, ACCUMULATOR);
  for (let at: usize = 0; at < POLY; at += 16) {
    // 2¹⁶ mod q, and its companion.
    const scaled = multiply(v128.load(ACCUMULATOR + at), i16x8.splat(-1044), i16x8.splat(-10276));
    v128.store(ACCUMULATOR + at, i16x8.add(scaled, v128.load(noise + at)));
  }
  encode12(ACCUMULATOR, DK_EK + 384 * i);
  decode12(DK_EK + 384 * i, slot + SLOT_T + i * POLY);
}

/**
 * ML-KEM.KeyGen_internal, Algorithm 16 with Algorithm 13.
 *
 * Takes d ‖ z at SEED and fills the slot; dk is at OUT.
 */
export function kemGenerate(slot: usize): void {
  memory.copy(DK_Z, SEED + 32, 32);
  store<u8>(SEED + 32, K as u8);
  hashG(SEED, 33);
  const rho = G_OUT;
  const sigma = G_OUT + 32;
  sampleNoise(sigma, 2 * (K as i32), SECRET_VECTOR);
  transformToFactors(SECRET_VECTOR);
  // Each encoding overwrites a few bytes behind it, so they come in order.
  for (let i: usize = 0; i < K; i++) encode12(SECRET_VECTOR + i * POLY, DK + 384 * i);
  sampleMatrix(rho, slot + SLOT_MATRIX, 0, 12);
  for (let i: usize = 0; i < K - 1; i++) publicPolynomial(slot, i);
  // H(ek) goes on beside the last row, which takes six permutations or some more; three quarters of t̂ are eight blocks.
  beginBeside(DK_EK, EK_BYTES, SHA3_SUFFIX, DK_HASH);
  limitBeside(8);
  sampleMatrix(rho, slot + SLOT_MATRIX, 12, 16);
  publicPolynomial(slot, K - 1);
  memory.copy(DK_EK + ENCODED_VECTOR, rho, 32);
  finishBeside();
  memory.copy(slot + SLOT_HASH, DK_HASH, 32);
  memory.copy(OUT_DK, DK, DK_BYTES);
  wipe(WORK_BYTES);
}

/** K-PKE.Encrypt, Algorithm 14, of the message at {@link MESSAGE} under r, the second half of {@link G_OUT}. */
function encrypt(slot: usize, out: usize): void {
  sampleNoise(G_OUT + 32, 2 * (K as i32) + 1, SECRET_VECTOR);
  transformToFactors(SECRET_VECTOR);
  for (let i: usize = 0; i < K; i++) {
    // Row i of the transpose.
    sumOfProducts(slot + SLOT_MATRIX + i * ENTRY, K * ENTRY, FACTORS, ACCUMULATOR);
    inverseNtt(ACCUMULATOR);
    addTo(ACCUMULATOR, NOISE_VECTOR + i * POLY);
    compress11(ACCUMULATOR, out + 352 * i);
  }
  sumOfProducts(slot + SLOT_T, POLY, FACTORS, ACCUMULATOR);
  inverseNtt(ACCUMULATOR);
  addMessage(ACCUMULATOR, NOISE, MESSAGE);
  compress5(ACCUMULATOR, out + C1_BYTES);
}

/**
 * ML-KEM.Encaps_internal, Algorithm 17.
 *
 * Takes m at MESSAGE and, for a slot that is to be filled, ek at DK_EK; K ‖ c is at OUT.
 *
 * @param fill - Whether the slot has to be filled first.
 * @returns False when ek has a coefficient that is not below q; there is no result then.
 */
export function kemEncapsulate(slot: usize, fill: bool): bool {
  if (fill) {
    beginBeside(DK_EK, EK_BYTES, SHA3_SUFFIX, slot + SLOT_HASH);
    const good = expandKey(slot);
    finishBeside();
    if (!good) {
      wipe(WORK_BYTES);
      return false;
    }
  }
  memory.copy(MESSAGE_HASH, slot + SLOT_HASH, 32);
  hashG(MESSAGE, 64);
  encrypt(slot, OUT_CT);
  memory.copy(OUT_SECRET, G_OUT, 32);
  wipe(WORK_BYTES);
  return true;
}

/** K-PKE.Decrypt, Algorithm 15, of the ciphertext at {@link CT} into {@link MESSAGE}. */
function decrypt(): void {
  for (let i: usize = 0; i < K; i++) decompress11(CT + 352 * i, SECRET_VECTOR + i * POLY);
  transformToFactors(SECRET_VECTOR);
  // ŝ takes the room of the vector that is no longer needed.
  for (let i: usize = 0; i < K; i++) decode12(DK + 384 * i, SECRET_VECTOR + i * POLY);
  sumOfProducts(SECRET_VECTOR, POLY, FACTORS, ACCUMULATOR);
  inverseNtt(ACCUMULATOR);
  decompress5(CT + C1_BYTES, NOISE);
  decodeMessage(NOISE, ACCUMULATOR, MESSAGE);
}

/** A mask of ones when the ciphertext and the one made again differ, and of zeros when they are the same. */
function differenceMask(): u64 {
  let difference: u64 = 0;
  for (let i: usize = 0; i < CT_BYTES; i += 8) difference |= load<u64>(CT + i) ^ load<u64>(CT_AGAIN + i);
  // The highest bit of x | −x is set for every x but 0.
  return 0 - ((difference | (0 - difference)) >> 63);
}

/**
 * ML-KEM.Decaps_internal, Algorithm 18.
 *
 * Takes dk at DK and c at CT; K is at OUT. The two ciphertexts are compared, and the secret selected, without a branch.
 *
 * @param fill - Whether the slot has to be filled first.
 * @returns False when ek has a coefficient that is not below q; there is no result then.
 */
export function kemDecapsulate(slot: usize, fill: bool): bool {
  decrypt();
  memory.copy(MESSAGE_HASH, DK_HASH, 32);
  hashG(MESSAGE, 64);
  // J(z ‖ c), in the shade of what encryption samples.
  beginBeside(DK_Z, 32 + CT_BYTES, SHAKE_SUFFIX, REJECTED);
  if (fill && !expandKey(slot)) {
    finishBeside();
    wipe(WORK_BYTES);
    return false;
  }
  encrypt(slot, CT_AGAIN);
  finishBeside();
  const rejected = differenceMask();
  for (let i: usize = 0; i < 32; i += 8) {
    const secret = load<u64>(G_OUT + i);
    store<u64>(OUT_SECRET + i, secret ^ (rejected & (secret ^ load<u64>(REJECTED + i))));
  }
  wipe(WORK_BYTES);
  return true;
}
