/**
 * What every report must show.
 *
 * @module
 */
import { expect } from 'vitest';
import type { KatReport } from '../../src/kat/index.ts';

/** AES-256-GCM is not written in WebAssembly. */
const NO_AEAD = /engine "wasm" has no aead/;

/** What noble and wasm may leave out of what they have: what the library does not offer. */
const NOT_OFFERED = [/^HashML-DSA with a weak hash: /, /^IVs other than 96 bits are not offered$/];

/**
 * Nothing failed, something passed, and noble and wasm ran all that the library offers of what they have.
 *
 * @param report - The report.
 * @param alsoNotRun - What the caller itself kept from running.
 */
export function expectAllRight(report: KatReport, ...alsoNotRun: readonly RegExp[]): void {
  const allowed = [...NOT_OFFERED, ...alsoNotRun];
  expect(report.sets.filter(({ failed }) => failed > 0)).toEqual([]);
  expect(report.totals.failed).toBe(0);
  const complete = report.sets.filter(({ engine }) => engine !== 'node');
  for (const { set, engine, passed, reasons } of complete) {
    if (engine === 'wasm' && reasons.some(({ reason }) => NO_AEAD.test(reason))) continue;
    expect(passed, set).toBeGreaterThan(0);
    for (const { reason } of reasons) {
      expect(
        allowed.some((pattern) => pattern.test(reason)),
        `${set}: ${reason}`,
      ).toBe(true);
    }
  }
}
