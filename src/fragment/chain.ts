/**
 * The epoch keys of a vault: a one-way chain whose keys live in one buffer and are zeroed when their time is over.
 *
 * One domain-separated SHA3-512 over the chain key and the epoch's number gives the epoch's message key and the next
 * chain key; the old chain key is overwritten. A later chain key reveals no earlier message key. Epochs in which nothing
 * is sealed are passed over, so that a chain costs nothing while it idles.
 *
 * @module
 */
import { concat, randomFill, uintBytes, utf8, wipe } from '../bytes.ts';
import { registry } from '../engines/index.ts';
import { SHA3_512 } from '../params.ts';

const KEY_BYTES = 32;
const RATCHET_DOMAIN = utf8('mwrasp-crypto/fragment/v0/ratchet');

interface Slot {
  readonly epoch: number;
  readonly key: Uint8Array;
}

/** The chain of one vault. */
export class EpochChain {
  /** Chain key, then one slot an epoch that is alive: one buffer, so that one fill wipes everything. */
  readonly #slab: Uint8Array;
  readonly #chainKey: Uint8Array;
  readonly #free: Uint8Array[] = [];
  #slots: Slot[] = [];
  /** The epoch whose message key comes next. */
  #next = 0;

  /** @param maxAlive - Most epochs that are alive at once. */
  constructor(maxAlive: number) {
    this.#slab = new Uint8Array(KEY_BYTES * (maxAlive + 1));
    this.#chainKey = this.#slab.subarray(0, KEY_BYTES);
    for (let i = 1; i <= maxAlive; i++)
      this.#free.push(this.#slab.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES));
    randomFill(this.#chainKey);
  }

  /** The newest epoch that has, or had, a key; −1 before the first. */
  get newest(): number {
    return this.#next - 1;
  }

  /** Epochs whose keys are alive, oldest first. */
  get alive(): number[] {
    return this.#slots.map(({ epoch }) => epoch);
  }

  /**
   * Moves the chain on so that an epoch has its key; does nothing for one that is not newer than {@link newest}. Epochs
   * passed over never have a key.
   *
   * @param epoch - Which. The caller destroyed enough old ones to leave a free slot.
   */
  advance(epoch: number): void {
    if (epoch < this.#next) return;
    const key = this.#free.pop();
    if (key === undefined) throw new RangeError('too many epochs are alive');
    this.#ratchet(epoch, key);
    this.#slots.push({ epoch, key });
    this.#next = epoch + 1;
  }

  /**
   * Copies an epoch's key.
   *
   * @param epoch - Which.
   * @param out - 32 bytes; the caller wipes them.
   * @returns Whether the key is still alive.
   */
  copyKey(epoch: number, out: Uint8Array): boolean {
    const slot = this.#slots.find((candidate) => candidate.epoch === epoch);
    if (slot === undefined) return false;
    out.set(slot.key);
    return true;
  }

  /** Zeroes the keys of an epoch and all before it; returns the epochs that had one. */
  destroyUpTo(epoch: number): number[] {
    const alive = this.#slots.filter((slot) => slot.epoch > epoch);
    const gone = this.#slots.filter((slot) => !alive.includes(slot));
    for (const { key } of gone) {
      wipe(key);
      this.#free.push(key);
    }
    this.#slots = alive;
    return gone.map((slot) => slot.epoch);
  }

  /** Zeroes everything; the chain is over. */
  destroy(): void {
    this.#slots = [];
    wipe(this.#slab);
  }

  /** SHA3-512(domain ‖ epoch ‖ chain key) = message key ‖ next chain key. */
  #ratchet(epoch: number, messageKey: Uint8Array): void {
    const output = new Uint8Array(SHA3_512.digestBytes);
    // The engine whose hash state is wiped after use; a native one leaves copies until they are collected.
    const hasher = registry.capable('hash', 'wiped-state').createSha3_512();
    hasher.update(concat(RATCHET_DOMAIN, uintBytes(epoch, 4)));
    hasher.update(this.#chainKey);
    hasher.digest(output);
    messageKey.set(output.subarray(0, KEY_BYTES));
    this.#chainKey.set(output.subarray(KEY_BYTES));
    wipe(output);
  }
}
