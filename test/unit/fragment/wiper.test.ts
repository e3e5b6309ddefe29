import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { CAUSE, SLOT_BYTES, type Slot } from '../../../src/fragment/slab.ts';
import { type AnomalyReason, anomalyOf, PartingWatch, type Wiper } from '../../../src/fragment/wiper.ts';
import { ThreadWiper } from '../../../src/fragment/wiper-thread.ts';
import { TimerWiper } from '../../../src/fragment/wiper-timer.ts';
import { block, filledSlots, ManualClock, until } from './support.ts';

const SECRET = new Uint8Array(SLOT_BYTES).fill(0xa5);
/** So long that no machine is late by as much. */
const LONG_MS = 600_000;

function published(wiper: Wiper, afterMs: number, ttlMs = LONG_MS): Slot {
  const slot = wiper.take();
  const dueMs = systemClock.monotonicMs() + afterMs;
  slot.publish(SECRET, dueMs, ttlMs);
  wiper.notice(dueMs);
  return slot;
}

async function threadWiper(): Promise<Wiper> {
  const wiper = await ThreadWiper.start();
  if (wiper === undefined) throw new Error('this runtime has no threads');
  return wiper;
}

const timerWiper = (): Wiper => new TimerWiper();

afterEach(() => {
  vi.restoreAllMocks();
});

const KINDS: [name: 'thread' | 'timer', make: () => Wiper | Promise<Wiper>][] = [
  ['thread', threadWiper],
  ['timer', timerWiper],
];

describe.each(KINDS)('a wiper by %s', (name, make) => {
  let wiper: Wiper;

  beforeEach(async () => {
    wiper = await make();
  });

  it('says what it is', () => {
    expect(wiper.wipedBy).toBe(name);
  });

  it('zeroes each slot when it is due, and not before', async () => {
    const start = systemClock.monotonicMs();
    const slots = [40, 10, 30, 20].map((afterMs) => published(wiper, afterMs));
    const never = published(wiper, Number.POSITIVE_INFINITY);
    await until(() => slots.every((slot) => slot.ending !== undefined));
    for (const { ending, dueMs } of slots) {
      expect(ending?.cause).toBe(CAUSE.due);
      expect(dueMs).toBeGreaterThan(start);
    }
    expect(systemClock.monotonicMs() - start).toBeGreaterThanOrEqual(40);
    expect(never.isAlive()).toBe(true);
    expect(filledSlots(wiper).length).toBe(1);
    never.wipe(systemClock.monotonicMs, CAUSE.disposed);
    expect(filledSlots(wiper)).toEqual([]);
  });

  it('wakes for a slot that is due before what it sleeps for', async () => {
    const late = published(wiper, LONG_MS);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const early = published(wiper, 20);
    await until(() => early.ending !== undefined);
    expect(late.isAlive()).toBe(true);
    late.wipe(systemClock.monotonicMs, CAUSE.disposed);
  });

  it('takes back slots and hands them out again', async () => {
    const first = published(wiper, 5);
    await until(() => first.ending !== undefined);
    wiper.give(first);
    const again = wiper.take();
    expect(again).toBe(first);
    again.publish(SECRET, systemClock.monotonicMs() + 5, LONG_MS);
    wiper.notice(again.dueMs);
    await until(() => again.ending !== undefined);
  });

  it('has room for thousands', async () => {
    const slots = Array.from({ length: 3000 }, () => published(wiper, 30));
    await until(() => slots.every((slot) => slot.ending !== undefined));
    expect(filledSlots(wiper)).toEqual([]);
    for (const slot of slots) wiper.give(slot);
  });

  it('is never late while nothing is due', async () => {
    expect(wiper.lateMs(systemClock.monotonicMs() + 1e6)).toBeLessThanOrEqual(0);
    const slot = published(wiper, 5);
    await until(() => slot.ending !== undefined);
    await until(() => wiper.lateMs(systemClock.monotonicMs() + 1e6) <= 0);
  });
});

describe('a wiper by thread', () => {
  it('zeroes on time while this thread is blocked', async () => {
    const wiper = await threadWiper();
    const slot = published(wiper, 20);
    // Nothing of the event loop of this thread runs until the slot is zero.
    const start = performance.now();
    while (slot.ending === undefined && performance.now() - start < 30_000) block(1);
    expect(slot.ending?.cause).toBe(CAUSE.due);
    expect(filledSlots(wiper)).toEqual([]);
    console.info(`zeroed ${slot.ending?.lagMs.toFixed(2)} ms late`);
  });

  it('destroys everything when it ends, says so, and begins again', async () => {
    const started = once(process, 'worker');
    const wiper = await threadWiper();
    const [worker] = (await started) as [Worker];
    const reasons: AnomalyReason[] = [];
    const stop = wiper.onAnomaly((reason) => reasons.push(reason));
    const slot = published(wiper, LONG_MS);
    await worker.terminate();
    await until(() => reasons.length > 0);
    expect(reasons).toEqual(['thread-ended']);
    expect(anomalyOf(slot.ending?.cause)).toBe('thread-ended');
    expect(filledSlots(wiper)).toEqual([]);
    const next = published(wiper, 10);
    await until(() => next.ending !== undefined);
    stop();
  });
});

