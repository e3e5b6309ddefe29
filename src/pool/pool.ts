/**
 * A pool of workers, and what it does.
 *
 * @module
 */
import type * as NodeOs from 'node:os';
import { checkInteger, checkOptions } from '../bytes.ts';
import type { KemPrivateKey } from '../kem/index.ts';
import { requireBuiltin } from '../runtime.ts';
import type { ContextOptions, SignOptions, SignPrivateKey, SignPublicKey } from '../sign/index.ts';
import { checkSignPrivateKey, checkSignPublicKey } from '../sign/keys.ts';
import { checkContext, checkDeterministic } from '../sign/sign.ts';
import { checkSignal } from '../signal.ts';
import { Conveyor, JOBS_UNDER_WAY_PER_WORKER } from './conveyor.ts';
import { forcedEngines } from './engines.ts';
import { SharedMemory } from './memory.ts';
import {
  GENERATING_KEM_KEYS,
  GENERATING_SIGN_KEYS,
  type Operation,
  type SignedMessage,
  signing,
  verifying,
} from './operation.ts';
import { LazyResults, type PoolResults } from './results.ts';
import { ItemSource, type Many } from './source.ts';
import { closedError, Workers } from './workers.ts';

/** Options of {@link createPool}. */
export interface PoolOptions {
  /** Worker threads, 1 to 64; as many as there are processors to use, by default. */
  readonly threads?: number;
  /**
   * Items that are handed to a worker at once, 1 to 1024; 128 by default. Never fewer than 4 signatures or 16 ML-KEM keys
   * where there are more: handing them over would take more than a twentieth of the time.
   */
  readonly batchSize?: number;
}

/** Options of everything that a pool does. */
export interface ManyOptions {
  /** Ends the work early: the results fail with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of {@link CryptoPool.verifyMany}. */
export interface VerifyManyOptions extends ManyOptions, ContextOptions {}

/** Options of {@link CryptoPool.signMany}. */
export interface SignManyOptions extends ManyOptions, SignOptions {}

/**
 * Worker threads for many operations at once. The main thread copies bytes in and out, and is free otherwise.
 *
 * Close it, or use `await using`.
 */
export interface CryptoPool extends AsyncDisposable {
  /** Worker threads. */
  readonly threads: number;
  /** Whether the pool was closed. */
  readonly closed: boolean;

  /**
   * Verifies many signatures of one key, as `verify` does.
   *
   * Each item is copied when its turn comes: leave it as it is until its result is there.
   *
   * @param publicKey - The signer's public key.
   * @param items - Messages of at most 64 MiB, each with its signature; pulled as they are needed.
   * @param options - The context string that was signed with, a signal.
   * @returns For each item whether its signature is right.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`; `ERR_INPUT_DISPOSED` when the
   * pool was closed; `ERR_INPUT_RANGE` for more than 2^20 results in one array.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER` without piscina.
   * @throws {@link PoolError} `ERR_POOL_WORKER` when a worker died.
   * @throws What the source of the items throws, and the signal's reason, as it is.
   * @example const areRight = await pool.verifyMany(publicKey, [{ message, signature }]);
   */
  verifyMany(
    publicKey: SignPublicKey,
    items: Many<SignedMessage>,
    options?: VerifyManyOptions,
  ): PoolResults<boolean>;

  /**
   * Signs many messages with one key, as `sign` does.
   *
   * Each message is copied when its turn comes: leave it as it is until its signature is there. The key must live until the
   * last one was copied.
   *
   * @param privateKey - The signer's key.
   * @param messages - Messages of at most 64 MiB; pulled as they are needed.
   * @param options - Context string, deterministic signing, a signal.
   * @returns The signature of each message, 4627 bytes.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`; `ERR_INPUT_DISPOSED` when the
   * key was disposed or the pool closed; `ERR_INPUT_RANGE` for more than 2^20 results in one array.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER` without piscina; `ERR_UNSUPPORTED_OPERATION` for
   * deterministic signing when an engine without it is forced.
   * @throws {@link PoolError} `ERR_POOL_WORKER` when a worker died.
   * @throws What the source of the messages throws, and the signal's reason, as it is.
   * @example for await (const signature of pool.signMany(privateKey, stream)) send(signature);
   */
  signMany(
    privateKey: SignPrivateKey,
    messages: Many<Uint8Array>,
    options?: SignManyOptions,
  ): PoolResults<Uint8Array>;

  /**
   * Generates ML-DSA-87 keys, as `generateSignKey` does.
   *
   * @param count - How many, up to 2^20.
   * @param options - A signal.
   * @returns Private keys, yours to dispose. The engine prepares each when it is first used.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`; `ERR_INPUT_DISPOSED` when the
   * pool was closed.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER` without piscina; `ERR_UNSUPPORTED_RUNTIME` when the runtime
   * has no random generator.
   * @throws {@link PoolError} `ERR_POOL_WORKER` when a worker died.
   * @throws The signal's reason, as it is.
   * @example const keys = await pool.generateSignKeys(1000);
   */
  generateSignKeys(count: number, options?: ManyOptions): PoolResults<SignPrivateKey>;

