/**
 * The sending end of sessions: it answers offers, follows the receiver's epochs from behind, and seals.
 *
 * @module
 */
import {
  checkArray,
  checkBytes,
  checkInteger,
  checkInternal,
  checkOptions,
  concat,
  copyOptions,
  describe,
  equal,
  INTERNAL,
  wipe,
} from '../../bytes.ts';
import { ExpiredError, InputError } from '../../errors.ts';
import { pack } from '../batch.ts';
import { EpochChain } from '../chain.ts';
import type { Secrecy } from '../format.ts';
import { Sealer, type SealPlan } from '../sealer.ts';
import { startWiping } from '../slab/wiping.ts';
import { type Agreement, answerOffer, disposeKeys } from './accept.ts';
import { isPossibleAge, startOf, stretched } from './age.ts';
import { Backoff } from './backoff.ts';
import { isAuthentic, readBeat, sessionIdOf, writeAck, writeRequest } from './beat.ts';
import { Endpoint, isAnomaly, NOTHING, nowMs, type Outgoing, SILENT_INTERVALS } from './endpoint.ts';
import type { SessionEnd } from './events.ts';
import {
  type ExpectedPeer,
  type Identity,
  type OwnIdentity,
  ownIdentity,
  Peers,
  type SessionPeer,
  toSessionPeer,
} from './identity.ts';
import type { MacKeys } from './mac-keys.ts';
import { readOffer } from './offer.ts';
import { offerLifeMs, POLICY_RANGES, type SessionPolicy } from './policy.ts';
import { prepareEngines } from './receiver.ts';
import { Refused } from './refusal.ts';
import { ID_BYTES, type Kind } from './wire.ts';

/** Options of {@link FragmentSender.create}. */
export interface FragmentSenderOptions {
  /** Who this is, and signs answers. */
  readonly identity: OwnIdentity;
  /** Whom to send to. */
  readonly peer: ExpectedPeer;
  /** The longest time to live that is agreed to, milliseconds; 100 by default. */
  readonly maxTtlMs?: number;
  /** The shortest epoch that is agreed to, milliseconds; 5 by default. */
  readonly minEpochMs?: number;
  /** The longest time between heartbeats that is agreed to, milliseconds; 1 000 by default. */
  readonly maxHeartbeatMs?: number;
}

const OPTION_NAMES = ['identity', 'peer', 'maxTtlMs', 'minEpochMs', 'maxHeartbeatMs'] as const;

/** Options of {@link FragmentSender.seal}. */
export interface SealOptions {
  /** Fragments needed; 1 by default. */
  readonly threshold?: number;
  /** Fragments made; as many as are needed by default. */
  readonly total?: number;
  /** `'threshold'`: fewer fragments than are needed say nothing, even to somebody who has the epoch's key. */
  readonly secrecy?: Secrecy;
  /** The application's context, which the receiver must have too; empty by default. */
  readonly context?: Uint8Array;
}

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;
/** Answers that wait for their confirmation. */
const MAX_PENDING = 4;
/** Offers that are remembered, so that they are answered once. */
const REMEMBERED_OFFERS = 16;
/** An answer is sent again while its confirmation does not come: so often in the life of an offer. */
const ANSWERS = 3;
const MAX_CONTEXT_BYTES = 16_384;
const EMPTY = /* @__PURE__ */ new Uint8Array(0);

/** An answer whose confirmation has not come. */
interface PendingAnswer {
  readonly offerId: Uint8Array;
  readonly message: Uint8Array;
  readonly agreement: Agreement;
  readonly sentMs: number;
  readonly expiresAtMs: number;
  nextMs: number;
}

/** One session, as the sender has it. */
class SenderSession {
  readonly agreement: Omit<Agreement, 'keys'>;
  readonly macs: MacKeys;
  readonly chain: EpochChain;
  readonly sealer: Sealer;
  readonly answeredMs: number;
  startMs: number;
  counter: number;
  heardMs: number;

  constructor(answer: PendingAnswer, chain: EpochChain, startMs: number, counter: number, heardMs: number) {
    const { parties, peer, policy, keys } = answer.agreement;
    this.agreement = { parties, peer, policy };
    this.macs = keys.macs;
    this.chain = chain;
    this.sealer = new Sealer(chain, parties);
    this.answeredMs = answer.sentMs;
    this.startMs = startMs;
    this.counter = counter;
    this.heardMs = heardMs;
  }

  get silentMs(): number {
    return this.heardMs + SILENT_INTERVALS * this.agreement.policy.heartbeatMs;
  }

