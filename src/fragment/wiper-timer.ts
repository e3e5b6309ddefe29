/**
 * Zeroes slots from a timer of the thread that uses them, for runtimes without threads that share memory. A thread that
 * is blocked zeroes nothing until it is free again.
 *
 * @module
 */
import { systemClock } from '../clock.ts';
import { CAUSE, PAGE_SLOTS, type Page, STATE, STATE_MASK } from './slab.ts';
import { type AnomalyReason, MAX_TICK_MS, PartingWatch, Wiper } from './wiper.ts';

type Timer = ReturnType<typeof setTimeout>;

/** Zeroes slots from a timer. */
export class TimerWiper extends Wiper {
  override readonly wipedBy = 'timer';
  readonly #parting = new PartingWatch(systemClock);
  #timer: Timer | undefined;
  /** When the timer is set for; infinity while there is none. */
  #plannedMs = Number.POSITIVE_INFINITY;

  override notice(dueMs: number): void {
    if (dueMs < this.#plannedMs) this.#arm(dueMs);
  }

  override lateMs(nowMs: number): number {
    return nowMs - this.#plannedMs;
  }

  override catchUp(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#tick();
  }

  protected override allocate(bytes: number): ArrayBuffer {
    return new ArrayBuffer(bytes);
  }

  protected override added(_page: Page): void {}

  #arm(dueMs: number): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    const nowMs = systemClock.monotonicMs();
    if (this.#plannedMs === Number.POSITIVE_INFINITY) {
      // Nobody watched while nothing lived.
      this.#parting.hasParted(nowMs);
    }
    this.#plannedMs = Math.min(dueMs, nowMs + MAX_TICK_MS);
    if (this.#plannedMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, this.#plannedMs - nowMs));
    // A process that has nothing else to do may end: its memory goes with it.
    (this.#timer as { unref?(): void }).unref?.();
  }

  /** Zeroes what is due. Timers fire up to a millisecond early, so what is not due is waited for again. */
  #tick(): void {
    this.#timer = undefined;
    const nowMs = systemClock.monotonicMs();
    const lateMs = this.lateMs(nowMs);
    const parted = this.#parting.hasParted(nowMs);
    let lost = 0;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const page of this.pages) {
      for (let i = 0; i < PAGE_SLOTS; i++) {
        if ((Atomics.load(page.states, i) & STATE_MASK) !== STATE.live) continue;
        const dueMs = page.dueMs[i] as number;
        if (parted || lateMs > (page.ttlMs[i] as number)) {
          if (page.wipe(i, systemClock.monotonicMs, parted ? CAUSE.parted : CAUSE.late)) lost++;
        } else if (dueMs <= nowMs) page.wipe(i, systemClock.monotonicMs, CAUSE.due);
        else nextMs = Math.min(nextMs, dueMs);
      }
    }
    this.#plannedMs = Number.MAX_VALUE;
    if (nextMs === Number.POSITIVE_INFINITY) this.#plannedMs = nextMs;
    else this.#arm(nextMs);
    const reason: AnomalyReason = parted ? 'clocks-parted' : 'late';
    if (lost > 0) this.tellAnomaly(reason);
  }
}
