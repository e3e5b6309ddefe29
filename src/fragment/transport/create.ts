/**
 * What all transports have in common: checks, listeners whose errors stop nothing, a bound for what waits, one end.
 *
 * @module
 */
import { checkBytes, copyOptions, readFrom } from '../../bytes.ts';
import { InputError, PqError, TransportError } from '../../errors.ts';
import { publish, type TransportEvent } from './events.ts';
import {
  checkFunction,
  checkTransportOptions,
  type TransportOptions,
  type TransportSettings,
} from './options.ts';
import type { FragmentTransport } from './transport.ts';

/** How to reach a bus: what an adapter has to say. */
export interface TransportDriver {
  /** Which kind of transport this is, for messages and events. */
  readonly name: string;
  /** Hands a message over, which was checked; its bytes are the caller's. What it throws becomes `ERR_TRANSPORT_IO`. */
  readonly send: (message: Uint8Array) => void | Promise<void>;
  /** Lets go of what the adapter holds, once, after what was under way has been sent. */
  readonly close: () => void | Promise<void>;
  /** Called when somebody listens for the first time, and messages may come. */
  readonly listening?: () => void;
}

/** An adapter's own view of its transport. */
export interface TransportHandle {
  /** What the users of the transport get. */
  readonly transport: FragmentTransport;
  /**
   * Gives a message to everybody who listens. More bytes than allowed are told as an error event.
   *
   * @param message - Bytes that nobody else refers to.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   */
  receive(message: Uint8Array): void;
  /**
   * Tells an event; `closed` ends the transport, as when the other end closed it.
   *
   * @param event - What happened.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   */
  tell(event: TransportEvent): void;
}

const EVENT_TYPES: readonly unknown[] = ['error', 'disconnected', 'connected', 'closed'];

/**
 * Makes a transport for any bus that moves bytes.
 *
 * @param driver - How to send and how to close.
 * @param options - Bounds, and where to tell events.
 * @returns The transport, and where the adapter gives what comes in.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`.
 * @example
 * const { transport, receive } = createTransport({
 *   name: 'mqtt',
 *   send: (message) => client.publishAsync('fragments', message),
 *   close: () => client.endAsync(),
 * });
 * client.on('message', (_topic, message) => receive(Uint8Array.from(message)));
 */
export function createTransport(driver: TransportDriver, options?: TransportOptions): TransportHandle {
  const checked = checkDriver(driver);
  const { settings } = checkTransportOptions(options);
  return handleOf(checked, settings);
}

function checkDriver(value: TransportDriver): TransportDriver {
  // A driver may be an object with a class of its own.
  const { name, send, close, listening } = readFrom('driver', 'a TransportDriver', () => ({
    name: value.name,
    send: value.send,
    close: value.close,
    listening: value.listening,
  }));
  checkFunction('driver.send', send);
  checkFunction('driver.close', close);
  if (listening !== undefined) checkFunction('driver.listening', listening);
  return {
    name: typeof name === 'string' ? name : 'custom',
    send: (message) => send.call(value, message),
    close: () => close.call(value),
    listening: () => listening?.call(value),
  };
}

/** As {@link createTransport}, for adapters of this library, which checked everything. */
export function handleOf(driver: TransportDriver, settings: TransportSettings): TransportHandle {
  const transport = new Transport(driver, settings);
  return {
    transport,
    receive: (message) => Transport.receive(transport, message),
    tell: (event) => Transport.tell(transport, checkEvent(event)),
  };
}

function checkEvent(value: TransportEvent): TransportEvent {
  const event = copyOptions('event', value);
  if (!EVENT_TYPES.includes(event.type)) {
    throw new InputError('ERR_INPUT_TYPE', 'event', 'a TransportEvent', 'one of another type');
  }
  return event;
}

