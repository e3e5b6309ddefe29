/**
 * The receiving end of sessions: it offers, owns the epochs, sends heartbeats and opens.
 *
 * @module
 */
import {
  checkArray,
  checkBytes,
  checkInteger,
  checkInternal,
  checkOptions,
  copyOptions,
  equal,
  equalAt,
  INTERNAL,
  toBase64Url,
  wipe,
} from '../../bytes.ts';
import { engine } from '../../engines/index.ts';
import { type Accepted, Assembler, type AssemblerLimits } from '../assembler.ts';
import { EpochChain } from '../chain.ts';
import { FRAGMENT_ID_AT } from '../format.ts';
import { startWiping } from '../slab/wiping.ts';
import { type Agreement, disposeKeys, offerIdOf, takeAccept } from './accept.ts';
import { Backoff } from './backoff.ts';
import { isAuthentic, readAck, readRequest, sessionIdOf, writeBeat } from './beat.ts';
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
import { type MacKeys, secretHash } from './mac-keys.ts';
import { hasRoomForOffer, PendingOffer, secretKem } from './offer.ts';
import { offerLifeMs, POLICY_NAMES, policyOf, type SessionPolicy } from './policy.ts';
import { Refused } from './refusal.ts';
import { type Kind, MAC_BYTES } from './wire.ts';

/** Options of {@link FragmentReceiver.create}. */
export interface FragmentReceiverOptions extends Partial<SessionPolicy> {
  /** Who this is, and signs offers. */
  readonly identity: OwnIdentity;
  /** Who may send. */
  readonly peer: ExpectedPeer;
  /** The application's context that fragments must have been sealed with; empty by default. */
  readonly context?: Uint8Array;
  /** Most messages that wait for more of their fragments; 1024 by default. */
  readonly maxMessagesInFlight?: number;
  /** Most bytes that fragments which wait may take; 16 MiB by default. */
  readonly maxBytesInFlight?: number;
  /** Most messages of an epoch; 65 536 by default. */
  readonly maxMessagesPerEpoch?: number;
}

const OPTION_NAMES = [
  'identity',
  'peer',
  'context',
  'maxMessagesInFlight',
  'maxBytesInFlight',
  'maxMessagesPerEpoch',
  ...POLICY_NAMES,
] as const;

const LIMIT_RANGES = {
  maxMessagesInFlight: [1, 2 ** 20],
  maxBytesInFlight: [1, 2 ** 31],
  maxMessagesPerEpoch: [1, 2 ** 24],
} as const;

/** The longest pause between offers that nobody answers. */
const MAX_PAUSE_MS = 30_000;
/** How often an offer is sent in its life, while no answer comes. */
const OFFERS = 3;
/** Sessions beside those whose messages are not over: the one in use, and what lost confirmations leave. */
const SPARE_SESSIONS = 3;
const MAX_CONTEXT_BYTES = 16_384;
const NO_CONTEXT = /* @__PURE__ */ new Uint8Array(0);

const FOREIGN: Accepted = { kind: 'refused', reason: 'foreign' };

/** One session, as the receiver has it. */
class ReceiverSession {
  readonly agreement: Omit<Agreement, 'keys'>;
  readonly chain: EpochChain;
  readonly assembler: Assembler;
  readonly macs: MacKeys;
  /** Names the answer that made it, so that one that comes again gets another confirmation: a string takes a quarter of the memory. */
  readonly answer: string;
  readonly startMs: number;
  nextBeatMs: number;
  heardMs: number;
  counter = 0;
  acked = 0;
  /** Whether the sender has shown that it uses it. */
  proven = false;
  /** When the keys of one that was replaced are gone. */
  goneMs = Number.POSITIVE_INFINITY;

  constructor(
    agreement: Agreement,
    chain: EpochChain,
    limits: AssemblerLimits,
    answer: string,
    startMs: number,
  ) {
    const { parties, peer, policy, keys } = agreement;
    this.agreement = { parties, peer, policy };
    this.chain = chain;
    this.assembler = new Assembler(chain, parties, limits);
    this.macs = keys.macs;
    this.answer = answer;
    this.startMs = startMs;
    this.heardMs = startMs;
    this.nextBeatMs = startMs + policy.heartbeatMs;
  }

