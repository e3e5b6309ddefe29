/**
 * Tries every 32 bytes at a multiple of 8 as every secret of the protocol, and looks for schedules of AES-256.
 */
import { encryptsTo, expand, prepareAes, substitute } from './aes';
import {
  DATA,
  HITS,
  MAX_HITS,
  SEEN,
  SEEN_MASK,
  TARGET_BYTES,
  TARGETS,
  WORK,
} from './memory';
import { chainKeyOf, commitmentOf, makesKey, prepareSchedule, ratchet, sharedSecretOf, walk } from './schedule';

/** What a window turned out to be. */
const MESSAGE_KEY: u32 = 1;
const CHAIN_KEY: u32 = 2;
const ENCRYPTION_KEY: u32 = 3;
const SCHEDULE: u32 = 4;
const SHARED_SECRET: u32 = 5;
const RANDOMNESS: u32 = 6;
const SEED: u32 = 7;

const AES_SCHEDULE: usize = WORK + 0x1000;
const KEY: usize = WORK + 0x1200;

let targets: u32 = 0;
let hasSession: bool = false;
let hits: i32 = 0;
let tried: u32 = 0;
let schedules: u32 = 0;

export function hitCount(): i32 { return hits; }
export function triedCount(): u32 { return tried; }
export function scheduleCount(): u32 { return schedules; }

/** Once, when tables, labels, targets and session are in place. */
export function prepare(targetCount: u32, withSession: bool): void {
  targets = targetCount;
  hasSession = withSession;
  prepareAes();
  prepareSchedule();
}

function note(kind: u32, target: usize, at: usize): void {
  if (hits == MAX_HITS) return;
  const hit = HITS + 12 * <usize>hits;
  hits++;
  store<u32>(hit, kind);
  store<u32>(hit + 4, load<u32>(target));
  store<u32>(hit + 8, <u32>(at - DATA));
}

/** Whether 32 bytes may be random; see `windows.ts` for how seldom that is wrong. */
// @ts-ignore: decorator
@inline
function mayBeRandom(at: usize): bool {
  const a = v128.load(at);
  const b = v128.load(at + 16);
  const zero = i8x16.splat(0);
  const zeros = popcnt<i32>(i8x16.bitmask(i8x16.eq(a, zero))) + popcnt<i32>(i8x16.bitmask(i8x16.eq(b, zero)));
  if (zeros >= 8) return false;
  if ((i8x16.bitmask(a) | i8x16.bitmask(b)) == 0) return false;
  let first: u64 = 0;
  let second: u64 = 0;
  let third: u64 = 0;
  let fourth: u64 = 0;
  for (let i: usize = 0; i < 32; i++) {
    const byte = <u64>load<u8>(at + i);
    const bit = (<u64>1) << (byte & 63);
    const quarter = byte >> 6;
    if (quarter == 0) first |= bit;
    else if (quarter == 1) second |= bit;
    else if (quarter == 2) third |= bit;
    else fourth |= bit;
  }
  return popcnt<u64>(first) + popcnt<u64>(second) + popcnt<u64>(third) + popcnt<u64>(fourth) > 16;
}

/** Whether the same 32 bytes were tried lately; remembers them. */
function wasTried(at: usize): bool {
  const print = (load<u64>(at) ^ rotl<u64>(load<u64>(at + 8), 17) ^ rotl<u64>(load<u64>(at + 16), 31)
    ^ rotl<u64>(load<u64>(at + 24), 47)) * 0x9e3779b97f4a7c15;
  const place = SEEN + 8 * <usize>((print >> 40) & SEEN_MASK);
  if (load<u64>(place) == print) return true;
  store<u64>(place, print);
  return false;
}

/** The target whose commitment that is; 0 when none is. */
function committed(commitment: u64): usize {
  for (let i: u32 = 0; i < targets; i++) {
    const target = TARGETS + TARGET_BYTES * i;
    if (load<u64>(target + 8) == commitment) return target;
  }
  return 0;
}

function tryMessageKey(at: usize, window: usize, kind: u32): void {
  const target = committed(commitmentOf(at));
  if (target != 0) note(kind, target, window);
}

function tryEncryptionKey(key: usize, window: usize, kind: u32): void {
  expand(key, AES_SCHEDULE);
  for (let i: u32 = 0; i < targets; i++) {
    const target = TARGETS + TARGET_BYTES * i;
    if (encryptsTo(AES_SCHEDULE, target + 16, target + 32)) note(kind, target, window);
  }
}

/** As the chain key of every epoch up to the last that is attacked: forward to the next one that is. */
function tryChainKey(at: usize): void {
  let epoch: u32 = load<u32>(TARGETS);
  for (let i: u32 = 0; i < targets; i++) {
    const target = TARGETS + TARGET_BYTES * i;
    const wanted = load<u32>(target);
    for (; epoch <= wanted; epoch++) {
      const messageKey = epoch == wanted ? ratchet(at, epoch) : walk(at, epoch, wanted);
      if (commitmentOf(messageKey) == load<u64>(target + 8)) note(CHAIN_KEY, target, at);
    }
  }
}

function tryShared(shared: usize, window: usize, kind: u32): void {
  tryMessageKey(walk(chainKeyOf(shared), 0, load<u32>(TARGETS)), window, kind);
}

function tryWindow(at: usize): void {
  tried++;
  tryMessageKey(at, at, MESSAGE_KEY);
  tryEncryptionKey(at, at, ENCRYPTION_KEY);
  tryChainKey(at);
  if (!hasSession) return;
  tryShared(at, at, SHARED_SECRET);
  tryShared(sharedSecretOf(at), at, RANDOMNESS);
  if (makesKey(at)) note(SEED, TARGETS, at);
}

/** Whether 64 bytes are the first two keys of a schedule of AES-256, its words in one byte order or the other. */
// @ts-ignore: decorator
@inline
function wordAt(at: usize, i: usize, swapped: bool): u32 {
  const word = load<u32>(at + 4 * i);
  return swapped ? word : bswap<u32>(word);
}

function isSchedule(at: usize, swapped: bool): bool {
  if (wordAt(at, 8, swapped) != (wordAt(at, 0, swapped) ^ substitute(rotl<u32>(wordAt(at, 7, swapped), 8)) ^ 0x01000000))
    return false;
  for (let i: usize = 9; i < 16; i++) {
    let word = wordAt(at, i - 1, swapped);
    if (i == 12) word = substitute(word);
    if (wordAt(at, i, swapped) != (wordAt(at, i - 8, swapped) ^ word)) return false;
  }
  return true;
}

function trySchedule(at: usize, swapped: bool): void {
  if (!isSchedule(at, swapped)) return;
  schedules++;
  for (let i: usize = 0; i < 8; i++) store<u32>(KEY + 4 * i, bswap<u32>(wordAt(at, i, swapped)));
  tryEncryptionKey(KEY, at, SCHEDULE);
}

/**
 * Scans data; windows begin at multiples of 8, schedules at multiples of 4.
 *
 * @param length - Bytes at `DATA`; the last 64 are looked at with what follows them.
 */
export function scan(length: u32): void {
  const end = DATA + length;
  for (let at = DATA; at + 64 <= end; at += 4) {
    trySchedule(at, false);
    trySchedule(at, true);
  }
  for (let at = DATA; at + 32 <= end; at += 8) {
    if (mayBeRandom(at) && !wasTried(at)) tryWindow(at);
  }
}
