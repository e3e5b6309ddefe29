/**
 * A transport that a session and the messages of brokers share.
 *
 * @module
 */
import { describe, isObject, readFrom } from '../../bytes.ts';
import { InputError } from '../../errors.ts';
import type { FragmentTransport } from '../transport/transport.ts';
import { type BrokerMessage, isBrokerMessage, readMessage } from './wire.ts';

/** One way to somebody. */
export interface Route {
  /** What the session gets of the transport. */
  readonly session: FragmentTransport;
  /** Sends; whether the transport took it. What it did not take is lost, as what a network loses. */
  send(message: Uint8Array): Promise<boolean>;
  /** Listens no longer. The transport stays open. */
  stop(): void;
}

/**
 * Checks a transport.
 *
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 */
export function checkTransport(argument: string, transport: unknown): asserts transport is FragmentTransport {
  const expected = 'a FragmentTransport';
  const isTransport = readFrom(
    argument,
    expected,
    () =>
      isObject(transport) &&
      typeof (transport as Partial<FragmentTransport>).send === 'function' &&
      typeof (transport as Partial<FragmentTransport>).onMessage === 'function',
  );
  if (!isTransport) throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(transport));
}

/**
 * Shares a transport.
 *
 * @param transport - The way to and from somebody.
 * @param onMessage - Gets the messages of brokers; their bytes are views of what came.
 */
export function openRoute(transport: FragmentTransport, onMessage: (message: BrokerMessage) => void): Route {
  const stop = transport.onMessage((bytes) => {
    const message = readMessage(bytes);
    if (message !== undefined) onMessage(message);
  });
  return {
    session: {
      send: (message) => transport.send(message),
      onMessage: (listener) =>
        transport.onMessage((message) => {
          if (!isBrokerMessage(message)) listener(message);
        }),
      close: async () => undefined,
    },
    async send(message) {
      try {
        await transport.send(message);
        return true;
      } catch {
        return false;
      }
    },
    stop,
  };
}
