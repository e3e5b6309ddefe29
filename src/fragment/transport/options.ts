/**
 * What every transport can be told.
 *
 * @module
 */
import { checkInteger, checkOptions, describe } from '../../bytes.ts';
import { InputError } from '../../errors.ts';
import type { TransportEvent } from './events.ts';

/** Most bytes of a message by default: a fragment of 1 MiB, and what stands around it. */
export const DEFAULT_MAX_MESSAGE_BYTES: number = 2 ** 20 + 2 ** 16;

/** Most bytes that wait to be sent, by default. */
export const DEFAULT_MAX_BUFFERED_BYTES: number = 2 ** 24;

const LARGEST = 2 ** 30;

/** Options of every transport. */
export interface TransportOptions {
  /** Most bytes of a message, either way: 1 to 2^30, by default 1 MiB + 64 KiB. What comes in longer is refused unread. */
  readonly maxMessageBytes?: number;
  /**
   * Most bytes that wait to be sent: 1 to 2^30, by default 16 MiB, and one message always. Who awaits `send` never gets
   * there; who does not, gets `ERR_TRANSPORT_FULL`.
   */
  readonly maxBufferedBytes?: number;
  /** Gets what the transport tells. What it throws is dropped. */
  readonly onEvent?: (event: TransportEvent) => void;
}

/** Names of {@link TransportOptions}. */
export const TRANSPORT_OPTIONS: readonly string[] = ['maxMessageBytes', 'maxBufferedBytes', 'onEvent'];

/** Options, checked. */
export interface TransportSettings {
  readonly maxMessageBytes: number;
  readonly maxBufferedBytes: number;
  readonly onEvent: (event: TransportEvent) => void;
}

/**
 * Checks an argument that is a function.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 */
export function checkFunction(argument: string, value: unknown): void {
  if (typeof value !== 'function') {
    throw new InputError('ERR_INPUT_TYPE', argument, 'a function', describe(value));
  }
}

/**
 * Checks the options of a transport.
 *
 * @param options - What the caller passed.
 * @param others - Names of options that this transport has beside the usual ones.
 * @param argument - The argument's name, for the error.
 * @returns The usual ones, and a copy of all.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_RANGE`, `ERR_INPUT_OPTION`.
 */
export function checkTransportOptions<T extends TransportOptions>(
  options: T | undefined,
  others: readonly string[] = [],
  argument = 'options',
): { settings: TransportSettings; all: Partial<T> } {
  const all = checkOptions(argument, options, [...TRANSPORT_OPTIONS, ...others]);
  const {
    maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES,
    maxBufferedBytes = DEFAULT_MAX_BUFFERED_BYTES,
    onEvent = () => undefined,
  } = all;
  checkInteger(`${argument}.maxMessageBytes`, maxMessageBytes, 1, LARGEST);
  checkInteger(`${argument}.maxBufferedBytes`, maxBufferedBytes, 1, LARGEST);
  checkFunction(`${argument}.onEvent`, onEvent);
  return { settings: { maxMessageBytes, maxBufferedBytes, onEvent }, all };
}
