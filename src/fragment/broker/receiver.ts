/**
 * The receiving side of grade E3.
 *
 * What comes is kept as it came, sealed, until there is enough of it. Then everything is opened at once: no share and no
 * message lies open while something is waited for. The exception is a broker that gave another share than it got: what was
 * opened then waits for the rest, and is wiped at its time by a timer.
 *
 * @module
 */
import { checkInteger, checkOptions, describe, toHex, wipe } from '../../bytes.ts';
import { systemClock } from '../../clock.ts';
import { InputError } from '../../errors.ts';
import type { Share } from '../../shamir.ts';
import type { OwnIdentity } from '../session/identity.ts';
import { connectReceiver, type ReceiverLink } from '../session/link.ts';
import type { SessionPolicy } from '../session/policy.ts';
import { FragmentReceiver } from '../session/receiver.ts';
import { CONTEXTS, isMessageOf, openMessage, readShare } from './record.ts';
import { openRoute, type Route } from './route.ts';
import { type BrokerPeer, checkBrokerPeer, checkBrokers } from './sender.ts';
import { type BrokerMessage, type Subject, writeMessage } from './wire.ts';

/** Options of {@link brokeredReceiver}. */
export interface BrokeredReceiverOptions
  extends Partial<Omit<SessionPolicy, 'maxMessageBytes' | 'maxTotal'>> {
  /** Who this is; it signs the handshakes of every session. The shares are for its key. */
  readonly identity: OwnIdentity;
  /** The sender, and the way to it. */
  readonly sender: BrokerPeer;
  /** The brokers, 1 to 16, and the way to each. */
  readonly brokers: readonly BrokerPeer[];
  /** Gets each message once; its bytes are yours to wipe. */
  readonly onMessage: (data: Uint8Array) => void;
  /** Most messages that wait for shares: 1 to 65 536, by default 1024. */
  readonly maxPending?: number;
  /** Most bytes that wait for shares: 1 to 2^31, by default 16 MiB. */
  readonly maxPendingBytes?: number;
}

/** What a receiver has counted so far. */
export interface BrokeredCounters {
  /** Messages that were opened. */
  readonly opened: number;
  /** Messages whose time was over before enough brokers gave their share. */
  readonly missed: number;
  /** Shares that were none, or another than the sender made. */
  readonly wrongShares: number;
  /** Messages for which there was no room. */
  readonly refused: number;
}

/** A receiver whose messages need brokers to be opened. */
export interface BrokeredReceiver {
  /** What was counted so far. */
  readonly counters: BrokeredCounters;
  /** Ends every session. The transports stay open. Further calls do nothing. */
  close(): Promise<void>;
}

const SESSION_OPTIONS = ['epochMs', 'ttlMs', 'heartbeatMs', 'renewMs'] as const;
const OPTIONS = [
  'identity',
  'sender',
  'brokers',
  'onMessage',
  'maxPending',
  'maxPendingBytes',
  ...SESSION_OPTIONS,
];

/** A share may be lost, or a session not be there yet: so often a broker is asked within a message's life. */
const ASKS = 8;
/** Pieces that say they are the same: a forged one must not keep the right one away. */
const MAX_CANDIDATES = 4;

interface End {
  readonly receiver: FragmentReceiver;
  readonly route: Route;
  readonly link: ReceiverLink;
}

/** A message that waits for its shares. */
interface Pending {
  readonly subject: Subject;
  readonly messages: Uint8Array[];
  /** Sealed shares by broker. */
  readonly shares: Map<number, Uint8Array[]>;
  readonly dueMs: number;
  sizeBytes: number;
  asks: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** What was opened, when a share was wrong. */
  record: Uint8Array | undefined;
  readonly opened: Map<number, Share>;
}

/**
 * Joins a receiver to a sender and to brokers.
 *
 * @param options - Identity, the sender, the brokers, what to do with messages, the times of the sessions.
 * @returns The receiver, whose handshakes run by themselves from now on.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
 * `ERR_INPUT_DISPOSED`.
 * @example
 * const receiver = await brokeredReceiver({ identity, sender, brokers: [first, second, third], onMessage: handle });
 */
