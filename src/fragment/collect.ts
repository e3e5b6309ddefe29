/**
 * Fragments on their way in, one by one, until a message is whole.
 *
 * What is kept is ciphertext, so that nothing outlives its key here. Memory is bounded: when it is full, what is over is
 * dropped first, then what is not authentic, each fragment being tried once at most; so forged fragments cost time, and
 * never the place of good ones.
 *
 * @module
 */
import { equalAt, isBytes } from '../bytes.ts';
import { ExpiredError, PqError } from '../errors.ts';
import type { EpochKey } from './chain.ts';
import type { Channel } from './channel.ts';
import { type Fragment, OFFSET, readFragment } from './format.ts';
import { isAuthentic, openMessage } from './open.ts';
import type { ReplayWindow } from './replay.ts';

/** Most bytes of fragments that wait, by default. */
export const DEFAULT_MAX_BYTES: number = 32 * 2 ** 20;
/** Most messages that wait, by default. */
export const DEFAULT_MAX_MESSAGES = 1024;

/** Where the keys of an epoch are to be had. */
export interface KeySource {
  readonly channel: Channel;
  /** @throws {@link ExpiredError} when its time is over. */
  keyOf(epoch: number): EpochKey;
}

/** A message that came together. */
export interface Arrival {
  /** One of its fragments, for what the header says; authentic. */
  readonly fragment: Fragment;
  /** The plaintext; whoever gets it checks the deadline once more before giving it away. */
  readonly data: Uint8Array;
}

/** What became of fragments so far. */
export interface CollectorReport {
  /** Fragments that were none of this channel's, malformed, of a message that had arrived, or not to be opened any more. */
  readonly ignored: number;
  /** Fragments that were not authentic. */
  readonly forged: number;
  /** Fragments that there was no room for. */
  readonly overflow: number;
  /** Messages whose time was over before enough fragments came. */
  readonly expired: number;
}

/** Limits of a {@link Collector}. */
export interface CollectorLimits {
  readonly maxBytes?: number;
  readonly maxMessages?: number;
}

class Waiting {
  readonly fragments: Fragment[] = [];
  readonly indices = new Set<number>();
  /** Fragments from here on were not tried alone. */
  tried = 0;
  bytes = 0;

  /** Whether the very same fragment waits. Another of the same index may be the good one of the two. */
  has(fragment: Fragment): boolean {
    if (!this.indices.has(fragment.index)) return false;
    return this.fragments.some(({ bytes }) => equalAt(bytes, 0, fragment.bytes));
  }

  add(fragment: Fragment): void {
    this.fragments.push(fragment);
    this.indices.add(fragment.index);
    this.bytes += fragment.bytes.length;
  }
}

/** Collects fragments. */
export class Collector {
  readonly #keys: KeySource;
  readonly #replay: ReplayWindow;
  readonly #context: Uint8Array;
  readonly #maxBytes: number;
  readonly #maxMessages: number;
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;
  readonly #counts = { ignored: 0, forged: 0, overflow: 0, expired: 0 };

  constructor(keys: KeySource, replay: ReplayWindow, context: Uint8Array, limits: CollectorLimits = {}) {
    this.#keys = keys;
    this.#replay = replay;
    this.#context = context;
    this.#maxBytes = limits.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#maxMessages = limits.maxMessages ?? DEFAULT_MAX_MESSAGES;
  }

