/**
 * Puts messages together from fragments that arrive one by one: in any order, more than once, among forged ones.
 *
 * A fragment takes memory only after it was authenticated. What waits for more is kept as it came, sealed, so that no
 * plaintext lies here that could outlive its key; a message is opened when enough of it is there. Each message comes out
 * once.
 *
 * @module
 */
import { wipe } from '../bytes.ts';
import { systemClock } from '../clock.ts';
import { ExpiredError, PqError } from '../errors.ts';
import { unpack } from './batch.ts';
import type { EpochChain, EpochKey } from './chain.ts';
import { type FragmentHeader, isSameMessage, MAX_MESSAGE_BYTES, readHeader } from './format.ts';
import { type Candidate, Opener } from './opener.ts';
import { contextHash, type Parties } from './parties.ts';
import { beginTally, endTally } from './tally.ts';

/** What an assembler takes. */
export interface AssemblerLimits {
  /** Longest message; 1 MiB by default. */
  readonly maxMessageBytes?: number;
  /** Fragments of a message; 255 by default. */
  readonly maxTotal?: number;
  /** Messages that wait for more of their fragments; 1024 by default. */
  readonly maxMessagesInFlight?: number;
  /** Bytes of the fragments that wait; 16 MiB by default. */
  readonly maxBytesInFlight?: number;
  /** Messages of an epoch; 65 536 by default, which take 8 KiB. */
  readonly maxMessagesPerEpoch?: number;
  /** The application's context; empty by default. */
  readonly context?: Uint8Array;
}

/** Why a fragment was not taken. */
export type Refusal = 'malformed' | 'foreign' | 'ahead' | 'expired' | 'forged' | 'full' | 'dead';

/** What became of a fragment. */
export type Accepted =
  | {
      readonly kind: 'message';
      readonly data: Uint8Array;
      readonly epoch: number;
      readonly number: number;
      readonly header: FragmentHeader;
    }
  /** Many messages that were sealed as one; they are parts of one buffer. */
  | {
      readonly kind: 'batch';
      readonly messages: readonly Uint8Array[];
      readonly epoch: number;
      readonly number: number;
      readonly header: FragmentHeader;
    }
  | {
      readonly kind: 'pending';
      readonly have: number;
      readonly need: number;
      readonly header: FragmentHeader;
    }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'refused'; readonly reason: Refusal };

/** How many fragments came to what end; one that completed a batch counts as a message. */
export type AssemblerCounters = Record<'message' | 'pending' | 'duplicate' | Refusal, number>;

/** A message some of whose fragments are there. */
interface Waiting {
  readonly candidates: Map<number, Candidate>;
  bytes: number;
}

/** What is known of one epoch. */
interface EpochState {
  /** A bit for each message that came out, or never will. */
  done: Uint8Array;
  /** None while no message waits: of most sessions none ever does. */
  waiting: Map<number, Waiting> | undefined;
}

/** What a waiting fragment takes beside its own bytes. */
const OVERHEAD_BYTES = 512;
const DEFAULTS = {
  maxMessageBytes: MAX_MESSAGE_BYTES,
  maxTotal: 255,
  maxMessagesInFlight: 1024,
  maxBytesInFlight: 16 * 2 ** 20,
  maxMessagesPerEpoch: 65_536,
};
const EMPTY = /* @__PURE__ */ new Uint8Array(0);