  /**
   * Generates ML-KEM-1024 keys, as `generateKemKey` does. For a few keys that is quicker: a job costs as much as a key.
   *
   * @param count - How many, up to 2^20.
   * @param options - A signal.
   * @returns Private keys, yours to dispose. The engine prepares each when it is first used.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`; `ERR_INPUT_DISPOSED` when the
   * pool was closed.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER` without piscina; `ERR_UNSUPPORTED_RUNTIME` when the runtime
   * has no random generator.
   * @throws {@link PoolError} `ERR_POOL_WORKER` when a worker died.
   * @throws The signal's reason, as it is.
   * @example const keys = await pool.generateKemKeys(1000);
   */
  generateKemKeys(count: number, options?: ManyOptions): PoolResults<KemPrivateKey>;

  /**
   * Waits for the jobs that the workers were given, and ends the workers. What would come after those jobs fails with an
   * {@link InputError}, `ERR_INPUT_DISPOSED`. Further calls wait for the same.
   */
  close(): Promise<void>;

  /** Same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const DEFAULT_BATCH_SIZE = 128;
const MAX_BATCH_SIZE = 1024;
const MAX_THREADS = 64;
const MAX_COUNT = 2 ** 20;

/** The program of the workers lies beside this module, built or not. */
const PROGRAM = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';

class WorkerPool implements CryptoPool {
  readonly #workers: Workers;
  readonly #memory: SharedMemory;
  readonly #batchSize: number;

  constructor(threads: number, batchSize: number) {
    this.#workers = new Workers(threads, new URL(PROGRAM, import.meta.url));
    // Input and output of each job of an operation, and of the one that is being gathered.
    this.#memory = new SharedMemory(2 * (JOBS_UNDER_WAY_PER_WORKER * threads + 1));
    this.#batchSize = batchSize;
  }

  get threads(): number {
    return this.#workers.threads;
  }

  get closed(): boolean {
    return this.#workers.closed;
  }

  verifyMany(
    publicKey: SignPublicKey,
    items: Many<SignedMessage>,
    options?: VerifyManyOptions,
  ): PoolResults<boolean> {
    const { context, signal } = checkOptions('options', options, ['context', 'signal']);
    checkSignPublicKey('publicKey', publicKey);
    const source = new ItemSource('items', 'an iterable of messages with signatures', items);
    return this.#begin(verifying(publicKey, Uint8Array.from(checkContext(context))), source, signal);
  }

  signMany(
    privateKey: SignPrivateKey,
    messages: Many<Uint8Array>,
    options?: SignManyOptions,
  ): PoolResults<Uint8Array> {
    const wanted = checkOptions('options', options, ['context', 'deterministic', 'signal']);
    const deterministic = checkDeterministic(wanted.deterministic);
    checkSignPrivateKey('privateKey', privateKey);
    const source = new ItemSource('messages', 'an iterable of messages', messages);
    const context = Uint8Array.from(checkContext(wanted.context));
    return this.#begin(signing(privateKey, context, deterministic), source, wanted.signal);
  }

  generateSignKeys(count: number, options?: ManyOptions): PoolResults<SignPrivateKey> {
    return this.#generate(GENERATING_SIGN_KEYS, count, options);
  }

  generateKemKeys(count: number, options?: ManyOptions): PoolResults<KemPrivateKey> {
    return this.#generate(GENERATING_KEM_KEYS, count, options);
  }

  close(): Promise<void> {
    return this.#workers.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #generate<K>(
    operation: Operation<undefined, K>,
    count: number,
    options: ManyOptions | undefined,
  ): PoolResults<K> {
    const { signal } = checkOptions('options', options, ['signal']);
    checkInteger('count', count, 0, MAX_COUNT);
    return this.#begin(operation, new ItemSource('count', 'a number', nothing(count), count), signal);
  }

  #begin<I, O>(
    operation: Operation<I, O>,
    source: ItemSource<I>,
    signal: AbortSignal | undefined,
  ): PoolResults<O> {
    checkSignal('options.signal', signal);
    if (this.closed) throw closedError();
    const conveyor = new Conveyor(operation, source, {
      workers: this.#workers,
      memory: this.#memory,
      batchSize: this.#batchSize,
      engines: forcedEngines(),
      signal,
    });
    return new LazyResults(operation.argument, conveyor, operation.discard);
  }
}

function* nothing(count: number): Generator<undefined> {
  for (let i = 0; i < count; i++) yield undefined;
}

/**
 * Makes a pool of worker threads. They start with the first work, and do not keep the process alive without any.
 *
 * @param options - How many threads, how many items at once.
 * @returns A pool, yours to close.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_RUNTIME` where there are no worker threads of Node's kind.
 * @example await using pool = createPool();
 */
export function createPool(options?: PoolOptions): CryptoPool {
  const wanted = checkOptions('options', options, ['threads', 'batchSize']);
  const { batchSize = DEFAULT_BATCH_SIZE } = wanted;
  checkInteger('options.batchSize', batchSize, 1, MAX_BATCH_SIZE);
  const { availableParallelism } = requireBuiltin<typeof NodeOs>('node:os', 'a pool of workers');
  const { threads = Math.min(availableParallelism(), MAX_THREADS) } = wanted;
  checkInteger('options.threads', threads, 1, MAX_THREADS);
  return new WorkerPool(threads, batchSize);
}
