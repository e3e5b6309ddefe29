/**
 * Hands jobs to the threads of piscina, as many at once as keep these busy.
 *
 * Jobs that wait stay on the main thread, so that one that is not wanted any more is dropped there. piscina could cancel
 * what it was given as well, but ends the worker for it, which would wipe nothing.
 *
 * @module
 */
import { InputError, PoolError } from '../errors.ts';
import { atExit } from './exit.ts';
import { type Failure, readFailure } from './failure.ts';
import { cancelJob, endJob, type Job, waitForEnd } from './job.ts';
import { wipeShared } from './memory.ts';
import { loadPeer, type ThreadPool } from './peer.ts';

/** A job, and who waits for it. */
interface Ticket {
  readonly job: Job;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Jobs that a worker has at once: one that it does, and one that is there when it has done it. */
export const JOBS_PER_WORKER = 2;

/**
 * How long the end of the process waits for workers to wipe what they hold. A signature takes a hundredth of it, and ten
 * times as long on a machine that has other things to do first: workers go behind those.
 */
const EXIT_TIMEOUT_MS = 5000;

/** The threads of one pool. */
export class Workers {
  /** How many there are. */
  readonly threads: number;
  readonly #program: URL;
  readonly #waiting: Ticket[] = [];
  readonly #running = new Set<Ticket>();
  #peer: Awaited<ReturnType<typeof loadPeer>> | undefined;
  #pool: ThreadPool | undefined;
  #closing: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;
  #forgetExit: (() => void) | undefined;

  /**
   * @param threads - How many.
   * @param program - What they run, `worker.ts`.
   */
  constructor(threads: number, program: URL) {
    this.threads = threads;
    this.#program = program;
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Loads what is needed to run jobs.
   *
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER`.
   */
  async load(): Promise<void> {
    this.#peer ??= await loadPeer();
  }

  /**
   * Does a job, after those that came before.
   *
   * @throws {@link InputError} `ERR_INPUT_DISPOSED` when the pool was closed.
   * @throws {@link PoolError} `ERR_POOL_WORKER` when the worker died.
   * @throws What the job failed with.
   */
  run(job: Job): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(closedError());
        return;
      }
      this.#waiting.push({ job, resolve, reject });
      this.#begin();
    });
  }

  /** Gives a job up: one that waits never begins, one that runs ends before its next item. Either is then over. */
  cancel(job: Job): void {
    cancelJob(job);
    const index = this.#waiting.findIndex((ticket) => ticket.job === job);
    if (index >= 0) this.#waiting.splice(index, 1)[0]?.resolve();
  }

  /** Refuses further jobs, waits for those that there are, ends the threads. Further calls wait for the same. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    if (this.#running.size + this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    await this.#pool?.destroy();
    this.#forgetExit?.();
  }

  #begin(): void {
    while (this.#running.size < JOBS_PER_WORKER * this.threads) {
      const ticket = this.#waiting.shift();
      if (ticket === undefined) break;
      this.#running.add(ticket);
      void this.#do(ticket);
    }
    if (this.#running.size === 0) this.#whenIdle?.();
  }

  async #do(ticket: Ticket): Promise<void> {
    try {
      const failure = (await this.#start().run(ticket.job)) as Failure | undefined;
      if (failure === undefined) ticket.resolve();
      else ticket.reject(readFailure(failure));
    } catch (cause) {
      ticket.reject(new PoolError('ERR_POOL_WORKER', 'a worker ended before its job did', { cause }));
    }
    this.#running.delete(ticket);
    this.#begin();
  }

  #start(): ThreadPool {
    if (this.#pool !== undefined) return this.#pool;
    const { threads } = this;
    if (this.#peer === undefined) throw new Error('the peer is not loaded');
    const pool = new this.#peer({
      filename: this.#program.href,
      name: 'work',
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: JOBS_PER_WORKER,
      recordTiming: false,
    });
    this.#pool = pool;
    this.#forgetExit ??= atExit(() => this.#wipeAll());
    // Whoever waits for a job is told; without a listener the process would end.
    pool.on('error', () => {});
    pool.on('workerDestroy', () => setImmediate(() => this.#abandonIfDead(pool)));
    return pool;
  }

  /** piscina starts no other worker for one that died while it loaded its program, and lets the jobs wait for ever. */
  #abandonIfDead(pool: ThreadPool): void {
    if (pool !== this.#pool || pool.threads.length > 0 || this.closed) return;
    this.#pool = undefined;
    // Rejects the jobs that it has.
    void pool.destroy();
  }

  /** For the end of the process: no worker is ended while it holds something of a job. */
  #wipeAll(): void {
    const jobs = [...this.#running].map(({ job }) => job);
    for (const job of jobs) cancelJob(job);
    const deadlineMs = performance.now() + EXIT_TIMEOUT_MS;
    // No worker was given these.
    for (const { job } of this.#waiting) endJob(job);
    for (const job of jobs) waitForEnd(job, Math.max(0, deadlineMs - performance.now()));
    for (const { job } of [...this.#running, ...this.#waiting]) {
      wipeShared(job.input);
      wipeShared(job.output);
    }
  }
}

/** What is said of a pool that was closed. */
export function closedError(): InputError {
  return new InputError('ERR_INPUT_DISPOSED', 'pool', 'an open pool', 'a closed one');
}
