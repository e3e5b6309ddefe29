/**
 * The one who zeroes keys, seen from the thread that uses them: started with the first chain, ended with the last.
 *
 * Where the runtime has threads that share memory it is a thread of its own; elsewhere a timer, which a blocked main thread
 * keeps waiting: `wipedBy` says which.
 *
 * @module
 */
import type * as NodeThreads from 'node:worker_threads';
import { systemClock } from '../../clock.ts';
import { registry } from '../../engines/index.ts';
import { builtinModule } from '../../runtime.ts';
import type { LagHistogram, LagReport } from '../lag.ts';
import type { WiperStart } from '../wiper.ts';
import { type Block, type ChainDeath, STATE } from './block.ts';
import { CONTROL_BYTES, Control } from './control.ts';
import { Keeper, type KeeperNews, MAX_SLEEP_MS } from './keeper.ts';
import { hasOrigin, readOrigin } from './origin.ts';
import { blocksOf, type PageShape, pageBytes } from './page.ts';

type Threads = typeof NodeThreads;

/** How keys are zeroed: by a thread of their own, or by a timer of the thread that uses them. */
export type WipedBy = 'thread' | 'timer';

/** Whoever wants to know of a chain's keys. */
export interface BlockListener {
  readonly onDestroyed?: (epoch: number, lagMs: number) => void;
  readonly onDead?: (death: ChainDeath) => void;
}

/** How long the thread may take to start before a timer does its work. */
const START_TIMEOUT_MS = 10_000;
const POLL_MS = 1;

/** How long the thread waits for a next chain when there is none: starting takes a tenth of a second. */
const LINGER_MS = 1000;

/** The thread's young generation, MiB: what it makes lives shortly, and V8 would let it grow to ten times that. */
const YOUNG_MIB = 3;

/** Where the thread's program lies: beside its source, or beside the entry or the shared chunk that this is part of. */
function programUrl(): URL {
  const here = import.meta.url;
  if (here.endsWith('.ts')) return new URL('../wiper.ts', here);
  return new URL(/\/fragment\/[^/]*$/.test(here) ? './wiper.js' : './fragment/wiper.js', here);
}

