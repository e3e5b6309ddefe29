/**
 * What both ends of a session have in common: messages come in, messages go out, and time passes.
 *
 * An end holds no timer. Whoever drives it calls `due` when its time has come, as `link.ts` does for any number of them.
 *
 * @module
 */
import { checkBytes, equal, toBase64Url, toHex } from '../../bytes.ts';
import { systemClock } from '../../clock.ts';
import { PqError } from '../../errors.ts';
import { PREAMBLE_BYTES } from '../../preamble.ts';
import type { ChainDeath } from '../chain.ts';
import { Counters, publish, type SessionCounters, type SessionEnd, type SessionEvent } from './events.ts';
import type { NamedPeer } from './identity.ts';
import { type Refusal, Refused } from './refusal.ts';
import { type Kind, readKind } from './wire.ts';

/** Messages to send, in order. */
export type Outgoing = readonly Uint8Array[];

/** Nothing to send. */
export const NOTHING: Outgoing = [];

/** Handshake messages that wait for their turn; those of a flood are refused. */
const MAX_QUEUE = 16;

/** Three intervals without a heartbeat, and a session is over. */
export const SILENT_INTERVALS = 3;

/** Whether keys died because time went lost. */
export function isAnomaly(death: ChainDeath | undefined): boolean {
  return death !== undefined && death !== 'disposed' && death !== 'retired';
}

/** The monotonic time. */
export function nowMs(): number {
  return systemClock.monotonicMs();
}

/** One end of a session. */
export abstract class Endpoint {
  /** Which end. */
  abstract readonly role: 'receiver' | 'sender';
  /** Told that `due` has something to do sooner than it said. */
  #wake: (() => void) | undefined;
  #queue: Promise<unknown> | undefined;
  #queued = 0;
  protected readonly count: Counters = new Counters();
  protected closed = false;

  /** When {@link due} has something to do next, on the monotonic clock (`performance.now()`); `Infinity` when it has not. */
  abstract get nextDueMs(): number;

  /** What was counted so far. */
  get counters(): SessionCounters {
    return this.count.report();
  }

  /** @internal */
  set onWake(wake: (() => void) | undefined) {
    this.#wake = wake;
  }

  /**
   * Takes a message of a session. What is malformed, forged, replayed or not for this end is counted, told on the channel
   * `mwrasp-crypto:session`, and otherwise left.
   *
   * @param message - Bytes from anywhere; not kept, and not to be changed before the promise is fulfilled.
   * @returns What to send to the other end.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   */
  async receive(message: Uint8Array): Promise<Outgoing> {
    checkBytes('message', message);
    if (this.closed) return NOTHING;
    const receivedAtMs = nowMs();
    try {
      const kind = readKind('message', message);
      const taken = this.take(kind, message, receivedAtMs);
      return taken instanceof Promise ? await taken : taken;
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /**
   * Does what time demands: heartbeats, handshakes, the end of what is over. Call it at {@link nextDueMs}; earlier does no harm.
   *
   * @returns What to send to the other end.
   */
  async due(): Promise<Outgoing> {
    if (this.closed) return NOTHING;
    const out: Uint8Array[] = [];
    try {
      await this.act(nowMs(), out);
    } catch (error) {
      this.#refuse(error);
    }
    return out;
  }

  /** Ends the session: every key is zeroed at once. Further calls do nothing. */
  abstract close(): Outgoing;

  /** Same as {@link close}, for `using`; what it would send is lost, and the other end finds out by the silence. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Takes a message whose kind and length were checked; throws {@link Refused}. */
  protected abstract take(
    kind: Kind,
    message: Uint8Array,
    receivedAtMs: number,
  ): Outgoing | Promise<Outgoing>;

  /** Does what is due, and adds what is to be sent. */
  protected abstract act(nowMs: number, out: Uint8Array[]): Promise<void>;

  /** Has {@link due} called soon. */
  protected wake(): void {
    this.#wake?.();
  }

  /** The same, for whoever keeps it: one that is made beside a handshake would keep all of its messages. */
  protected readonly wakeSoon = (): void => this.wake();

  /** Does handshake work one after the other. */
  protected inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#queued >= MAX_QUEUE) throw new Refused('busy');
    this.#queued++;
    const turn = (this.#queue ?? Promise.resolve()).then(work);
    const done = turn
      .catch(() => {})
      .then(() => {
        this.#queued--;
        if (this.#queue === done) this.#queue = undefined;
      });
    this.#queue = done;
    return turn;
  }

  protected tell(
    event: SessionEvent['event'],
    about: { id?: Uint8Array; peer?: NamedPeer; reason?: SessionEnd | Refusal; error?: unknown } = {},
  ): void {
    const { id, peer, reason, error } = about;
    publish(() => ({
      role: this.role,
      event,
      ...(id === undefined ? {} : { sessionId: toHex(id) }),
      ...(peer === undefined ? {} : { peer: toBase64Url(peer.keyId) }),
      ...(reason === undefined ? {} : { reason }),
      ...(error === undefined ? {} : { error }),
    }));
  }

  /** Counts and tells a refusal; what is no refusal is a failure of an identity or a directory. */
  #refuse(error: unknown): Outgoing {
    let reason: Refusal = 'failed';
    if (error instanceof Refused) reason = error.reason;
    else if (error instanceof PqError && error.code === 'ERR_INPUT_FORMAT') reason = 'malformed';
    else if (error instanceof PqError && error.code === 'ERR_UNSUPPORTED_VERSION') reason = 'version';
    const cause = error instanceof Refused ? error.cause : error;
    this.count.refuse(reason);
    this.tell('refused', { reason, ...(reason === 'failed' ? { error: cause } : {}) });
    return NOTHING;
  }
}

/** Whether bytes are a message of a session, as against a fragment or something else. */
export function isSessionMessage(bytes: Uint8Array): boolean {
  return bytes.length > PREAMBLE_BYTES && equal(bytes.subarray(0, 3), SESSION_MAGIC);
}

const SESSION_MAGIC = /* @__PURE__ */ Uint8Array.of(0x4d, 0x57, 0x54);
