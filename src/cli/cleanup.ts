/**
 * What must not be left behind when a signal ends the program: temporary files, a hidden cursor.
 *
 * @module
 */
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const tasks = new Set<() => void>();

/**
 * Runs a task if a signal ends the program.
 *
 * @returns Takes the task back.
 */
export function onSignal(task: () => void): () => void {
  if (tasks.size === 0) for (const signal of SIGNALS) process.on(signal, end);
  tasks.add(task);
  return () => {
    tasks.delete(task);
    if (tasks.size === 0) for (const signal of SIGNALS) process.off(signal, end);
  };
}

/** Runs the tasks, then lets the signal do what it does by default, so that the caller sees it. */
function end(signal: NodeJS.Signals): void {
  for (const task of tasks) task();
  for (const name of SIGNALS) process.off(name, end);
  process.kill(process.pid, signal);
}

/** Does work with a temporary file or folder, which is removed in the end, however that comes. */
export async function withTemporary<T>(path: string, work: () => Promise<T>): Promise<T> {
  const takeBack = onSignal(() => rmSync(path, { recursive: true, force: true }));
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
    takeBack();
  }
}