/** Zeroes the keys of this thread's chains. */
export class Wiping {
  readonly wipedBy: WipedBy;
  readonly #control: Control;
  readonly #worker: NodeThreads.Worker | undefined;
  readonly #keeper: Keeper | undefined;
  readonly #newPages: PageShape[] = [];
  readonly #free = new Map<number, Block[]>();
  readonly #released: Block[] = [];
  readonly #live = new Map<number, { block: Block; listener: BlockListener }>();
  #pages = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lingering: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  private constructor(control: Control, worker: NodeThreads.Worker | undefined) {
    this.#control = control;
    this.#worker = worker;
    this.wipedBy = worker === undefined ? 'timer' : 'thread';
    if (worker === undefined) {
      this.#keeper = new Keeper({
        control,
        clock: systemClock,
        hash: registry.capable('hash', 'wiped-state'),
        nextPage: () => this.#newPages.shift(),
        tell: (news) => this.#hear(news),
      });
      return;
    }
    worker.on('message', (news: unknown) => {
      if (Array.isArray(news)) this.#hear(news as KeeperNews[]);
    });
    worker.on('error', () => this.#end());
    worker.on('exit', () => this.#end());
    worker.unref();
  }

  /** Starts the thread, or whatever there is instead of it. */
  static async start(): Promise<Wiping> {
    const threads = builtinModule<Threads>('node:worker_threads');
    if (threads !== undefined && typeof SharedArrayBuffer === 'function' && hasOrigin()) {
      const started = await Wiping.#startThread(threads);
      if (started !== undefined) return started;
    }
    return new Wiping(new Control(new ArrayBuffer(CONTROL_BYTES)), undefined);
  }

  static async #startThread({ Worker }: Threads): Promise<Wiping | undefined> {
    const control = new Control(new SharedArrayBuffer(CONTROL_BYTES));
    const workerData: WiperStart = {
      control: control.buffer as SharedArrayBuffer,
      originMs: readOrigin(),
    };
    let worker: NodeThreads.Worker;
    try {
      worker = new Worker(programUrl(), {
        workerData,
        name: 'mwrasp-wiper',
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
      });
    } catch {
      return undefined;
    }
    const isReady = await new Promise<boolean>((resolve) => {
      worker.once('message', () => resolve(true));
      worker.once('error', () => resolve(false));
      worker.once('exit', () => resolve(false));
      setTimeout(resolve, START_TIMEOUT_MS, false).unref?.();
    });
    if (!isReady) {
      control.stop();
      return undefined;
    }
    const wiping = new Wiping(control, worker);
    // A runtime whose threads take no messages while they do not wait for them is told here.
    wiping.#addPage(8);
    control.changed(0);
    const untilMs = systemClock.monotonicMs() + START_TIMEOUT_MS;
    while (control.pages === 0 && !wiping.#ended && systemClock.monotonicMs() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    if (control.pages > 0) return wiping;
    wiping.#end();
    return undefined;
  }

  /** Whether it is over: a thread that died, or was ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How late keys were destroyed, of every chain. */
  lag(): LagReport {
    return this.#control.lag.report();
  }

  /** The same, as it was counted. */
  get lagHistogram(): LagHistogram {
    return this.#control.lag;
  }

  /** Whether every destroyed key shall be told to its listener. */
  get wantsEvents(): boolean {
    return this.#control.wantsEvents;
  }

  set wantsEvents(wanted: boolean) {
    this.#control.wantsEvents = wanted;
  }

  /** A block that nobody uses. */
  take(slots: number, listener: BlockListener): Block {
    const size = 2 ** Math.ceil(Math.log2(Math.max(slots, 8)));
    this.hold();
    this.#sortReleased();
    let free = this.#free.get(size);
    if (free === undefined || free.length === 0) free = this.#addPage(size);
    const block = free.pop() as Block;
    this.#live.set(block.id, { block, listener });
    return block;
  }

  /** Puts a block that was filled under the keeper's care. */
  activate(block: Block): void {
    this.#control.ticked(systemClock.monotonicMs());
    block.state = STATE.active;
    this.changed(block, block.dueMs);
  }

  /**
   * Says that a block changed.
   *
   * @param byMs - When that must have been seen: at once by default, some time when it is infinite.
   */
  changed(block: Block, byMs?: number): void {
    this.#control.changed(block.id, byMs);
    this.#tick();
  }

  /** Zeroes a block and takes it back. */
  release(block: Block): void {
    block.die('disposed');
    block.state = STATE.released;
    this.#live.delete(block.id);
    if (this.#ended) return;
    this.#released.push(block);
    // It is zero already; only what takes blocks waits for it.
    this.changed(block, Number.POSITIVE_INFINITY);
    if (this.#live.size === 0) this.#linger();
  }

  /** Keeps it from ending while somebody is about to take a block. */
  hold(): void {
    clearTimeout(this.#lingering);
  }

  #linger(): void {
    this.hold();
    this.#lingering = setTimeout(() => this.#end(), LINGER_MS);
    (this.#lingering as { unref?(): void }).unref?.();
  }

  /**
   * Looks whether the keeper does its work, before a key of a block is used; if it does not, every key is zeroed here.
   *
   * @param block - The block; how late its keys may be is how late the keeper may be.
   * @param nowMs - The time.
   */
  check(block: Block, nowMs: number): void {
    if (this.#keeper !== undefined) this.#tick();
    else if (
      block.state === STATE.active &&
      this.#control.sinceTickMs(nowMs) > block.graceMs + 2 * MAX_SLEEP_MS
    ) {
      this.#killAll('wiper-stalled');
    }
  }

  /** Ends the thread; every key that is left is zeroed. */
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.hold();
    this.#control.stop();
    forget(this);
    this.#killAll('wiper-ended');
  }

  #killAll(death: ChainDeath): void {
    for (const { block, listener } of [...this.#live.values()]) {
      const wasAlive = block.state === STATE.active || block.state === STATE.asleep;
      block.die(death);
      if (wasAlive) listener.onDead?.(death);
    }
  }

  #hear(news: readonly KeeperNews[]): void {
    for (const one of news) {
      const listener = this.#live.get(one.id)?.listener;
      if (one.kind === 'dead') listener?.onDead?.(one.death);
      else listener?.onDestroyed?.(one.epoch, one.lagMs);
    }
  }

  #addPage(slots: number): Block[] {
    const bytes = pageBytes(slots);
    const buffer = this.#worker === undefined ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
    const page: PageShape = { page: this.#pages++, buffer, slots };
    if (this.#worker === undefined) this.#newPages.push(page);
    else this.#worker.postMessage(page);
    const free = this.#free.get(slots) ?? [];
    free.push(...blocksOf(page).reverse());
    this.#free.set(slots, free);
    return free;
  }

  /** Blocks that the keeper let go of can be used again. */
  #sortReleased(): void {
    for (let i = this.#released.length - 1; i >= 0; i--) {
      const block = this.#released[i] as Block;
      if (block.state !== STATE.free) continue;
      this.#released.splice(i, 1);
      this.#free.get(block.slots)?.push(block);
    }
  }

  /** Where there is no thread: does what is due, and sets the timer for what comes next. */
  #tick(): void {
    if (this.#keeper === undefined) return;
    clearTimeout(this.#timer);
    const sleepMs = this.#keeper.tick();
    if (sleepMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#tick(), sleepMs);
    (this.#timer as { unref?(): void }).unref?.();
  }
}

let current: Promise<Wiping> | undefined;
let running: Wiping | undefined;

function forget(wiping: Wiping): void {
  if (running !== wiping) return;
  running = undefined;
  current = undefined;
}

/** The one of this thread, started when there is none. */
export async function startWiping(): Promise<Wiping> {
  current ??= Wiping.start().then((started) => {
    running = started;
    return started;
  });
  const started = await current;
  started.hold();
  if (!started.ended) return started;
  current = undefined;
  return startWiping();
}

/** How late keys were destroyed by the one that runs now; undefined when none does. */
export function runningLag(): LagHistogram | undefined {
  return running?.lagHistogram;
}
