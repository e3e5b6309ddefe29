/**
 * Keccak-f[1600] of FIPS 202 §3 on three states at a time: two side by side in vectors, and one in scalars.
 *
 * A processor that computes with vectors has its units for scalars idle: the third state costs a fifth of what it costs alone.
 * For that the rows of both kinds come in turn, and lanes go through memory, from one room to another in each round, since
 * there are registers for the sums of the columns and one row only.
 */
import { chi, constant, rotate, ROUND_CONSTANTS, ROUND_CONSTANTS_END, xor } from './keccak-steps';
import { BESIDE, STATE, STATES } from './memory';

/** The sum of a column of five lanes. */
// @ts-ignore: decorator
@inline
function column<T>(state: usize, x: usize): T {
  let sum = load<T>(state + x * sizeof<T>());
  for (let y: usize = 1; y < 5; y++) sum = xor<T>(sum, load<T>(state + (x + 5 * y) * sizeof<T>()));
  return sum;
}

/** Permutes the two states at {@link STATES} and the one at {@link STATE}. */
export function keccakF1600x3(): void {
  // Which of the two rooms the lanes come from, and which they go to.
  let from: usize = 0;
  let to: usize = BESIDE;
  // The sums of the columns of the two states (v) and of the one (s), and the lane that is made.
  let v0 = column<v128>(STATES, 0);
  let v1 = column<v128>(STATES, 1);
  let v2 = column<v128>(STATES, 2);
  let v3 = column<v128>(STATES, 3);
  let v4 = column<v128>(STATES, 4);
  let s0 = column<u64>(STATE, 0);
  let s1 = column<u64>(STATE, 1);
  let s2 = column<u64>(STATE, 2);
  let s3 = column<u64>(STATE, 3);
  let s4 = column<u64>(STATE, 4);
  let v: v128;
  let s: u64;
  for (let at = ROUND_CONSTANTS; at < ROUND_CONSTANTS_END; at += 8) {
    // θ (§3.2.1): what each column gets.
    const vd0 = xor<v128>(v4, rotate<v128>(v1, 1));
    const vd1 = xor<v128>(v0, rotate<v128>(v2, 1));
    const vd2 = xor<v128>(v1, rotate<v128>(v3, 1));
    const vd3 = xor<v128>(v2, rotate<v128>(v4, 1));
    const vd4 = xor<v128>(v3, rotate<v128>(v0, 1));
    const sd0 = xor<u64>(s4, rotate<u64>(s1, 1));
    const sd1 = xor<u64>(s0, rotate<u64>(s2, 1));
    const sd2 = xor<u64>(s1, rotate<u64>(s3, 1));
    const sd3 = xor<u64>(s2, rotate<u64>(s4, 1));
    const sd4 = xor<u64>(s3, rotate<u64>(s0, 1));
    // ρ and π (§3.2.2, §3.2.3) of row 0, whose lane (x, y) comes from lane (x + 3y, x); χ and ι (§3.2.4, §3.2.5).
    let vb0 = xor<v128>(load<v128>(from, STATES + 0 * 16), vd0);
    let vb1 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 6 * 16), vd1), 44);
    let vb2 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 12 * 16), vd2), 43);
    let vb3 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 18 * 16), vd3), 21);
    let vb4 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 24 * 16), vd4), 14);
    v = xor<v128>(chi<v128>(vb0, vb1, vb2), constant<v128>(at)), store<v128>(to, v, STATES + 0 * 16), v0 = v;
    v = chi<v128>(vb1, vb2, vb3), store<v128>(to, v, STATES + 1 * 16), v1 = v;
    v = chi<v128>(vb2, vb3, vb4), store<v128>(to, v, STATES + 2 * 16), v2 = v;
    v = chi<v128>(vb3, vb4, vb0), store<v128>(to, v, STATES + 3 * 16), v3 = v;
    v = chi<v128>(vb4, vb0, vb1), store<v128>(to, v, STATES + 4 * 16), v4 = v;
    let sb0 = xor<u64>(load<u64>(from, STATE + 0 * 8), sd0);
    let sb1 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 6 * 8), sd1), 44);
    let sb2 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 12 * 8), sd2), 43);
    let sb3 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 18 * 8), sd3), 21);
    let sb4 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 24 * 8), sd4), 14);
    s = xor<u64>(chi<u64>(sb0, sb1, sb2), constant<u64>(at)), store<u64>(to, s, STATE + 0 * 8), s0 = s;
    s = chi<u64>(sb1, sb2, sb3), store<u64>(to, s, STATE + 1 * 8), s1 = s;
    s = chi<u64>(sb2, sb3, sb4), store<u64>(to, s, STATE + 2 * 8), s2 = s;
    s = chi<u64>(sb3, sb4, sb0), store<u64>(to, s, STATE + 3 * 8), s3 = s;
    s = chi<u64>(sb4, sb0, sb1), store<u64>(to, s, STATE + 4 * 8), s4 = s;
    // Row 1.
    vb0 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 3 * 16), vd3), 28);
    vb1 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 9 * 16), vd4), 20);
    vb2 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 10 * 16), vd0), 3);
    vb3 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 16 * 16), vd1), 45);
    vb4 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 22 * 16), vd2), 61);
    v = chi<v128>(vb0, vb1, vb2), store<v128>(to, v, STATES + 5 * 16), v0 = xor<v128>(v0, v);
    v = chi<v128>(vb1, vb2, vb3), store<v128>(to, v, STATES + 6 * 16), v1 = xor<v128>(v1, v);
    v = chi<v128>(vb2, vb3, vb4), store<v128>(to, v, STATES + 7 * 16), v2 = xor<v128>(v2, v);
    v = chi<v128>(vb3, vb4, vb0), store<v128>(to, v, STATES + 8 * 16), v3 = xor<v128>(v3, v);
    v = chi<v128>(vb4, vb0, vb1), store<v128>(to, v, STATES + 9 * 16), v4 = xor<v128>(v4, v);
    sb0 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 3 * 8), sd3), 28);
    sb1 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 9 * 8), sd4), 20);
    sb2 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 10 * 8), sd0), 3);
    sb3 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 16 * 8), sd1), 45);
    sb4 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 22 * 8), sd2), 61);
    s = chi<u64>(sb0, sb1, sb2), store<u64>(to, s, STATE + 5 * 8), s0 = xor<u64>(s0, s);
    s = chi<u64>(sb1, sb2, sb3), store<u64>(to, s, STATE + 6 * 8), s1 = xor<u64>(s1, s);
    s = chi<u64>(sb2, sb3, sb4), store<u64>(to, s, STATE + 7 * 8), s2 = xor<u64>(s2, s);
    s = chi<u64>(sb3, sb4, sb0), store<u64>(to, s, STATE + 8 * 8), s3 = xor<u64>(s3, s);
    s = chi<u64>(sb4, sb0, sb1), store<u64>(to, s, STATE + 9 * 8), s4 = xor<u64>(s4, s);
    // Row 2.
    vb0 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 1 * 16), vd1), 1);
    vb1 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 7 * 16), vd2), 6);
    vb2 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 13 * 16), vd3), 25);
    vb3 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 19 * 16), vd4), 8);
    vb4 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 20 * 16), vd0), 18);
    v = chi<v128>(vb0, vb1, vb2), store<v128>(to, v, STATES + 10 * 16), v0 = xor<v128>(v0, v);
    v = chi<v128>(vb1, vb2, vb3), store<v128>(to, v, STATES + 11 * 16), v1 = xor<v128>(v1, v);
    v = chi<v128>(vb2, vb3, vb4), store<v128>(to, v, STATES + 12 * 16), v2 = xor<v128>(v2, v);
    v = chi<v128>(vb3, vb4, vb0), store<v128>(to, v, STATES + 13 * 16), v3 = xor<v128>(v3, v);
    v = chi<v128>(vb4, vb0, vb1), store<v128>(to, v, STATES + 14 * 16), v4 = xor<v128>(v4, v);
    sb0 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 1 * 8), sd1), 1);
    sb1 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 7 * 8), sd2), 6);
    sb2 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 13 * 8), sd3), 25);
    sb3 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 19 * 8), sd4), 8);
    sb4 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 20 * 8), sd0), 18);
    s = chi<u64>(sb0, sb1, sb2), store<u64>(to, s, STATE + 10 * 8), s0 = xor<u64>(s0, s);
    s = chi<u64>(sb1, sb2, sb3), store<u64>(to, s, STATE + 11 * 8), s1 = xor<u64>(s1, s);
    s = chi<u64>(sb2, sb3, sb4), store<u64>(to, s, STATE + 12 * 8), s2 = xor<u64>(s2, s);
    s = chi<u64>(sb3, sb4, sb0), store<u64>(to, s, STATE + 13 * 8), s3 = xor<u64>(s3, s);
    s = chi<u64>(sb4, sb0, sb1), store<u64>(to, s, STATE + 14 * 8), s4 = xor<u64>(s4, s);
    // Row 3.
    vb0 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 4 * 16), vd4), 27);
    vb1 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 5 * 16), vd0), 36);
    vb2 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 11 * 16), vd1), 10);
    vb3 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 17 * 16), vd2), 15);
    vb4 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 23 * 16), vd3), 56);
    v = chi<v128>(vb0, vb1, vb2), store<v128>(to, v, STATES + 15 * 16), v0 = xor<v128>(v0, v);
    v = chi<v128>(vb1, vb2, vb3), store<v128>(to, v, STATES + 16 * 16), v1 = xor<v128>(v1, v);
    v = chi<v128>(vb2, vb3, vb4), store<v128>(to, v, STATES + 17 * 16), v2 = xor<v128>(v2, v);
    v = chi<v128>(vb3, vb4, vb0), store<v128>(to, v, STATES + 18 * 16), v3 = xor<v128>(v3, v);
    v = chi<v128>(vb4, vb0, vb1), store<v128>(to, v, STATES + 19 * 16), v4 = xor<v128>(v4, v);
    sb0 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 4 * 8), sd4), 27);
    sb1 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 5 * 8), sd0), 36);
    sb2 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 11 * 8), sd1), 10);
    sb3 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 17 * 8), sd2), 15);
    sb4 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 23 * 8), sd3), 56);
    s = chi<u64>(sb0, sb1, sb2), store<u64>(to, s, STATE + 15 * 8), s0 = xor<u64>(s0, s);
    s = chi<u64>(sb1, sb2, sb3), store<u64>(to, s, STATE + 16 * 8), s1 = xor<u64>(s1, s);
    s = chi<u64>(sb2, sb3, sb4), store<u64>(to, s, STATE + 17 * 8), s2 = xor<u64>(s2, s);
    s = chi<u64>(sb3, sb4, sb0), store<u64>(to, s, STATE + 18 * 8), s3 = xor<u64>(s3, s);
    s = chi<u64>(sb4, sb0, sb1), store<u64>(to, s, STATE + 19 * 8), s4 = xor<u64>(s4, s);
    // Row 4.
    vb0 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 2 * 16), vd2), 62);
    vb1 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 8 * 16), vd3), 55);
    vb2 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 14 * 16), vd4), 39);
    vb3 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 15 * 16), vd0), 41);
    vb4 = rotate<v128>(xor<v128>(load<v128>(from, STATES + 21 * 16), vd1), 2);
    v = chi<v128>(vb0, vb1, vb2), store<v128>(to, v, STATES + 20 * 16), v0 = xor<v128>(v0, v);
    v = chi<v128>(vb1, vb2, vb3), store<v128>(to, v, STATES + 21 * 16), v1 = xor<v128>(v1, v);
    v = chi<v128>(vb2, vb3, vb4), store<v128>(to, v, STATES + 22 * 16), v2 = xor<v128>(v2, v);
    v = chi<v128>(vb3, vb4, vb0), store<v128>(to, v, STATES + 23 * 16), v3 = xor<v128>(v3, v);
    v = chi<v128>(vb4, vb0, vb1), store<v128>(to, v, STATES + 24 * 16), v4 = xor<v128>(v4, v);
    sb0 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 2 * 8), sd2), 62);
    sb1 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 8 * 8), sd3), 55);
    sb2 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 14 * 8), sd4), 39);
    sb3 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 15 * 8), sd0), 41);
    sb4 = rotate<u64>(xor<u64>(load<u64>(from, STATE + 21 * 8), sd1), 2);
    s = chi<u64>(sb0, sb1, sb2), store<u64>(to, s, STATE + 20 * 8), s0 = xor<u64>(s0, s);
    s = chi<u64>(sb1, sb2, sb3), store<u64>(to, s, STATE + 21 * 8), s1 = xor<u64>(s1, s);
    s = chi<u64>(sb2, sb3, sb4), store<u64>(to, s, STATE + 22 * 8), s2 = xor<u64>(s2, s);
    s = chi<u64>(sb3, sb4, sb0), store<u64>(to, s, STATE + 23 * 8), s3 = xor<u64>(s3, s);
    s = chi<u64>(sb4, sb0, sb1), store<u64>(to, s, STATE + 24 * 8), s4 = xor<u64>(s4, s);
    const next = from;
    from = to;
    to = next;
  }
}