  /** After which it is not used, whatever is heard: the receiver should have renewed it long ago. */
  get tooOldMs(): number {
    return this.answeredMs + 2 * this.agreement.policy.renewMs;
  }

  ack(counter: number, ending = false): Uint8Array {
    return writeAck(this.agreement.parties.id, { counter, ending }, this.macs);
  }

  dispose(): void {
    this.chain.dispose();
    this.macs.dispose();
  }
}

/**
 * The sending end of sessions with one receiver. It answers the receiver's offers, and seals while a session is confirmed.
 *
 * It holds no timer and knows no transport: messages go in and out of {@link receive} and {@link due}, fragments out of
 * {@link seal}. `connectSender` joins it to a transport.
 *
 * @example
 * using sender = await FragmentSender.create({ identity: { signer }, peer: receiverPublicKey });
 */
export class FragmentSender extends Endpoint {
  override readonly role = 'sender';
  readonly #identity: () => Identity | Promise<Identity>;
  readonly #peers: Peers;
  readonly #agrees: (policy: SessionPolicy) => boolean;
  readonly #requests = new Backoff(FIRST_PAUSE_MS, MAX_PAUSE_MS);
  #pending: PendingAnswer[] = [];
  #session: SenderSession | undefined;
  /** The ids of the last offers, one after the other. */
  #seen: Uint8Array = EMPTY;
  #seenCount = 0;
  #lastEnd: SessionEnd | undefined;
  #waiting: (() => void)[] | undefined;

  private constructor(
    token: typeof INTERNAL,
    identity: () => Identity | Promise<Identity>,
    peers: Peers,
    agrees: (policy: SessionPolicy) => boolean,
  ) {
    super();
    checkInternal(token, 'FragmentSender');
    this.#identity = identity;
    this.#peers = peers;
    this.#agrees = agrees;
  }

  /**
   * Makes a sender; its first request comes out of {@link due}.
   *
   * @param options - Identity, peer, and what is agreed to.
   * @returns A sender, yours to close.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_ENGINE` where no engine wipes what it computes with: the runtime compiles no
   * WebAssembly.
   * @example const sender = await FragmentSender.create({ identity: { signer }, peer: receiverPublicKey });
   */
  static async create(options: FragmentSenderOptions): Promise<FragmentSender> {
    const wanted = checkOptions('options', copyOptions('options', options), OPTION_NAMES);
    const identity = ownIdentity('options.identity', wanted.identity);
    const peers = new Peers('options.peer', wanted.peer);
    const { maxTtlMs = 100, minEpochMs = POLICY_RANGES.epochMs[0], maxHeartbeatMs = 1_000 } = wanted;
    checkInteger('options.maxTtlMs', maxTtlMs, ...POLICY_RANGES.ttlMs);
    checkInteger('options.minEpochMs', minEpochMs, ...POLICY_RANGES.epochMs);
    checkInteger('options.maxHeartbeatMs', maxHeartbeatMs, ...POLICY_RANGES.heartbeatMs);
    await prepareEngines();
    return new FragmentSender(
      INTERNAL,
      identity,
      peers,
      ({ ttlMs, epochMs, heartbeatMs }) =>
        ttlMs <= maxTtlMs && epochMs >= minEpochMs && heartbeatMs <= maxHeartbeatMs,
    );
  }

  /** Whether a session is confirmed and in use. */
  get isReady(): boolean {
    return this.#usable() !== undefined;
  }

  /** The id of the session in use, in a copy; undefined when there is none. */
  get sessionId(): Uint8Array | undefined {
    return this.#session?.agreement.parties.id.slice();
  }

  /** Times and limits of the session in use; undefined when there is none. */
  get policy(): SessionPolicy | undefined {
    return this.#session?.agreement.policy;
  }

