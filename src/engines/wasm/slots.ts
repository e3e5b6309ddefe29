/**
 * Places in the linear memory for what follows from public keys, a bounded number of them: the key that was used longest ago
 * makes room for a new one, and is expanded again when it is used again.
 *
 * @module
 */
import { wipe } from '../../bytes.ts';

/** What one prepared key has of the cache. It outlives the key, so that it can be let go when the key is collected. */
export class Holder {
  /** The address of the slot; 0 without one. */
  address = 0;
  /** Whether the slot holds the key's expansion. */
  filled = false;
  /** Whether the key's collection is awaited. */
  watched = false;
  /** When the slot was last used. */
  usedAt = 0;
  /** Secrets of the key, wiped with the slot. */
  secret: Uint8Array | undefined;

  constructor(secret?: Uint8Array) {
    this.secret = secret;
  }
}

/** A bounded number of slots of one size. */
export class SlotCache {
  readonly #memory: Uint8Array;
  readonly #base: number;
  readonly #slotBytes: number;
  /** Who holds which slot. */
  readonly #holders: (Holder | undefined)[];
  #clock = 0;
  readonly #collected: FinalizationRegistry<Holder>;

  /**
   * @param memory - The linear memory.
   * @param base - The address of the first slot.
   * @param slotBytes - Bytes of a slot.
   * @param count - How many there are.
   */
  constructor(memory: Uint8Array, base: number, slotBytes: number, count: number) {
    this.#memory = memory;
    this.#base = base;
    this.#slotBytes = slotBytes;
    this.#holders = Array.from({ length: count }, () => undefined);
    this.#collected = new FinalizationRegistry((holder) => this.#letGo(holder));
  }

  /**
   * Sees to it that a key has a slot.
   *
   * From its second use on, a key's slot and secrets are zeroed when it is collected without having been disposed of. To
   * await that costs a tenth of an operation, which a key that is used once is spared: its slot is the next to be given away.
   *
   * @param holder - What the key has of the cache; `filled` says whether its expansion is there.
   * @param key - The key, which has to refer to its holder; absent when it is being made.
   * @returns The address.
   */
  take(holder: Holder, key?: object): number {
    if (holder.usedAt !== 0 && !holder.watched && key !== undefined) {
      this.#collected.register(key, holder, holder);
      holder.watched = true;
    }
    holder.usedAt = ++this.#clock;
    if (holder.address === 0) this.#assign(holder);
    return holder.address;
  }

  /** Zeroes a key's slot and secrets, for good. */
  release(holder: Holder): void {
    if (holder.watched) this.#collected.unregister(holder);
    holder.watched = false;
    this.#letGo(holder);
  }

  /** How many slots are held. */
  get held(): number {
    return this.#holders.filter((holder) => holder !== undefined).length;
  }

  /** Gives a key a free slot, or that of the key that was used longest ago. */
  #assign(holder: Holder): void {
    let index = 0;
    let oldest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#holders.length; i++) {
      const usedAt = this.#holders[i]?.usedAt ?? -1;
      if (usedAt < oldest) {
        index = i;
        oldest = usedAt;
      }
    }
    const evicted = this.#holders[index];
    if (evicted !== undefined) leave(evicted);
    this.#holders[index] = holder;
    holder.address = this.#base + index * this.#slotBytes;
  }

  #letGo(holder: Holder): void {
    wipe(holder.secret);
    if (holder.address === 0) return;
    this.#memory.fill(0, holder.address, holder.address + this.#slotBytes);
    this.#holders[(holder.address - this.#base) / this.#slotBytes] = undefined;
    leave(holder);
  }
}

function leave(holder: Holder): void {
  holder.address = 0;
  holder.filled = false;
}
