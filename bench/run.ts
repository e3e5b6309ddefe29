/**
 * Runs the bench: worlds, each in its worker, that take turns. Only one works at a time.
 *
 * @module
 */
import { type Contest, SUITES, type SuiteName } from './contests/contest.ts';
import { CONTESTS } from './contests/index.ts';
import { IMPORT, measureImports } from './imports.ts';
import { describeMachine } from './machine.ts';
import type { PeerStatus } from './peers/index.ts';
import type { BenchReport, BenchResult } from './report/report.ts';
import { type Measured, summarise } from './summary.ts';
import { type EngineChoice, engineChoices, planWorlds, WorldHandle } from './worlds.ts';

/** Options of {@link runBench}. */
export interface BenchOptions {
  /** What to measure, `primitives` by default. */
  readonly suites?: readonly SuiteName[];
  /** Engines to measure, by default all, and `auto`, the library's own choice. What the runtime lacks is left out. */
  readonly engines?: readonly EngineChoice[];
  /** Measure further implementations, as far as they are there. */
  readonly peers?: boolean;
  /** Measure only operations whose name contains this text, in either case. All by default. */
  readonly only?: string;
  /** Few rounds of short slices: a look, not a measurement. */
  readonly quick?: boolean;
  /** Rounds a measurement, 9 by default; odd numbers have a clean median. */
  readonly rounds?: number;
  /** Processor time of one slice, 25 by default. */
  readonly sliceMs?: number;
  /** Told how much is done, from 0 to 1, and what is being measured. */
  readonly onProgress?: (fraction: number, operation: string) => void;
  /** Ends the run early: it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const FULL = { rounds: 9, sliceMs: 25 };
const QUICK = { rounds: 1, sliceMs: 1 };

interface Pace {
  readonly rounds: number;
  readonly sliceMs: number;
}

/** The files that other threads and processes run, as they were built. */
export interface Programs {
  /** `worker.ts`. */
  readonly worker: URL;
  /** `importer.ts`. */
  readonly importer: URL;
}

/** Names of everything that suites measure, each once. */
export function benchOperations(suites: readonly SuiteName[] = SUITES): string[] {
  const contests = CONTESTS.filter(({ suite }) => suites.includes(suite));
  const imports = suites.includes(IMPORT.suite) ? [IMPORT.operation] : [];
  return [...new Set(contests.map(({ operation }) => operation)), ...imports];
}

/** Whether a name is asked for. */
export function isWanted(operation: string, only: string): boolean {
  return operation.toLowerCase().includes(only.toLowerCase());
}

/** Measures one contest in all worlds that can enter; they take turns in beginning. */
async function measure(
  worlds: readonly WorldHandle[],
  index: number,
  { rounds, sliceMs }: Pace,
): Promise<Measured[]> {
  const lineups = [];
  for (const world of worlds) {
    const entrants = await world.prepare(index, sliceMs);
    if (entrants.length > 0) lineups.push({ world, entrants, rates: entrants.map(() => [] as number[]) });
    // What is the same on every engine is measured on one.
    if (CONTESTS[index]?.slowToPrepare && lineups.length > 0) break;
  }
  for (let round = 0; round < rounds; round++) {
    for (const { world, rates } of round % 2 === 0 ? lineups : [...lineups].reverse()) {
      for (const [i, rate] of (await world.round()).entries()) rates[i]?.push(rate);
    }
  }
  const measured: Measured[] = [];
  for (const [place, { world, entrants, rates }] of lineups.entries()) {
    const details = await world.finish();
    for (const [i, entrant] of entrants.entries()) {
      const { engine } = world;
      const more = { world: place, engine, rates: rates[i] as number[], details: details[i] ?? null };
      measured.push({ ...entrant, ...more });
    }
  }
  return measured;
}

/** Places in the list of contests that are asked for. */
function chosenContests({ suites = ['primitives'], only = '', quick = false }: BenchOptions): number[] {
  return [...CONTESTS.keys()].filter((i) => {
    const { suite, operation, slowToPrepare = false } = CONTESTS[i] as Contest;
    return suites.includes(suite) && isWanted(operation, only) && !(quick && slowToPrepare);
  });
}

const FORMS: readonly unknown[] = [null, 'objects', 'bytes'];

/** Key objects before bytes; the library in front, in the order of engines, and then the others. */
function inOrder(results: readonly BenchResult[]): BenchResult[] {
  const place = ({ form, contender }: BenchResult) =>
    2 * FORMS.indexOf(form) + (contender === 'ours' ? 0 : 1);
  return [...results].sort((a, b) => place(a) - place(b));
}

/**
 * Runs the bench.
 *
 * @param programs - The files that threads and processes run.
 * @param options - See {@link BenchOptions}.
 */
export async function runBenchIn(programs: Programs, options: BenchOptions): Promise<BenchReport> {
  const { suites = ['primitives'], engines = engineChoices(), only = '', quick = false } = options;
  const { peers = false, onProgress, signal } = options;
  const pace: Pace = { ...(quick ? QUICK : FULL), ...definedPace(options) };
  signal?.throwIfAborted();
  const machine = describeMachine(pace.rounds, pace.sliceMs);
  const worlds = planWorlds(engines, peers).map((plan) => new WorldHandle(programs.worker, plan, signal));
  try {
    const statuses: PeerStatus[] = [];
    for (const world of worlds) {
      const status = await world.open();
      if (status !== null) statuses.push(status);
    }
    const results: BenchResult[] = [];
    const contests = chosenContests(options);
    const withImport = suites.includes(IMPORT.suite) && isWanted(IMPORT.operation, only);
    const steps = contests.length + (withImport ? 1 : 0);
    for (const [done, index] of contests.entries()) {
      const contest = CONTESTS[index] as Contest;
      onProgress?.(done / steps, contest.operation);
      results.push(...inOrder(summarise(contest, await measure(worlds, index, pace))));
    }
    if (withImport) {
      onProgress?.(contests.length / steps, IMPORT.operation);
      results.push(...summarise(IMPORT, await measureImports(programs.importer, pace.rounds, signal)));
    }
    onProgress?.(1, '');
    return { machine, peers: statuses, results };
  } catch (error) {
    // once() rejects with an error of its own.
    signal?.throwIfAborted();
    throw error;
  } finally {
    await Promise.all(worlds.map((world) => world.end()));
  }
}

/** What of the pace was given. */
function definedPace({ rounds, sliceMs }: BenchOptions): Partial<Pace> {
  return { ...(rounds === undefined ? {} : { rounds }), ...(sliceMs === undefined ? {} : { sliceMs }) };
}
