/**
 * What a run of known answers reports, and how it is added up.
 *
 * @module
 */
import type { EngineName } from '../engines/index.ts';
import type { Verdict } from './verdict.ts';

/** A reason for cases that failed or were not run. */
export interface KatReason {
  /** For failures it begins with `failed:` and names the first few cases. */
  readonly reason: string;
  /** How many cases it stands for. */
  readonly count: number;
}

/** One set of vectors, or one fact, on one engine. */
export interface KatSetReport {
  /** The name in the file's header, or the file's path where the header has none. Facts begin with `facts/`. */
  readonly set: string;
  readonly engine: EngineName;
  readonly passed: number;
  readonly failed: number;
  readonly notRun: number;
  /** Why cases failed or were not run, each reason once. */
  readonly reasons: readonly KatReason[];
}

/** The result of {@link runKat}. */
export interface KatReport {
  readonly sets: readonly KatSetReport[];
  readonly totals: { readonly passed: number; readonly failed: number; readonly notRun: number };
}

/** Failing cases that a reason names. */
const NAMED_CASES = 5;

/** Counts the verdicts of one set on one engine. */
export class Tally {
  readonly #set: string;
  readonly #engine: EngineName;
  #passed = 0;
  readonly #failures = new Map<string, string[]>();
  readonly #notRun = new Map<string, number>();

  constructor(set: string, engine: EngineName) {
    this.#set = set;
    this.#engine = engine;
  }

  /**
   * Adds one case.
   *
   * @param caseName - How a failure names it.
   * @param verdict - What came of it.
   */
  add(caseName: string, verdict: Verdict): void {
    if (verdict.outcome === 'passed') {
      this.#passed++;
    } else if (verdict.outcome === 'failed') {
      const names = this.#failures.get(verdict.reason);
      if (names === undefined) this.#failures.set(verdict.reason, [caseName]);
      else names.push(caseName);
    } else {
      this.#notRun.set(verdict.reason, (this.#notRun.get(verdict.reason) ?? 0) + 1);
    }
  }

  /** The report so far. */
  report(): KatSetReport {
    const failures = [...this.#failures].map(([reason, names]) => ({
      reason: `failed: ${reason} (${nameCases(names)})`,
      count: names.length,
    }));
    const notRun = [...this.#notRun].map(([reason, count]) => ({ reason, count }));
    return {
      set: this.#set,
      engine: this.#engine,
      passed: this.#passed,
      failed: sum(failures),
      notRun: sum(notRun),
      reasons: [...failures, ...notRun],
    };
  }
}

function nameCases(names: readonly string[]): string {
  const more = names.length > NAMED_CASES ? ', …' : '';
  return names.slice(0, NAMED_CASES).join(', ') + more;
}

function sum(reasons: readonly KatReason[]): number {
  return reasons.reduce((total, { count }) => total + count, 0);
}

/** Adds the totals to the reports of the sets. */
export function totalReport(sets: readonly KatSetReport[]): KatReport {
  const totals = { passed: 0, failed: 0, notRun: 0 };
  for (const set of sets) {
    totals.passed += set.passed;
    totals.failed += set.failed;
    totals.notRun += set.notRun;
  }
  return { sets, totals };
}
