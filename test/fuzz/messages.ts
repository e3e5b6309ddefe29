/**
 * What the thread that fuzzes and the one that watches it tell each other.
 *
 * @module
 */
import type { FuzzReport } from './fuzzer.ts';

/** What a thread is started with. */
export interface Task {
  readonly target: string;
  readonly runs: number;
  readonly seconds?: number;
  readonly seed: number;
  /** Number of the run (int32), length of the input (int32), then the input that runs now. */
  readonly shared: SharedArrayBuffer;
  /** Whether the corpus in the tree is replaced by what was found. */
  readonly keep: boolean;
  /** One input, instead of fuzzing. */
  readonly input?: Uint8Array;
}

/** Bytes of the numbers at the start of what is shared. */
export const SHARED_HEAD_BYTES = 8;
/** Longest input of any target. */
export const MAX_INPUT_BYTES: number = 2 ** 17;

/** What a thread says at its end. */
export interface Result extends Omit<FuzzReport, 'corpus'> {
  /** Inputs in the smallest set that covers the same. */
  readonly kept: number;
  /** Blocks that have a counter, in all sources that were loaded. */
  readonly ofBlocks: number;
}
