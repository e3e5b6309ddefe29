/**
 * A broker: it keeps a share for a while, sealed as it came, and gives it once to whom it is for.
 *
 * @module
 */
import {
  checkInteger,
  checkInternal,
  checkOptions,
  equal,
  fromBase64Url,
  INTERNAL,
  toHex,
  wipe,
} from '../../bytes.ts';
import { systemClock } from '../../clock.ts';
import { InputError } from '../../errors.ts';
import type { ExpectedPeer, OwnIdentity } from '../session/identity.ts';
import { connectReceiver, connectSender } from '../session/link.ts';
import type { SessionPolicy } from '../session/policy.ts';
import { FragmentReceiver } from '../session/receiver.ts';
import { FragmentSender } from '../session/sender.ts';
import type { FragmentTransport } from '../transport/transport.ts';
import { CONTEXTS, isShareOf } from './record.ts';
import { checkTransport, openRoute, type Route } from './route.ts';
import { type BrokerMessage, writeMessage } from './wire.ts';

/** Options of {@link FragmentBroker.create}. */
export interface FragmentBrokerOptions {
  /** Who this is; it signs the handshakes of every session. */
  readonly identity: OwnIdentity;
  /** Most shares that are kept at once: 1 to 2^20, by default 65 536. */
  readonly maxDeposits?: number;
}

/** Options of {@link FragmentBroker.serveSender}. */
export interface ServeSenderOptions extends Partial<Omit<SessionPolicy, 'maxMessageBytes' | 'maxTotal'>> {
  /** Who may deposit shares here. */
  readonly peer: ExpectedPeer;
}

/** Options of {@link FragmentBroker.serveReceiver}. */
export interface ServeReceiverOptions {
  /** Who may get shares here; each gets those that are for it. */
  readonly peer: ExpectedPeer;
  /** The longest time to live that is agreed to, milliseconds; 100 by default. */
  readonly maxTtlMs?: number;
}

/** What a broker has counted so far. */
export interface BrokerCounters {
  /** Shares that were taken. Whether they are any is seen when they are opened. */
  readonly deposited: number;
  /** Shares that were given to their receivers. */
  readonly released: number;
  /** Requests for shares of somebody else. */
  readonly foreign: number;
  /** Shares that could not be opened when they were asked for: too late, or never what they should be. */
  readonly unopened: number;
  /** Deposits for which there was no room, or which came after the release. */
  readonly refused: number;
}

const SESSION_OPTIONS = ['epochMs', 'ttlMs', 'heartbeatMs', 'renewMs'] as const;

/** Deposits under one id: whoever guesses an id, or sees it, must not keep the right one away. */
const MAX_CANDIDATES = 4;

/** Longest sealed share; one is much shorter. */
const MAX_DEPOSIT_BYTES = 1024;

/** How often what is over is removed. */
const SWEEP_MS = 1000;

interface Deposit {
  readonly message: BrokerMessage;
  readonly from: FragmentReceiver;
  /** When its key is gone, and it is of no use. */
  readonly dueMs: number;
}

interface Closable {
  close(): Promise<void>;
}

/**
 * A broker of grade E3. It is an ordinary receiver of shares: each stays sealed, under a key that dies at its time, until its
 * receiver asks for it; then it is opened, sealed for that receiver in another session, and wiped, once. Whoever takes the
 * broker later finds no key; whoever takes it before finds one share of a message, which is nothing.
 *
 * @example
 * await using broker = await FragmentBroker.create({ identity: { signer } });
 * await broker.serveSender(fromProbe, { peer: probeKey, ttlMs: 100 });
 * await broker.serveReceiver(toAnalysis, { peer: analysisKey });
 */
