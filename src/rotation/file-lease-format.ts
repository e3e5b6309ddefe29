/**
 * The bytes of a grant in the folder of a file lease; `docs/formats.md` has them in a table.
 *
 * @module
 */
import { concat, uintBytes, utf8 } from '../bytes.ts';
import { Reader } from '../keystore/file/reader.ts';
import { PREAMBLE_BYTES, readPreamble, writePreamble } from '../preamble.ts';
import { MAX_TTL_MS } from './lease.ts';

/** Longest grant: holder's name and place in UTF-8. */
export const MAX_GRANT_BYTES = 1024;
const NONCE_BYTES = 16;
/** Bytes of the last field, which the holder counts up. */
export const BEAT_BYTES = 8;
/** The last beat: given back. */
export const RELEASED: number = Number.MAX_SAFE_INTEGER;

/** It leaves a byte order mark where it stands: a holder is who it said it is. */
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const GRANT_NAME = /^lease-([0-9]{16})$/;

/** One grant, but for its beat. */
export interface Grant {
  readonly fence: number;
  readonly ttlMs: number;
  /** Process of the holder, and when it began; see `processStatus`. */
  readonly pid: number;
  readonly started: number;
  /** Where that number means something; see `processPlace`. */
  readonly place: string;
  readonly holder: string;
}

/** Name of a grant's file. */
export function grantName(fence: number): string {
  return `lease-${String(fence).padStart(16, '0')}`;
}

/** Fences of the grants among some names, the newest first. */
export function fencesOf(names: readonly string[]): number[] {
  return names
    .map((name) => Number(GRANT_NAME.exec(name)?.[1] ?? Number.NaN))
    .filter((fence) => Number.isSafeInteger(fence))
    .sort((a, b) => b - a);
}

function text(value: string): Uint8Array {
  const bytes = utf8(value);
  return concat(uintBytes(bytes.length, 2), bytes);
}

/**
 * Writes a grant whose beat is 0.
 *
 * @param grant - What it says.
 * @param nonce - 16 random bytes.
 */
export function writeGrant(grant: Grant, nonce: Uint8Array): Uint8Array {
  const preamble = new Uint8Array(PREAMBLE_BYTES);
  writePreamble(preamble, 'L');
  return concat(
    preamble,
    uintBytes(grant.fence, 8),
    uintBytes(grant.ttlMs, 4),
    uintBytes(grant.pid, 4),
    uintBytes(grant.started, 8),
    nonce,
    text(grant.place),
    text(grant.holder),
    uintBytes(0, BEAT_BYTES),
  );
}

/**
 * Reads a grant.
 *
 * @returns What it says and its beat; undefined when it is damaged, or that of another release.
 */
export function readGrant(bytes: Uint8Array): (Grant & { readonly beat: number }) | undefined {
  const found = readPreamble(bytes);
  if (found?.letter !== 'L' || found.version !== 1) return undefined;
  try {
    const reader = new Reader(bytes, PREAMBLE_BYTES);
    const fence = reader.uint(8);
    const ttlMs = reader.uint(4);
    const pid = reader.uint(4);
    const started = reader.uint(8);
    reader.take(NONCE_BYTES);
    const decode = () => decoder.decode(reader.take(reader.uint(2)));
    const place = decode();
    const holder = decode();
    const beat = reader.uint(BEAT_BYTES);
    reader.end();
    if (ttlMs < 1 || ttlMs > MAX_TTL_MS) return undefined;
    return { fence, ttlMs, pid, started, place, holder, beat };
  } catch {
    return undefined;
  }
}
