/**
 * The plaintexts of the test: bytes that follow from a number, so that nobody has to send them to the processes that seal
 * and open. JavaScript, as it runs on every Node.
 *
 * @module
 */

/** Bytes of a plaintext. */
export const PLAINTEXT_BYTES = 64;

/**
 * Writes the plaintext of a number.
 *
 * @param {number} number
 * @param {Uint8Array} out
 */
export function writePlaintext(number, out) {
  let state = (number * 0x9e3779b1 + 0x7f4a7c15) >>> 0;
  for (let i = 0; i < out.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    out[i] = state >>> 11;
  }
  return out;
}