class Transport implements FragmentTransport {
  readonly #driver: TransportDriver;
  readonly #settings: TransportSettings;
  readonly #listeners = new Set<{ readonly listener: (message: Uint8Array) => void }>();
  /** What the driver has not yet taken. */
  readonly #underWay = new Set<Promise<void>>();
  #bufferedBytes = 0;
  #listened = false;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  constructor(driver: TransportDriver, settings: TransportSettings) {
    this.#driver = driver;
    this.#settings = settings;
  }

  send(message: Uint8Array): void | Promise<void> {
    checkBytes('message', message, { max: this.#settings.maxMessageBytes });
    if (this.#isClosed) {
      throw new TransportError('ERR_TRANSPORT_CLOSED', `the ${this.#driver.name} transport is closed`);
    }
    const after = this.#bufferedBytes + message.length;
    if (this.#bufferedBytes > 0 && after > this.#settings.maxBufferedBytes) {
      throw new TransportError(
        'ERR_TRANSPORT_FULL',
        `${this.#bufferedBytes} bytes wait to be sent, and ${this.#settings.maxBufferedBytes} may: await each send`,
      );
    }
    let sending: void | Promise<void>;
    try {
      sending = this.#driver.send(message);
    } catch (error) {
      throw this.#failure(error);
    }
    if (sending !== undefined) return this.#wait(sending, message.length);
  }

  onMessage(listener: (message: Uint8Array) => void): () => void {
    checkFunction('listener', listener);
    // One that is added twice is called twice, and each time ended by itself.
    const entry = { listener };
    this.#listeners.add(entry);
    if (!this.#listened && !this.#isClosed) {
      this.#listened = true;
      this.#driver.listening?.();
    }
    return () => void this.#listeners.delete(entry);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  static receive(transport: Transport, message: Uint8Array): void {
    checkBytes('message', message);
    transport.#receive(message);
  }

  static tell(transport: Transport, event: TransportEvent): void {
    if (event.type === 'closed') transport.#end();
    else transport.#tell(event);
  }

  async #wait(sending: Promise<void>, sizeBytes: number): Promise<void> {
    this.#bufferedBytes += sizeBytes;
    const taken = Promise.resolve(sending).catch((error: unknown) => {
      throw this.#failure(error);
    });
    this.#underWay.add(taken);
    try {
      await taken;
    } finally {
      this.#underWay.delete(taken);
      this.#bufferedBytes -= sizeBytes;
    }
  }

  #failure(cause: unknown): PqError {
    if (cause instanceof PqError) return cause;
    const { name } = this.#driver;
    return new TransportError('ERR_TRANSPORT_IO', `the ${name} transport could not send`, { cause });
  }

  #receive(message: Uint8Array): void {
    const { maxMessageBytes } = this.#settings;
    if (this.#isClosed) return;
    if (message.length > maxMessageBytes) {
      const problem = `a message of ${message.length} bytes came in, and ${maxMessageBytes} are allowed`;
      this.#tell({ type: 'error', error: new TransportError('ERR_TRANSPORT_FRAME', problem) });
      return;
    }
    const listeners = [...this.#listeners];
    const last = listeners.at(-1);
    for (const entry of listeners) {
      try {
        // Its bytes are its own: one that changes them must not change another's.
        this.#containRejection(entry.listener(entry === last ? message : new Uint8Array(message)));
      } catch (error) {
        this.#tell({ type: 'error', error });
      }
    }
  }

  /** A listener may be an async function, although nobody waits for it. */
  #containRejection(result: unknown): void {
    if (result instanceof Promise) {
      result.catch((error: unknown) => this.#tell({ type: 'error', error }));
    }
  }

  async #close(): Promise<void> {
    const wasClosed = this.#isClosed;
    this.#isClosed = true;
    await Promise.allSettled(this.#underWay);
    try {
      await this.#driver.close();
    } catch (error) {
      this.#tell({ type: 'error', error: this.#failure(error) });
    }
    if (!wasClosed) this.#tell({ type: 'closed' });
  }

  /** The other end closed, or the connection is gone for good. */
  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tell({ type: 'closed' });
    void this.close();
  }

  #tell(event: TransportEvent): void {
    publish(this.#driver.name, event);
    try {
      this.#settings.onEvent(event);
    } catch {
      // There is nobody left to tell.
    }
  }
}
