/**
 * For tests that need what may be missing: a program, a browser, data outside the repository.
 *
 * @module
 */
import { describe, it } from 'vitest';

/** Whether nothing may be missing, as in CI: `MWRASP_REQUIRE=all`. */
export const requireAll: boolean = process.env['MWRASP_REQUIRE'] === 'all';

/** A suite of tests: `describe`, or what stands in for it. */
export type Suite = (name: string, body: () => void, options?: { readonly retry?: number }) => void;

/**
 * `describe` when the need is met. Otherwise the suite's body does not run; in its place stands one test that is
 * skipped and tells how to meet the need, or fails where `MWRASP_REQUIRE=all` is set.
 *
 * @param name - What is needed.
 * @param available - Whether it is there.
 * @param installCommand - What to type to get it.
 * @example
 * needs('softhsm2', existsSync('/usr/bin/softhsm2-util'), 'apt-get install softhsm2')('tokens', () => { … });
 */
export function needs(name: string, available: boolean, installCommand: string): Suite {
  if (available) return (suite, body, options = {}) => void describe(suite, options, body);
  const message = `needs ${name}: ${installCommand}`;
  return (suite) =>
    void describe(suite, () => {
      it.skipIf(!requireAll)(message, () => {
        throw new Error(`${message} (MWRASP_REQUIRE=all lets nothing be missing)`);
      });
    });
}