export class FragmentBroker {
  readonly #identity: OwnIdentity;
  readonly #maxDeposits: number;
  readonly #deposits = new Map<string, Deposit[]>();
  /** Ids of what was given away, until nothing of it can be opened any more. */
  readonly #released = new Map<string, number>();
  readonly #open: Closable[] = [];
  readonly #counters = { deposited: 0, released: 0, foreign: 0, unopened: 0, refused: 0 };
  #count = 0;
  #sweptMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  private constructor(token: typeof INTERNAL, identity: OwnIdentity, maxDeposits: number) {
    checkInternal(token, 'FragmentBroker');
    this.#identity = identity;
    this.#maxDeposits = maxDeposits;
  }

  /**
   * Makes a broker that serves nobody yet.
   *
   * @param options - Identity and bounds.
   * @returns A broker, yours to close.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`.
   * @example const broker = await FragmentBroker.create({ identity: { signer } });
   */
  static async create(options: FragmentBrokerOptions): Promise<FragmentBroker> {
    const { identity, maxDeposits = 65_536 } = checkOptions('options', options ?? {}, [
      'identity',
      'maxDeposits',
    ]);
    checkInteger('options.maxDeposits', maxDeposits, 1, 2 ** 20);
    // Each session checks it again; here so that a wrong one is told at once.
    const probe = await FragmentSender.create({
      identity: identity as OwnIdentity,
      peer: () => undefined,
    });
    probe.close();
    return new FragmentBroker(INTERNAL, identity as OwnIdentity, maxDeposits);
  }

  /**
   * Takes shares from a sender.
   *
   * @param transport - The way to and from the sender; it stays the caller's to close.
   * @param options - Who it is, and the times of the session.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
   */
  async serveSender(transport: FragmentTransport, options: ServeSenderOptions): Promise<void> {
    checkTransport('transport', transport);
    const { peer, ...times } = checkOptions('options', options ?? {}, ['peer', ...SESSION_OPTIONS]);
    this.#checkOpen();
    const receiver = await FragmentReceiver.create({
      ...times,
      identity: this.#identity,
      peer: peer as ExpectedPeer,
      context: CONTEXTS.deposit,
    });
    const route = openRoute(transport, (message) => {
      if (message.kind === 'deposit') this.#deposit(message, receiver);
    });
    this.#add(
      route,
      connectReceiver(receiver, route.session, ({ data }) => wipe(data)),
    );
  }

  /**
   * Gives shares to a receiver: those that are for the key it proved to have in the session's handshake.
   *
   * @param transport - The way to and from the receiver; it stays the caller's to close.
   * @param options - Who it is.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
   */
  async serveReceiver(transport: FragmentTransport, options: ServeReceiverOptions): Promise<void> {
    checkTransport('transport', transport);
    const { peer, ...times } = checkOptions('options', options ?? {}, ['peer', 'maxTtlMs']);
    this.#checkOpen();
    const sender = await FragmentSender.create({
      ...times,
      identity: this.#identity,
      peer: peer as ExpectedPeer,
    });
    const route: Route = openRoute(transport, (message) => {
      if (message.kind === 'request') this.#release(message, sender, route);
    });
    this.#add(route, connectSender(sender, route.session));
  }

  /** What was counted so far. */
  get counters(): BrokerCounters {
    return { ...this.#counters };
  }

  /** Ends every session: every key is zeroed at once, and what was kept is gone. Further calls do nothing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#deposits.clear();
    this.#released.clear();
    this.#count = 0;
    await Promise.all(this.#open.splice(0).map((one) => one.close()));
  }

  /** Same as {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #checkOpen(): void {
    if (this.#isClosed)
      throw new InputError('ERR_INPUT_DISPOSED', 'broker', 'an open broker', 'a closed one');
  }

  #add(route: Route, link: Closable): void {
    this.#open.push({
      close: () => {
        route.stop();
        return link.close();
      },
    });
    // It was closed while the session was made.
    if (this.#isClosed) void this.close();
  }

  #deposit(message: BrokerMessage, from: FragmentReceiver): void {
    const nowMs = systemClock.monotonicMs();
    const id = toHex(message.id);
    if (this.#count >= this.#maxDeposits || nowMs - this.#sweptMs >= SWEEP_MS) this.#sweep(nowMs);
    const there = this.#deposits.get(id) ?? [];
    const isRefused =
      message.fragment.length > MAX_DEPOSIT_BYTES ||
      this.#released.has(id) ||
      this.#count >= this.#maxDeposits ||
      there.length >= MAX_CANDIDATES;
    if (isRefused) {
      this.#counters.refused++;
      return;
    }
    there.push({ message, from, dueMs: nowMs + from.policy.ttlMs });
    this.#deposits.set(id, there);
    this.#count++;
    this.#counters.deposited++;
  }

  #release(request: BrokerMessage, sender: FragmentSender, route: Route): void {
    const id = toHex(request.id);
    const named = sender.isReady ? sender.peer : undefined;
    const candidates = this.#deposits.get(id);
    // Without a session nothing is opened: the receiver asks again.
    if (named === undefined || candidates === undefined) return;
    const receiver = fromBase64Url(named.keyId);
    for (const candidate of [...candidates]) {
      if (!equal(candidate.message.receiver, receiver)) {
        this.#counters.foreign++;
        continue;
      }
      this.#drop(id, candidate);
      const sealed = this.#reseal(candidate, sender);
      if (sealed === undefined) {
        this.#counters.unopened++;
        continue;
      }
      const nowMs = systemClock.monotonicMs();
      this.#deposits.delete(id);
      this.#count -= candidates.length;
      this.#released.set(id, nowMs + 2 * candidate.from.policy.ttlMs);
      this.#counters.released++;
      void route.send(writeMessage('share', candidate.message, sealed));
      return;
    }
  }

  /** Opens a share, which works once and before its time only, and seals it for its receiver. */
  #reseal({ message, from }: Deposit, sender: FragmentSender): Uint8Array | undefined {
    const opened = from.open(message.fragment);
    if (opened.kind !== 'message') return undefined;
    try {
      // What was in clear, the receiver above all, is now compared with what the sender sealed.
      if (!isShareOf(opened.data, message)) return undefined;
      return sender.seal(opened.data, { context: CONTEXTS.share })[0];
    } catch {
      // The session with the receiver ended just now.
      return undefined;
    } finally {
      wipe(opened.data);
    }
  }

  #drop(id: string, deposit: Deposit): void {
    const there = this.#deposits.get(id);
    const at = there?.indexOf(deposit) ?? -1;
    if (there === undefined || at < 0) return;
    there.splice(at, 1);
    this.#count--;
    if (there.length === 0) this.#deposits.delete(id);
  }

  /** Removes what cannot be opened any more: housekeeping, its key died by itself. */
  #sweep(nowMs: number): void {
    this.#sweptMs = nowMs;
    for (const [id, there] of this.#deposits) {
      for (const deposit of [...there]) if (deposit.dueMs <= nowMs) this.#drop(id, deposit);
    }
    for (const [id, dueMs] of this.#released) if (dueMs <= nowMs) this.#released.delete(id);
  }
}