  /** What became of fragments so far. */
  get report(): CollectorReport {
    return { ...this.#counts };
  }

  /** Bytes of fragments that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes a fragment.
   *
   * @param bytes - Anything; what is no fragment of this channel is ignored. Kept until its message is whole.
   * @returns The message, when this fragment made it whole.
   * @throws {@link ExpiredError} `ERR_EXPIRED_CLOCK_ANOMALY` when time was lost: every key is gone.
   */
  add(bytes: Uint8Array): Arrival | undefined {
    const fragment = this.#read(bytes);
    if (fragment === undefined) {
      this.#counts.ignored++;
      return undefined;
    }
    const id = messageId(fragment);
    if (!this.#makeRoom(fragment.bytes.length, !this.#waiting.has(id))) {
      this.#counts.overflow++;
      return undefined;
    }
    const waiting = this.#waiting.get(id) ?? new Waiting();
    if (waiting.has(fragment)) {
      this.#counts.ignored++;
      return undefined;
    }
    waiting.add(fragment);
    this.#bytes += fragment.bytes.length;
    this.#waiting.set(id, waiting);
    return waiting.indices.size >= fragment.threshold ? this.#open(id, waiting) : undefined;
  }

  /** A fragment that is worth keeping. */
  #read(bytes: Uint8Array): Fragment | undefined {
    if (!isBytes(bytes)) return undefined;
    let fragment: Fragment;
    try {
      fragment = readFragment('fragment', bytes);
    } catch (error) {
      if (error instanceof PqError) return undefined;
      throw error;
    }
    if (!equalAt(bytes, OFFSET.channel, this.#keys.channel.id)) return undefined;
    if (this.#replay.has(fragment.epoch, fragment.number)) return undefined;
    const key = this.#keyOf(fragment.epoch);
    const commitment = key?.commitment();
    if (commitment === undefined || !equalAt(bytes, OFFSET.commitment, commitment)) return undefined;
    return fragment;
  }

  #keyOf(epoch: number): EpochKey | undefined {
    try {
      return this.#keys.keyOf(epoch);
    } catch (error) {
      if (error instanceof ExpiredError && error.code !== 'ERR_EXPIRED_CLOCK_ANOMALY') return undefined;
      throw error;
    }
  }

  #open(id: string, waiting: Waiting): Arrival | undefined {
    const fragment = waiting.fragments[0] as Fragment;
    const key = this.#keyOf(fragment.epoch);
    const opened = key && openMessage(this.#keys.channel, key, waiting.fragments, this.#context);
    if (opened === undefined) {
      this.#drop(id);
      this.#counts.expired++;
      return undefined;
    }
    if (opened.data === undefined) {
      this.#keepAuthentic(id, waiting);
      return undefined;
    }
    this.#drop(id);
    this.#counts.forged += opened.forged;
    this.#replay.mark(fragment.epoch, fragment.number);
    return { fragment, data: opened.data };
  }

  /** Tries the fragments of a message one by one and drops those that are not authentic. */
  #keepAuthentic(id: string, waiting: Waiting): void {
    const kept = new Waiting();
    const key = this.#keyOf((waiting.fragments[0] as Fragment).epoch);
    for (const [i, fragment] of waiting.fragments.entries()) {
      const isGood =
        i < waiting.tried ||
        (key !== undefined && isAuthentic(this.#keys.channel, key, fragment, this.#context));
      if (isGood && !kept.indices.has(fragment.index)) kept.add(fragment);
      else if (!isGood) this.#counts.forged++;
    }
    kept.tried = kept.fragments.length;
    this.#bytes += kept.bytes - waiting.bytes;
    if (kept.fragments.length === 0) this.#waiting.delete(id);
    else this.#waiting.set(id, kept);
  }

  /** Makes room for one more fragment, if it can be made. */
  #makeRoom(bytes: number, isNew: boolean): boolean {
    const fits = () =>
      this.#bytes + bytes <= this.#maxBytes && (!isNew || this.#waiting.size < this.#maxMessages);
    if (fits()) return true;
    for (const [id, waiting] of this.#waiting) {
      if (this.#keyOf((waiting.fragments[0] as Fragment).epoch) === undefined) {
        this.#drop(id);
        this.#counts.expired++;
      }
    }
    if (fits()) return true;
    for (const [id, waiting] of [...this.#waiting]) {
      if (waiting.tried < waiting.fragments.length) this.#keepAuthentic(id, waiting);
    }
    return fits();
  }

  #drop(id: string): void {
    this.#bytes -= this.#waiting.get(id)?.bytes ?? 0;
    this.#waiting.delete(id);
  }
}

/** What fragments of one message have in common, as a text: all of the header but the index. */
function messageId(fragment: Fragment): string {
  let id = '';
  for (let i = OFFSET.suite; i < fragment.headerBytes; i++) {
    if (i !== OFFSET.index) id += String.fromCharCode(fragment.bytes[i] as number);
  }
  return id;
}
