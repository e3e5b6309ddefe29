/**
 * One operation under way: items are gathered into jobs, jobs go to the workers, results come out in the order of the items.
 *
 * Few jobs are under way or wait to be taken at any time. As long as nobody takes the results, no further item is pulled: the
 * source waits.
 *
 * @module
 */
import type { EngineChoice } from '../engines/index.ts';
import { BatchWriter } from './batch.ts';
import { hasEnded, type Job, newState, resultStride } from './job.ts';
import type { SharedMemory } from './memory.ts';
import { type Operation, withName } from './operation.ts';
import { itemsPerJob } from './share.ts';
import type { ItemSource, Step } from './source.ts';
import { JOBS_PER_WORKER, type Workers } from './workers.ts';

/** What an operation runs on. */
export interface Conditions {
  readonly workers: Workers;
  /** Where the bytes of jobs lie. */
  readonly memory: SharedMemory;
  /** Items a job. */
  readonly batchSize: number;
  readonly engines: EngineChoice;
  readonly signal: AbortSignal | undefined;
}

/** A job's place in the order. */
interface Place<O> {
  /** Undefined while the job is under way. */
  results: O[] | undefined;
}

/**
 * Jobs an operation may have for each worker: those that it is given at once, and one that is done and has to wait for one
 * before it in the order.
 */
export const JOBS_UNDER_WAY_PER_WORKER: number = JOBS_PER_WORKER + 1;

/** A job that has more bytes takes no further item. */
const FULL_BYTES = 2 ** 20;

const FIRST_CAPACITY_BYTES = 2 ** 16;

/** Instead of a step: the job goes as it is. */
const WAITED_ENOUGH = Symbol('waited enough');

/** A turn of the event loop. */
const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Runs one operation. */
export class Conveyor<I, O> {
  readonly #operation: Operation<I, O>;
  readonly #source: ItemSource<I>;
  readonly #conditions: Conditions;
  /** In the order of the items. */
  readonly #places: Place<O>[] = [];
  readonly #jobs = new Set<Job>();
  readonly #limit: number;
  readonly #batchSize: number;
  #capacityBytes = FIRST_CAPACITY_BYTES;
  /** Items pulled so far. */
  #index = 0;
  /** A pull that a job did not wait for. */
  #pulled: Promise<Step<I>> | undefined;
  #state: 'new' | 'running' | 'drained' | 'stopped' = 'new';
  #failure: { readonly error: unknown } | undefined;
  #waiters: (() => void)[] = [];

  /**
   * @param operation - What is done with the items.
   * @param source - Where they come from.
   * @param conditions - What it runs on.
   */
  constructor(operation: Operation<I, O>, source: ItemSource<I>, conditions: Conditions) {
    this.#operation = operation;
    this.#source = source;
    this.#conditions = conditions;
    const { batchSize, workers } = conditions;
    this.#limit = JOBS_UNDER_WAY_PER_WORKER * workers.threads;
    this.#batchSize = itemsPerJob(source.size, batchSize, operation.leastPerJob, workers.threads);
  }

