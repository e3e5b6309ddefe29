/**
 * The use budget of AES keys, shared by all processes of a store: each sets a block of uses aside in the manifest, and
 * takes them from there without a commit. What a process set aside and did not use is lost, never used twice.
 *
 * @module
 */
import { ExpiredError } from '../errors.ts';
import type { KeyRef } from './keystore.ts';
import { entryName, findEntry, type KeyEntry, type Manifest, replaceEntry } from './manifest.ts';
import type { Change } from './storage.ts';

/** Uses that a process sets aside at once: one commit a block. */
const RESERVED_BLOCK = 2 ** 16;

/** Commits a change of the store. */
type Transact = <T>(work: (current: Manifest) => Promise<Change<T>>) => Promise<T>;

/** The uses that this process set aside. */
export class UseBudget {
  readonly #transact: Transact;
  /** Uses that are left, by entry id. */
  readonly #reserved = new Map<string, number>();
  readonly #reserving = new Map<string, Promise<void>>();

  /** @param transact - Commits what is set aside. */
  constructor(transact: Transact) {
    this.#transact = transact;
  }

  /** Takes one use of an AES key's, if this process has one left of those that were set aside for it. */
  take(entry: KeyEntry): boolean {
    const id = entryName(entry);
    const left = this.#reserved.get(id) ?? 0;
    if (left > 0) this.#reserved.set(id, left - 1);
    return left > 0;
  }

  /**
   * Sets the next block of uses aside, once for all who wait for it.
   *
   * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET` when the whole budget was set aside.
   */
  reserve(entry: KeyEntry): Promise<void> {
    const id = entryName(entry);
    let reserving = this.#reserving.get(id);
    if (reserving === undefined) {
      reserving = this.#reserve(entry.ref, id).finally(() => this.#reserving.delete(id));
      this.#reserving.set(id, reserving);
    }
    return reserving;
  }

  async #reserve(ref: KeyRef, id: string): Promise<void> {
    const block = await this.#transact(async (current) => {
      const entry = findEntry(current, ref);
      const left = entry.maxUses - entry.reservedUses;
      if (left <= 0) {
        throw new ExpiredError(
          'ERR_EXPIRED_USE_BUDGET',
          `key "${ref.name}", generation ${ref.generation}, has spent its budget of ${entry.maxUses} uses (SP 800-38D §8.3); generate the next one`,
        );
      }
      // A small budget is shared out in small blocks, so that several processes get some of it.
      const size = Math.min(RESERVED_BLOCK, Math.ceil(left / 16));
      const next = { ...entry, reservedUses: entry.reservedUses + size };
      return { next: replaceEntry(current, entry, next), result: size };
    });
    this.#reserved.set(id, (this.#reserved.get(id) ?? 0) + block);
  }
}
