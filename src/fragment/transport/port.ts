/**
 * Worker threads and message ports, of Node and of the web.
 *
 * @module
 */
import { describe, isBytes, readFrom } from '../../bytes.ts';
import { InputError, TransportError } from '../../errors.ts';
import { handleOf, type TransportHandle } from './create.ts';
import { checkTransportOptions, type TransportOptions, type TransportSettings } from './options.ts';
import type { FragmentTransport } from './transport.ts';

/**
 * What is used of a `MessagePort` or a `Worker`, of Node or of the web, and of what a worker has to the other side
 * (`parentPort`, `self`). It has either `on` or `addEventListener`.
 */
export interface MessageEndpoint {
  readonly postMessage: (message: unknown, transfer: ArrayBuffer[]) => void;
  readonly addEventListener?: (type: string, listener: (event: unknown) => void) => void;
  readonly removeEventListener?: (type: string, listener: (event: unknown) => void) => void;
  readonly on?: (type: string, listener: (value: unknown) => void) => unknown;
  readonly off?: (type: string, listener: (value: unknown) => void) => unknown;
  readonly start?: () => void;
  readonly close?: () => void;
}

/**
 * A transport over a message port or a worker. Bytes are copied once and handed over, not cloned. Messages that are no bytes
 * belong to somebody else and are passed over. Closing it closes a port, and leaves a worker running.
 *
 * @param port - A `MessagePort`, a `Worker`, `parentPort` or `self`.
 * @param options - Bounds and events.
 * @returns The transport.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`.
 * @example
 * const { port1, port2 } = new MessageChannel();
 * worker.postMessage(port2, [port2]);
 * const transport = messagePortTransport(port1);
 */
export function messagePortTransport(port: MessageEndpoint, options?: TransportOptions): FragmentTransport {
  const expected = 'a MessagePort or a Worker';
  const isPort = readFrom(
    'port',
    expected,
    () =>
      typeof port.postMessage === 'function' &&
      (typeof port.addEventListener === 'function' || typeof port.on === 'function'),
  );
  if (!isPort) throw new InputError('ERR_INPUT_TYPE', 'port', expected, describe(port));
  const { settings } = checkTransportOptions(options);
  return new PortEnd(port, settings).handle.transport;
}

type Listener = (value: unknown) => void;

class PortEnd {
  readonly handle: TransportHandle;
  readonly #port: MessageEndpoint;
  readonly #listeners: readonly (readonly [string, Listener])[];

  constructor(port: MessageEndpoint, settings: TransportSettings) {
    this.#port = port;
    const end = () => this.handle.tell({ type: 'closed' });
    this.#listeners = [
      ['message', (value: unknown) => this.#receive(value)],
      ['messageerror', () => this.#refuse()],
      // A port of Node, and a worker of Node. The web tells of neither, in most browsers.
      ['close', end],
      ['exit', end],
    ];
    this.handle = handleOf(
      {
        name: 'message-port',
        send: (message) => this.#send(message),
        close: () => this.#close(),
        listening: () => this.#listen('message'),
      },
      settings,
    );
    for (const name of ['messageerror', 'close', 'exit']) this.#listen(name);
  }

  #listen(name: string): void {
    for (const [type, listener] of this.#listeners) {
      if (type !== name) continue;
      if (this.#port.addEventListener !== undefined) this.#port.addEventListener(type, listener);
      else this.#port.on?.(type, listener);
    }
    // What came before is kept by the port until now.
    if (name === 'message') this.#port.start?.();
  }

  #send(message: Uint8Array): void {
    const copy = Uint8Array.from(message);
    this.#port.postMessage(copy, [copy.buffer]);
  }

  #receive(value: unknown): void {
    // An event of the web, or the value itself.
    const message = isBytes(value) ? value : (value as { data?: unknown } | null)?.data;
    if (!isBytes(message)) return;
    const isShared = !(message.buffer instanceof ArrayBuffer);
    this.handle.receive(isShared ? Uint8Array.from(message) : message);
  }

  #refuse(): void {
    const error = new TransportError('ERR_TRANSPORT_FRAME', 'a message came in that cannot be read here');
    this.handle.tell({ type: 'error', error });
  }

  #close(): void {
    for (const [type, listener] of this.#listeners) {
      if (this.#port.removeEventListener !== undefined) this.#port.removeEventListener(type, listener);
      else this.#port.off?.(type, listener);
    }
    // Only a port can be started. The close of a worker's own side would end the worker.
    if (this.#port.start !== undefined) this.#port.close?.();
  }
}