  /** Who receives, as the handshake of the session in use named him. */
  get peer(): SessionPeer | undefined {
    return toSessionPeer(this.#session?.agreement.peer);
  }

  /** Why the last session ended that was not renewed. */
  get lastEnd(): SessionEnd | undefined {
    return this.#lastEnd;
  }

  /**
   * Waits for a session.
   *
   * @returns Fulfilled when one is confirmed; at once when one is.
   * @throws {@link InputError} `ERR_INPUT_DISPOSED` when the sender is, or was meanwhile, closed.
   * @example await sender.ready();
   */
  async ready(): Promise<void> {
    while (!this.isReady) {
      this.#checkOpen();
      await new Promise<void>((resolve) => {
        this.#waiting ??= [];
        this.#waiting.push(resolve);
      });
    }
  }

  override get nextDueMs(): number {
    if (this.closed) return Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const { nextMs, expiresAtMs } of this.#pending) next = Math.min(next, nextMs, expiresAtMs);
    const session = this.#session;
    if (session === undefined) return this.#pending.length > 0 ? next : this.#requests.nextMs;
    if (isAnomaly(session.chain.death)) return Number.NEGATIVE_INFINITY;
    return Math.min(next, session.silentMs, session.tooOldMs);
  }

  /**
   * Seals a message for the receiver, in the session that is in use.
   *
   * @param data - Up to as many bytes as the receiver takes (`policy.maxMessageBytes`, at most 1 MiB).
   * @param options - How many fragments, secrecy, context.
   * @returns The fragments; any `threshold` of them give the message again, until T − E to T from now.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
   * `ERR_INPUT_DISPOSED`; `ERR_INPUT_STATE` while no session is confirmed (`ready` waits for one).
   * @throws {@link ExpiredError} `ERR_EXPIRED_CLOCK_ANOMALY` when time went lost and every key was destroyed,
   * `ERR_EXPIRED_EPOCH_GONE`, `ERR_EXPIRED_USE_BUDGET`.
   * @example for (const fragment of sender.seal(data, { threshold: 4, total: 6 })) transport.send(fragment);
   */
  seal(data: Uint8Array, options?: SealOptions): Uint8Array[] {
    this.#checkOpen();
    const session = this.#usableOrThrow();
    const plan = planOf(options, session.agreement.policy);
    checkBytes('data', data, { max: session.agreement.policy.maxMessageBytes });
    return this.#sealIn(session, data, plan);
  }

  /**
   * Seals many messages alike.
   *
   * @param messages - As {@link seal} takes them.
   * @param options - How many fragments each, secrecy, context.
   * @returns The fragments of each, in order.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`,
   * before anything is sealed.
   * @throws {@link ExpiredError} `ERR_EXPIRED_CLOCK_ANOMALY`, `ERR_EXPIRED_EPOCH_GONE`, `ERR_EXPIRED_USE_BUDGET`, as {@link FragmentSender.seal} does.
   */
  sealMany(messages: readonly Uint8Array[], options?: SealOptions): Uint8Array[][] {
    this.#checkOpen();
    const session = this.#usableOrThrow();
    const { policy } = session.agreement;
    const plan = planOf(options, policy);
    const checked = checkArray('messages', messages, 'an array of Uint8Array', (name, message) => {
      checkBytes(name, message, { max: policy.maxMessageBytes });
      return message;
    });
    return checked.map((message) => this.#sealIn(session, message, plan));
  }

  /**
   * Seals many messages as few: several times as fast for short ones, as they share their fragments. They live and die together.
   *
   * @param messages - Any number of messages, each 4 bytes shorter than {@link seal} takes.
   * @param options - How many fragments of each batch, secrecy, context.
   * @returns The fragments of each batch, in order.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`,
   * before anything is sealed; `ERR_INPUT_STATE`.
   * @throws {@link ExpiredError} `ERR_EXPIRED_CLOCK_ANOMALY`, `ERR_EXPIRED_EPOCH_GONE`, `ERR_EXPIRED_USE_BUDGET`, as {@link FragmentSender.seal} does.
   * @example for (const fragments of sender.sealBatch(readings)) for (const fragment of fragments) transport.send(fragment);
   */
  sealBatch(messages: readonly Uint8Array[], options?: SealOptions): Uint8Array[][] {
    this.#checkOpen();
    const session = this.#usableOrThrow();
    const { policy } = session.agreement;
    const plan = { ...planOf(options, policy), content: 'batch' } as const;
    const batches = pack('messages', messages, policy.maxMessageBytes);
    try {
      return batches.map((batch) => this.#sealIn(session, batch, plan));
    } finally {
      wipe(...batches);
    }
  }

  /**
   * Ends the session: every key is zeroed at once. Further calls do nothing.
   *
   * @returns What tells the other end.
   */
  override close(): Outgoing {
    if (this.closed) return NOTHING;
    const session = this.#session;
    const out = session === undefined ? NOTHING : [session.ack(session.counter, true)];
    if (session !== undefined) this.#end(session, 'closed');
    this.closed = true;
    for (const answer of this.#pending) disposeKeys(answer.agreement.keys);
    this.#pending = [];
    this.#notify();
    this.wake();
    return out;
  }

  protected override take(
    kind: Kind,
    message: Uint8Array,
    receivedAtMs: number,
  ): Outgoing | Promise<Outgoing> {
    switch (kind) {
      case 'offer':
        return this.#takeOffer(message);
      case 'confirm':
        return this.inTurn(() => this.#takeConfirm(message, receivedAtMs));
      case 'heartbeat':
        return this.#takeHeartbeat(message, receivedAtMs);
      default:
        throw new Refused('unexpected');
    }
  }

  protected override async act(now: number, out: Uint8Array[]): Promise<void> {
    this.#checkSession(now);
    for (const answer of [...this.#pending]) {
      if (answer.expiresAtMs <= now) this.#drop(answer);
      else if (answer.nextMs <= now) {
        answer.nextMs = now + offerLifeMs(answer.agreement.policy.ttlMs) / ANSWERS;
        out.push(answer.message);
      }
    }
    if (this.#session !== undefined || this.#pending.length > 0 || this.#requests.nextMs > now) return;
    this.#requests.attempt(now);
    const { keyId } = await this.#identity();
    out.push(writeRequest(keyId, this.#peers.pinnedId));
  }

  #checkOpen(): void {
    if (this.closed) throw new InputError('ERR_INPUT_DISPOSED', 'sender', 'an open sender', 'a closed one');
  }

  /** The session in use, if it may be used: what is silent or dead is ended here, however late the caller's timers are. */
  #usable(): SenderSession | undefined {
    this.#checkSession(nowMs());
    return this.#session;
  }

  #usableOrThrow(): SenderSession {
    const session = this.#usable();
    if (session !== undefined) return session;
    if (this.#lastEnd === 'clock anomaly') {
      throw new ExpiredError(
        'ERR_EXPIRED_CLOCK_ANOMALY',
        'time went lost, so every key was destroyed; a new handshake is under way (await ready())',
      );
    }
    const got =
      this.#lastEnd === undefined
        ? 'none so far (await ready())'
        : `none: the last one is over (${this.#lastEnd})`;
    throw new InputError('ERR_INPUT_STATE', 'sender', 'a confirmed session', got);
  }

  #sealIn(session: SenderSession, data: Uint8Array, plan: SealPlan): Uint8Array[] {
    try {
      return session.sealer.seal(data, plan);
    } catch (error) {
      if (isAnomaly(session.chain.death)) this.#checkSession(nowMs());
      throw error;
    }
  }

  #takeOffer(message: Uint8Array): Outgoing | Promise<Outgoing> {
    const { id } = readOffer(message);
    const pending = this.#pending.find(({ offerId }) => equal(offerId, id));
    if (pending !== undefined) return [pending.message];
    if (this.#hasSeen(id)) throw new Refused('replayed');
    return this.inTurn(() => this.#answer(message));
  }

  async #answer(message: Uint8Array): Promise<Outgoing> {
    const offerId = new Uint8Array(readOffer(message).id);
    if (this.closed || this.#hasSeen(offerId)) throw new Refused('replayed');
    const answered = await answerOffer(message, await this.#identity(), this.#peers, this.#agrees);
    const { agreement } = answered;
    if (this.closed) {
      disposeKeys(agreement.keys);
      throw new Refused('unknown');
    }
    this.#remember(offerId);
    const sentMs = nowMs();
    const lifeMs = offerLifeMs(agreement.policy.ttlMs);
    if (this.#pending.length >= MAX_PENDING) this.#drop(this.#pending[0] as PendingAnswer);
    this.#pending.push({
      offerId,
      message: answered.message,
      agreement,
      sentMs,
      expiresAtMs: sentMs + lifeMs,
      nextMs: sentMs + lifeMs / ANSWERS,
    });
    this.#requests.restart(sentMs);
    this.count.handshakes++;
    this.tell('answered', { id: agreement.parties.id, peer: agreement.peer });
    this.wake();
    return [answered.message];
  }

  async #takeConfirm(message: Uint8Array, receivedAtMs: number): Promise<Outgoing> {
    const id = sessionIdOf(message);
    const answer = this.#pending.find(({ agreement }) => equal(agreement.parties.id, id));
    if (answer === undefined) {
      const isKnown = this.#session !== undefined && equal(this.#session.agreement.parties.id, id);
      throw new Refused(isKnown ? 'replayed' : 'unknown');
    }
    const { keys, policy, parties, peer } = answer.agreement;
    if (!isAuthentic(message, 'confirm', keys.macs)) throw new Refused('forged');
    const { ageMs, counter } = readBeat(message);
    const wiping = await startWiping();
    if (this.closed || nowMs() >= answer.expiresAtMs) throw new Refused('unknown');
    if (!isPossibleAge(ageMs, receivedAtMs - answer.sentMs)) throw new Refused('clock');
    const startMs = startOf(ageMs, receivedAtMs);
    const chain = EpochChain.create(wiping, {
      role: 'sender',
      chainKey: keys.chainKey,
      startMs,
      epochMs: stretched(policy.epochMs),
      ttlMs: policy.ttlMs,
      onDead: this.wakeSoon,
    });
    wipe(keys.chainKey);
    this.#pending = this.#pending.filter((other) => other !== answer);
    const old = this.#session;
    this.#session = new SenderSession(answer, chain, startMs, counter, receivedAtMs);
    if (old !== undefined) this.#end(old, 'renewed');
    this.count.established++;
    this.#requests.succeed();
    this.#lastEnd = undefined;
    this.tell('established', { id: parties.id, peer });
    this.#notify();
    this.wake();
    return [this.#session.ack(counter)];
  }

  #takeHeartbeat(message: Uint8Array, receivedAtMs: number): Outgoing {
    const session = this.#session;
    if (session === undefined || !equal(session.agreement.parties.id, sessionIdOf(message)))
      throw new Refused('unknown');
    if (!isAuthentic(message, 'heartbeat', session.macs)) throw new Refused('forged');
    const { counter, ageMs, ending } = readBeat(message);
    if (counter <= session.counter) throw new Refused('replayed');
    session.counter = counter;
    if (ending) {
      this.#end(session, 'ended by peer');
      this.wake();
      return NOTHING;
    }
    if (!isPossibleAge(ageMs, receivedAtMs - session.answeredMs)) {
      this.#end(session, 'clock anomaly');
      this.wake();
      throw new Refused('clock');
    }
    session.heardMs = receivedAtMs;
    this.count.heartbeats++;
    session.chain.forgetDead();
    const startMs = startOf(ageMs, receivedAtMs);
    if (startMs < session.startMs) this.#moveStart(session, startMs);
    return [session.ack(counter)];
  }

  /** Epoch 0 is older than was known. */
  #moveStart(session: SenderSession, startMs: number): void {
    if (session.chain.moveStart(session.startMs - startMs)) session.startMs = startMs;
    else {
      this.#end(session, isAnomaly(session.chain.death) ? 'clock anomaly' : 'silent');
      this.wake();
    }
  }

  #checkSession(now: number): void {
    const session = this.#session;
    if (session === undefined) return;
    if (isAnomaly(session.chain.death)) this.#end(session, 'clock anomaly');
    else if (now >= session.silentMs) this.#end(session, 'silent');
    else if (now >= session.tooOldMs) this.#end(session, 'too old');
    else return;
    this.wake();
  }

  #end(session: SenderSession, reason: SessionEnd): void {
    session.dispose();
    if (this.#session === session) {
      this.#session = undefined;
      this.#lastEnd = reason;
      this.#requests.succeed();
    }
    this.count.end(reason);
    const { parties, peer } = session.agreement;
    this.tell('ended', { id: parties.id, peer, reason });
  }

  #drop(answer: PendingAnswer): void {
    disposeKeys(answer.agreement.keys);
    this.#pending = this.#pending.filter((other) => other !== answer);
  }

  #notify(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const resolve of waiting ?? []) resolve();
  }