describe('a wiper by timer', () => {
  let wiper: TimerWiper;
  let wallMs: number;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    wallMs = 0;
    vi.spyOn(systemClock, 'wallMs').mockImplementation(() => performance.now() + wallMs);
    wiper = new TimerWiper();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const reasonsOf = () => {
    const reasons: AnomalyReason[] = [];
    wiper.onAnomaly((reason) => reasons.push(reason));
    return reasons;
  };

  it('sets no timer while nothing is due, and one while something is', () => {
    const never = published(wiper, Number.POSITIVE_INFINITY);
    expect(vi.getTimerCount()).toBe(0);
    published(wiper, 100);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(100);
    expect(vi.getTimerCount()).toBe(0);
    expect(never.isAlive()).toBe(true);
  });

  it('sets a timer again that came early', () => {
    const slot = published(wiper, 100);
    const spy = vi.spyOn(systemClock, 'monotonicMs').mockImplementation(() => performance.now() - 0.8);
    vi.advanceTimersByTime(100);
    expect(slot.isAlive()).toBe(true);
    vi.advanceTimersByTime(1);
    expect(slot.isAlive()).toBe(false);
    spy.mockRestore();
  });

  it('measures how late it is', () => {
    const slot = published(wiper, 100);
    vi.spyOn(systemClock, 'monotonicMs').mockImplementation(() => performance.now() + 40);
    vi.advanceTimersByTime(100);
    expect(slot.ending).toEqual({ cause: CAUSE.due, lagMs: 40 });
  });

  it('destroys what has a shorter life than it is late, due or not', () => {
    const reasons = reasonsOf();
    published(wiper, 100, 30);
    const short = published(wiper, 200, 30);
    const long = published(wiper, 200, 60);
    vi.spyOn(systemClock, 'monotonicMs').mockImplementation(() => performance.now() + 40);
    vi.spyOn(systemClock, 'wallMs').mockImplementation(() => performance.now() + 40);
    vi.advanceTimersByTime(100);
    expect([anomalyOf(short.ending?.cause), long.isAlive()]).toEqual(['late', true]);
    expect(reasons).toEqual(['late']);
  });

  it('does at once what it is late with, when it is asked to', () => {
    const slot = published(wiper, 100);
    vi.spyOn(systemClock, 'monotonicMs').mockImplementation(() => performance.now() + 150);
    expect(wiper.lateMs(systemClock.monotonicMs())).toBe(50);
    wiper.catchUp();
    expect(slot.isAlive()).toBe(false);
    expect(wiper.lateMs(systemClock.monotonicMs())).toBeLessThanOrEqual(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([51, -51, 3_600_000, -3_600_000])(
    'destroys everything when the wall clock is set by %d ms',
    (byMs) => {
      const reasons = reasonsOf();
      published(wiper, 100);
      const other = published(wiper, 500);
      wallMs = byMs;
      vi.advanceTimersByTime(100);
      expect(anomalyOf(other.ending?.cause)).toBe('clocks-parted');
      expect(reasons).toEqual(['clocks-parted']);
    },
  );

  it('looks at the clocks once a second at least', () => {
    const slot = published(wiper, 60_000);
    wallMs = 3_600_000;
    vi.advanceTimersByTime(1000);
    expect(anomalyOf(slot.ending?.cause)).toBe('clocks-parted');
  });

  it('does not mind a wall clock that is set while nothing lives', () => {
    const first = published(wiper, 10);
    vi.advanceTimersByTime(10);
    expect(first.ending?.cause).toBe(CAUSE.due);
    wallMs = 3_600_000;
    const second = published(wiper, 10);
    vi.advanceTimersByTime(10);
    expect(second.ending?.cause).toBe(CAUSE.due);
  });
});

describe('PartingWatch', () => {
  const clock = new ManualClock();
  let watch: PartingWatch;
  const hasParted = () => watch.hasParted(clock.monotonicMs());

  beforeEach(() => {
    clock.nowMs = 1000;
    clock.setMs = 0;
    watch = new PartingWatch(clock);
  });

  it('says nothing at first, and nothing while they keep together', () => {
    clock.setMs = 1e12;
    expect(hasParted()).toBe(false);
    clock.nowMs += 1e9;
    expect(hasParted()).toBe(false);
  });

  it.each([
    [50, false],
    [51, true],
    [-50, false],
    [-51, true],
  ])('by %d ms: %s', (byMs, parted) => {
    hasParted();
    clock.setMs = byMs;
    expect(hasParted()).toBe(parted);
    // It counts from there.
    expect(hasParted()).toBe(false);
  });

  it('allows for a clock that is being adjusted, 500 ppm', () => {
    hasParted();
    clock.nowMs += 1_000_000;
    clock.setMs = 549;
    expect(hasParted()).toBe(false);
    clock.nowMs += 1_000_000;
    clock.setMs -= 551;
    expect(hasParted()).toBe(true);
  });

  it('does not take a thread that was held up between two readings for clocks that parted', () => {
    hasParted();
    const before = clock.monotonicMs();
    clock.nowMs += 500;
    expect(watch.hasParted(before)).toBe(false);
  });
});
