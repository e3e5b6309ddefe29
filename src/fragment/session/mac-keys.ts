/**
 * The keys that authenticate the messages of a session: those of both confirmations and of what comes after.
 *
 * Those of all sessions lie in a few shared buffers. A buffer for each would take five times the memory of its keys, and ten
 * thousand small ones lie scattered among everything else.
 *
 * @module
 */
import { allocateSecret, equal, wipe } from '../../bytes.ts';
import type { HashEngine } from '../../engines/engine.ts';
import { registry } from '../../engines/index.ts';
import { SHA3_512 } from '../../params.ts';
import { Refused } from './refusal.ts';
import { MAC_BYTES } from './wire.ts';

const NAMES = ['confirm-receiver', 'confirm-sender', 'heartbeat'] as const;

/** Which key a MAC is made with. */
export type MacKeyName = (typeof NAMES)[number];

const KEY_BYTES = 32;
/** Bytes of the three keys. */
export const MAC_KEYS_BYTES: number = NAMES.length * KEY_BYTES;

const PLACES_A_BUFFER = 64;

const buffers: Uint8Array[] = [];
/** Places that no session uses, of all buffers; they are zero. */
const free: number[] = [];

function takePlace(): number {
  if (free.length === 0) {
    const first = buffers.length * PLACES_A_BUFFER;
    buffers.push(allocateSecret(PLACES_A_BUFFER * MAC_KEYS_BYTES));
    for (let i = PLACES_A_BUFFER - 1; i >= 0; i--) free.push(first + i);
  }
  return free.pop() as number;
}

function bytesAt(place: number): Uint8Array {
  const buffer = buffers[Math.floor(place / PLACES_A_BUFFER)] as Uint8Array;
  const at = (place % PLACES_A_BUFFER) * MAC_KEYS_BYTES;
  return buffer.subarray(at, at + MAC_KEYS_BYTES);
}

/** The engine that hashes secrets. */
export function secretHash(): HashEngine {
  return registry.capable('hash', 'wiped-state');
}

/** The three keys of a session, wiped at once. */
export class MacKeys {
  #place: number | undefined;

  /** @param keys - The two confirmation keys and the heartbeat key; copied. */
  constructor(keys: Uint8Array) {
    this.#place = takePlace();
    bytesAt(this.#place).set(keys);
  }

  /**
   * Writes a MAC.
   *
   * @param key - Whose: a confirmation of the receiver or the sender, or what comes after.
   * @param data - What is authenticated.
   * @param out - Where its 32 bytes go.
   * @throws {@link Refused} when the keys are gone.
   */
  write(key: MacKeyName, data: Uint8Array, out: Uint8Array): void {
    const mac = this.#compute(key, data);
    out.set(mac.subarray(0, MAC_BYTES));
    wipe(mac);
  }

  /**
   * Whether a MAC is right, in constant time.
   *
   * @throws {@link Refused} when the keys are gone.
   */
  verify(key: MacKeyName, data: Uint8Array, mac: Uint8Array): boolean {
    const right = this.#compute(key, data);
    try {
      return equal(right.subarray(0, MAC_BYTES), mac);
    } finally {
      wipe(right);
    }
  }

  /** Wipes the keys. Further calls do nothing. */
  dispose(): void {
    if (this.#place === undefined) return;
    wipe(bytesAt(this.#place));
    free.push(this.#place);
    this.#place = undefined;
  }

  #compute(key: MacKeyName, data: Uint8Array): Uint8Array {
    if (this.#place === undefined) throw new Refused('unknown');
    const out = allocateSecret(SHA3_512.digestBytes);
    const at = NAMES.indexOf(key) * KEY_BYTES;
    secretHash().hmacSha3_512(bytesAt(this.#place).subarray(at, at + KEY_BYTES), data, out);
    return out;
  }
}
