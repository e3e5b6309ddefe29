/**
 * Clocks that tests turn, a look at the memory that keys live in, and the codes in plain JavaScript.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { vi } from 'vitest';
import { concat, uintBytes, utf8 } from '../../../src/bytes.ts';
import type { Clock } from '../../../src/clock.ts';
import type { encodeParity, reconstruct, SecretShare } from '../../../src/fragment/codes.ts';
import { type Page, SLOT_BYTES } from '../../../src/fragment/slab.ts';
import type { Wiper } from '../../../src/fragment/wiper.ts';

/** A clock that moves only when it is told to; its wall hand keeps together with the other. */
export class ManualClock implements Clock {
  nowMs = 0;
  /** By how much the wall clock was set. */
  setMs = 0;

  wallMs(): number {
    return this.nowMs + this.setMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }
}

/** Bytes of a chain key and of an epoch's message key. */
export const KEY_BYTES = 32;

/** The pages of a wiper. */
export function pagesOf(wiper: Wiper): readonly Page[] {
  return (wiper as unknown as { pages: Page[] }).pages;
}

/** Slots of a wiper that hold anything but zeros, whatever their state says. */
export function filledSlots(wiper: Wiper): Uint8Array[] {
  const filled: Uint8Array[] = [];
  for (const { keys } of pagesOf(wiper)) {
    for (let at = 0; at < keys.length; at += SLOT_BYTES) {
      const slot = keys.slice(at, at + SLOT_BYTES);
      if (slot.some((byte) => byte !== 0)) filled.push(slot);
    }
  }
  return filled;
}

/** Makes the random generator count up instead. */
export function countingRandom(): void {
  let next = 0;
  vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation((out) => {
    const bytes = out as Uint8Array;
    for (let i = 0; i < bytes.length; i++) bytes[i] = next++;
    return out;
  });
}

/** Keeps the thread busy for a while: nothing of the event loop runs. */
export function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Waits until something is so; a test that waits in vain ends by its time limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Derivation as the docs describe it: SHA3-512(00 00 00 01 ‖ Z ‖ label ‖ info), in two halves. */
export function derive(
  secret: Uint8Array,
  label: string,
  info: Uint8Array = new Uint8Array(0),
): [Uint8Array, Uint8Array] {
  const digest = createHash('sha3-512')
    .update(concat(uintBytes(1, 4), secret, utf8(label), info))
    .digest();
  return [new Uint8Array(digest.subarray(0, KEY_BYTES)), new Uint8Array(digest.subarray(KEY_BYTES))];
}

/** AES-256-GCM by node:crypto: ciphertext and tag. */
export function gcmSeal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, data: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(aad);
  return concat(cipher.update(data), cipher.final(), cipher.getAuthTag());
}

/** The same the other way; throws when the tag is wrong. */
export function gcmOpen(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(-16));
  return new Uint8Array(concat(decipher.update(sealed.subarray(0, -16)), decipher.final()));
}

/** Multiplication in GF(256) with a given polynomial, bit by bit. */
function multiply(a: number, b: number, polynomial: number): number {
  let sum = 0;
  for (let x = a, y = b; y > 0; y >>= 1, x = x & 0x80 ? (x << 1) ^ polynomial : x << 1) if (y & 1) sum ^= x;
  return sum;
}

function inverse(a: number, polynomial: number): number {
  let result = 1;
  for (let i = 0; i < 254; i++) result = multiply(result, a, polynomial);
  return result;
}

/** What the polynomial through some points has at another, byte by byte. */
function interpolate(points: readonly SecretShare[], at: number, polynomial: number): Uint8Array {
  const out = new Uint8Array(points[0]?.y.length ?? 0);
  for (const { x: p, y } of points) {
    let factor = 1;
    for (const { x: q } of points) {
      if (q === p) continue;
      factor = multiply(factor, multiply(at ^ q, inverse(p ^ q, polynomial), polynomial), polynomial);
    }
    for (let i = 0; i < out.length; i++)
      out[i] = (out[i] as number) ^ multiply(y[i] as number, factor, polynomial);
  }
  return out;
}

const ERASURE_POLYNOMIAL = 0x11d;
const SHAMIR_POLYNOMIAL = 0x11b;

/** Reed–Solomon as the docs describe it, slowly. */
export const plainErasure: {
  encodeParity(...args: Parameters<typeof encodeParity>): void;
  reconstruct(...args: Parameters<typeof reconstruct>): void;
} = {
  encodeParity(data, k, n, out) {
    const size = Math.ceil(data.length / k);
    const points = Array.from({ length: k }, (_, x) => {
      const y = new Uint8Array(size);
      y.set(data.subarray(x * size, (x + 1) * size));
      return { x, y };
    });
    for (let x = k; x < n; x++) out.set(interpolate(points, x, ERASURE_POLYNOMIAL), (x - k) * size);
  },
  reconstruct(pieces, k, _n, size, out) {
    const points = pieces
      .flatMap((piece, x) => {
        if (piece === undefined) return [];
        const y = new Uint8Array(size);
        y.set(piece);
        return [{ x, y }];
      })
      .slice(0, k);
    for (let x = 0; x < k; x++) {
      if (pieces[x] !== undefined) continue;
      const place = out.subarray(x * size, (x + 1) * size);
      place.set(interpolate(points, x, ERASURE_POLYNOMIAL).subarray(0, place.length));
    }
  },
};

/** Shamir's scheme as the docs describe it, slowly. */
export const plainSharing: { combine(shares: readonly SecretShare[]): Uint8Array } = {
  combine: (shares) => interpolate(shares, 0, SHAMIR_POLYNOMIAL),
};
