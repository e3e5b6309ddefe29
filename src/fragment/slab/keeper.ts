/**
 * Zeroes keys when their time is over, fills in those to come, and destroys everything when time went lost.
 *
 * It runs in a thread of its own, asleep between two deaths, or on a timer of the main thread where there is no other.
 *
 * @module
 */
import type { Clock } from '../../clock.ts';
import type { HashEngine } from '../../engines/engine.ts';
import { TimeHeap } from '../time-heap.ts';
import { type Block, type ChainDeath, STATE } from './block.ts';
import type { Control } from './control.ts';
import { blocksOf, type PageShape, placeOf } from './page.ts';

/** While a key lives, the clocks are compared this often. */
export const MAX_SLEEP_MS = 50;
/** When the wall clock and the monotonic clock part by more than this from one look to the next, time went lost. */
const MAX_STEP_MS = 50;
/** Two readings of one clock that lie further apart than this say nothing of the clock read between them. */
const MAX_READING_MS = 2;
/** With so many chains, deaths are put together into one look, so that looking does not take the processor. */
const MANY_BLOCKS = 64;
const MANY_PAUSE_MS = 0.5;

/** Told to the other thread. */
export type KeeperNews =
  | { readonly kind: 'dead'; readonly id: number; readonly death: ChainDeath }
  | { readonly kind: 'destroyed'; readonly id: number; readonly epoch: number; readonly lagMs: number };

/** What a keeper works with. */
export interface KeeperParts {
  readonly control: Control;
  readonly clock: Clock;
  readonly hash: HashEngine;
  /** Gets pages that the keeper has not seen. */
  readonly nextPage: () => PageShape | undefined;
  readonly tell: (news: readonly KeeperNews[]) => void;
}

