/**
 * Zeroes slots from a thread of its own, which sleeps in `Atomics.wait` until the next one is due: on time though the
 * thread that uses the keys is blocked. One thread serves every vault and session of the thread that started it.
 *
 * @module
 */
import type * as NodeWorkerThreads from 'node:worker_threads';
import { systemClock } from '../clock.ts';
import { builtinModule } from '../runtime.ts';
import { CAUSE, type Page } from './slab.ts';
import { type AnomalyReason, Wiper } from './wiper.ts';
import { CONTROL, CONTROL_WORDS, WIPER_PROGRAM, type WiperData, type WiperMessage } from './wiper-program.ts';
import { TimerWiper } from './wiper-timer.ts';

type WorkerThreads = typeof NodeWorkerThreads;
type Worker = NodeWorkerThreads.Worker;

interface NodeProcess {
  hrtime?(): [seconds: number, nanoseconds: number];
}

/** A thread that has not begun after this time is done without, milliseconds. */
const START_LIMIT_MS = 10_000;

/** Who finds that the thread is too late waits so long for it, milliseconds. */
const MAX_CATCH_UP_MS = 50;

/** Small: the thread holds a few numbers and allocates next to nothing. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 } as const;

/** The clock that all threads share, minus the one that this thread uses. The smallest of some readings is the best. */
function originMs(hrtime: () => [number, number]): number {
  let origin = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 16; i++) {
    const before = performance.now();
    const [seconds, nanoseconds] = hrtime();
    origin = Math.min(origin, seconds * 1000 + nanoseconds / 1e6 - before);
  }
  return origin;
}

/** Zeroes slots from a thread. */
export class ThreadWiper extends Wiper {
  override readonly wipedBy = 'thread';
  readonly #threads: WorkerThreads;
  readonly #control = new Int32Array(new SharedArrayBuffer(4 * CONTROL_WORDS));
  readonly #originMs: number;
  #worker: Worker | undefined;

  private constructor(threads: WorkerThreads, hrtime: () => [number, number]) {
    super();
    this.#threads = threads;
    this.#originMs = originMs(hrtime);
  }

  /** Starts one; undefined where there are no such threads. */
  static async start(): Promise<ThreadWiper | undefined> {
    const threads = builtinModule<WorkerThreads>('node:worker_threads');
    const { process } = globalThis as { process?: NodeProcess };
    const hrtime = process?.hrtime;
    if (threads?.Worker === undefined || hrtime === undefined) return undefined;
    if (typeof SharedArrayBuffer === 'undefined') return undefined;
    try {
      const wiper = new ThreadWiper(threads, () => hrtime.call(process));
      await wiper.#spawn();
      return wiper;
    } catch {
      // A runtime may have the module and refuse threads: by its permissions, or by a gap of its own.
      return undefined;
    }
  }

  override notice(dueMs: number): void {
    const control = this.#control;
    Atomics.add(control, CONTROL.bell, 1);
    if (Atomics.load(control, CONTROL.watching) === 0) {
      // From now on it is late if it does not come.
      Atomics.store(control, CONTROL.planned, Math.floor(systemClock.monotonicMs()) | 0);
      Atomics.store(control, CONTROL.watching, 1);
      Atomics.notify(control, CONTROL.bell);
    } else if (((Math.floor(dueMs) - Atomics.load(control, CONTROL.planned)) | 0) < 0) {
      Atomics.notify(control, CONTROL.bell);
    }
  }

  override lateMs(nowMs: number): number {
    if (Atomics.load(this.#control, CONTROL.watching) === 0) return 0;
    // In 32 bits, so that it is right after 25 days as well.
    return (Math.floor(nowMs) - Atomics.load(this.#control, CONTROL.planned)) | 0;
  }

  /** Lets the thread run: it may be late because this one leaves it no processor. */
  override catchUp(): void {
    const control = this.#control;
    const seen = Atomics.load(control, CONTROL.ticks);
    Atomics.add(control, CONTROL.bell, 1);
    Atomics.notify(control, CONTROL.bell);
    Atomics.wait(control, CONTROL.ticks, seen, MAX_CATCH_UP_MS);
  }

  protected override allocate(bytes: number): SharedArrayBuffer {
    return new SharedArrayBuffer(bytes);
  }

  protected override added(page: Page): void {
    this.#worker?.postMessage(page.buffer);
    Atomics.add(this.#control, CONTROL.bell, 1);
    Atomics.notify(this.#control, CONTROL.bell);
  }

  async #spawn(): Promise<void> {
    const workerData: WiperData = {
      control: this.#control.buffer as SharedArrayBuffer,
      originMs: this.#originMs,
    };
    const worker = new this.#threads.Worker(WIPER_PROGRAM, {
      eval: true,
      name: 'mwrasp-wiper',
      workerData,
      env: {},
      argv: [],
      execArgv: [],
      resourceLimits: LIMITS,
    });
    this.#worker = worker;
    for (const page of this.pages) worker.postMessage(page.buffer);
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('the thread did not begin')), START_LIMIT_MS);
      const settle = (settled: () => void) => {
        clearTimeout(limit);
        // A process that has nothing else to do may end: its memory goes with it.
        worker.unref();
        settled();
      };
      worker.on('message', (message: WiperMessage) => {
        if (message === 'ready') settle(resolve);
        else this.tellAnomaly(message);
      });
      worker.on('error', (error) => settle(() => reject(error)));
      worker.on('exit', () => settle(() => this.#ended(worker, reject)));
    }).catch(async (error) => {
      if (this.#worker === worker) this.#worker = undefined;
      await worker.terminate();
      throw error;
    });
  }

  /** Without it nothing would be zeroed: this thread zeroes everything, and starts another. */
  #ended(worker: Worker, reject: (error: Error) => void): void {
    reject(new Error('the thread ended'));
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.wipeAll(CAUSE.ended);
    this.tellAnomaly('thread-ended' satisfies AnomalyReason);
    this.#spawn().catch(() => {});
  }
}

let wiper: Promise<Wiper> | undefined;

/** The wiper of this thread: started once, by a thread where the runtime has them, by a timer elsewhere. */
export function theWiper(): Promise<Wiper> {
  wiper ??= ThreadWiper.start().then((thread) => thread ?? new TimerWiper());
  return wiper;
}
