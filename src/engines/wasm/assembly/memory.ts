/**
 * Where everything lies in the linear memory, which has a fixed size and never grows.
 *
 *     0x00400  constants that the compiler places
 *     0x08000  tables that are computed at the start
 *     0x10000  secrets: Keccak states, inputs, outputs, intermediate values of the operation under way
 *     0x60000  public expansions of ML-KEM keys, one slot a key
 *     0xC0000  public expansions of ML-DSA keys, one slot a key
 *
 * One operation runs at a time, so all operations share the region of secrets. Each lays out {@link WORK} for itself, from
 * its beginning and without gaps, and before it returns has {@link wipe} zero all that it used.
 */

/** Tables that `start` fills. */
export const TABLES: usize = 0x8000;

/** The region of secrets. */
export const SECRETS: usize = 0x10000;
/** Results: JavaScript copies them and zeroes what it copied; nobody else does. */
export const OUT: usize = SECRETS;
/** One Keccak state: 25 lanes. */
export const STATE: usize = SECRETS + 0x2000;
/** Two Keccak states side by side: 25 pairs of lanes. */
export const STATES: usize = STATE + 208;
/** How far behind them there is room for them once more, which three at a time need. */
export const BESIDE: usize = 608;
/** Inputs and intermediate values. */
export const WORK: usize = STATE + 0x500;
/** Where the region of secrets ends. */
export const SECRETS_END: usize = 0x60000;

/** Slots of ML-KEM keys. */
export const KEM_SLOTS: usize = 0x60000;
/** Slots of ML-DSA keys. */
export const SIGN_SLOTS: usize = 0xc0000;

/**
 * Zeroes the Keccak states and the first bytes of {@link WORK}.
 *
 * @param workBytes - How much of WORK the operation used.
 */
// @ts-ignore: decorator
@inline
export function wipe(workBytes: usize): void {
  memory.fill(STATE, 0, WORK - STATE + workBytes);
}
