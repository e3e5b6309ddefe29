/**
 * The sending side of grade E3.
 *
 * @module
 */
import {
  checkArray,
  checkBytes,
  checkInteger,
  checkOptions,
  fromBase64Url,
  randomFill,
  wipe,
} from '../../bytes.ts';
import { InputError, QuorumError } from '../../errors.ts';
import { type ExpectedPeer, type OwnIdentity, Peers } from '../session/identity.ts';
import { connectSender, type SenderLink } from '../session/link.ts';
import { FragmentSender } from '../session/sender.ts';
import type { FragmentTransport } from '../transport/transport.ts';
import { CONTEXTS, makeRecords, messageOverheadBytes } from './record.ts';
import { checkTransport, openRoute, type Route } from './route.ts';
import { ID_BYTES, MAX_BROKERS, type Subject, writeMessage } from './wire.ts';

/** A way to somebody, and who that must be. */
export interface BrokerPeer {
  /** The way there; it stays the caller's to close. */
  readonly transport: FragmentTransport;
  readonly peer: ExpectedPeer;
}

/** Options of {@link brokeredSender}. */
export interface BrokeredSenderOptions {
  /** Who this is; it signs the handshakes of every session. */
  readonly identity: OwnIdentity;
  /** The receiver, and the way to it. */
  readonly receiver: BrokerPeer;
  /** The brokers, 1 to 16, and the way to each. */
  readonly brokers: readonly BrokerPeer[];
  /** How many brokers it takes to open a message: 1 to as many as there are. */
  readonly threshold: number;
  /** The longest time to live that is agreed to, milliseconds; 100 by default. */
  readonly maxTtlMs?: number;
}

/** A sender whose messages need brokers to be opened. */
export interface BrokeredSender {
  /** How many brokers have a session now. */
  readonly brokersReady: number;
  /**
   * Waits for sessions with the receiver and with as many brokers as it takes to open a message.
   *
   * @throws {@link InputError} `ERR_INPUT_DISPOSED` when the sender is, or was meanwhile, closed.
   */
  ready(): Promise<void>;
  /**
   * Sends a message: sealed to the receiver under a secret that is split among the brokers, and everything in sessions whose
   * keys die at their time.
   *
   * @param data - Up to 1 MiB less about 1 KiB; stays the caller's.
   * @returns How many brokers got a share.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_DISPOSED`; `ERR_INPUT_STATE` while there is no
   * session with the receiver (`ready` waits for one).
   * @throws {@link QuorumError} when fewer brokers have a session, or could be sent to, than it takes.
   * @throws {@link ExpiredError} `ERR_EXPIRED_CLOCK_ANOMALY`, `ERR_EXPIRED_EPOCH_GONE`, `ERR_EXPIRED_USE_BUDGET`.
   */
  send(data: Uint8Array): Promise<number>;
  /** Ends every session. The transports stay open. Further calls do nothing. */
  close(): Promise<void>;
}

const OPTIONS = ['identity', 'receiver', 'brokers', 'threshold', 'maxTtlMs'];
const MAX_DATA_BYTES: number = 2 ** 20 - messageOverheadBytes(MAX_BROKERS);
const POLL_MS = 5;

interface End {
  readonly sender: FragmentSender;
  readonly route: Route;
  readonly link: SenderLink;
}

/**
 * Checks a way to somebody.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`.
 */
export function checkBrokerPeer(argument: string, value: unknown): BrokerPeer {
  if (value === undefined) throw new InputError('ERR_INPUT_TYPE', argument, 'a BrokerPeer', 'undefined');
  const { transport, peer } = checkOptions(argument, value as BrokerPeer, ['transport', 'peer']);
  checkTransport(`${argument}.transport`, transport);
  // Each session checks it again; here so that it is told by its name.
  new Peers(`${argument}.peer`, peer);
  return { transport, peer: peer as ExpectedPeer };
}

/**
 * Checks a list of brokers.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`.
 */
export function checkBrokers(value: unknown): BrokerPeer[] {
  const brokers = checkArray('options.brokers', value, 'an array of BrokerPeer', checkBrokerPeer);
  if (brokers.length < 1 || brokers.length > MAX_BROKERS) {
    const got = `an array of ${brokers.length}`;
    throw new InputError('ERR_INPUT_LENGTH', 'options.brokers', `1 to ${MAX_BROKERS} brokers`, got);
  }
  return brokers;
}

