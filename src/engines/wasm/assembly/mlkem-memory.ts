/** Where ML-KEM-1024 keeps what, and its sizes (FIPS 203 §8: k = 4, η₁ = η₂ = 2, d_u = 11, d_v = 5). */
import { OUT, WORK } from './memory';

export const K: usize = 4;
/** Bytes of a polynomial in memory: 256 coefficients of 16 bits. */
export const POLY: usize = 512;
/** Bytes of k polynomials in memory. */
export const VECTOR: usize = K * POLY;

/** Bytes of k encoded polynomials of 12 bits a coefficient. */
export const ENCODED_VECTOR: usize = 384 * K;
export const EK_BYTES: usize = ENCODED_VECTOR + 32;
export const DK_BYTES: usize = ENCODED_VECTOR + EK_BYTES + 64;
/** Bytes of c₁ and c₂, the two parts of a ciphertext. */
export const C1_BYTES: usize = 32 * 11 * K;
export const C2_BYTES: usize = 32 * 5;
export const CT_BYTES: usize = C1_BYTES + C2_BYTES;

/** A polynomial of Â has room behind it for what is stored beyond its end. */
export const ENTRY: usize = POLY + 32;

/** What a slot holds of an encapsulation key: Â, t̂ and H(ek). Public. */
export const SLOT_MATRIX: usize = 0;
export const SLOT_T: usize = SLOT_MATRIX + K * K * ENTRY;
export const SLOT_HASH: usize = SLOT_T + VECTOR;
export const SLOT_BYTES: usize = SLOT_HASH + 64;

/** Results: a shared secret and a ciphertext, or a decapsulation key. */
export const OUT_SECRET: usize = OUT;
export const OUT_CT: usize = OUT + 32;
export const OUT_DK: usize = OUT;

/** Inputs. A decapsulation key is dk_PKE ‖ ek ‖ H(ek) ‖ z; an encapsulation key alone lies at the same place in it. */
export const DK: usize = WORK;
export const DK_EK: usize = DK + ENCODED_VECTOR;
export const DK_HASH: usize = DK_EK + EK_BYTES;
export const DK_Z: usize = DK_HASH + 32;
/** z, which is the end of the key, and the ciphertext stand together as J takes them. */
export const CT: usize = DK + DK_BYTES;
/** d ‖ z for key generation; m for encapsulation, and behind it the hash that G takes with it. */
export const SEED: usize = CT + CT_BYTES;
export const MESSAGE: usize = SEED;
export const MESSAGE_HASH: usize = MESSAGE + 32;
/** What G gives: ρ ‖ σ for key generation, K ‖ r for encapsulation. */
export const G_OUT: usize = SEED + 64;
/** K̄, the secret of implicit rejection. */
export const REJECTED: usize = G_OUT + 64;

/** A block of output of two extendable-output functions each, with room for the last vector that is read. */
export const STREAM_BYTES: usize = 168 + 8;
export const STREAM_A: usize = REJECTED + 32;
export const STREAM_B: usize = STREAM_A + STREAM_BYTES;

/** s, y or u; then e or e₁; then e₂ or a polynomial; then a polynomial. Noise is sampled one behind the other. */
export const SECRET_VECTOR: usize = STREAM_B + STREAM_BYTES;
export const NOISE_VECTOR: usize = SECRET_VECTOR + VECTOR;
export const NOISE: usize = NOISE_VECTOR + VECTOR;
export const ACCUMULATOR: usize = NOISE + POLY;
/** A vector ready to be multiplied with: see mlkem-product.ts. */
export const FACTORS: usize = ACCUMULATOR + POLY;
/** c′ of decapsulation, with room for the last store. */
export const CT_AGAIN: usize = FACTORS + 2 * VECTOR;

/** What there is to be wiped. */
export const WORK_BYTES: usize = CT_AGAIN + CT_BYTES + 16 - WORK;

