/**
 * Threads that share tasks.
 *
 * @module
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Found, Task } from './period.ts';

/**
 * Runs tasks, each in the next thread that is free.
 *
 * @param tasks - Taken as threads become free.
 * @param threads - How many threads.
 * @param onFound - Called for each task that ended, with how many cases it had.
 * @param stopped - Once it is true, no further task is begun.
 */
export async function runInThreads(
  tasks: readonly Task[],
  threads: number,
  onFound: (found: Found, cases: number) => void,
  stopped: () => boolean,
): Promise<void> {
  const waiting = [...tasks].reverse();
  const work = async () => {
    const worker = new Worker(new URL('worker.ts', import.meta.url));
    try {
      for (let task = waiting.pop(); task !== undefined && !stopped(); task = waiting.pop()) {
        const answer = once(worker, 'message');
        worker.postMessage(task);
        const [found] = (await answer) as [Found];
        onFound(found, task.end - task.first);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, tasks.length) }, work));
}
