/**
 * The program of the thread that zeroes keys: asleep between two deaths, so that it is on time whatever the main thread does.
 *
 * @module
 */
import type * as NodeThreads from 'node:worker_threads';
import { systemClock } from '../clock.ts';
import { registry } from '../engines/index.ts';
import { requireBuiltin } from '../runtime.ts';
import { Control } from './slab/control.ts';
import { Keeper, type KeeperNews } from './slab/keeper.ts';
import { readOrigin } from './slab/origin.ts';
import type { PageShape } from './slab/page.ts';

/** What the main thread gives. */
export interface WiperStart {
  readonly control: SharedArrayBuffer;
  /** Where the main thread's monotonic clock is zero, on the clock that all threads share. */
  readonly originMs: number;
}

const threads = requireBuiltin<typeof NodeThreads>('node:worker_threads', 'a thread that wipes');

function run(port: NodeThreads.MessagePort, start: WiperStart): void {
  const control = new Control(start.control);
  // The same moment is the same number in both threads.
  const shiftMs = readOrigin() - start.originMs;
  const nowMs = () => systemClock.monotonicMs() + shiftMs;
  const keeper = new Keeper({
    control,
    clock: { wallMs: systemClock.wallMs, monotonicMs: nowMs },
    hash: registry.capable('hash', 'wiped-state'),
    nextPage: () => threads.receiveMessageOnPort(port)?.message as PageShape | undefined,
    tell: (news: readonly KeeperNews[]) => port.postMessage(news),
  });
  port.postMessage('ready');
  while (!control.stopped) {
    const sleepMs = keeper.tick();
    control.sleep(keeper.seen, sleepMs, nowMs());
  }
}

if (threads.parentPort !== null) run(threads.parentPort, threads.workerData as WiperStart);
