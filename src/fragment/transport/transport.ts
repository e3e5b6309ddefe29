/**
 * The one thing that sessions and brokers want of a bus: bytes out, bytes in.
 *
 * @module
 */

/**
 * A way for messages between two services, or from one to many. It is not trusted: a message may be lost, late, doubled,
 * changed or out of order, and whoever listens must take that. A message arrives whole or not at all.
 *
 * @example
 * const stop = transport.onMessage((message) => receiver.receive(message));
 * await transport.send(bytes);
 * stop();
 * await transport.close();
 */
export interface FragmentTransport {
  /**
   * Hands a message over. That it was taken does not say that it arrives.
   *
   * @param message - Bytes, not to be changed before this has returned, or its promise is fulfilled.
   * @returns A promise where the transport has to wait: await it, so that a slow peer slows the sender down.
   * @throws {@link InputError} `ERR_INPUT_TYPE`; `ERR_INPUT_LENGTH` for more bytes than this transport takes.
   * @throws {@link TransportError} `ERR_TRANSPORT_CLOSED`, `ERR_TRANSPORT_IO`.
   */
  send(message: Uint8Array): void | Promise<void>;
  /**
   * Listens to what comes in. What a listener throws is told as an event of the transport and stops nothing.
   *
   * @param listener - Gets each message, whose bytes are its own.
   * @returns Ends the listening; further calls do nothing.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   */
  onMessage(listener: (message: Uint8Array) => void): () => void;
  /** Sends what was taken where it still can, and lets go of what the transport holds. Further calls do nothing. */
  close(): Promise<void>;
}