/**
 * Joins a sender to a receiver and to brokers.
 *
 * @param options - Identity, the receiver, the brokers, and how many of them it takes.
 * @returns The sender, whose handshakes run by themselves from now on.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`,
 * `ERR_INPUT_DISPOSED`.
 * @example
 * const sender = await brokeredSender({ identity, receiver, brokers: [first, second, third], threshold: 2 });
 * await sender.ready();
 * await sender.send(data);
 */
export async function brokeredSender(options: BrokeredSenderOptions): Promise<BrokeredSender> {
  const wanted = checkOptions('options', options ?? {}, OPTIONS);
  const receiver = checkBrokerPeer('options.receiver', wanted.receiver);
  const brokers = checkBrokers(wanted.brokers);
  checkInteger('options.threshold', wanted.threshold, 1, brokers.length);
  const { threshold, maxTtlMs } = wanted;
  const open = async ({ transport, peer }: BrokerPeer): Promise<End> => {
    const sender = await FragmentSender.create({
      identity: wanted.identity as OwnIdentity,
      peer,
      ...(maxTtlMs === undefined ? {} : { maxTtlMs }),
    });
    const route = openRoute(transport, () => undefined);
    return { sender, route, link: connectSender(sender, route.session) };
  };
  const main = await open(receiver);
  const ends: End[] = [];
  try {
    for (const broker of brokers) ends.push(await open(broker));
  } catch (error) {
    await Promise.all([main, ...ends].map(closeEnd));
    throw error;
  }
  return new Sender(main, ends, threshold);
}

async function closeEnd({ route, link }: End): Promise<void> {
  route.stop();
  await link.close();
}

class Sender implements BrokeredSender {
  readonly #main: End;
  readonly #brokers: readonly End[];
  readonly #threshold: number;
  #isClosed = false;

  constructor(main: End, brokers: readonly End[], threshold: number) {
    this.#main = main;
    this.#brokers = brokers;
    this.#threshold = threshold;
  }

  get brokersReady(): number {
    return this.#brokers.filter(({ sender }) => sender.isReady).length;
  }

  async ready(): Promise<void> {
    await this.#main.sender.ready();
    while (this.brokersReady < this.#threshold) {
      this.#checkOpen();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async send(data: Uint8Array): Promise<number> {
    checkBytes('data', data, { max: MAX_DATA_BYTES });
    this.#checkOpen();
    const { deposits, message } = this.#seal(data);
    const taken = await Promise.all(deposits.map(({ route, bytes }) => route.send(bytes)));
    const count = taken.filter((isTaken) => isTaken).length;
    if (count < this.#threshold) throw new QuorumError(count, this.#threshold);
    await this.#main.route.send(message);
    return count;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#main, ...this.#brokers].map(closeEnd));
  }

  #checkOpen(): void {
    if (this.#isClosed)
      throw new InputError('ERR_INPUT_DISPOSED', 'sender', 'an open sender', 'a closed one');
  }

  /** Seals everything at once, so that no time passes between the epochs of the sessions. */
  #seal(data: Uint8Array): { deposits: { route: Route; bytes: Uint8Array }[]; message: Uint8Array } {
    const peer = this.#main.sender.isReady ? this.#main.sender.peer : undefined;
    if (peer === undefined) {
      throw new InputError(
        'ERR_INPUT_STATE',
        'sender',
        'a session with the receiver',
        'none (await ready())',
      );
    }
    const subject: Subject = {
      id: randomFill(new Uint8Array(ID_BYTES)),
      receiver: fromBase64Url(peer.keyId),
      threshold: this.#threshold,
      total: this.#brokers.length,
    };
    const records = makeRecords(data, subject);
    try {
      const deposits: { route: Route; bytes: Uint8Array }[] = [];
      for (const [i, { sender, route }] of this.#brokers.entries()) {
        if (!sender.isReady) continue;
        const sealed = seal(sender, records.shares[i] as Uint8Array, CONTEXTS.deposit);
        deposits.push({ route, bytes: writeMessage('deposit', subject, sealed) });
      }
      if (deposits.length < this.#threshold) throw new QuorumError(deposits.length, this.#threshold);
      const sealed = seal(this.#main.sender, records.message, CONTEXTS.message);
      return { deposits, message: writeMessage('message', subject, sealed) };
    } finally {
      wipe(...records.shares);
    }
  }
}

function seal(sender: FragmentSender, record: Uint8Array, context: Uint8Array): Uint8Array {
  return sender.seal(record, { context })[0] as Uint8Array;
}
