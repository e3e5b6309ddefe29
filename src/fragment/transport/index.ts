/**
 * Ways for fragments, handshakes and heartbeats between services.
 *
 * @module
 */
export type { FragmentTransport } from './transport.ts';
