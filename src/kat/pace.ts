/**
 * Keeps a long run polite: gives the event loop a turn now and then, hears an abort, tells the progress.
 *
 * @module
 */
import type { EngineName } from '../engines/index.ts';

/** How far a run is. */
export interface KatProgress {
  readonly set: string;
  readonly engine: EngineName;
  /** Cases, or steps of a fact, that are done. */
  readonly done: number;
  readonly total: number;
}

/** Work between two turns of the event loop. */
const TURN_MS = 50;

/** The pace of one run. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  readonly #onProgress: ((progress: KatProgress) => void) | undefined;
  #progress: KatProgress | undefined;
  #lastTurn = performance.now();

  constructor(signal?: AbortSignal, onProgress?: (progress: KatProgress) => void) {
    this.#signal = signal;
    this.#onProgress = onProgress;
  }

  /** Begins a set. */
  begin(set: string, engine: EngineName, total: number): void {
    this.#progress = { set, engine, done: 0, total };
  }

  /** Ends a set; the caller always hears of it. */
  end(): void {
    const progress = this.#progress;
    this.#progress = undefined;
    if (progress !== undefined) this.#onProgress?.({ ...progress, done: progress.total });
  }

  /** Counts one step of the set at hand, and gives the event loop a turn when one is due. */
  async step(done: number): Promise<void> {
    if (this.#progress !== undefined) this.#progress = { ...this.#progress, done };
    await this.turn();
  }

  /**
   * Gives the event loop a turn when one is due.
   *
   * @throws The signal's reason when the run was aborted.
   */
  async turn(): Promise<void> {
    this.#signal?.throwIfAborted();
    if (performance.now() - this.#lastTurn < TURN_MS) return;
    if (this.#progress !== undefined) this.#onProgress?.(this.#progress);
    await new Promise<void>((resolve) => void setTimeout(resolve, 0));
    this.#signal?.throwIfAborted();
    this.#lastTurn = performance.now();
  }
}