  /**
   * The results of the next job; they are the caller's from now on. The first call begins the work.
   *
   * @returns Undefined after the last one.
   * @throws What the operation failed with: as soon as it is known, whatever results were not taken.
   */
  async take(): Promise<O[] | undefined> {
    if (this.#state === 'new') this.#start();
    await this.#until(() => this.#isOver() || this.#places[0]?.results !== undefined);
    this.throwIfFailed();
    const place = this.#places.shift();
    this.#notify();
    return place?.results;
  }

  /** @throws What the operation failed with. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Ends the operation: nothing more is pulled, jobs are given up, and results that nobody took are wiped. */
  stop(): void {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#conditions.signal?.removeEventListener('abort', this.#abort);
    this.#source.close();
    for (const job of this.#jobs) this.#conditions.workers.cancel(job);
    for (const { results } of this.#places.splice(0)) this.#discard(results ?? []);
    this.#notify();
  }

  #discard(results: readonly O[]): void {
    for (const result of results) this.#operation.discard(result);
  }

  readonly #abort = (): void => this.#fail(this.#conditions.signal?.reason);

  #fail(error: unknown): void {
    if (this.#state === 'stopped') return;
    this.#failure = { error };
    this.stop();
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  /** Whether there will be no further results. */
  #isOver(): boolean {
    return this.#isStopped() || (this.#state === 'drained' && this.#places.length === 0);
  }

  #start(): void {
    const { signal } = this.#conditions;
    this.#state = 'running';
    if (signal?.aborted) {
      this.#fail(signal.reason);
      return;
    }
    signal?.addEventListener('abort', this.#abort);
    this.#feed().catch((error: unknown) => this.#fail(error));
  }

  /** Makes jobs as long as there is room for their results. */
  async #feed(): Promise<void> {
    await this.#conditions.workers.load();
    while (this.#state === 'running') {
      await this.#until(() => this.#state !== 'running' || this.#places.length < this.#limit);
      await this.#gather();
    }
    // There may have been no item at all.
    this.#notify();
  }

  /** Pulls the items of one job, and sends it. */
  async #gather(): Promise<void> {
    if (this.#state !== 'running') return;
    const batch = new BatchWriter(this.#conditions.memory, this.#capacityBytes);
    let count = 0;
    let isSent = false;
    try {
      let enough: Promise<typeof WAITED_ENOUGH> | undefined;
      while (count < this.#batchSize && batch.sizeBytes < FULL_BYTES) {
        let step = this.#pulled ?? this.#source.pull();
        if (step instanceof Promise) {
          this.#pulled = step;
          if (count > 0) enough ??= this.#waitedEnough();
          const first = await (enough === undefined ? step : Promise.race([step, enough]));
          if (first === WAITED_ENOUGH) break;
          this.#pulled = undefined;
          step = first;
        }
        if (this.#isStopped()) return;
        if (step.done) {
          this.#state = 'drained';
          break;
        }
        // Not before there is an item: a source may take its time, and a key lies in the batch from here on.
        if (count === 0) this.#operation.begin(batch);
        this.#add(batch, step.value);
        count++;
      }
      isSent = count > 0 && !this.#isStopped();
      if (isSent) this.#send(batch, count);
    } finally {
      if (!isSent) batch.dispose();
    }
  }

  #add(batch: BatchWriter, item: I): void {
    const index = this.#index++;
    try {
      this.#operation.add(batch, item);
    } catch (error) {
      throw withName(error, `${this.#operation.argument}[${index}]`);
    }
  }

  /** A source that is slow must not keep a worker idle: it may be waiting for the results of what it gave. */
  async #waitedEnough(): Promise<typeof WAITED_ENOUGH> {
    await nextTurn();
    await this.#until(() => this.#state !== 'running' || this.#jobs.size < this.#conditions.workers.threads);
    return WAITED_ENOUGH;
  }

  #send(batch: BatchWriter, count: number): void {
    const { kind, deterministic } = this.#operation;
    const { engines, memory } = this.#conditions;
    this.#capacityBytes = Math.max(FIRST_CAPACITY_BYTES, batch.sizeBytes);
    const outputBytes = count * resultStride(kind);
    const output = memory.take(outputBytes).subarray(0, outputBytes);
    const job = { kind, engines, count, deterministic, ...batch.finish(), output, state: newState() };
    const place: Place<O> = { results: undefined };
    this.#places.push(place);
    void this.#do(job, place);
  }

  async #do(job: Job, place: Place<O>): Promise<void> {
    this.#jobs.add(job);
    try {
      await this.#conditions.workers.run(job);
      if (this.#state !== 'stopped') place.results = this.#read(job);
    } catch (error) {
      this.#fail(error);
    } finally {
      // Whatever became of the job, its worker holds nothing of it any more.
      this.#conditions.memory.give(job.input, hasEnded(job));
      this.#conditions.memory.give(job.output);
      this.#jobs.delete(job);
      this.#notify();
    }
  }

  #read({ kind, count, output }: Job): O[] {
    const stride = resultStride(kind);
    return Array.from({ length: count }, (_, i) => this.#operation.read(output, i * stride));
  }

  async #until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => void this.#waiters.push(resolve));
  }

  #notify(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}
