/**
 * What every report must show.
 *
 * @module
 */
import { expect } from 'vitest';
import type { KatReport } from '../../src/kat/index.ts';

/** What the engine that runs everywhere may leave out: what the library does not offer. */
const NOT_OFFERED = [/^HashML-DSA with a weak hash: /, /^IVs other than 96 bits are not offered$/];

/**
 * Nothing failed, something passed, and the engine that runs everywhere ran all that the library offers.
 *
 * @param report - The report.
 * @param alsoNotRun - What the caller itself kept from running.
 */
export function expectAllRight(report: KatReport, ...alsoNotRun: readonly RegExp[]): void {
  const allowed = [...NOT_OFFERED, ...alsoNotRun];
  expect(report.sets.filter(({ failed }) => failed > 0)).toEqual([]);
  expect(report.totals.failed).toBe(0);
  const noble = report.sets.filter(({ engine }) => engine === 'noble');
  for (const { set, passed, reasons } of noble) {
    expect(passed, set).toBeGreaterThan(0);
    for (const { reason } of reasons) {
      expect(
        allowed.some((pattern) => pattern.test(reason)),
        `${set}: ${reason}`,
      ).toBe(true);
    }
  }
}
