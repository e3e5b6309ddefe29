/**
 * A soak in a process of its own, and what it may leave.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { MemorySample, SoakReport } from '../soak/soak.ts';
import { TYPESCRIPT } from './run-typescript.ts';

const MEBIBYTE = 2 ** 20;
/** What memory may grow by between the warm-up and the end, whatever the number of operations. */
const MAX_GROWTH = {
  // What the compilers write about functions, and the allocators' own ways.
  rss: 24 * MEBIBYTE,
  heapUsed: 3 * MEBIBYTE,
  external: MEBIBYTE,
  arrayBuffers: MEBIBYTE,
} as const;

const WARM_UP = 0;
const inMebibytes = (bytes: number) => (bytes / MEBIBYTE).toFixed(2);

/**
 * Runs a soak, prints its figures and checks them.
 *
 * @param operations - How many.
 */
export function runSoak(operations: number): void {
  const program = join(import.meta.dirname, '../soak/run.ts');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...TYPESCRIPT, program, '--operations', String(operations)],
    { encoding: 'utf8', maxBuffer: 64 * MEBIBYTE },
  );
  expect([status, stderr]).toEqual([0, '']);
  const report = JSON.parse(stdout) as SoakReport & { seed: string };
  const { samples, seed } = report;
  const [first, last] = [samples[WARM_UP], samples.at(-1)] as [MemorySample, MemorySample];
  console.log(`soak: ${operations} operations, ${report.failures} had to fail, seed ${seed}`);
  for (const what of ['rss', 'heapUsed', 'external', 'arrayBuffers'] as const) {
    const growth = last[what] - first[what];
    console.log(`  ${what}: ${inMebibytes(first[what])} MiB warm, ${inMebibytes(last[what])} MiB at the end`);
    expect(growth, what).toBeLessThanOrEqual(MAX_GROWTH[what]);
  }
  expect(report.operations).toBe(operations);
  expect(report.failures).toBeGreaterThan(operations / 4);
  expect(report.wrong, seed).toEqual([]);
  expect(report.dirty, seed).toEqual([]);
  expect(report.slotBytesLeft).toBe(0);
  // It cannot grow.
  expect(report.linearBytes[1]).toBe(report.linearBytes[0]);
  expect(Object.values(report.actions).every((count) => count > 0)).toBe(true);
}
