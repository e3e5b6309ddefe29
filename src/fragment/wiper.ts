/**
 * Who zeroes the slots of epoch secrets on time: what the thread of its own and the timer have in common.
 *
 * @module
 */
import { type Clock, systemClock } from '../clock.ts';
import { CAUSE, type Cause, PAGE_BYTES, PAGE_SLOTS, Page, Slot } from './slab.ts';

/** Wall and monotonic clock may part by so much from one tick to the next, milliseconds. */
export const MAX_PARTING_MS = 50;
/** And by this part of the time between the two: clocks that are being adjusted slowly run so fast or slow. */
export const MAX_DRIFT = 500e-6;
/** Longest time from one tick to the next while keys live, milliseconds. */
export const MAX_TICK_MS = 1000;

/** Why keys were destroyed before their time. */
export type AnomalyReason =
  /** The wall clock and the monotonic clock parted: one was set, or the machine slept. */
  | 'clocks-parted'
  /** Whoever zeroes the keys was later than their time to live: the process was stopped, or starved. */
  | 'late'
  /** The clock gave no number. */
  | 'no-clock'
  /** The thread that zeroes the keys ended. */
  | 'thread-ended';

/** What stands in a slot that was zeroed for such a reason. */
export const ANOMALY_CAUSES: { readonly [reason in AnomalyReason]: Cause } = {
  'clocks-parted': CAUSE.parted,
  late: CAUSE.late,
  'no-clock': CAUSE.noClock,
  'thread-ended': CAUSE.ended,
};

/** The reason that stands in a slot; undefined when it was zeroed in the usual way. */
export function anomalyOf(cause: Cause | undefined): AnomalyReason | undefined {
  const reasons = Object.keys(ANOMALY_CAUSES) as AnomalyReason[];
  return reasons.find((reason) => ANOMALY_CAUSES[reason] === cause);
}

/** Hands out slots and sees to it that they are zero in time. */
export abstract class Wiper {
  /** What does the zeroing: a thread of its own, or a timer of the thread that uses the keys. */
  abstract readonly wipedBy: 'thread' | 'timer';
  protected readonly pages: Page[] = [];
  readonly #free: Slot[] = [];
  /** Slots that were given back while the zeros were still being written. */
  #dying: Slot[] = [];
  readonly #listeners = new Set<(reason: AnomalyReason) => void>();

  /** Tells that the life of a slot has begun, or was moved. */
  abstract notice(dueMs: number): void;

  /** By how many milliseconds the next tick is late; 0 or less when it is not. */
  abstract lateMs(nowMs: number): number;

  /** Has a tick that is late done now, or waits a little for it. */
  abstract catchUp(): void;

  /** Memory for a page. */
  protected abstract allocate(bytes: number): ArrayBufferLike;

  /** Called with each new page. */
  protected abstract added(page: Page): void;

  /** A free slot. */
  take(): Slot {
    if (this.#dying.length > 0) {
      const dying = this.#dying;
      this.#dying = [];
      for (const slot of dying) this.give(slot);
    }
    if (this.#free.length === 0) this.#addPage();
    return this.#free.pop() as Slot;
  }

  /** Takes a slot back whose contents have ended. */
  give(slot: Slot): void {
    if (slot.release()) this.#free.push(slot);
    else this.#dying.push(slot);
  }

  /** Calls a listener when keys were destroyed because time was lost; returns what ends that. */
  onAnomaly(listener: (reason: AnomalyReason) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected tellAnomaly(reason: AnomalyReason): void {
    for (const listener of [...this.#listeners]) listener(reason);
  }

  /** Zeroes every slot, whoever uses it. */
  protected wipeAll(cause: Cause): void {
    for (const page of this.pages) {
      for (let i = 0; i < PAGE_SLOTS; i++) page.wipe(i, systemClock.monotonicMs, cause);
    }
  }

  #addPage(): void {
    const page = new Page(this.allocate(PAGE_BYTES));
    this.pages.push(page);
    for (let i = PAGE_SLOTS - 1; i >= 0; i--) this.#free.push(new Slot(page, i));
    this.added(page);
  }
}

/** Two readings between which the thread was not held up, milliseconds. */
export const TIGHT_MS = 1;
/** Attempts at such a pair: on a machine where none succeeds, the clocks may as well have parted. */
export const MAX_READINGS = 100;

/** Watches whether wall and monotonic clock keep together. */
export class PartingWatch {
  readonly #clock: Clock;
  #partingMs = Number.NaN;
  #lastMs = Number.NaN;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Takes a reading of both.
   *
   * @param monotonicMs - What the monotonic clock said just before.
   * @returns Whether they parted since the last one; never at the first.
   */
  hasParted(monotonicMs: number): boolean {
    const allowedMs = MAX_PARTING_MS + MAX_DRIFT * Math.abs(monotonicMs - this.#lastMs);
    const isTooFar = () => Math.abs(partingMs - this.#partingMs) > allowedMs;
    let partingMs = this.#clock.wallMs() - monotonicMs;
    // A thread that is held up between the two readings sees them part; only a pair that is close together counts.
    for (let i = 0; isTooFar() && i < MAX_READINGS; i++) {
      const beforeMs = this.#clock.monotonicMs();
      partingMs = this.#clock.wallMs() - beforeMs;
      if (this.#clock.monotonicMs() - beforeMs < TIGHT_MS) break;
    }
    const parted = isTooFar();
    this.#partingMs = partingMs;
    this.#lastMs = monotonicMs;
    return parted;
  }
}
