/**
 * The steps of Keccak-f[1600] (FIPS 202 §3.2) on a lane: a `u64` of one state, or a `v128` with the lane of a first state in its
 * lower half and that of a second one in its upper half. No step depends on what the lanes hold.
 */

/** FIPS 202 §3.2.5: what ι adds to lane (0, 0) in each of the 24 rounds. */
export const ROUND_CONSTANTS: usize = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
  0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
  0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
  0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]);
export const ROUND_CONSTANTS_END: usize = ROUND_CONSTANTS + 24 * 8;

// @ts-ignore: decorator
@inline
export function xor<T>(a: T, b: T): T {
  return isVector<T>() ? v128.xor(a, b) : ((a ^ b) as T);
}

/** ρ (§3.2.2) of one lane: rotates it to the left by 1 to 63 places. */
// @ts-ignore: decorator
@inline
export function rotate<T>(a: T, places: i32): T {
  return isVector<T>() ? v128.or(i64x2.shl(a, places), i64x2.shr_u(a, 64 - places)) : rotl<T>(a, places);
}

/** χ (§3.2.4) of one lane: a ⊕ (¬b ∧ c). */
// @ts-ignore: decorator
@inline
export function chi<T>(a: T, b: T, c: T): T {
  return isVector<T>() ? v128.xor(a, v128.andnot(c, b)) : ((a ^ (~b & c)) as T);
}

/** A round constant, for each state. */
// @ts-ignore: decorator
@inline
export function constant<T>(at: usize): T {
  return isVector<T>() ? v128.load64_splat(at) : load<T>(at);
}