  #hasSeen(id: Uint8Array): boolean {
    const seen = this.#seen;
    for (let at = 0; at < seen.length; at += ID_BYTES) {
      if (equal(seen.subarray(at, at + ID_BYTES), id)) return true;
    }
    return false;
  }

  #remember(id: Uint8Array): void {
    const at = (this.#seenCount++ % REMEMBERED_OFFERS) * ID_BYTES;
    // Most senders see a few offers in a day: it grows with them.
    if (at >= this.#seen.length) this.#seen = concat(this.#seen, new Uint8Array(Math.max(at, ID_BYTES)));
    this.#seen.set(id, at);
  }
}

function planOf(options: SealOptions | undefined, policy: SessionPolicy): SealPlan {
  const wanted = checkOptions('options', options, ['threshold', 'total', 'secrecy', 'context']);
  const { threshold = 1, secrecy = 'normal', context = EMPTY } = wanted;
  checkInteger('options.threshold', threshold, 1, policy.maxTotal);
  const { total = threshold } = wanted;
  checkInteger('options.total', total, threshold, policy.maxTotal);
  if (secrecy !== 'normal' && secrecy !== 'threshold') {
    throw new InputError('ERR_INPUT_OPTION', 'options.secrecy', "'normal' or 'threshold'", describe(secrecy));
  }
  checkBytes('options.context', context, { max: MAX_CONTEXT_BYTES });
  return { threshold, total, secrecy, content: 'message', context };
}
