/**
 * Runs known-answer vectors and facts through every engine.
 *
 * @module
 */
import { checkArray, checkInteger, checkOptions, describe } from '../bytes.ts';
import { type EngineName, registry } from '../engines/index.ts';
import { InputError } from '../errors.ts';
import { checkSignal } from '../signal.ts';
import { checkFacts, type KatFacts, runFacts } from './facts.ts';
import { listVectorFiles, readVectorFile } from './files.ts';
import { type KatProgress, Pace } from './pace.ts';
import { type KatReport, type KatSetReport, Tally, totalReport } from './report.ts';
import { type RunOptions, runFile } from './run.ts';
import { failed } from './verdict.ts';

export type { EngineName } from '../engines/index.ts';
export type { KatFacts } from './facts.ts';
export type { KatProgress } from './pace.ts';
export type { KatReason, KatReport, KatSetReport } from './report.ts';

/** What to run. */
export interface KatOptions {
  /** A folder of vector files, searched with the folders in it. No vectors when absent. */
  readonly vectors?: string;
  /** Engines to run; all of them when absent. */
  readonly engines?: readonly EngineName[];
  /** Facts, which need no files. When absent they run exactly where there are no `vectors`. */
  readonly facts?: boolean | KatFacts;
  /** Messages above this are not run, and counted so; no limit when absent. */
  readonly maxMessageBytes?: number;
  /** Hears how far the run is, a few times a second. */
  readonly onProgress?: (progress: KatProgress) => void;
  /** Ends the run early. */
  readonly signal?: AbortSignal;
}

const OPTION_NAMES: readonly (keyof KatOptions)[] = [
  'vectors',
  'engines',
  'facts',
  'maxMessageBytes',
  'onProgress',
  'signal',
];

/**
 * Runs known answers: every file of a folder of vectors, every fact, through every engine.
 *
 * A file holds `{ "header": { "set": … }, "cases": [ … ] }`, as `.json` or `.json.gz`; what its cases are about is read
 * from the cases, not from the file's name. A file that cannot be read or is not in the format is a failure. A case that
 * an engine cannot run is counted in `notRun`, with the reason; where a part of it can be checked all the same, it is,
 * and a wrong part is a failure.
 *
 * @param options - What to run; all facts on all engines when absent.
 * @returns One entry for each set and engine, and the totals.
 * @throws {@link InputError} `ERR_INPUT_FORMAT` when the folder cannot be read or holds no vector file;
 * `ERR_INPUT_OPTION`, `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE` for options.
 * @throws The signal's reason when the run was aborted, and what `onProgress` throws, as it is.
 * @example const { totals } = await runKat({ vectors: './vectors', engines: ['noble'] });
 */
export async function runKat(options: KatOptions = {}): Promise<KatReport> {
  const wanted = checkOptions('options', options, OPTION_NAMES);
  const { vectors, onProgress, signal, maxMessageBytes } = wanted;
  if (vectors !== undefined && (typeof vectors !== 'string' || vectors === '')) {
    throw new InputError('ERR_INPUT_TYPE', 'options.vectors', 'the path of a folder', describe(vectors));
  }
  if (maxMessageBytes !== undefined) {
    checkInteger('options.maxMessageBytes', maxMessageBytes, 0, Number.MAX_SAFE_INTEGER);
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new InputError('ERR_INPUT_TYPE', 'options.onProgress', 'a function', describe(onProgress));
  }
  checkSignal('options.signal', signal);
  const engines = checkEngines(wanted.engines);
  const facts = checkFacts(wanted.facts === undefined ? vectors === undefined : wanted.facts);
  const run = {
    pace: new Pace(signal, onProgress),
    maxMessageBytes: maxMessageBytes ?? Number.POSITIVE_INFINITY,
  };
  const sets: KatSetReport[] = [];
  if (vectors !== undefined) sets.push(...(await runFolder(vectors, engines, run)));
  if (facts !== undefined) {
    for (const engine of engines) sets.push(...(await runFacts(engine, facts, run)));
  }
  return totalReport(sets);
}

function checkEngines(engines: readonly EngineName[] | undefined): readonly EngineName[] {
  if (engines === undefined) return registry.names;
  const expected = 'a list of engine names';
  const names = checkArray('options.engines', engines, expected, (argument, name) => {
    const known = registry.names.find((candidate) => candidate === name);
    if (known !== undefined) return known;
    const got = typeof name === 'string' ? `"${name.slice(0, 64)}"` : describe(name);
    throw new InputError('ERR_INPUT_OPTION', argument, `one of ${registry.names.join(', ')}`, got);
  });
  if (names.length === 0) throw new InputError('ERR_INPUT_TYPE', 'options.engines', expected, 'none');
  return [...new Set(names)];
}

async function runFolder(
  folder: string,
  engines: readonly EngineName[],
  options: RunOptions,
): Promise<KatSetReport[]> {
  const reports: KatSetReport[] = [];
  const names = new Set<string>();
  for (const path of await listVectorFiles(folder)) {
    await options.pace.turn();
    const file = await readVectorFile(folder, path);
    if ('problem' in file) {
      for (const engine of engines) {
        const tally = new Tally(path, engine);
        tally.add(path, failed(`the file ${file.problem}`));
        reports.push(tally.report());
      }
      continue;
    }
    const name = names.has(file.set) ? `${file.set} (${path})` : file.set;
    names.add(name);
    for (const engine of engines) reports.push(await runFile(file, name, engine, options));
  }
  return reports;
}
