/**
 * A stream socket: TCP, TLS, a Unix socket, or any duplex stream of Node.
 *
 * @module
 */
import { describe, isBytes, readFrom } from '../../bytes.ts';
import { InputError, TransportError } from '../../errors.ts';
import { handleOf, type TransportHandle } from './create.ts';
import { FrameReader, writeFrame } from './frames.ts';
import { checkTransportOptions, type TransportOptions, type TransportSettings } from './options.ts';
import type { FragmentTransport } from './transport.ts';

/** What is used of a `net.Socket`, a `tls.TLSSocket` or another duplex stream of Node. */
export interface StreamSocket {
  readonly destroyed: boolean;
  readonly write: (bytes: Uint8Array, written: (error?: Error | null) => void) => boolean;
  readonly end: () => unknown;
  readonly destroy: () => unknown;
  readonly pause: () => unknown;
  readonly resume: () => unknown;
  readonly on: (event: string, listener: (...args: unknown[]) => void) => unknown;
  /** A `net.Socket` has it; a message of 100 ms must not wait for the next one. */
  readonly setNoDelay?: (on: boolean) => unknown;
  /** A `net.Socket` has it; so an end that vanished without a word is noticed at all. */
  readonly setKeepAlive?: (on: boolean, delayMs: number) => unknown;
}

const KEEP_ALIVE_MS = 10_000;

/** The other end has so long to close its half after we closed ours. */
const LINGER_MS = 1_000;

const METHODS = ['write', 'end', 'destroy', 'pause', 'resume', 'on'] as const;

/**
 * A transport over a connected socket, each message with its length in four bytes before it. Nothing is read before
 * somebody listens. An announced length beyond `maxMessageBytes`, or an end in the middle of a message, is told as an
 * error event, and the socket is closed. The transport owns the socket from now on.
 *
 * @param socket - A connected socket, for example from `net.connect`, on which nobody else reads or writes.
 * @param options - Bounds and events.
 * @returns The transport.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`.
 * @example
 * const socket = connect('/run/fragments.sock');
 * const transport = socketTransport(socket, { maxMessageBytes: 65_536 });
 */
export function socketTransport(socket: StreamSocket, options?: TransportOptions): FragmentTransport {
  const isSocket = readFrom('socket', 'a stream socket', () =>
    METHODS.every((name) => typeof socket[name] === 'function'),
  );
  if (!isSocket) throw new InputError('ERR_INPUT_TYPE', 'socket', 'a stream socket', describe(socket));
  const { settings } = checkTransportOptions(options);
  return new SocketEnd(socket, settings).handle.transport;
}

class SocketEnd {
  readonly handle: TransportHandle;
  readonly #socket: StreamSocket;
  readonly #frames: FrameReader;
  #isClosed: boolean;
  #isBroken = false;
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;

  constructor(socket: StreamSocket, settings: TransportSettings) {
    this.#socket = socket;
    this.#isClosed = socket.destroyed;
    this.#frames = new FrameReader(settings.maxMessageBytes);
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.handle = handleOf(
      {
        name: 'socket',
        send: (message) => this.#send(message),
        close: () => this.#close(),
        listening: () => void socket.resume(),
      },
      settings,
    );
    socket.setNoDelay?.(true);
    socket.setKeepAlive?.(true, KEEP_ALIVE_MS);
    socket.on('data', (piece) => this.#read(piece));
    socket.on('end', () => this.#readEnd());
    socket.on('error', (cause) => this.#fail('the socket failed', cause));
    socket.on('close', () => this.#closed());
    // A listener for data would make it flow.
    socket.pause();
    if (this.#isClosed) this.#closed();
  }

  #send(message: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(writeFrame(message), (error) => {
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
    });
  }

  #read(piece: unknown): void {
    if (this.#isBroken) return;
    if (!isBytes(piece)) {
      this.#isBroken = true;
      this.#fail('the socket gives texts, and must give bytes: set no encoding');
      this.#socket.destroy();
      return;
    }
    try {
      this.#frames.read(piece, (message) => {
        this.handle.receive(message);
        return !this.#isClosed;
      });
    } catch (error) {
      this.#isBroken = true;
      this.handle.tell({ type: 'error', error });
      this.#socket.destroy();
    }
  }

  /** The other end sends no more. Nobody answers into half a connection, so this half ends too. */
  #readEnd(): void {
    if (this.#frames.isInside && !this.#isBroken) {
      const problem = 'the other end closed in the middle of a message';
      this.handle.tell({ type: 'error', error: new TransportError('ERR_TRANSPORT_FRAME', problem) });
    }
    this.#socket.end();
    this.handle.tell({ type: 'closed' });
  }

  #fail(problem: string, cause?: unknown): void {
    const error = new TransportError('ERR_TRANSPORT_IO', problem, { cause });
    this.handle.tell({ type: 'error', error });
  }

  #closed(): void {
    this.#isClosed = true;
    this.#end();
    this.handle.tell({ type: 'closed' });
  }

  /** Ends this half after what was written. One that the other end leaves open is cut after a while. */
  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#socket.end();
    // What still comes is read to its end, so that the other end can finish; nobody gets it.
    this.#socket.resume();
    const timer = setTimeout(() => void this.#socket.destroy(), LINGER_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}
