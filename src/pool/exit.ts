/**
 * The last moment of a process: `process.exit()`, or an error that nobody caught.
 *
 * @module
 */
import type * as NodeProcess from 'node:process';
import { requireBuiltin } from '../runtime.ts';

const callbacks = new Set<() => void>();

function callAll(): void {
  for (const callback of callbacks) callback();
}

/**
 * Has a function called when the process ends.
 *
 * @param callback - Works to its end without waiting for the event loop, which is over.
 * @returns Takes it back.
 */
export function atExit(callback: () => void): () => void {
  const process = requireBuiltin<typeof NodeProcess>('node:process', 'a pool of workers');
  // One listener, however many pools: Node warns of more than ten.
  if (callbacks.size === 0) process.on('exit', callAll);
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size === 0) process.off('exit', callAll);
  };
}
