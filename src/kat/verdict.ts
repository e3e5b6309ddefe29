/**
 * What came of one case.
 *
 * @module
 */
import { equal } from '../bytes.ts';

/** Passed, failed, or not run with the reason. */
export type Verdict =
  | { readonly outcome: 'passed' }
  | { readonly outcome: 'failed'; readonly reason: string }
  | { readonly outcome: 'notRun'; readonly reason: string };

/** The answer was right. */
export const PASSED: Verdict = { outcome: 'passed' };

/** The answer was wrong, or the case is not complete. */
export function failed(reason: string): Verdict {
  return { outcome: 'failed', reason };
}

/** The engine cannot do what the case asks for. */
export function notRun(reason: string): Verdict {
  return { outcome: 'notRun', reason };
}

/** Compares an answer with the expected one. */
export function expectSame(what: string, got: Uint8Array, expected: Uint8Array): Verdict {
  return equal(got, expected) ? PASSED : failed(`${what} differs`);
}

/** Runs checks in order until one does not pass. */
export function allOf(...checks: readonly (() => Verdict)[]): Verdict {
  for (const check of checks) {
    const verdict = check();
    if (verdict.outcome !== 'passed') return verdict;
  }
  return PASSED;
}

/**
 * Runs an operation whose input is valid or not.
 *
 * @param valid - Whether it has to succeed. When not, it has to throw or to answer a verdict other than passed.
 * @param operation - The operation; its fields were read before, so that a case with a missing field is not taken for
 * one that was refused.
 */
export function expectAccepted(valid: boolean, operation: () => Verdict): Verdict {
  if (valid) return operation();
  let verdict: Verdict;
  try {
    verdict = operation();
  } catch {
    return PASSED;
  }
  if (verdict.outcome === 'notRun') return verdict;
  return verdict.outcome === 'failed' ? PASSED : failed('an invalid case was not refused');
}
