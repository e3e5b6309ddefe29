/**
 * The parameters of ML-DSA-87 (FIPS 204 §4, table 1) and the sizes that follow from them (table 2).
 */

/** Rows and columns of the matrix A: k and ℓ. */
export const ROWS: usize = 8;
export const COLUMNS: usize = 7;
/** Coefficients that are not zero in a challenge: τ. */
export const TAU: i32 = 60;
/** Bits dropped from t: d. */
export const D: i32 = 13;
/** Largest coefficient of s1 and s2: η. */
export const ETA: i32 = 2;
/** Largest coefficient of a product of a challenge and s1 or s2: β = τ·η. */
export const BETA: i32 = 120;
/** Range of y: γ1 = 2^19. */
export const GAMMA1: i32 = 1 << 19;
/** Half of what HighBits counts in: γ2 = (q − 1)/32 = 2^8·1023. */
export const GAMMA2: i32 = 261888;
/** Hints of a signature, at most: ω. */
export const OMEGA: i32 = 75;

/** Bytes of a polynomial of 256 coefficients, 32 bits each. */
export const POLY_BYTES: usize = 1024;

export const SEED_BYTES: usize = 32;
export const TR_BYTES: usize = 64;
export const MU_BYTES: usize = 64;
/** The commitment hash c̃: λ/4. */
export const CTILDE_BYTES: usize = 64;

/** A packed polynomial: s1 and s2 3 bits a coefficient, t1 10, t0 13, z 20, w1 4. */
export const S_PACKED_BYTES: usize = 96;
export const T1_PACKED_BYTES: usize = 320;
export const T0_PACKED_BYTES: usize = 416;
export const Z_PACKED_BYTES: usize = 640;
export const W1_PACKED_BYTES: usize = 128;

export const PUBLIC_KEY_BYTES: usize = 2592;
export const PRIVATE_KEY_BYTES: usize = 4896;
export const SIGNATURE_BYTES: usize = 4627;
/** Where the hints of a signature begin. */
export const HINTS_OFFSET: usize = 4544;
