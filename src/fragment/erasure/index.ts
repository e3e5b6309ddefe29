/**
 * Systematic Reed–Solomon code over GF(2^8): k pieces of data give n − k pieces of parity, and any k of the n give
 * the data again. Which pieces are missing is known: each piece is authenticated by itself before it comes here.
 *
 * The code and its construction, to the byte, are in docs/k-of-n.md. For this library's own use: the arguments are
 * what the callers checked, and a mistake in them is a RangeError.
 *
 * @module
 */
import { QuorumError } from '../../errors.ts';
import { multiply } from './blocks.ts';
import type { Kernel } from './kernel.ts';
import { bestKernel } from './kernels.ts';
import { interpolation } from './matrix.ts';

/** The most pieces that a code has. */
export const MAX_PIECES = 255;

function assertCode(k: number, n: number): void {
  const isCode = Number.isInteger(k) && Number.isInteger(n) && k >= 1 && k <= n && n <= MAX_PIECES;
  if (!isCode) throw new RangeError(`a code of ${k} of ${n} pieces`);
}

/** The integers from `first` up to, and without, `end`. */
function range(first: number, end: number): number[] {
  const integers: number[] = [];
  for (let i = first; i < end; i++) integers.push(i);
  return integers;
}

/**
 * How long each piece is: the data are cut into k pieces of this length, the last of which are filled up with zeros,
 * or are nothing but zeros.
 *
 * @param dataBytes - Bytes of the data, 0 or more.
 * @param k - Pieces of data.
 */
export function pieceBytesOf(dataBytes: number, k: number): number {
  return Math.ceil(dataBytes / k);
}

/**
 * Computes the parity of some data.
 *
 * @param data - The data, of any length; the pieces of data are its parts of {@link pieceBytesOf} bytes each.
 * @param k - Pieces of data, 1 to n.
 * @param n - Pieces altogether, up to {@link MAX_PIECES}.
 * @param out - Filled with the pieces k to n − 1, one behind the other: n − k times {@link pieceBytesOf} bytes. It
 *   tells of the data, so wipe it where those are secret. It may lie in one buffer with the data, behind them.
 * @param kernel - What does the arithmetic.
 */
export function encodeParity(
  data: Uint8Array,
  k: number,
  n: number,
  out: Uint8Array,
  kernel: Kernel = bestKernel(),
): void {
  assertCode(k, n);
  const pieceBytes = pieceBytesOf(data.length, k);
  const part = (from: Uint8Array, i: number) => from.subarray(i * pieceBytes, (i + 1) * pieceBytes);
  if (out.length !== (n - k) * pieceBytes) throw new RangeError(`${out.length} bytes for the parity`);
  const dataAt = range(0, k);
  const inputs = dataAt.map((i) => part(data, i));
  const outputs = range(0, n - k).map((i) => part(out, i));
  multiply(kernel, interpolation(dataAt, range(k, n)), inputs, outputs, pieceBytes);
}

/**
 * Fills in the pieces of data that are missing.
 *
 * @param pieces - n pieces by their index, undefined where one is missing. Of those that are there, those of data
 *   first, k are used. A piece of parity has `pieceBytes` bytes; one of data may lack zeros at its end, but nothing
 *   of what `out` has of it.
 * @param k - Pieces of data, 1 to n.
 * @param n - Pieces altogether, up to {@link MAX_PIECES}.
 * @param pieceBytes - Bytes of a piece.
 * @param out - The data, k times `pieceBytes` bytes or, without the zeros at the end, fewer. The missing pieces of
 *   data are written to their places; nothing else is touched. The pieces may lie in it.
 * @param kernel - What does the arithmetic.
 * @throws {@link QuorumError} when fewer than k pieces are there.
 */
export function reconstruct(
  pieces: readonly (Uint8Array | undefined)[],
  k: number,
  n: number,
  pieceBytes: number,
  out: Uint8Array,
  kernel: Kernel = bestKernel(),
): void {
  assertCode(k, n);
  if (pieces.length !== n) throw new RangeError(`${pieces.length} places for ${n} pieces`);
  if (out.length > k * pieceBytes)
    throw new RangeError(`${out.length} bytes in ${k} pieces of ${pieceBytes}`);
  const wanted = (i: number) => out.subarray(i * pieceBytes, (i + 1) * pieceBytes);
  const present: number[] = [];
  const missing: number[] = [];
  for (const [i, piece] of pieces.entries()) {
    if (piece === undefined) {
      if (i < k) missing.push(i);
      continue;
    }
    const least = i < k ? wanted(i).length : pieceBytes;
    if (piece.length < least || piece.length > pieceBytes) {
      throw new RangeError(`piece ${i} has ${piece.length} bytes, not ${pieceBytes}`);
    }
    present.push(i);
  }
  if (present.length < k) throw new QuorumError(present.length, k);
  if (missing.length === 0) return;
  const from = present.slice(0, k);
  const inputs = from.map((i) => pieces[i] as Uint8Array);
  multiply(kernel, interpolation(from, missing), inputs, missing.map(wanted), pieceBytes);
}