/** Looks after the blocks of every chain of the process. */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #pages: Block[][] = [];
  /** Blocks that have keys. */
  readonly #active = new Set<Block>();
  /** The same, by when the oldest key of each dies. */
  readonly #order = new TimeHeap<Block>();
  /** How much earlier epoch 0 of a block began than was thought, when it was looked at. */
  readonly #moved = new Map<Block, number>();
  readonly #news: KeeperNews[] = [];
  #tail = 0;
  /** Wall clock minus monotonic clock at the last look; undefined when no key was alive. */
  #offsetMs: number | undefined;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Changes that were looked at. */
  get seen(): number {
    return this.#tail;
  }

  /**
   * Does what is due.
   *
   * @returns How long it may sleep if nothing changes; infinitely when no key is alive.
   */
  tick(): number {
    const { clock, control } = this.#parts;
    this.#readChanges();
    if (this.#hasLostTime()) this.#destroyAll('clock-step');
    const nowMs = clock.monotonicMs();
    if (nowMs >= this.#nextMs()) this.#destroyDue(nowMs);
    const endMs = clock.monotonicMs();
    control.ticked(endMs);
    this.#tellNews();
    if (this.#active.size === 0) {
      this.#offsetMs = undefined;
      return Number.POSITIVE_INFINITY;
    }
    const least = this.#active.size > MANY_BLOCKS ? MANY_PAUSE_MS : 0;
    return Math.min(Math.max(this.#nextMs() - endMs, least), MAX_SLEEP_MS);
  }

  /** Zeroes every key there is. */
  destroyAll(death: ChainDeath): void {
    this.#readChanges();
    this.#destroyAll(death);
    this.#tellNews();
  }

  #tellNews(): void {
    if (this.#news.length > 0) this.#parts.tell(this.#news.splice(0));
  }

  #readChanges(): void {
    const { control, nextPage } = this.#parts;
    const { head } = control;
    if (head === this.#tail) return;
    for (let page = nextPage(); page !== undefined; page = nextPage()) {
      this.#pages[page.page] = blocksOf(page);
      control.pages = this.#pages.length;
    }
    const ids = control.changesSince(this.#tail, head);
    // Whoever is faster than the ring is wide overwrote it while it was read.
    const isWhole = ids !== undefined && control.changesSince(this.#tail, control.head) !== undefined;
    if (isWhole) for (const id of ids) this.#look(this.#find(id));
    else for (const blocks of this.#pages) for (const block of blocks) this.#look(block);
    this.#tail = head;
  }

  #find(id: number): Block | undefined {
    const { page, place } = placeOf(id);
    return this.#pages[page]?.[place];
  }

  #look(block: Block | undefined): void {
    if (block === undefined) return;
    const { state } = block;
    if (state === STATE.released) {
      block.zero();
      block.forget();
      block.state = STATE.free;
    }
    if (state !== STATE.active) {
      this.#drop(block);
      this.#moved.delete(block);
      return;
    }
    this.#passOver(block);
    if (block.retired) block.dropAfter(this.#epochNow(block));
    this.#schedule(block);
  }

  /** Zeroes what a block's epochs that were moved back leave behind: their keys were not late until now. */
  #passOver(block: Block): void {
    const { movedMs } = block;
    if (movedMs === (this.#moved.get(block) ?? 0)) return;
    this.#moved.set(block, movedMs);
    const nowMs = this.#parts.clock.monotonicMs();
    while (block.dueMs <= nowMs && block.state === STATE.active && !block.isEmpty) {
      block.destroyOldest();
      block.refill(this.#parts.hash);
    }
  }

  /** The epoch that has begun last, as far as the block's own times tell. */
  #epochNow(block: Block): number {
    return block.epochAt(this.#parts.clock.monotonicMs());
  }

  #schedule(block: Block): void {
    const { dueMs } = block;
    this.#active.add(block);
    if (block.entryMs !== dueMs) this.#order.push(dueMs, block);
  }

  #drop(block: Block): void {
    this.#active.delete(block);
    block.entryMs = Number.POSITIVE_INFINITY;
  }

  /** When the next key dies. */
  #nextMs(): number {
    return this.#order.first?.entryMs ?? Number.POSITIVE_INFINITY;
  }

  /** First every key that is over is zeroed; only then come new ones. */
  #destroyDue(nowMs: number): void {
    const touched: Block[] = [];
    while (this.#nextMs() <= nowMs) {
      const block = this.#order.first as Block;
      // Looked at once; what becomes of it is entered again.
      this.#order.pop();
      if (this.#destroyOver(block, nowMs)) touched.push(block);
      else this.#drop(block);
    }
    for (const block of touched) this.#goOn(block);
  }

  /** Zeroes the keys of a block that are over; false when the whole block is. */
  #destroyOver(block: Block, nowMs: number): boolean {
    const { clock, control } = this.#parts;
    for (let { dueMs } = block; dueMs <= nowMs; { dueMs } = block) {
      if (block.state !== STATE.active) return false;
      if (block.isEmpty) return true;
      const epoch = block.oldest;
      block.destroyOldest();
      const lagMs = Math.max(clock.monotonicMs() - dueMs, 0);
      control.lag.record(lagMs);
      block.noteLag(lagMs);
      if (control.wantsEvents) this.#news.push({ kind: 'destroyed', id: block.id, epoch, lagMs });
      if (lagMs > block.graceMs) {
        this.#kill(block, 'late');
        return false;
      }
    }
    return true;
  }

  #goOn(block: Block): void {
    if (!block.fallAsleep()) block.refill(this.#parts.hash);
    if (block.state !== STATE.active) this.#drop(block);
    else if (block.isEmpty && block.retired) this.#kill(block, 'retired');
    else this.#schedule(block);
  }

  #kill(block: Block, death: ChainDeath): void {
    block.die(death);
    this.#drop(block);
    this.#news.push({ kind: 'dead', id: block.id, death });
  }

  #destroyAll(death: ChainDeath): void {
    for (const block of [...this.#active]) this.#kill(block, death);
    this.#order.clear();
  }

  /** Whether the two clocks went different ways since the last look. */
  #hasLostTime(): boolean {
    const { clock } = this.#parts;
    let beforeMs = clock.monotonicMs();
    let wallMs = clock.wallMs();
    let afterMs = clock.monotonicMs();
    // A thread that was put aside between two readings has not lost time for that.
    for (let i = 0; i < 3 && afterMs - beforeMs > MAX_READING_MS; i++) {
      beforeMs = clock.monotonicMs();
      wallMs = clock.wallMs();
      afterMs = clock.monotonicMs();
    }
    const lastMs = this.#offsetMs;
    const offsetMs = wallMs - afterMs;
    this.#offsetMs = offsetMs;
    return lastMs !== undefined && Math.abs(offsetMs - lastMs) > MAX_STEP_MS;
  }
}
