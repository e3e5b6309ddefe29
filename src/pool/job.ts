/**
 * What the main thread and a worker have in common: a job, in memory that both see.
 *
 * The bytes of a job never go through a message. They lie in shared memory that the main thread made and wipes when the job
 * is over, also when its worker died.
 *
 * @module
 */
import type { EngineChoice } from '../engines/index.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import { wholeWords } from './memory.ts';

/** What a job does for each of its items. */
export type JobKind = 'verify' | 'sign' | 'generate-sign-keys' | 'generate-kem-keys';

/** Bytes of one result: whether the signature is right; the signature; seed and public key. */
export const RESULT_BYTES: Readonly<Record<JobKind, number>> = {
  verify: 1,
  sign: ML_DSA_87.signatureBytes,
  'generate-sign-keys': ML_DSA_87.seedBytes + ML_DSA_87.publicKeyBytes,
  'generate-kem-keys': ML_KEM_1024.seedBytes + ML_KEM_1024.publicKeyBytes,
};

/** From the start of one result to that of the next. */
export function resultStride(kind: JobKind): number {
  return kind === 'verify' ? RESULT_BYTES[kind] : wholeWords(RESULT_BYTES[kind]);
}

/** A batch of items of one operation. */
export interface Job {
  readonly kind: JobKind;
  /** Engines that were forced on the main thread. */
  readonly engines: EngineChoice;
  /** Items. */
  readonly count: number;
  /** For `sign`. */
  readonly deterministic: boolean;
  /** Length of each part of {@link input}, in order; each begins at a whole word. */
  readonly lengths: Uint32Array;
  /**
   * Shared. `verify`: public key, context, then message and signature of each item. `sign`: seed or expanded key, context,
   * then the message of each item. Otherwise nothing.
   */
  readonly input: Uint8Array;
  /** Shared. {@link resultStride} for each item. */
  readonly output: Uint8Array;
  /** Shared, one number: how far the job is. */
  readonly state: Int32Array;
}

const UNDER_WAY = 0;
const CANCELLED = 1;
const ENDED = 2;

/** The state of a job that begins. */
export function newState(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Has the worker stop before its next item. */
export function cancelJob({ state }: Job): void {
  Atomics.compareExchange(state, 0, UNDER_WAY, CANCELLED);
}

/** Whether the worker is to stop. */
export function isCancelled({ state }: Job): boolean {
  return Atomics.load(state, 0) === CANCELLED;
}

/** Says that the worker holds nothing of the job any more, its input wiped. */
export function endJob({ state }: Job): void {
  Atomics.store(state, 0, ENDED);
  Atomics.notify(state, 0);
}

/** Whether the worker holds nothing of the job any more, and has wiped its input. */
export function hasEnded({ state }: Job): boolean {
  return Atomics.load(state, 0) === ENDED;
}

/**
 * Waits, and blocks the thread, until the worker holds nothing of the job any more.
 *
 * @param timeoutMs - When to give up.
 */
export function waitForEnd({ state }: Job, timeoutMs: number): void {
  const current = Atomics.load(state, 0);
  if (current !== ENDED) Atomics.wait(state, 0, current, timeoutMs);
}