export async function brokeredReceiver(options: BrokeredReceiverOptions): Promise<BrokeredReceiver> {
  const wanted = checkOptions('options', options ?? {}, OPTIONS);
  const sender = checkBrokerPeer('options.sender', wanted.sender);
  const brokers = checkBrokers(wanted.brokers);
  const { onMessage, maxPending = 1024, maxPendingBytes = 2 ** 24 } = wanted;
  if (typeof onMessage !== 'function') {
    throw new InputError('ERR_INPUT_TYPE', 'options.onMessage', 'a function', describe(onMessage));
  }
  checkInteger('options.maxPending', maxPending, 1, 65_536);
  checkInteger('options.maxPendingBytes', maxPendingBytes, 1, 2 ** 31);
  const times: Partial<Record<(typeof SESSION_OPTIONS)[number], number>> = {};
  for (const name of SESSION_OPTIONS) {
    const value = wanted[name];
    if (value !== undefined) times[name] = value;
  }
  const create = ({ peer }: BrokerPeer, context: Uint8Array) =>
    FragmentReceiver.create({ ...times, identity: wanted.identity as OwnIdentity, peer, context });
  const main = await create(sender, CONTEXTS.message);
  const others: FragmentReceiver[] = [];
  for (const broker of brokers) others.push(await create(broker, CONTEXTS.share));
  const receiver = new Receiver(main, others, { onMessage, maxPending, maxPendingBytes });
  receiver.join(sender, brokers);
  return {
    get counters() {
      return receiver.counters;
    },
    close: () => receiver.close(),
  };
}

interface Limits {
  readonly onMessage: (data: Uint8Array) => void;
  readonly maxPending: number;
  readonly maxPendingBytes: number;
}

class Receiver {
  readonly #main: FragmentReceiver;
  readonly #others: readonly FragmentReceiver[];
  readonly #limits: Limits;
  readonly #ends: End[] = [];
  readonly #pending = new Map<string, Pending>();
  readonly #counters = { opened: 0, missed: 0, wrongShares: 0, refused: 0 };
  #pendingBytes = 0;

  constructor(main: FragmentReceiver, others: readonly FragmentReceiver[], limits: Limits) {
    this.#main = main;
    this.#others = others;
    this.#limits = limits;
  }

