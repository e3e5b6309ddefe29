/**
 * A kind of case: how to recognise it and how to run it.
 *
 * Kinds are recognised by what a case says and holds, never by the name of its file.
 *
 * @module
 */

import type { FamilyEngines } from '../engines/engine.ts';
import type { EngineName, Family } from '../engines/index.ts';
import type { Fields } from './fields.ts';
import type { Pace } from './pace.ts';
import type { Verdict } from './verdict.ts';

/** What a case runs with. */
export interface KatContext {
  readonly engineName: EngineName;
  /** The part of the engine under test; throws when the engine does not offer it here. */
  engine<F extends Family>(family: F): FamilyEngines[F];
  readonly pace: Pace;
  /** Messages above this are not run. */
  readonly maxMessageBytes: number;
}

/** A kind of case. */
export interface Kind {
  /** The part of the engine that it tests. */
  readonly family: Family;
  /**
   * Whether a case is of this kind. It looks at inputs and labels, not at expected answers, so that a case which lost
   * its answer is still recognised, and fails.
   */
  matches(fields: Fields): boolean;
  /** Runs a case; an exception is a failure. */
  run(fields: Fields, context: KatContext): Verdict | Promise<Verdict>;
}
