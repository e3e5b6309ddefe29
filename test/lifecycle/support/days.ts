/**
 * Lets a rotator live for days, looking whenever there is something to do.
 *
 * @module
 */
import type { Clock } from '../../../src/clock.ts';
import type { KeystoreAlgorithm } from '../../../src/keystore/index.ts';
import type { Rotator, RotatorOptions } from '../../../src/rotation/index.ts';

const DAY = 86_400_000;
const START = 1_800_000_000_000;

/** What came of it. */
export interface Days {
  readonly days: number;
  readonly ticks: number;
  readonly commits: number;
  readonly ms: number;
  /** The active one at the end. */
  readonly generation: number;
}

/**
 * Lives.
 *
 * @param rotate - Makes the rotator, with these options and the store's.
 * @param algorithm - Of the one key, `key`.
 * @param days - How long.
 * @param onDay - Called after each day.
 */
export async function liveDays(
  rotate: (options: Pick<RotatorOptions, 'keys' | 'clock' | 'leaseMs'>) => Rotator,
  algorithm: KeystoreAlgorithm,
  days: number,
  onDay: (day: number) => void = () => {},
): Promise<Days> {
  let atMs = 0;
  const clock: Clock = { wallMs: () => START + atMs, monotonicMs: () => atMs };
  const rotator = rotate({ keys: { key: { algorithm } }, clock, leaseMs: DAY });
  let ticks = 0;
  let commits = 0;
  let day = 0;
  const startMs = performance.now();
  while (atMs < days * DAY) {
    const result = await rotator.tick();
    ticks++;
    commits += result.commits;
    const next = result.nextAtMs === undefined ? DAY : result.nextAtMs - clock.wallMs();
    atMs += Math.max(1000, Math.min(next, DAY));
    for (; day < Math.floor(atMs / DAY); day++) onDay(day + 1);
  }
  const ms = performance.now() - startMs;
  const generations = rotator.status().keys[0]?.generations ?? [];
  const active = generations.find(({ state }) => state === 'active');
  await rotator.stop();
  return { days, ticks, commits, ms, generation: active?.generation ?? 0 };
}
