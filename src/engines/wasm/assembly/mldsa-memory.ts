/**
 * Where ML-DSA has its things in the linear memory that memory.ts lays out.
 */
import { SIGN_SLOTS, STATE, TABLES, WORK } from './memory';

// Tables, computed once (mldsa.ts).

/** Twiddles of mldsa-ntt.ts. */
export const NTT_TABLES: usize = TABLES + 0x2000;
/** Twiddles of mldsa-small-ntt.ts. */
export const SMALL_NTT_TABLES: usize = NTT_TABLES + 5136;
/** Where accepted candidates move, for four words and for eight bytes (mldsa-sample.ts). */
export const WORD_MOVES: usize = SMALL_NTT_TABLES + 3840;
export const BYTE_MOVES: usize = WORD_MOVES + 16 * 16;
/** The factor of mldsa-matrix.ts. */
export const MATRIX_TABLE: usize = BYTE_MOVES + 256 * 8;

// A slot: what follows from a public key alone. 68 KiB, so that slots do not share the sets of a cache.

/** The matrix A, 56 polynomials of digits, row by row. */
export const SLOT_A: usize = 0;
/** t1·2^d, transformed, 8 polynomials of digits. */
export const SLOT_T1: usize = 56 * 1024;
/** tr = H(pk). */
export const SLOT_TR: usize = 64 * 1024;
/** Bytes of a slot. */
export const SLOT_BYTES: usize = 0x11000;
export const SLOTS: usize = SIGN_SLOTS;

// The region of secrets. Results come first: JavaScript copies them and zeroes them; all else is zeroed before return.

/** Results: a signature; a public and a private key; or a public key and the working form of a private key. */
export const OUT: usize = WORK;
/** The public key of a pair; behind it the private key, or its working form. */
export const OUT_PUBLIC_KEY: usize = OUT;
export const OUT_PRIVATE_KEY: usize = OUT + 2592;
/** 16-byte steps, with room for stores that reach beyond the end. */
const OUT_BYTES: usize = 18688;

/** What an operation works on. Each begins with its input. */
const OPERATION: usize = OUT + OUT_BYTES;

/** The working form of a private key: what signing needs, in the form in which it needs it. */
export const WORKING_KEY: usize = OPERATION;
/** s1 and s2, transformed for products with a challenge (mldsa-small-ntt.ts). */
export const WORKING_S1: usize = 0;
export const WORKING_S2: usize = WORKING_S1 + 7 * 512;
/** t0, transformed, as digits. */
export const WORKING_T0: usize = WORKING_S2 + 8 * 512;
export const WORKING_RHO: usize = WORKING_T0 + 8 * 1024;
export const WORKING_TR: usize = WORKING_RHO + 32;
export const WORKING_K: usize = WORKING_TR + 64;
export const WORKING_KEY_BYTES: usize = WORKING_K + 32;

/** In other operations: a seed; a packed private key; a signature and a public key. */
export const IN_SEED: usize = OPERATION;
export const IN_PRIVATE_KEY: usize = OPERATION;
export const IN_SIGNATURE: usize = OPERATION;
export const IN_PUBLIC_KEY: usize = OPERATION + 4656;

/** K ‖ rnd ‖ μ is hashed to ρ″, and μ ‖ w1 to c̃: they lie behind each other. */
export const RND: usize = WORKING_KEY + WORKING_KEY_BYTES;
export const MU: usize = RND + 32;
export const W1: usize = MU + 64;
/** ρ ‖ ρ′ ‖ K in key generation, ρ″ in signing, c̃′ in verifying. */
export const HASHED: usize = W1 + 1024;
/** What SHAKE gives, of three computations. */
export const STREAMS: usize = HASHED + 128;
/** y, and z in its place; two polynomials more than there are columns. */
export const Y: usize = STREAMS + 3 * 1024;
/** s1 and s2, a byte a coefficient, in key generation. */
export const SHORTS: usize = Y;
/** Operands of a vector of seven. */
export const OPERANDS: usize = Y + 9 * 1024;
/** w, and w0 and r0 in its place. */
export const W: usize = OPERANDS + 7 * 2048;
/** High bits in signing, hints in verifying: a byte a coefficient. */
export const BYTES: usize = W + 8 * 1024;
/** The challenge, a byte a coefficient; as a prepared factor of s1 and s2; as an operand. */
export const CHALLENGE: usize = BYTES + 8 * 256;
export const CHALLENGE_SMALL: usize = CHALLENGE + 256;
export const CHALLENGE_OPERAND: usize = CHALLENGE_SMALL + 1024;
/** A product of the challenge and a polynomial of s1 or s2. */
export const PRODUCT: usize = CHALLENGE_OPERAND + 2048;
/** A polynomial. */
export const POLY: usize = PRODUCT + 512;
/** 256 bits of hints for each row. */
export const HINTS: usize = POLY + 1024;
/** The formatted message M′, or a piece of it; before it a place for tr, which is hashed with it. */
export const MESSAGE: usize = HINTS + 256 + 64;
/** Longest piece. */
export const MESSAGE_BYTES: usize = 0x20000;

/** Zeroes all but {@link OUT}. */
export function wipeOperation(messageBytes: usize): void {
  memory.fill(STATE, 0, WORK - STATE);
  memory.fill(OPERATION, 0, MESSAGE - OPERATION + messageBytes);
}
