/**
 * Arithmetic modulo q = 3329 on eight coefficients at a time, each a signed 16-bit number.
 *
 * Coefficients are kept in a range around zero, not below q; a bound such as 0.8 q is one on the absolute value. 9.84 q is
 * what 16 bits hold.
 */

/** FIPS 203 §2.4. */
export const Q: i16 = 3329;

/** round(b · 2¹⁵ / q): what {@link multiply} needs beside a factor b of absolute value at most q/2. */
export function companion(b: i32): i32 {
  // Shifted by 2¹⁶, so that the division rounds downwards for negative b as well.
  const q = Q as i32;
  return (b * 65536 + q + 131072 * q) / (2 * q) - 65536;
}

/**
 * a · b mod q, for a factor b of absolute value at most q/2 that is known beforehand.
 *
 * The quotient is t = round(a · b′ / 2¹⁵), where b′ = round(b · 2¹⁵ / q) is less than 2¹⁴ in absolute value (so that
 * nothing saturates). It misses a · b / q by at most 1/2 for its own rounding and |a| / 2¹⁶ for that of b′:
 * |a · b − q · t| ≤ (1/2 + |a| / 2¹⁶) · q, which is 0.5 q + 0.0508 |a|, and at most q for every a.
 */
// @ts-ignore: decorator
@inline
export function multiply(a: v128, b: v128, bCompanion: v128): v128 {
  const quotient = i16x8.q15mulr_sat_s(a, bCompanion);
  return i16x8.sub(i16x8.mul(a, b), i16x8.mul(quotient, i16x8.splat(Q)));
}

/**
 * a mod q, as {@link multiply} by 1: the companion 10 misses 2¹⁵ / q by 0.157, so that the result is at most
 * 0.5 q + 0.016 |a|: at most 0.66 q for every a.
 */
// @ts-ignore: decorator
@inline
export function reduce(a: v128): v128 {
  return i16x8.sub(a, i16x8.mul(i16x8.q15mulr_sat_s(a, i16x8.splat(10)), i16x8.splat(Q)));
}

/** Adds q where a is negative: from −q … q − 1 to 0 … q − 1. */
// @ts-ignore: decorator
@inline
export function canonical(a: v128): v128 {
  return i16x8.add(a, v128.and(i16x8.shr_s(a, 15), i16x8.splat(Q)));
}

/**
 * Montgomery reduction of eight sums of products: c · 2⁻¹⁶ mod q.
 *
 * For c = l + 2¹⁶ h, m = l · q⁻¹ mod 2¹⁶ as a signed number gives c − m · q a lower half of zero, and an upper half of at
 * most |c| / 2¹⁶ + q/2.
 *
 * @param even - Sums for the even places, 32 bits each.
 * @param odd - Sums for the odd places.
 * @returns Even and odd places interleaved.
 */
// @ts-ignore: decorator
@inline
export function montgomery(even: v128, odd: v128): v128 {
  // q⁻¹ = −3327 modulo 2¹⁶. The upper halves are multiplied by 0.
  const inverse = i32x4.splat(-3327 & 0xffff);
  const q = i32x4.splat(Q as i32);
  const low = i32x4.sub(even, i32x4.dot_i16x8_s(i16x8.mul(even, inverse), q));
  const high = i32x4.sub(odd, i32x4.dot_i16x8_s(i16x8.mul(odd, inverse), q));
  return v128.or(i32x4.shr_u(low, 16), high);
}
