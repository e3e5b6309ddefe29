/**
 * What a case does.
 *
 * @module
 */
import type { Comparison } from './comparison.ts';
import type { Draw } from './draw.ts';
import type { World } from './world.ts';

/** Whether inputs are right, or wrong in a way that was thought of. */
export const KINDS = ['random', 'invalid'] as const;
export type Kind = (typeof KINDS)[number];

/** One operation of the engines, or one way to be wrong. */
export interface Operation {
  readonly name: string;
  /** How many of 1000 cases of its kind. */
  readonly weight: number;
  /** Draws inputs, and compares what the contestants make of them. */
  run(draw: Draw, world: World, comparison: Comparison): void;
}
