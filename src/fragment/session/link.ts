/**
 * Joins an end of a session to a transport.
 *
 * @module
 */
import { checkArray, checkBytes, describe, isObject, readFrom } from '../../bytes.ts';
import { InputError } from '../../errors.ts';
import type { Accepted } from '../assembler.ts';
import type { FragmentTransport } from '../transport/transport.ts';
import { type Endpoint, isSessionMessage, type Outgoing } from './endpoint.ts';
import { FragmentReceiver } from './receiver.ts';
import { type Due, scheduler } from './scheduler.ts';
import { FragmentSender, type SealOptions } from './sender.ts';

/** A message that came through a link. */
export type DeliveredMessage = Extract<Accepted, { kind: 'message' }>;

/** A receiver that is joined to a transport. */
export interface ReceiverLink {
  /** Ends the session, tells the other end, and lets go of the transport, which stays open. Further calls do nothing. */
  close(): Promise<void>;
}

/** A sender that is joined to a transport. */
export interface SenderLink {
  /**
   * Waits for a session, seals a message and sends its fragments.
   *
   * @param data - The message.
   * @param options - How many fragments, secrecy, context.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
   * @throws {@link ExpiredError} `ERR_EXPIRED_CLOCK_ANOMALY`, `ERR_EXPIRED_EPOCH_GONE`, `ERR_EXPIRED_USE_BUDGET`, as `FragmentSender.seal` does.
   * @throws What the transport throws, as it is.
   */
  send(data: Uint8Array, options?: SealOptions): Promise<void>;
  /**
   * Waits for a session, seals many messages as few, and sends their fragments.
   *
   * @param messages - The messages.
   * @param options - How many fragments of each batch, secrecy, context.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
   * @throws {@link ExpiredError} `ERR_EXPIRED_CLOCK_ANOMALY`, `ERR_EXPIRED_EPOCH_GONE`, `ERR_EXPIRED_USE_BUDGET`, as `FragmentSender.seal` does.
   * @throws What the transport throws, as it is.
   */
  sendBatch(messages: readonly Uint8Array[], options?: SealOptions): Promise<void>;
  /** Ends the session, tells the other end, and lets go of the transport, which stays open. Further calls do nothing. */
  close(): Promise<void>;
}

/** Drives an end: what comes in, what is due, what goes out. */
class Link implements Due {
  readonly #endpoint: Endpoint;
  readonly #transport: FragmentTransport;
  readonly #stop: () => void;
  entryMs = Number.POSITIVE_INFINITY;
  #busy = false;
  #closed = false;

  constructor(endpoint: Endpoint, transport: FragmentTransport, onFragment: (fragment: Uint8Array) => void) {
    this.#endpoint = endpoint;
    this.#transport = transport;
    endpoint.onWake = () => scheduler.schedule(this);
    this.#stop = transport.onMessage((message) => {
      if (isSessionMessage(message)) void this.#receive(message);
      else onFragment(message);
    });
    scheduler.schedule(this);
  }

  get nextDueMs(): number {
    return this.#busy ? Number.POSITIVE_INFINITY : this.#endpoint.nextDueMs;
  }

  run(): void {
    this.#busy = true;
    void this.#endpoint
      .due()
      .then((out) => this.#send(out))
      .then(() => {
        this.#busy = false;
        if (!this.#closed) scheduler.schedule(this);
      });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    scheduler.remove(this);
    this.#stop();
    this.#endpoint.onWake = undefined;
    await this.#send(this.#endpoint.close());
  }

  async #receive(message: Uint8Array): Promise<void> {
    await this.#send(await this.#endpoint.receive(message));
    if (!this.#closed) scheduler.schedule(this);
  }

  /** What does not get through is as lost as what the network loses: heartbeats and handshakes are made again. */
  async #send(out: Outgoing): Promise<void> {
    for (const message of out) {
      try {
        await this.#transport.send(message);
      } catch {
        return;
      }
    }
  }
}

/** As `instanceof`; what a proxy throws is an InputError. */
function isInstance(
  argument: string,
  value: unknown,
  type: typeof FragmentReceiver | typeof FragmentSender,
): boolean {
  return readFrom(argument, `a ${type.name}`, () => value instanceof type);
}

function checkTransport(transport: unknown): asserts transport is FragmentTransport {
  const expected = 'a FragmentTransport';
  const isTransport = readFrom(
    'transport',
    expected,
    () =>
      isObject(transport) &&
      typeof (transport as Partial<FragmentTransport>).send === 'function' &&
      typeof (transport as Partial<FragmentTransport>).onMessage === 'function',
  );
  if (!isTransport) throw new InputError('ERR_INPUT_TYPE', 'transport', expected, describe(transport));
}

/**
 * Joins a receiver to a transport: offers, heartbeats and handshakes run by themselves from now on, after whatever trouble.
 *
 * @param receiver - A receiver that is joined to nothing else.
 * @param transport - The way to and from the sender.
 * @param onMessage - Gets each message once, also those of a batch; its `data` is yours. What it throws is the transport's to report.
 * @returns The link, yours to close.
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 * @example const link = connectReceiver(receiver, transport, ({ data }) => handle(data));
 */
export function connectReceiver(
  receiver: FragmentReceiver,
  transport: FragmentTransport,
  onMessage: (message: DeliveredMessage) => void,
): ReceiverLink {
  if (!isInstance('receiver', receiver, FragmentReceiver)) {
    throw new InputError('ERR_INPUT_TYPE', 'receiver', 'a FragmentReceiver', describe(receiver));
  }
  checkTransport(transport);
  if (typeof onMessage !== 'function') {
    throw new InputError('ERR_INPUT_TYPE', 'onMessage', 'a function', describe(onMessage));
  }
  const link = new Link(receiver, transport, (fragment) => {
    const opened = receiver.open(fragment);
    if (opened.kind === 'message') onMessage(opened);
    else if (opened.kind === 'batch') {
      const { messages, ...batch } = opened;
      for (const data of messages) onMessage({ ...batch, kind: 'message', data });
    }
  });
  return { close: () => link.close() };
}

/**
 * Joins a sender to a transport: requests and handshakes run by themselves from now on, after whatever trouble.
 *
 * @param sender - A sender that is joined to nothing else.
 * @param transport - The way to and from the receiver.
 * @returns The link, yours to close.
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 * @example await connectSender(sender, transport).send(data, { threshold: 4, total: 6 });
 */
export function connectSender(sender: FragmentSender, transport: FragmentTransport): SenderLink {
  if (!isInstance('sender', sender, FragmentSender)) {
    throw new InputError('ERR_INPUT_TYPE', 'sender', 'a FragmentSender', describe(sender));
  }
  checkTransport(transport);
  const link = new Link(sender, transport, () => {});
  return {
    async send(data, options) {
      checkBytes('data', data);
      await sender.ready();
      for (const fragment of sender.seal(data, options)) await transport.send(fragment);
    },
    async sendBatch(messages, options) {
      checkArray('messages', messages, 'an array of Uint8Array', checkBytes);
      await sender.ready();
      for (const fragment of sender.sealBatch(messages, options).flat()) await transport.send(fragment);
    },
    close: () => link.close(),
  };
}