  get isRetired(): boolean {
    return this.goneMs !== Number.POSITIVE_INFINITY;
  }

  beat(kind: 'confirm' | 'heartbeat', atMs: number, ending = false): Uint8Array {
    const { policy, parties } = this.agreement;
    this.nextBeatMs = atMs + policy.heartbeatMs;
    const beat = { counter: ++this.counter, ageMs: atMs - this.startMs, ending };
    return writeBeat(kind, parties.id, beat, this.macs);
  }

  dispose(): void {
    this.assembler.dispose();
    this.chain.dispose();
    this.macs.dispose();
  }
}

/**
 * The receiving end of sessions with one sender. It makes offers, and opens what the sender seals until its time is over.
 *
 * It holds no timer and knows no transport: messages go in and out of {@link receive} and {@link due}, fragments into
 * {@link open}. `connectReceiver` joins it to a transport.
 *
 * @example
 * using receiver = await FragmentReceiver.create({ identity: { signer }, peer: senderPublicKey });
 */
export class FragmentReceiver extends Endpoint {
  override readonly role = 'receiver';
  /** The times and limits that are offered. */
  readonly policy: SessionPolicy;
  readonly #identity: () => Identity | Promise<Identity>;
  readonly #peers: Peers;
  readonly #limits: AssemblerLimits;
  readonly #offers: Backoff;
  /** Oldest first. */
  #sessions: ReceiverSession[] = [];
  #pending: PendingOffer | undefined;
  #resentMs = Number.NEGATIVE_INFINITY;
  #wanted = false;
  #lastEnd: SessionEnd | undefined;

  private constructor(
    token: typeof INTERNAL,
    policy: SessionPolicy,
    identity: () => Identity | Promise<Identity>,
    peers: Peers,
    limits: AssemblerLimits,
  ) {
    super();
    checkInternal(token, 'FragmentReceiver');
    this.policy = policy;
    this.#identity = identity;
    this.#peers = peers;
    this.#limits = limits;
    this.#offers = new Backoff(offerLifeMs(policy.ttlMs), MAX_PAUSE_MS);
  }

  /**
   * Makes a receiver; its first offer comes out of {@link due}.
   *
   * @param options - Identity, peer, times and limits.
   * @returns A receiver, yours to close.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
   * `ERR_INPUT_DISPOSED`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_ENGINE` where no engine wipes what it computes with: the runtime compiles no
   * WebAssembly.
   * @example const receiver = await FragmentReceiver.create({ identity: { signer }, peer: senderPublicKey, ttlMs: 100 });
   */
  static async create(options: FragmentReceiverOptions): Promise<FragmentReceiver> {
    const wanted = checkOptions('options', copyOptions('options', options), OPTION_NAMES);
    const identity = ownIdentity('options.identity', wanted.identity);
    const peers = new Peers('options.peer', wanted.peer);
    const policy = policyOf(wanted);
    const { context = NO_CONTEXT } = wanted;
    checkBytes('options.context', context, { max: MAX_CONTEXT_BYTES });
    const limits: Record<string, unknown> = {
      context: context.length === 0 ? NO_CONTEXT : new Uint8Array(context),
      maxMessageBytes: policy.maxMessageBytes,
      maxTotal: policy.maxTotal,
    };
    for (const [name, [min, max]] of Object.entries(LIMIT_RANGES)) {
      const value = wanted[name as keyof typeof LIMIT_RANGES];
      if (value === undefined) continue;
      checkInteger(`options.${name}`, value, min, max);
      limits[name] = value;
    }
    await prepareEngines();
    return new FragmentReceiver(INTERNAL, policy, identity, peers, limits as AssemblerLimits);
  }

  /** The id of the session in use, in a copy; undefined when there is none. */
  get sessionId(): Uint8Array | undefined {
    return this.#newest(true)?.agreement.parties.id.slice();
  }

