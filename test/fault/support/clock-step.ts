/**
 * Sets the wall clock of every thread of a process, while it runs.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAM = `import { existsSync } from 'node:fs';
const now = Date.now;
Date.now = () => now() + (existsSync(process.env.STEP_FILE) ? Number(process.env.STEP_MS) : 0);`;

/** What a process is started with, and how its clock is set then. */
export interface ClockStep {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Sets it. */
  step(): void;
}

/**
 * Prepares a step.
 *
 * @param folder - For two files of its own.
 * @param stepMs - By how much.
 */
export function clockStep(folder: string, stepMs: number): ClockStep {
  const [preload, file] = [join(folder, 'step.mjs'), join(folder, 'stepped')];
  writeFileSync(preload, PROGRAM);
  return {
    args: ['--import', preload],
    env: { STEP_FILE: file, STEP_MS: String(stepMs) },
    step: () => writeFileSync(file, ''),
  };
}
