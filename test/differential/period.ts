/**
 * Runs the cases of a period, or one of them.
 *
 * @module
 */
import { configureEngines } from '../../src/engines/index.ts';
import { Comparison } from './comparison.ts';
import { Draw } from './draw.ts';
import type { Kind } from './operation.ts';
import { operationOf, PERIOD } from './operations/index.ts';
import { Engines, World } from './world.ts';

/** Cases from `first` up to, and without, `end`, all of one period. */
export interface Task {
  readonly seed: string;
  readonly kind: Kind;
  readonly first: number;
  readonly end: number;
}

/** What an operation did. */
export interface Tally {
  cases: number;
  /** Cases in which something was refused, or said to be false, by all. */
  refused: number;
  differences: number;
}

/** A difference between contestants. */
export interface Difference {
  readonly kind: Kind;
  readonly number: number;
  readonly operation: string;
  readonly text: string;
}

/** What a task found, by operation. */
export interface Found {
  readonly tallies: Readonly<Record<string, Tally>>;
  readonly differences: readonly Difference[];
}

let engines: Engines | undefined;

/** The engines of this process, with the public API on the one in WebAssembly. */
export function preparedEngines(): Engines {
  if (engines === undefined) {
    configureEngines({ hash: 'wasm', kem: 'wasm', sign: 'wasm' });
    engines = new Engines();
  }
  return engines;
}

/** The tally of an operation, which begins with nothing. */
function tallyOf(tallies: Record<string, Tally>, name: string): Tally {
  tallies[name] ??= { cases: 0, refused: 0, differences: 0 };
  return tallies[name];
}

/**
 * Runs cases one after the other.
 *
 * @param task - Which.
 * @param contestants - The engines; those of this process by default.
 */
export function runTask({ seed, kind, first, end }: Task, contestants: Engines = preparedEngines()): Found {
  const world = new World(contestants, seed, `${kind} keys`, Math.floor(first / PERIOD));
  const tallies: Record<string, Tally> = {};
  const differences: Difference[] = [];
  for (let number = first; number < end; number++) {
    const operation = operationOf(kind, number);
    const comparison = new Comparison();
    try {
      operation.run(new Draw(seed, kind, number), world, comparison);
    } catch (error) {
      comparison.differences.push(`threw: ${error instanceof Error ? error.stack : String(error)}`);
    }
    const tally = tallyOf(tallies, operation.name);
    tally.cases++;
    if (comparison.refused) tally.refused++;
    if (comparison.differences.length > 0) tally.differences++;
    for (const text of comparison.differences)
      differences.push({ kind, number, operation: operation.name, text });
  }
  world.dispose();
  return { tallies, differences };
}

/** Cuts so many cases into tasks of a period each. */
export function tasksOf(seed: string, kind: Kind, count: number): Task[] {
  return Array.from({ length: Math.ceil(count / PERIOD) }, (_, period) => ({
    seed,
    kind,
    first: period * PERIOD,
    end: Math.min(count, (period + 1) * PERIOD),
  }));
}

/** What several tasks found. */
export function sumOf(found: readonly Found[]): Found {
  const tallies: Record<string, Tally> = {};
  for (const part of found) {
    for (const [name, tally] of Object.entries(part.tallies)) {
      const sum = tallyOf(tallies, name);
      for (const what of ['cases', 'refused', 'differences'] as const) sum[what] += tally[what];
    }
  }
  return { tallies, differences: found.flatMap((part) => part.differences) };
}
