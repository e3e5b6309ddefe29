/**
 * Where everything lies; `kernel.ts` beside this folder has the same numbers.
 */

/** S-box of AES (256), then a table of it times x (1024), which `prepare` fills. */
export const SBOX: usize = 0x10000;
export const ROUND_TABLE: usize = 0x10400;
/** What is attacked: epoch (u32), then at 8 commitment (8 bytes of it), at 16 counter block, at 32 keystream block. */
export const TARGETS: usize = 0x20000;
export const TARGET_BYTES: usize = 64;
/** The session: transcript (64), SHA3-256 of the encapsulation key (32), 32 bytes of the encapsulation key's ρ. */
export const SESSION: usize = 0x28000;
export const SESSION_KEY_HASH: usize = SESSION + 64;
export const SESSION_RHO: usize = SESSION + 96;
/** Labels: length (u32), bytes. */
export const RATCHET_LABEL: usize = 0x29000;
export const KEY_LABEL: usize = 0x29100;
export const SESSION_LABEL: usize = 0x29200;
/** What was found: kind (u32), epoch (u32), offset in the data (u32). */
export const HITS: usize = 0x2a000;
export const MAX_HITS: i32 = 1000;
export const WORK: usize = 0x30000;
/** Windows that were tried lately: 2^20 words. */
export const SEEN: usize = 0x100000;
export const SEEN_MASK: u64 = 0xfffff;
export const DATA: usize = 0x900000;
