/**
 * A rotator in memory whose time is told.
 *
 * @module
 */
import type { Clock } from '../../../src/clock.ts';
import { type Keystore, openKeystore } from '../../../src/keystore/index.ts';
import {
  createRotator,
  type RotationEvent,
  type Rotator,
  type RotatorOptions,
} from '../../../src/rotation/index.ts';

export const HOUR = 3_600_000;
export const DAY: number = 24 * HOUR;
export const START = 1_800_000_000_000;

/** Clocks that are told. */
export class ToldClock implements Clock {
  nowMs: number = START;
  #monotonicMs = 0;

  wallMs(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Both go on. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.#monotonicMs += ms;
  }
}

/** A rotator and its store. */
export interface Scene {
  readonly keystore: Keystore;
  readonly clock: ToldClock;
  readonly rotator: Rotator;
  readonly events: RotationEvent[];
  /** Lives up to a time since the start, and does what is to be done then. */
  until(atMs: number): Promise<void>;
  /** Generations and states of a key. */
  states(name?: string): Promise<string>;
  close(): Promise<void>;
}

/** Makes a scene. */
export async function makeScene(
  keys: RotatorOptions['keys'],
  more: Partial<RotatorOptions> & { clock?: ToldClock } = {},
): Promise<Scene> {
  const clock = more.clock ?? new ToldClock();
  const keystore = more.keystore ?? (await openKeystore({ backend: 'memory', clock }));
  const rotator = createRotator({ keystore, keys, leaseMs: DAY, ...more, clock });
  const events: RotationEvent[] = [];
  rotator.onEvent((event) => events.push(event));
  return {
    keystore,
    clock,
    rotator,
    events,
    until: async (atMs) => {
      for (;;) {
        const { nextAtMs = START + atMs } = await rotator.tick();
        const leftMs = START + atMs - clock.nowMs;
        if (leftMs <= 0) return;
        clock.pass(Math.max(1000, Math.min(nextAtMs - clock.nowMs, leftMs)));
      }
    },
    states: async (name = Object.keys(keys)[0] as string) =>
      (await keystore.list())
        .filter(({ ref }) => ref.name === name)
        .map(({ ref, state }) => `${ref.generation} ${state}`)
        .join(', '),
    close: async () => {
      await rotator.stop();
      await keystore.close();
    },
  };
}
