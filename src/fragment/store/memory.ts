/**
 * Fragments in the memory of this process.
 *
 * @module
 */
import { checkInteger, checkOptions } from '../../bytes.ts';
import { type Clock, checkClock } from '../../clock.ts';
import { TransportError } from '../../errors.ts';
import {
  checkFragments,
  checkId,
  checkTtl,
  DEFAULT_MAX_FRAGMENT_BYTES,
  type FragmentId,
  type FragmentStore,
} from './store.ts';

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** Most bytes of all fragments together: 1 to 2^40, by default 64 MiB. */
  readonly maxBytes?: number;
  /** Most bytes of a fragment: 1 to 2^30, by default 1 MiB + 64 KiB. */
  readonly maxFragmentBytes?: number;
  /** The clock for housekeeping; by default the system's. */
  readonly clock?: Clock;
}

/** How often what is over is removed. What is asked for is looked at anyway. */
const SWEEP_MS = 1_000;

/** What an id costs beside its fragments. */
const ENTRY_BYTES = 256;

/**
 * A store in the memory of this process.
 *
 * @param options - Bounds, and a clock.
 * @returns The store.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`.
 * @example const store = memoryStore({ maxBytes: 16 * 2 ** 20 });
 */
export function memoryStore(options?: MemoryStoreOptions): FragmentStore {
  const wanted = checkOptions('options', options, ['maxBytes', 'maxFragmentBytes', 'clock']);
  const { maxBytes = 2 ** 26, maxFragmentBytes = DEFAULT_MAX_FRAGMENT_BYTES } = wanted;
  checkInteger('options.maxBytes', maxBytes, 1, 2 ** 40);
  checkInteger('options.maxFragmentBytes', maxFragmentBytes, 1, 2 ** 30);
  return new MemoryStore(maxBytes, maxFragmentBytes, checkClock('options.clock', wanted.clock));
}

interface Entry {
  readonly fragments: readonly Uint8Array[];
  readonly sizeBytes: number;
  readonly dueMs: number;
}

class MemoryStore implements FragmentStore {
  readonly #maxBytes: number;
  readonly #maxFragmentBytes: number;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #sizeBytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(maxBytes: number, maxFragmentBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes;
    this.#maxFragmentBytes = maxFragmentBytes;
    this.#clock = clock;
  }

  async put(id: FragmentId, fragments: readonly Uint8Array[], ttlMs: number): Promise<number> {
    const key = checkId(id);
    const checked = checkFragments(fragments, this.#maxFragmentBytes);
    checkTtl(ttlMs);
    this.#checkOpen();
    const sizeBytes = checked.reduce((sum, { length }) => sum + length, ENTRY_BYTES);
    this.#drop(key);
    if (this.#sizeBytes + sizeBytes > this.#maxBytes) this.#sweep();
    if (this.#sizeBytes + sizeBytes > this.#maxBytes) {
      const problem = `the store holds ${this.#sizeBytes} of ${this.#maxBytes} bytes, and has no room for ${sizeBytes}`;
      throw new TransportError('ERR_TRANSPORT_FULL', problem);
    }
    const dueMs = this.#clock.monotonicMs() + ttlMs;
    this.#entries.set(key, {
      fragments: checked.map((fragment) => new Uint8Array(fragment)),
      sizeBytes,
      dueMs,
    });
    this.#sizeBytes += sizeBytes;
    this.#arm();
    return checked.length;
  }

  async get(id: FragmentId): Promise<Uint8Array[]> {
    const key = checkId(id);
    this.#checkOpen();
    const entry = this.#entries.get(key);
    if (entry === undefined) return [];
    // A clock that gives no number keeps nothing.
    if (!(entry.dueMs > this.#clock.monotonicMs())) {
      this.#drop(key);
      return [];
    }
    return entry.fragments.map((fragment) => fragment.slice());
  }

  async delete(id: FragmentId): Promise<void> {
    const key = checkId(id);
    this.#checkOpen();
    this.#drop(key);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#entries.clear();
    this.#sizeBytes = 0;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new TransportError('ERR_TRANSPORT_CLOSED', 'the store is closed');
  }

  #drop(key: string): void {
    this.#sizeBytes -= this.#entries.get(key)?.sizeBytes ?? 0;
    this.#entries.delete(key);
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [key, { dueMs }] of this.#entries) {
      if (!(dueMs > nowMs)) this.#drop(key);
    }
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sweep();
      if (this.#entries.size > 0) this.#arm();
    }, SWEEP_MS);
    // Fragments keep no process running.
    (this.#timer as { unref?(): void }).unref?.();
  }
}
