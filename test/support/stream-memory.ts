/**
 * What streams may take in memory, measured in processes of their own.
 *
 * @module
 */
import { expect } from 'vitest';
import { measureStreamMemory } from '../../scripts/measure-stream-memory.mjs';

export const MEBIBYTE: number = 2 ** 20;

/** Peak above idle, at any size. */
const MAX_GROWTH_BYTES = 100 * MEBIBYTE;
/** How far the peaks of two sizes may lie apart. */
const MAX_RATIO = 1.1;

/** A kind of stream, as scripts/measure-stream-memory.mjs takes it. */
export interface StreamKind {
  readonly form: 'aead' | 'envelope';
  readonly direction: 'seal' | 'open' | 'both';
  readonly source?: 'generated' | 'file';
  readonly engine?: 'auto' | 'noble';
}

/** The middle of an odd number of peaks: how late the collector comes differs from run to run on a busy machine. */
function middle(peaks: readonly number[]): number {
  return peaks.toSorted((a, b) => a - b)[(peaks.length - 1) / 2] as number;
}

const inMebibytes = (bytes: number) => (bytes / MEBIBYTE).toFixed(1);

/**
 * Measures one size and prints the figures.
 *
 * @param kind - The kind of stream.
 * @param sizeBytes - Plaintext bytes.
 * @param runs - How many times; each has to keep to the bound.
 * @returns The peak of the middle run, the memory at idle included.
 */
export function measurePeak(kind: StreamKind, sizeBytes: number, runs = 1): number {
  const figures = Array.from({ length: runs }, () => measureStreamMemory({ ...kind, sizeBytes }));
  const list = figures
    .map(({ growthBytes, peakBytes }) => `${inMebibytes(growthBytes)} (${inMebibytes(peakBytes)})`)
    .join(', ');
  console.log(
    `${Object.values(kind).join(' ')}, ${sizeBytes / MEBIBYTE} MiB: MiB above idle (in all) ${list}`,
  );
  for (const { passedBytes, growthBytes } of figures) {
    if (kind.direction === 'seal') expect(passedBytes).toBeGreaterThan(sizeBytes);
    else expect(passedBytes).toBe(sizeBytes);
    expect(growthBytes).toBeLessThanOrEqual(MAX_GROWTH_BYTES);
  }
  return middle(figures.map(({ peakBytes }) => peakBytes));
}

/** Measures a small and a large stream; both have to keep to the bound, and to take as much as each other. */
export function expectSamePeaks(
  kind: StreamKind,
  smallBytes: number,
  largeBytes: number,
  runs: number,
): void {
  const small = measurePeak(kind, smallBytes, runs);
  const large = measurePeak(kind, largeBytes, runs);
  expect(Math.max(small, large) / Math.min(small, large)).toBeLessThanOrEqual(MAX_RATIO);
}
