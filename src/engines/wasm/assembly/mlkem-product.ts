/**
 * Products in the transformed domain (FIPS 203 Algorithms 11 and 12) of vectors of four polynomials, by instructions that
 * multiply pairs and add them.
 *
 * A factor a stays as it is. The other one, b, is prepared: for each eight coefficients b₀ b₁ b₂ b₃ … a vector
 * b₀, γb₁, b₂, γ′b₃, … and one with its pairs exchanged, b₁ b₀ b₃ b₂ …. Then a₀b₀ + a₁γb₁ is the even place of the product
 * and a₀b₁ + a₁b₀ the odd one, and sums over the four polynomials are taken before anything is reduced.
 */
import { montgomery, multiply } from './mlkem-field';
import { POLY } from './mlkem-memory';
import { GAMMAS } from './mlkem-tables';

/** Bytes of a prepared polynomial. */
export const FACTOR: usize = 2 * POLY;

/** Prepares a polynomial of at most 5.5 q: the first vectors are at most 0.78 q, the second as the polynomial was. */
export function prepareFactor(polynomial: usize, factor: usize): void {
  for (let i: usize = 0; i < POLY; i += 16) {
    const b = v128.load(polynomial + i);
    const gammas = GAMMAS + 2 * i;
    v128.store(factor + 2 * i, multiply(b, v128.load(gammas), v128.load(gammas, 16)));
    v128.store(factor + 2 * i, i16x8.shuffle(b, b, 1, 0, 3, 2, 5, 4, 7, 6), 16);
  }
}

/**
 * 2⁻¹⁶ times the sum of the products of four polynomials with four prepared ones.
 *
 * With coefficients of a below 4096, and of b at most 5.5 q = 18 310, a sum is less than 8 · 4096 · 18 310 < 2³⁰ and the
 * result at most 9155 + q/2 < 3.3 q; with those of a below q it is less than 2.75 q.
 *
 * @param a - The first of the polynomials.
 * @param stride - Bytes from one of them to the next.
 */
export function sumOfProducts(a: usize, stride: usize, factors: usize, result: usize): void {
  const a1 = a + stride;
  const a2 = a1 + stride;
  const a3 = a2 + stride;
  for (let i: usize = 0; i < POLY; i += 16) {
    const factor = factors + 2 * i;
    let part = v128.load(a + i);
    let even = i32x4.dot_i16x8_s(part, v128.load(factor));
    let odd = i32x4.dot_i16x8_s(part, v128.load(factor, 16));
    part = v128.load(a1 + i);
    even = i32x4.add(even, i32x4.dot_i16x8_s(part, v128.load(factor, 1 * FACTOR)));
    odd = i32x4.add(odd, i32x4.dot_i16x8_s(part, v128.load(factor, 1 * FACTOR + 16)));
    part = v128.load(a2 + i);
    even = i32x4.add(even, i32x4.dot_i16x8_s(part, v128.load(factor, 2 * FACTOR)));
    odd = i32x4.add(odd, i32x4.dot_i16x8_s(part, v128.load(factor, 2 * FACTOR + 16)));
    part = v128.load(a3 + i);
    even = i32x4.add(even, i32x4.dot_i16x8_s(part, v128.load(factor, 3 * FACTOR)));
    odd = i32x4.add(odd, i32x4.dot_i16x8_s(part, v128.load(factor, 3 * FACTOR + 16)));
    v128.store(result + i, montgomery(even, odd));
  }
}