/** Assembles what the keys of one chain open. */
export class Assembler {
  readonly #chain: EpochChain;
  readonly #opener: Opener;
  readonly #limits: typeof DEFAULTS;
  readonly #context: Uint8Array;
  /** None while nothing came in an epoch that lives: of most sessions that is most of the time. */
  #epochs: Map<number, EpochState> | undefined;
  readonly #counters: AssemblerCounters = {
    message: 0,
    pending: 0,
    duplicate: 0,
    malformed: 0,
    foreign: 0,
    ahead: 0,
    expired: 0,
    forged: 0,
    full: 0,
    dead: 0,
  };
  #bytes = 0;
  #messages = 0;

  constructor(chain: EpochChain, parties: Parties, limits: AssemblerLimits = {}) {
    const { context = EMPTY, ...others } = limits;
    this.#chain = chain;
    this.#opener = new Opener(parties);
    this.#limits = { ...DEFAULTS, ...others };
    this.#context = contextHash(context);
    beginTally(this);
  }

  /** How many fragments came to what end. */
  get counters(): Readonly<AssemblerCounters> {
    return { ...this.#counters };
  }

  /** Messages that wait for more of their fragments. */
  get messagesInFlight(): number {
    return this.#messages;
  }

  /** What they take. */
  get bytesInFlight(): number {
    return this.#bytes;
  }

  /**
   * Takes a fragment as it came from the wire.
   *
   * @param fragment - Any bytes; what has to wait is copied.
   * @returns What became of it. A message is the caller's to wipe.
   */
  accept(fragment: Uint8Array): Accepted {
    const accepted = this.#accept(fragment);
    this.#counters[countOf(accepted)]++;
    return accepted;
  }

  /** Forgets the epochs that are over: nothing of them can come out any more. */
  forgetDead(nowMs: number): void {
    if (this.#epochs === undefined) return;
    for (const [epoch, { waiting }] of this.#epochs) {
      if (this.#chain.death === undefined && nowMs < this.#chain.deadlineMs(epoch)) continue;
      for (const number of [...(waiting?.keys() ?? [])]) this.#drop(epoch, number);
      this.#epochs.delete(epoch);
    }
    if (this.#epochs.size === 0) this.#epochs = undefined;
  }

  /** Forgets everything that waits. */
  dispose(): void {
    endTally(this);
    this.#epochs = undefined;
    this.#bytes = 0;
    this.#messages = 0;
  }

  #accept(fragment: Uint8Array): Accepted {
    let header: FragmentHeader;
    try {
      header = readHeader('fragment', fragment);
    } catch (error) {
      if (error instanceof PqError) return refused('malformed');
      throw error;
    }
    const { maxMessageBytes, maxTotal, maxMessagesPerEpoch } = this.#limits;
    if (!this.#opener.isOurs(header)) return refused('foreign');
    if (header.ttlMs !== this.#chain.ttlMs) return refused('forged');
    const nowMs = systemClock.monotonicMs();
    const { epoch, number } = header;
    this.forgetDead(nowMs);
    if (this.#chain.death !== undefined) return refused('dead');
    if (nowMs >= this.#chain.deadlineMs(epoch)) return refused('expired');
    if (epoch > this.#chain.currentEpoch(nowMs)) return refused('ahead');
    const { messageBytes, total } = header;
    if (messageBytes > maxMessageBytes || total > maxTotal || number >= maxMessagesPerEpoch)
      return refused('full');
    const state = this.#epochs?.get(epoch);
    if (state !== undefined && isDone(state.done, number)) return { kind: 'duplicate' };
    if (state?.waiting?.get(number)?.candidates.has(header.index)) return { kind: 'duplicate' };
    try {
      const accepted = this.#chain.withKey(
        epoch,
        (key) => this.#take(key, { header, fragment }),
        wipeMessages,
        nowMs,
      );
      if (accepted.kind !== 'message' && accepted.kind !== 'batch') return accepted;
      // Once more: it may have taken its time.
      if (systemClock.monotonicMs() < this.#chain.deadlineMs(epoch)) return accepted;
      wipeMessages(accepted);
      return refused('expired');
    } catch (error) {
      if (!(error instanceof ExpiredError)) throw error;
      return refused(this.#chain.death === undefined ? 'expired' : 'dead');
    }
  }

  #take(key: EpochKey, candidate: Candidate): Accepted {
    const { header, fragment } = candidate;
    const { epoch, number, threshold } = header;
    if (threshold === 1) {
      const opened = this.#opener.open(key, [candidate], this.#context);
      if (!('data' in opened)) return refused('forged');
      return this.#deliver(header, opened.data);
    }
    const state = this.#epochs?.get(epoch);
    const waiting = state?.waiting?.get(number);
    const first = waiting?.candidates.values().next().value;
    const isOther = first !== undefined && !isSameMessage(fragment, first.fragment, header.headerBytes);
    if (isOther || !this.#opener.isAuthentic(key, candidate, this.#context)) return refused('forged');
    if (!this.#hasRoom(fragment.length, waiting === undefined)) return refused('full');
    const all = this.#keep(candidate, waiting);
    const { size } = all.candidates;
    if (size < threshold) return { kind: 'pending', have: size, need: threshold, header };
    const opened = this.#opener.open(key, [...all.candidates.values()], this.#context);
    this.#drop(epoch, number);
    // An authentic sender that put together what is no message gets no second chance.
    if (!('data' in opened)) {
      this.#markDone(epoch, number);
      return refused('forged');
    }
    return this.#deliver(header, opened.data);
  }

  #deliver(header: FragmentHeader, data: Uint8Array): Accepted {
    const { epoch, number } = header;
    this.#markDone(epoch, number);
    if (header.content !== 'batch') return { kind: 'message', data, epoch, number, header };
    const messages: Uint8Array[] = [];
    if (unpack(data, messages)) return { kind: 'batch', messages, epoch, number, header };
    // It was authentic, so its sender made it wrong.
    data.fill(0);
    return refused('forged');
  }

  #hasRoom(bytes: number, isNew: boolean): boolean {
    const { maxBytesInFlight, maxMessagesInFlight } = this.#limits;
    const fits = this.#bytes + bytes + OVERHEAD_BYTES <= maxBytesInFlight;
    return fits && (!isNew || this.#messages < maxMessagesInFlight);
  }

  #keep({ header, fragment }: Candidate, waiting: Waiting | undefined): Waiting {
    const { epoch, number, index } = header;
    let all = waiting;
    if (all === undefined) {
      all = { candidates: new Map(), bytes: 0 };
      const state = this.#stateOf(epoch);
      state.waiting ??= new Map();
      state.waiting.set(number, all);
      this.#messages++;
    }
    // A copy: the header's views must not hold the caller's buffer, which it may use again.
    const copy = new Uint8Array(fragment);
    all.candidates.set(index, { header: readHeader('fragment', copy), fragment: copy });
    const bytes = copy.length + OVERHEAD_BYTES;
    all.bytes += bytes;
    this.#bytes += bytes;
    return all;
  }

  #drop(epoch: number, number: number): void {
    const state = this.#epochs?.get(epoch);
    const waiting = state?.waiting?.get(number);
    if (waiting === undefined) return;
    state?.waiting?.delete(number);
    this.#bytes -= waiting.bytes;
    this.#messages--;
  }

  #stateOf(epoch: number): EpochState {
    this.#epochs ??= new Map();
    let state = this.#epochs.get(epoch);
    if (state === undefined) {
      state = { done: EMPTY, waiting: undefined };
      this.#epochs.set(epoch, state);
    }
    return state;
  }

  #markDone(epoch: number, number: number): void {
    const state = this.#stateOf(epoch);
    const at = number >>> 3;
    if (at >= state.done.length) {
      const most = Math.ceil(this.#limits.maxMessagesPerEpoch / 8);
      const done = new Uint8Array(Math.min(Math.max(2 * state.done.length, at + 1, 16), most));
      done.set(state.done);
      state.done = done;
    }
    state.done[at] = (state.done[at] as number) | (1 << (number & 7));
  }
}

function isDone(done: Uint8Array, number: number): boolean {
  return (((done[number >>> 3] ?? 0) >> (number & 7)) & 1) === 1;
}

function countOf(accepted: Accepted): keyof AssemblerCounters {
  if (accepted.kind === 'refused') return accepted.reason;
  return accepted.kind === 'batch' ? 'message' : accepted.kind;
}

/** For what came out too late. */
function wipeMessages(accepted: Accepted): void {
  if (accepted.kind === 'message') accepted.data.fill(0);
  else if (accepted.kind === 'batch') wipe(...accepted.messages);
}

function refused(reason: Refusal): Accepted {
  return { kind: 'refused', reason };
}
