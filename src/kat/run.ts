/**
 * Runs one file of vectors on one engine.
 *
 * @module
 */
import { type EngineName, type Family, registry } from '../engines/index.ts';
import { SelfTestError, UnsupportedError } from '../errors.ts';
import { AEAD_KINDS } from './aead.ts';
import { Fields, type JsonObject } from './fields.ts';
import type { VectorFile } from './files.ts';
import { HASH_KINDS } from './hash.ts';
import { KEM_KINDS } from './kem.ts';
import type { KatContext, Kind } from './kind.ts';
import type { Pace } from './pace.ts';
import { type KatSetReport, Tally } from './report.ts';
import { SIGN_KINDS } from './sign.ts';
import { failed, notRun, type Verdict } from './verdict.ts';

const KINDS: readonly Kind[] = [...KEM_KINDS, ...SIGN_KINDS, ...AEAD_KINDS, ...HASH_KINDS];

/** What runs share. */
export interface RunOptions {
  readonly pace: Pace;
  readonly maxMessageBytes: number;
}

/** The context of cases on one engine. */
export function contextOf(engineName: EngineName, { pace, maxMessageBytes }: RunOptions): KatContext {
  return { engineName, engine: (family) => registry.named(engineName, family), pace, maxMessageBytes };
}

/**
 * Why an engine cannot be used for a family: a verdict for every case that needs it.
 *
 * @returns Nothing when it can.
 */
export function unusable(engineName: EngineName, family: Family): Verdict | undefined {
  try {
    registry.named(engineName, family);
    return undefined;
  } catch (error) {
    if (error instanceof UnsupportedError) return notRun(error.message);
    if (error instanceof SelfTestError) return failed(error.message);
    throw error;
  }
}

/** How a report names a case: its place in the file, and its own number where it has one. */
function nameCase(values: JsonObject, index: number): string {
  const { tcId, count, line } = values;
  const own = Object.entries({ tcId, count, line }).find(([, value]) => typeof value === 'number');
  return own === undefined ? `case ${index}` : `case ${index}, ${own[0]} ${own[1] as number}`;
}

/**
 * Runs every case of a file.
 *
 * @param file - The file.
 * @param name - The set's name in the report.
 * @param engineName - The engine.
 * @param options - What runs share.
 * @throws The signal's reason when the run was aborted.
 */
export async function runFile(
  file: VectorFile,
  name: string,
  engineName: EngineName,
  options: RunOptions,
): Promise<KatSetReport> {
  const { pace } = options;
  const context = contextOf(engineName, options);
  const tally = new Tally(name, engineName);
  const cases = file.cases.map((values) => new Fields(values, file.hint));
  const kinds = cases.map((fields) => KINDS.find((kind) => kind.matches(fields)));
  const known = kinds.some((kind) => kind !== undefined);
  pace.begin(name, engineName, cases.length);
  for (const [index, fields] of cases.entries()) {
    const kind = kinds[index];
    let verdict: Verdict;
    if (kind !== undefined) verdict = await runCase(kind, fields, context);
    else if (known) verdict = failed('the case lacks the fields that tell what it is');
    else verdict = notRun('a set of an unknown kind');
    tally.add(nameCase(file.cases[index] as JsonObject, index), verdict);
    await pace.step(index + 1);
  }
  pace.end();
  return tally.report();
}

async function runCase(kind: Kind, fields: Fields, context: KatContext): Promise<Verdict> {
  const verdict = unusable(context.engineName, kind.family);
  if (verdict !== undefined) return verdict;
  try {
    return await kind.run(fields, context);
  } catch (error) {
    // An abort is not the case's failure; it shows at the next turn, which throws it.
    return failed(error instanceof Error ? error.message : String(error));
  }
}
