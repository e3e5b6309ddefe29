/**
 * Sessions between services, TF-1: a handshake of ML-KEM-1024 and ML-DSA-87, epochs that the receiver owns, and fragments that
 * nobody can open after their time to live.
 *
 * @module
 */
export type { Accepted } from '../assembler.ts';
export type { Secrecy } from '../format.ts';
export type { FragmentTransport } from '../transport/transport.ts';
export type { Endpoint, Outgoing } from './endpoint.ts';
export { SESSION_CHANNEL, type SessionCounters, type SessionEnd, type SessionEvent } from './events.ts';
export type {
  ExpectedPeer,
  OwnIdentity,
  PeerResolver,
  PinnedPeer,
  SessionIdentity,
  SessionPeer,
} from './identity.ts';
export {
  connectReceiver,
  connectSender,
  type DeliveredMessage,
  type ReceiverLink,
  type SenderLink,
} from './link.ts';
export type { SessionPolicy } from './policy.ts';
export { FragmentReceiver, type FragmentReceiverOptions } from './receiver.ts';
export type { Refusal } from './refusal.ts';
export { FragmentSender, type FragmentSenderOptions, type SealOptions } from './sender.ts';
