/**
 * The regression check: ratios of a run, which the machine's speed does not change, beside those that were recorded.
 *
 * @module
 */
import { formText, operationText, sizeText } from './report/format.ts';
import type { BenchReport, BenchResult } from './report/report.ts';

/** What is recorded. */
export interface Minimums {
  /** Runtime and its major version: another has other ratios. */
  readonly runtime: string;
  /** A ratio has fallen when it is lower than what was recorded by more than this part. */
  readonly tolerance: number;
  /** By names such as `ML-DSA-87 sign, 1 KiB, objects, node: × noble`. */
  readonly ratios: Readonly<Record<string, number>>;
}

/** A ratio that fell, or that is gone. */
export interface Fall {
  readonly operation: string;
  readonly name: string;
  readonly recorded: number;
  /** Null when it was not measured any more. */
  readonly measured: number | null;
}

/** What came of a check. */
export interface CheckOutcome {
  readonly falls: readonly Fall[];
  /** How many ratios held. */
  readonly held: number;
  /** Names of ratios whose engine cannot do the operation in this runtime. */
  readonly absent: readonly string[];
}

/** Differences below that are noise on any machine; a second measurement decides on the rest. */
const TOLERANCE = 0.2;

/** Whatever is faster than the raw call owes it to the machine, whose random generator may be slow; 1 is to be kept. */
const AS_BARE = 1;

/** Results of the library on an engine; not those of its own choice, which may change. */
function engineResults({ results }: BenchReport): BenchResult[] {
  return results.filter(
    ({ suite, contender, engine }) =>
      suite === 'primitives' && contender === 'ours' && engine !== null && engine !== 'auto',
  );
}

/** Named ratios of one result that are worth a record: what the library costs on its engine, what an engine gains. */
function ratiosOf(result: BenchResult): [name: string, ratio: number][] {
  const { engine, form, sizeBytes, ratioToBare, ratioToNoble } = result;
  const parts = [operationText(result), sizeText(sizeBytes), formText(result), engine ?? ''];
  const head = parts.filter((part) => part !== '').join(', ');
  const ratios: [string, number][] = [];
  if (ratioToBare !== null && form !== 'bytes')
    ratios.push([`${head}: × bare`, Math.min(ratioToBare, AS_BARE)]);
  if (ratioToNoble !== null && engine !== 'noble') ratios.push([`${head}: × noble`, ratioToNoble]);
  return ratios;
}

/** Operation and engine, the first and last part of a ratio's name. */
function partsOf(name: string): { operation: string; engine: string } {
  const parts = name.replace(/: × \w+$/, '').split(', ');
  return { operation: parts[0] ?? '', engine: parts.at(-1) ?? '' };
}

/** Runtime and major version, `node 26`. */
export function runtimeOf({ machine }: Pick<BenchReport, 'machine'>): string {
  return `${machine.runtime} ${machine.runtimeVersion.split('.')[0]}`;
}

/**
 * Records ratios of the primitives.
 *
 * @param reports - Runs on one runtime, at least one; of each ratio the lowest is kept.
 */
export function recordMinimums(reports: readonly [BenchReport, ...BenchReport[]]): Minimums {
  const ratios: Record<string, number> = {};
  for (const [name, ratio] of reports.flatMap(engineResults).flatMap(ratiosOf)) {
    ratios[name] = Math.min(ratios[name] ?? Number.POSITIVE_INFINITY, Number(ratio.toPrecision(3)));
  }
  return { runtime: runtimeOf(reports[0]), tolerance: TOLERANCE, ratios };
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
  const results = engineResults(report);
  const ratios = new Map(results.flatMap(ratiosOf));
  for (const [name, recorded] of Object.entries(minimums.ratios)) {
    const { operation, engine } = partsOf(name);
    const measured = ratios.get(name) ?? null;
    const engines = results.filter((result) => result.operation === operation).map((result) => result.engine);
    if (engines.length > 0 && !engines.includes(engine)) absent.push(name);
    else if (measured !== null && measured >= recorded * (1 - minimums.tolerance)) held++;
    else falls.push({ operation, name, recorded, measured });
  }
  return { falls, held, absent };
}
