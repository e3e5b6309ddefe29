/**
 * Two ends in one process.
 *
 * @module
 */
import { handleOf, type TransportHandle } from './create.ts';
import { checkTransportOptions, type TransportOptions, type TransportSettings } from './options.ts';
import type { FragmentTransport } from './transport.ts';

interface Queued {
  readonly message: Uint8Array;
  readonly taken: () => void;
}

/** An interval that is only there to be there: the longest that timers take is 2^31 - 1. */
const FOREVER_MS = 2 ** 30;

/** Messages of one turn of the event loop, so that two ends that answer each other keep nothing else from its turn. */
const MESSAGES_A_TURN = 256;

/**
 * Two transports, each of which receives what the other one sends, in order and without loss: for tests, and for parts of
 * one process. Closing one closes the other, after what was sent before. An open end that somebody listens to keeps the process
 * running, as a socket does.
 *
 * @param left - Bounds and events of one end.
 * @param right - Those of the other one; the same when left out.
 * @returns The two ends.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`.
 * @example const [left, right] = transportPair();
 */
export function transportPair(
  left?: TransportOptions,
  right: TransportOptions | undefined = left,
): [FragmentTransport, FragmentTransport] {
  const leftEnd: End = new End(checkTransportOptions(left, [], 'left').settings, () => rightEnd);
  const rightEnd: End = new End(checkTransportOptions(right, [], 'right').settings, () => leftEnd);
  return [leftEnd.handle.transport, rightEnd.handle.transport];
}

class End {
  readonly handle: TransportHandle;
  readonly #queue: Queued[] = [];
  #isScheduled = false;
  #isEnded = false;
  #keepAlive: ReturnType<typeof setInterval> | undefined;

  constructor(settings: TransportSettings, peer: () => End) {
    const driver = {
      name: 'in-process',
      send: (message: Uint8Array) => peer().#take(new Uint8Array(message)),
      close: () => {
        clearInterval(this.#keepAlive);
        peer().#end();
      },
      listening: () => {
        this.#keepAlive = setInterval(() => undefined, FOREVER_MS);
      },
    };
    this.handle = handleOf(driver, settings);
  }

  #take(message: Uint8Array): Promise<void> {
    return new Promise((taken) => {
      this.#queue.push({ message, taken });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    nextTurn(() => this.#deliver());
  }

  #deliver(): void {
    this.#isScheduled = false;
    for (const { message, taken } of this.#queue.splice(0, MESSAGES_A_TURN)) {
      this.handle.receive(message);
      taken();
    }
    if (this.#queue.length > 0) this.#schedule();
    else if (this.#isEnded) this.handle.tell({ type: 'closed' });
  }

  /** The peer closes, when its messages were taken. */
  #end(): void {
    this.#isEnded = true;
    this.#schedule();
  }
}

function nextTurn(work: () => void): void {
  const { setImmediate } = globalThis as { setImmediate?: (work: () => void) => unknown };
  if (setImmediate === undefined) setTimeout(work, 0);
  else setImmediate(work);
}
