/**
 * The optional peer, loaded on first use: `piscina`, the pool of threads.
 *
 * @module
 */
import { UnsupportedError } from '../errors.ts';

/** What is used of a pool of threads. */
export interface ThreadPool {
  /** Rejects when the worker died. */
  run(task: unknown): Promise<unknown>;
  /** Ends the workers, at once. */
  destroy(): Promise<void>;
  /** `error`: a worker died that had no task. `workerDestroy`: one is gone. */
  on(event: 'error' | 'workerDestroy', listener: () => void): unknown;
  /** The workers. */
  readonly threads: readonly unknown[];
}

/** What is used of the peer's options. */
export interface ThreadPoolOptions {
  /** The program of the workers: a `file:` URL. */
  readonly filename: string;
  /** Its export that does a task. */
  readonly name: string;
  readonly minThreads: number;
  readonly maxThreads: number;
  readonly concurrentTasksPerWorker: number;
  readonly recordTiming: boolean;
}

type Peer = new (options: ThreadPoolOptions) => ThreadPool;

/** The command that gets the peer. */
export const INSTALL_COMMAND = 'npm install piscina';

const PEER = 'piscina';

/**
 * Loads the peer.
 *
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER`, with the command that helps.
 */
export async function loadPeer(): Promise<Peer> {
  try {
    // By a name that bundlers do not look for: the program of its workers is a file of its own.
    const module = (await import(/* @vite-ignore */ /* webpackIgnore: true */ PEER)) as { Piscina: Peer };
    return module.Piscina;
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const problem = isMissing ? 'which is not installed' : 'which does not load here';
    const message = `a pool of workers needs the package ${PEER}, ${problem}: ${INSTALL_COMMAND}`;
    throw new UnsupportedError('ERR_UNSUPPORTED_PEER', message, { cause });
  }
}
