/**
 * A published known answer that needs no data.
 *
 * @module
 */

import { utf8 } from '../bytes.ts';
import type { FamilyEngines, HashEngine, Xof } from '../engines/engine.ts';

/** What a procedure runs with. */
export interface FactTools {
  /** The hash of the engine under test. */
  readonly hash: HashEngine;
  /** A SHAKE-128 stream, for generators and accumulators; of the engine that has streams. */
  createShake128(): Xof;
  /** A SHAKE-256 stream. */
  createShake256(): Xof;
  /** Counts one round. */
  step(done: number): Promise<void>;
}

/** A procedure and what it must give. */
export interface Fact<F extends 'kem' | 'sign'> {
  /** Name of its set in the report. */
  readonly set: string;
  /** Rounds, for the progress. */
  readonly rounds: number;
  /** The published value, in hexadecimal digits. */
  readonly expected: string;
  /** Runs the procedure. */
  run(engine: FamilyEngines[F], tools: FactTools): Promise<Uint8Array>;
}

/** SHA-256 of a text, by the engine under test. */
export function sha256Text(tools: FactTools, text: string): Uint8Array {
  return tools.hash.digest('SHA-256', utf8(text));
}

/** Reads bytes from a stream. */
export function squeeze(xof: Xof, sizeBytes: number): Uint8Array {
  const out = new Uint8Array(sizeBytes);
  xof.squeeze(out);
  return out;
}