  /** Who sends, as the handshake of the session in use named him. */
  get peer(): SessionPeer | undefined {
    return toSessionPeer(this.#newest(true)?.agreement.peer);
  }

  /** Why the last session ended that was not renewed. */
  get lastEnd(): SessionEnd | undefined {
    return this.#lastEnd;
  }

  override get nextDueMs(): number {
    if (this.closed) return Number.POSITIVE_INFINITY;
    let next =
      this.#pending === undefined
        ? this.#offerAtMs()
        : Math.min(this.#pending.expiresAtMs, this.#resendAtMs());
    for (const session of this.#sessions) {
      if (isAnomaly(session.chain.death)) return Number.NEGATIVE_INFINITY;
      next = Math.min(next, session.isRetired ? session.goneMs : session.nextBeatMs);
    }
    return next;
  }

  /**
   * Takes a fragment, whatever it is.
   *
   * @param fragment - Bytes from anywhere; kept until its message is complete or its time is over.
   * @returns `{ kind: 'message', data }` once for each message, when enough of it is there and its time is not over, and
   * `{ kind: 'batch', messages }` for those of `sealBatch`; otherwise what became of the fragment.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   * @example const opened = receiver.open(fragment); if (opened.kind === 'message') use(opened.data);
   */
  open(fragment: Uint8Array): Accepted {
    checkBytes('fragment', fragment);
    for (let i = this.#sessions.length - 1; i >= 0; i--) {
      const session = this.#sessions[i] as ReceiverSession;
      if (!equalAt(fragment, FRAGMENT_ID_AT, session.agreement.parties.id)) continue;
      const accepted = session.assembler.accept(fragment);
      if (accepted.kind === 'refused') {
        if (accepted.reason === 'dead') this.wake();
      } else if (accepted.kind !== 'duplicate') this.#prove(session, nowMs());
      return accepted;
    }
    return FOREIGN;
  }

  /**
   * Takes many fragments.
   *
   * @param fragments - Bytes from anywhere.
   * @returns The messages that they completed, in order.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   */
  openMany(fragments: readonly Uint8Array[]): Uint8Array[] {
    const checked = checkArray('fragments', fragments, 'an array of Uint8Array', (name, fragment) => {
      checkBytes(name, fragment);
      return fragment;
    });
    const messages: Uint8Array[] = [];
    for (const fragment of checked) {
      const opened = this.open(fragment);
      if (opened.kind === 'message') messages.push(opened.data);
      else if (opened.kind === 'batch') for (const message of opened.messages) messages.push(message);
    }
    return messages;
  }

  /**
   * Ends the session: every key is zeroed at once. Further calls do nothing.
   *
   * @returns What tells the other end.
   */
  override close(): Outgoing {
    if (this.closed) return NOTHING;
    const out = this.#sessions
      .filter(({ isRetired }) => !isRetired)
      .map((s) => s.beat('heartbeat', nowMs(), true));
    for (const session of [...this.#sessions]) this.#end(session, 'closed');
    this.closed = true;
    this.#pending?.dispose();
    this.#pending = undefined;
    this.wake();
    return out;
  }

  protected override take(
    kind: Kind,
    message: Uint8Array,
    receivedAtMs: number,
  ): Outgoing | Promise<Outgoing> {
    switch (kind) {
      case 'accept':
        return this.#takeAccept(message, receivedAtMs);
      case 'ack':
        this.#takeAck(message, receivedAtMs);
        return NOTHING;
      case 'request':
        return this.inTurn(() => this.#takeRequest(message));
      default:
        throw new Refused('unexpected');
    }
  }

  protected override async act(now: number, out: Uint8Array[]): Promise<void> {
    for (const session of [...this.#sessions]) this.#check(session, now);
    if (this.#pending !== undefined && !this.#pending.isOpen(now)) this.#dropOffer();
    for (const session of this.#sessions) {
      if (session.isRetired || session.nextBeatMs > now) continue;
      this.count.heartbeats++;
      session.assembler.forgetDead(now);
      session.chain.forgetDead();
      out.push(session.beat('heartbeat', now));
    }
    if (this.#pending !== undefined && this.#resendAtMs() <= now) {
      this.#resentMs = now;
      out.push(this.#pending.message);
    }
    if (this.#pending === undefined && this.#offerAtMs() <= now) {
      if (hasRoomForOffer()) await this.inTurn(() => this.#offer(out));
      else this.#offers.nextMs = now + offerLifeMs(this.policy.ttlMs) / OFFERS;
    }
  }

  /** The newest session that is not on its way out; with `provenFirst`, the newest that the sender uses if there is one. */
  #newest(provenFirst = false): ReceiverSession | undefined {
    const live = this.#sessions.filter(({ isRetired }) => !isRetired);
    return (provenFirst ? live.findLast(({ proven }) => proven) : undefined) ?? live.at(-1);
  }

  /** When the next offer is to be made. */
  #offerAtMs(): number {
    const newest = this.#newest();
    let wantedMs = 0;
    if (newest !== undefined && !this.#wanted) {
      const { heartbeatMs, renewMs } = newest.agreement.policy;
      // One that the sender does not use by now is one whose confirmation was lost.
      wantedMs = newest.startMs + (newest.proven ? renewMs : Math.min(heartbeatMs, renewMs));
    }
    return Math.max(wantedMs, this.#offers.nextMs);
  }

  /** When an offer that nobody answers is to be sent again. */
  #resendAtMs(): number {
    return this.#resentMs + offerLifeMs(this.policy.ttlMs) / OFFERS;
  }

  async #offer(out: Uint8Array[]): Promise<void> {
    if (this.closed || this.#pending !== undefined) return;
    this.#offers.attempt(nowMs());
    this.#wanted = false;
    const identity = await this.#identity();
    // Starting the thread takes longer than an offer lives.
    await startWiping();
    const pending = await PendingOffer.make(identity, this.#peers.pinnedId, this.policy, nowMs);
    if (this.closed) return pending.dispose();
    this.#pending = pending;
    this.#resentMs = nowMs();
    this.count.handshakes++;
    this.tell('offered');
    out.push(pending.message);
    this.wake();
  }

  #dropOffer(): void {
    this.#pending?.dispose();
    this.#pending = undefined;
  }

  #takeAccept(message: Uint8Array, receivedAtMs: number): Outgoing | Promise<Outgoing> {
    const answer = nameOf(message);
    const again = this.#sessions.find((session) => session.answer === answer);
    if (again !== undefined) {
      if (again.acked > 0 || again.isRetired) throw new Refused('replayed');
      return [again.beat('confirm', receivedAtMs)];
    }
    const pending = this.#pending;
    if (pending === undefined || !equal(pending.id, offerIdOf(message))) throw new Refused('unknown');
    return this.inTurn(() => this.#establish(message, pending));
  }

  async #establish(message: Uint8Array, pending: PendingOffer): Promise<Outgoing> {
    const wiping = await startWiping();
    const agreement = await takeAccept(message, pending, this.#peers, nowMs);
    const { keys, policy, parties, peer } = agreement;
    try {
      if (this.closed) throw new Refused('unknown');
      const startMs = nowMs();
      const chain = EpochChain.create(wiping, {
        role: 'receiver',
        chainKey: keys.chainKey,
        startMs,
        epochMs: policy.epochMs,
        ttlMs: policy.ttlMs,
        onDead: this.wakeSoon,
      });
      wipe(keys.chainKey);
      const session = new ReceiverSession(agreement, chain, this.#limits, nameOf(message), startMs);
      this.#sessions = [...this.#sessions, session];
      this.#makeRoom();
      if (this.#pending === pending) this.#dropOffer();
      this.tell('established', { id: parties.id, peer });
      this.wake();
      return [session.beat('confirm', nowMs())];
    } catch (error) {
      disposeKeys(keys);
      throw error;
    }
  }

  /** Lets go of the oldest session that is not in use, when there are too many. */
  #makeRoom(): void {
    const { ttlMs, renewMs } = this.policy;
    if (this.#sessions.length <= SPARE_SESSIONS + Math.ceil(ttlMs / renewMs)) return;
    const inUse = this.#newest(true);
    const spare = this.#sessions.find((session) => session !== inUse);
    if (spare !== undefined) this.#end(spare, spare.isRetired ? 'renewed' : 'unconfirmed');
  }

  #takeAck(message: Uint8Array, receivedAtMs: number): void {
    const id = sessionIdOf(message);
    const session = this.#sessions.find(({ agreement }) => equal(agreement.parties.id, id));
    if (session === undefined || session.isRetired) throw new Refused('unknown');
    if (!isAuthentic(message, 'ack', session.macs)) throw new Refused('forged');
    const { counter, ending } = readAck(message);
    // The last one may answer what was answered before.
    const isOld = ending ? counter < session.acked : counter <= session.acked;
    if (isOld || counter > session.counter) throw new Refused('replayed');
    session.acked = counter;
    if (ending) {
      this.#end(session, 'ended by peer');
      return;
    }
    this.#prove(session, receivedAtMs);
  }

  /** The sender has shown that it uses a session: those before it are replaced. */
  #prove(session: ReceiverSession, atMs: number): void {
    session.heardMs = atMs;
    if (session.proven) return;
    session.proven = true;
    this.count.established++;
    this.#offers.succeed();
    for (const older of this.#sessions) {
      if (older === session) break;
      if (older.isRetired) continue;
      older.chain.retire();
      older.macs.dispose();
      older.goneMs = atMs + older.agreement.policy.ttlMs;
    }
    this.wake();
  }

  async #takeRequest(message: Uint8Array): Promise<Outgoing> {
    const { senderId, receiverId } = readRequest(message);
    const { keyId } = await this.#identity();
    const { pinnedId } = this.#peers;
    const isForUs = receiverId === undefined || equal(receiverId, keyId);
    if (!isForUs || (pinnedId !== undefined && !equal(pinnedId, senderId))) throw new Refused('unknown');
    const now = nowMs();
    const lifeMs = offerLifeMs(this.policy.ttlMs);
    if (this.#pending?.isOpen(now)) {
      // Nobody has authenticated himself so far: what goes out is bounded.
      if (now < this.#resentMs + lifeMs / (2 * OFFERS)) throw new Refused('busy');
      this.#resentMs = now;
      return [this.#pending.message];
    }
    // Whoever asks in the name of a sender that was just heard may be somebody else.
    const newest = this.#newest(true);
    const isHeard = newest?.proven === true && now < newest.heardMs + newest.agreement.policy.heartbeatMs;
    this.#wanted = true;
    this.#offers.restart(
      this.#offers.lastMs + (isHeard ? Math.max(this.policy.heartbeatMs, lifeMs) : lifeMs),
    );
    this.wake();
    return NOTHING;
  }

  /** Ends a session whose time is over, or whose keys died. */
  #check(session: ReceiverSession, now: number): void {
    if (session.isRetired) {
      if (now >= session.goneMs) this.#end(session, 'renewed');
      return;
    }
    if (isAnomaly(session.chain.death)) {
      this.#end(session, 'clock anomaly');
      this.#offers.succeed();
      return;
    }
    if (now >= session.heardMs + (SILENT_INTERVALS + 1) * session.agreement.policy.heartbeatMs) {
      this.#end(session, session.proven ? 'silent' : 'unconfirmed');
    }
  }

  #end(session: ReceiverSession, reason: SessionEnd): void {
    session.dispose();
    this.#sessions = this.#sessions.filter((other) => other !== session);
    if (reason !== 'renewed') this.#lastEnd = reason;
    this.count.end(reason);
    const { parties, peer } = session.agreement;
    this.tell('ended', { id: parties.id, peer, reason });
  }
}

/** What tells an answer from every other: its MAC. */
function nameOf(accept: Uint8Array): string {
  return toBase64Url(accept.subarray(accept.length - MAC_BYTES));
}

/** Runs self-tests and starts the thread now, and not while an offer lives. */
export async function prepareEngines(): Promise<void> {
  secretKem();
  secretHash();
  engine('aead');
  engine('sign');
  await startWiping();
}
