/**
 * The program of a worker: piscina calls what it exports.
 *
 * @module
 */
import type * as NodeOs from 'node:os';
import type * as NodeThreads from 'node:worker_threads';
import { builtinModule } from '../runtime.ts';

export { work } from './work.ts';

/** How much later than the main thread a worker gets its turn: with 5, for a third of the time where both want one. */
const NICENESS = 5;

/**
 * Lets the main thread go first, where a thread has a priority of its own. With as many workers as processors, its event
 * loop would otherwise wait until one of them was interrupted, which takes several milliseconds.
 */
function stepBack(): void {
  const os = builtinModule<typeof NodeOs>('node:os');
  const isWorker = builtinModule<typeof NodeThreads>('node:worker_threads')?.isMainThread === false;
  if (!isWorker || os?.platform() !== 'linux') return;
  os.setPriority(Math.min(os.getPriority() + NICENESS, os.constants.priority.PRIORITY_LOW));
}

stepBack();