  get counters(): BrokeredCounters {
    return { ...this.#counters };
  }

  join(sender: BrokerPeer, brokers: readonly BrokerPeer[]): void {
    this.#join(this.#main, sender, (message) => {
      if (message.kind === 'message') this.#takeMessage(message);
    });
    for (const [i, broker] of brokers.entries()) {
      this.#join(this.#others[i] as FragmentReceiver, broker, (message) => {
        if (message.kind === 'share') this.#takeShare(i, message);
      });
    }
  }

  async close(): Promise<void> {
    for (const [id, pending] of [...this.#pending]) this.#forget(id, pending);
    await Promise.all(
      this.#ends.splice(0).map(({ route, link }) => {
        route.stop();
        return link.close();
      }),
    );
  }

  #join(receiver: FragmentReceiver, peer: BrokerPeer, onMessage: (message: BrokerMessage) => void): void {
    const route = openRoute(peer.transport, onMessage);
    // What is no message of brokers and opens all the same is nobody's.
    const link = connectReceiver(receiver, route.session, ({ data }) => wipe(data));
    this.#ends.push({ receiver, route, link });
  }

  #takeMessage(message: BrokerMessage): void {
    const id = toHex(message.id);
    let pending = this.#pending.get(id);
    const hasRoom =
      this.#pendingBytes + message.fragment.length <= this.#limits.maxPendingBytes &&
      (pending !== undefined || this.#pending.size < this.#limits.maxPending);
    if (!hasRoom || (pending?.messages.length ?? 0) >= MAX_CANDIDATES) {
      this.#counters.refused++;
      return;
    }
    if (pending === undefined) {
      const { receiver, threshold, total } = message;
      pending = {
        subject: { id: message.id, receiver, threshold, total },
        messages: [],
        shares: new Map(),
        dueMs: systemClock.monotonicMs() + this.#main.policy.ttlMs,
        sizeBytes: 0,
        asks: 0,
        timer: undefined,
        record: undefined,
        opened: new Map(),
      };
      this.#pending.set(id, pending);
      this.#ask(id, pending);
    }
    pending.messages.push(message.fragment);
    this.#grow(pending, message.fragment.length);
  }

  #takeShare(broker: number, message: BrokerMessage): void {
    const id = toHex(message.id);
    const pending = this.#pending.get(id);
    // Nobody asked for it, or its time is over.
    if (pending === undefined) return;
    const there = pending.shares.get(broker) ?? [];
    if (there.length >= MAX_CANDIDATES || message.fragment.length > 1024) return;
    there.push(message.fragment);
    pending.shares.set(broker, there);
    this.#grow(pending, message.fragment.length);
    if (pending.shares.size + pending.opened.size >= pending.subject.threshold) this.#open(id, pending);
  }

  #grow(pending: Pending, sizeBytes: number): void {
    pending.sizeBytes += sizeBytes;
    this.#pendingBytes += sizeBytes;
  }

  /** Asks the brokers whose share is not there, now and again until the message is opened or over. */
  #ask(id: string, pending: Pending): void {
    const nowMs = systemClock.monotonicMs();
    if (nowMs >= pending.dueMs) {
      this.#counters.missed++;
      this.#forget(id, pending);
      return;
    }
    const request = writeMessage('request', pending.subject, new Uint8Array(0));
    for (const [i, end] of this.#ends.slice(1).entries()) {
      if (!pending.shares.has(i) && !pending.opened.has(i)) void end.route.send(request);
    }
    pending.asks++;
    const everyMs = Math.max(1, this.#main.policy.ttlMs / ASKS);
    pending.timer = setTimeout(() => this.#ask(id, pending), Math.min(everyMs, pending.dueMs - nowMs));
    (pending.timer as { unref?(): void }).unref?.();
  }

  /** Opens what there is. What is right of it gives the message; what is wrong is dropped, and the rest waited for. */
  #open(id: string, pending: Pending): void {
    const { subject, opened } = pending;
    pending.record ??= this.#openRecord(pending);
    const { record } = pending;
    if (record === undefined) {
      this.#counters.missed++;
      this.#forget(id, pending);
      return;
    }
    for (const [broker, fragments] of pending.shares) {
      const share = this.#openShare(broker, fragments, record, subject);
      if (share === undefined) this.#counters.wrongShares++;
      else opened.set(broker, share);
    }
    pending.shares.clear();
    const shares = [...new Map([...opened.values()].map((share) => [share.x, share])).values()];
    if (shares.length < subject.threshold) return;
    const data = openMessage(record, shares, subject);
    const isInTime = systemClock.monotonicMs() < pending.dueMs;
    this.#forget(id, pending);
    if (data === undefined || !isInTime) {
      wipe(data);
      this.#counters.missed++;
      return;
    }
    this.#counters.opened++;
    this.#limits.onMessage(data);
  }

  #openRecord({ messages, subject }: Pending): Uint8Array | undefined {
    for (const fragment of messages) {
      const opened = this.#main.open(fragment);
      if (opened.kind !== 'message') continue;
      if (isMessageOf(opened.data, subject)) return opened.data;
      wipe(opened.data);
    }
    return undefined;
  }

  #openShare(
    broker: number,
    fragments: readonly Uint8Array[],
    record: Uint8Array,
    subject: Subject,
  ): Share | undefined {
    for (const fragment of fragments) {
      const opened = (this.#others[broker] as FragmentReceiver).open(fragment);
      if (opened.kind !== 'message') continue;
      const share = readShare(opened.data, record, subject);
      if (share !== undefined) return share;
      wipe(opened.data);
    }
    return undefined;
  }

  #forget(id: string, pending: Pending): void {
    clearTimeout(pending.timer);
    wipe(pending.record, ...[...pending.opened.values()].map(({ y }) => y));
    this.#pending.delete(id);
    this.#pendingBytes -= pending.sizeBytes;
    pending.sizeBytes = 0;
  }
}
