/**
 * Ways for fragments, handshakes and heartbeats between services. None of them is trusted.
 *
 * @module
 */
export type { RedisClient, RedisListener, RedisOptions, RedisSetOptions } from '../redis.ts';
export { createTransport, type TransportDriver, type TransportHandle } from './create.ts';
export type { TransportDiagnostic, TransportEvent } from './events.ts';
export type { TransportOptions } from './options.ts';
export { transportPair } from './pair.ts';
export { type MessageEndpoint, messagePortTransport } from './port.ts';
export { type RedisTransportOptions, redisTransport } from './redis.ts';
export { type StreamSocket, socketTransport } from './socket.ts';
export type { FragmentTransport } from './transport.ts';
