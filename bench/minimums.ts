/**
 * The regression check: ratios of a run, which the machine's speed does not change, beside those that were recorded.
 *
 * @module
 */
import type { Form } from './contests/contest.ts';
import { formText, operationText, sizeText } from './report/format.ts';
import type { BenchReport, BenchResult } from './report/report.ts';

/** What the library is compared with. */
type Over = 'bare' | 'noble';

/** One ratio of the library, as it was recorded. */
export interface MinimumRatio {
  readonly operation: string;
  readonly sizeBytes: number;
  readonly parameters: Readonly<Record<string, number>>;
  readonly engine: string;
  readonly form: Form | null;
  readonly keyFormat: 'seed' | 'expanded' | null;
  readonly over: Over;
  readonly ratio: number;
}

/** What is recorded. */
export interface Minimums {
  /** Runtime and its major version: another has other ratios. */
  readonly runtime: string;
  /** A ratio has fallen when it is lower than what was recorded by more than this part. */
  readonly tolerance: number;
  readonly ratios: readonly MinimumRatio[];
}

/** A ratio that fell, or that is gone. */
export interface Fall {
  readonly operation: string;
  /** All that identifies it, in words. */
  readonly name: string;
  readonly recorded: number;
  /** Null when it was not measured any more. */
  readonly measured: number | null;
}

/** What came of a check. */
export interface CheckOutcome {
  readonly falls: readonly Fall[];
  /** Ratios that held. */
  readonly held: number;
  /** Names of ratios whose engine cannot do the operation in this runtime. */
  readonly absent: readonly string[];
}

/** Differences below that are noise on any machine; a second measurement decides on the rest. */
const TOLERANCE = 0.2;

function ratioOf(result: BenchResult, over: Over): number | null {
  return over === 'bare' ? result.ratioToBare : result.ratioToNoble;
}

/** Which ratios are worth a record: what the library costs on its engine, and what an engine gains. */
function kinds({ engine, form, ratioToBare, ratioToNoble }: BenchResult): Over[] {
  const kinds: Over[] = [];
  if (ratioToBare !== null && form !== 'bytes') kinds.push('bare');
  if (ratioToNoble !== null && engine !== 'noble') kinds.push('noble');
  return kinds;
}

function isSame(minimum: MinimumRatio, result: BenchResult): boolean {
  const keys = Object.keys({ ...minimum.parameters, ...result.parameters });
  return (
    result.contender === 'ours' &&
    result.operation === minimum.operation &&
    result.sizeBytes === minimum.sizeBytes &&
    result.engine === minimum.engine &&
    result.form === minimum.form &&
    result.keyFormat === minimum.keyFormat &&
    keys.every((key) => minimum.parameters[key] === result.parameters[key])
  );
}

function nameOf(minimum: MinimumRatio): string {
  const { engine, sizeBytes, over } = minimum;
  const parts = [operationText(minimum), sizeText(sizeBytes), formText(minimum), engine];
  return `${parts.filter((part) => part !== '').join(', ')}: × ${over}`;
}

/** Runtime and major version, `node 26`. */
export function runtimeOf({ machine }: Pick<BenchReport, 'machine'>): string {
  return `${machine.runtime} ${machine.runtimeVersion.split('.')[0]}`;
}

function recordOf(report: BenchReport): MinimumRatio[] {
  const mine = report.results.filter(({ contender, engine }) => contender === 'ours' && engine !== 'auto');
  return mine.flatMap((result) => {
    const { operation, sizeBytes, parameters, engine, form, keyFormat } = result;
    if (engine === null) return [];
    return kinds(result).map((over) => {
      const ratio = Number((ratioOf(result, over) ?? 0).toPrecision(3));
      return { operation, sizeBytes, parameters, engine, form, keyFormat, over, ratio };
    });
  });
}

/**
 * Records ratios: every engine's, but not those of the library's own choice, which may change.
 *
 * @param reports - Runs on one runtime, at least one; of each ratio the lowest is kept.
 */
export function recordMinimums(reports: readonly [BenchReport, ...BenchReport[]]): Minimums {
  const lowest = new Map<string, MinimumRatio>();
  for (const minimum of reports.flatMap(recordOf)) {
    const known = lowest.get(nameOf(minimum));
    if (known === undefined || minimum.ratio < known.ratio) lowest.set(nameOf(minimum), minimum);
  }
  return { runtime: runtimeOf(reports[0]), tolerance: TOLERANCE, ratios: [...lowest.values()] };
}

/**
 * Compares a run with what was recorded.
 *
 * @param report - A run.
 * @param minimums - What was recorded.
 * @returns What fell. What this runtime's engines cannot do is absent; what they can do and nobody measures fell.
 */
export function checkMinimums(report: BenchReport, minimums: Minimums): CheckOutcome {
  const falls: Fall[] = [];
  const absent: string[] = [];
  let held = 0;
  const mine = report.results.filter(({ contender }) => contender === 'ours');
  for (const minimum of minimums.ratios) {
    const { operation, ratio: recorded, over, engine } = minimum;
    const result = mine.find((candidate) => isSame(minimum, candidate));
    const measured = result === undefined ? null : ratioOf(result, over);
    const isMeasuredElsewhere = mine.some((r) => r.operation === operation && r.engine !== engine);
    const isEngineHere = mine.some((r) => r.operation === operation && r.engine === engine);
    if (measured === null && isMeasuredElsewhere && !isEngineHere) absent.push(nameOf(minimum));
    else if (measured !== null && measured >= recorded * (1 - minimums.tolerance)) held++;
    else falls.push({ operation, name: nameOf(minimum), recorded, measured });
  }
  return { falls, held, absent };
}
