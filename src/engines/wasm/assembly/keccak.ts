/**
 * Keccak-f[1600] of FIPS 202 §3, one state and two states at a time.
 *
 * One source for both, with all lanes in variables.
 *
 * A state is 25 lanes in the order of FIPS 202 §3.1.2: lane (x, y) is number x + 5y.
 */

import { chi, constant, rotate, ROUND_CONSTANTS, ROUND_CONSTANTS_END, xor } from './keccak-steps';

/** Bytes of a state. */
export const STATE_BYTES: usize = 25 * 8;
/** Bytes of two states side by side. */
export const STATE2_BYTES: usize = 25 * 16;

/** The sum of a column of five lanes. */
// @ts-ignore: decorator
@inline
function sum<T>(a: T, b: T, c: T, d: T, e: T): T {
  return xor<T>(xor<T>(a, b), xor<T>(c, xor<T>(d, e)));
}

/** Keccak-f[1600] (§3.3, §3.4): 24 rounds of ι ∘ χ ∘ π ∘ ρ ∘ θ. */
// @ts-ignore: decorator
@inline
function permute<T>(state: usize): void {
  let a0 = load<T>(state);
  let a1 = load<T>(state, sizeof<T>());
  let a2 = load<T>(state, 2 * sizeof<T>());
  let a3 = load<T>(state, 3 * sizeof<T>());
  let a4 = load<T>(state, 4 * sizeof<T>());
  let a5 = load<T>(state, 5 * sizeof<T>());
  let a6 = load<T>(state, 6 * sizeof<T>());
  let a7 = load<T>(state, 7 * sizeof<T>());
  let a8 = load<T>(state, 8 * sizeof<T>());
  let a9 = load<T>(state, 9 * sizeof<T>());
  let a10 = load<T>(state, 10 * sizeof<T>());
  let a11 = load<T>(state, 11 * sizeof<T>());
  let a12 = load<T>(state, 12 * sizeof<T>());
  let a13 = load<T>(state, 13 * sizeof<T>());
  let a14 = load<T>(state, 14 * sizeof<T>());
  let a15 = load<T>(state, 15 * sizeof<T>());
  let a16 = load<T>(state, 16 * sizeof<T>());
  let a17 = load<T>(state, 17 * sizeof<T>());
  let a18 = load<T>(state, 18 * sizeof<T>());
  let a19 = load<T>(state, 19 * sizeof<T>());
  let a20 = load<T>(state, 20 * sizeof<T>());
  let a21 = load<T>(state, 21 * sizeof<T>());
  let a22 = load<T>(state, 22 * sizeof<T>());
  let a23 = load<T>(state, 23 * sizeof<T>());
  let a24 = load<T>(state, 24 * sizeof<T>());
  for (let at = ROUND_CONSTANTS; at < ROUND_CONSTANTS_END; at += 8) {
    // θ (§3.2.1): the sums of the columns, and what each column gets.
    const c0 = sum<T>(a0, a5, a10, a15, a20);
    const c1 = sum<T>(a1, a6, a11, a16, a21);
    const c2 = sum<T>(a2, a7, a12, a17, a22);
    const c3 = sum<T>(a3, a8, a13, a18, a23);
    const c4 = sum<T>(a4, a9, a14, a19, a24);
    const d0 = xor<T>(c4, rotate<T>(c1, 1));
    const d1 = xor<T>(c0, rotate<T>(c2, 1));
    const d2 = xor<T>(c1, rotate<T>(c3, 1));
    const d3 = xor<T>(c2, rotate<T>(c4, 1));
    const d4 = xor<T>(c3, rotate<T>(c0, 1));
    // θ, ρ and π (§3.2.3): lane (x, y) of the result comes from lane (x + 3y, x).
    const b0 = xor<T>(a0, d0);
    const b1 = rotate<T>(xor<T>(a6, d1), 44);
    const b2 = rotate<T>(xor<T>(a12, d2), 43);
    const b3 = rotate<T>(xor<T>(a18, d3), 21);
    const b4 = rotate<T>(xor<T>(a24, d4), 14);
    const b5 = rotate<T>(xor<T>(a3, d3), 28);
    const b6 = rotate<T>(xor<T>(a9, d4), 20);
    const b7 = rotate<T>(xor<T>(a10, d0), 3);
    const b8 = rotate<T>(xor<T>(a16, d1), 45);
    const b9 = rotate<T>(xor<T>(a22, d2), 61);
    const b10 = rotate<T>(xor<T>(a1, d1), 1);
    const b11 = rotate<T>(xor<T>(a7, d2), 6);
    const b12 = rotate<T>(xor<T>(a13, d3), 25);
    const b13 = rotate<T>(xor<T>(a19, d4), 8);
    const b14 = rotate<T>(xor<T>(a20, d0), 18);
    const b15 = rotate<T>(xor<T>(a4, d4), 27);
    const b16 = rotate<T>(xor<T>(a5, d0), 36);
    const b17 = rotate<T>(xor<T>(a11, d1), 10);
    const b18 = rotate<T>(xor<T>(a17, d2), 15);
    const b19 = rotate<T>(xor<T>(a23, d3), 56);
    const b20 = rotate<T>(xor<T>(a2, d2), 62);
    const b21 = rotate<T>(xor<T>(a8, d3), 55);
    const b22 = rotate<T>(xor<T>(a14, d4), 39);
    const b23 = rotate<T>(xor<T>(a15, d0), 41);
    const b24 = rotate<T>(xor<T>(a21, d1), 2);
    // χ and ι (§3.2.5).
    a0 = xor<T>(chi<T>(b0, b1, b2), constant<T>(at));
    a1 = chi<T>(b1, b2, b3);
    a2 = chi<T>(b2, b3, b4);
    a3 = chi<T>(b3, b4, b0);
    a4 = chi<T>(b4, b0, b1);
    a5 = chi<T>(b5, b6, b7);
    a6 = chi<T>(b6, b7, b8);
    a7 = chi<T>(b7, b8, b9);
    a8 = chi<T>(b8, b9, b5);
    a9 = chi<T>(b9, b5, b6);
    a10 = chi<T>(b10, b11, b12);
    a11 = chi<T>(b11, b12, b13);
    a12 = chi<T>(b12, b13, b14);
    a13 = chi<T>(b13, b14, b10);
    a14 = chi<T>(b14, b10, b11);
    a15 = chi<T>(b15, b16, b17);
    a16 = chi<T>(b16, b17, b18);
    a17 = chi<T>(b17, b18, b19);
    a18 = chi<T>(b18, b19, b15);
    a19 = chi<T>(b19, b15, b16);
    a20 = chi<T>(b20, b21, b22);
    a21 = chi<T>(b21, b22, b23);
    a22 = chi<T>(b22, b23, b24);
    a23 = chi<T>(b23, b24, b20);
    a24 = chi<T>(b24, b20, b21);
  }
  store<T>(state, a0);
  store<T>(state, a1, sizeof<T>());
  store<T>(state, a2, 2 * sizeof<T>());
  store<T>(state, a3, 3 * sizeof<T>());
  store<T>(state, a4, 4 * sizeof<T>());
  store<T>(state, a5, 5 * sizeof<T>());
  store<T>(state, a6, 6 * sizeof<T>());
  store<T>(state, a7, 7 * sizeof<T>());
  store<T>(state, a8, 8 * sizeof<T>());
  store<T>(state, a9, 9 * sizeof<T>());
  store<T>(state, a10, 10 * sizeof<T>());
  store<T>(state, a11, 11 * sizeof<T>());
  store<T>(state, a12, 12 * sizeof<T>());
  store<T>(state, a13, 13 * sizeof<T>());
  store<T>(state, a14, 14 * sizeof<T>());
  store<T>(state, a15, 15 * sizeof<T>());
  store<T>(state, a16, 16 * sizeof<T>());
  store<T>(state, a17, 17 * sizeof<T>());
  store<T>(state, a18, 18 * sizeof<T>());
  store<T>(state, a19, 19 * sizeof<T>());
  store<T>(state, a20, 20 * sizeof<T>());
  store<T>(state, a21, 21 * sizeof<T>());
  store<T>(state, a22, 22 * sizeof<T>());
  store<T>(state, a23, 23 * sizeof<T>());
  store<T>(state, a24, 24 * sizeof<T>());
}

/** Permutes the state at `state`. */
export function keccakF1600(state: usize): void {
  permute<u64>(state);
}

/** Permutes two states: lane i of the first lies at `states + 16 * i`, that of the second 8 bytes behind it. */
export function keccakF1600x2(states: usize): void {
  permute<v128>(states);
}
