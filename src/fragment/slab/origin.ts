/**
 * Where the zero of a thread's monotonic clock lies: each thread counts from its own start.
 *
 * @module
 */

interface HighResolution {
  readonly process?: { hrtime?(): [seconds: number, nanoseconds: number] };
}

/** Readings that are compared; the one that took the least time is the best. */
const READINGS = 16;

/** The moment at which this thread's clock was zero, on the clock that all threads of the process share, milliseconds. */
export function readOrigin(): number {
  const { process } = globalThis as HighResolution;
  let originMs = 0;
  let leastMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < READINGS; i++) {
    const beforeMs = performance.now();
    const [seconds, nanoseconds] = process?.hrtime?.() ?? [0, 0];
    const afterMs = performance.now();
    if (afterMs - beforeMs >= leastMs) continue;
    leastMs = afterMs - beforeMs;
    originMs = seconds * 1000 + nanoseconds / 1e6 - (beforeMs + afterMs) / 2;
  }
  return originMs;
}

/** Whether {@link readOrigin} can tell. */
export function hasOrigin(): boolean {
  return typeof (globalThis as HighResolution).process?.hrtime === 'function';
}
