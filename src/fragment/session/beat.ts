/**
 * What keeps a session going: the receiver's confirmation and heartbeats, the sender's answers to them.
 *
 * Confirm and heartbeat: head (5), session id (16), counter (4), age of epoch 0 in microseconds (8), flags (1: 1 when the session
 * ends), MAC (32). Ack: head (5), session id (16), counter of what it answers (4), flags (1), MAC (32). A request for an offer
 * is not authenticated: head (5), suite (1), sender's key id (32), receiver's key id (32; zeros when the sender knows none).
 *
 * @module
 */
import type { MacKeyName, MacKeys } from './mac-keys.ts';
import { BODY_OFFSET, ID_BYTES, MAC_BYTES, MESSAGE_BYTES, SUITE, writeHead } from './wire.ts';

const COUNTER_OFFSET = BODY_OFFSET + ID_BYTES;
const AGE_OFFSET = COUNTER_OFFSET + 4;
const ENDING = 1;
const US_PER_MS = 1000;

/** What a confirmation or a heartbeat says. */
export interface Beat {
  readonly counter: number;
  /** Milliseconds since epoch 0 began, on the receiver's clock. */
  readonly ageMs: number;
  /** Whether the receiver ends the session. */
  readonly ending: boolean;
}

/** What an ack says. */
export interface Ack {
  /** Counter of the message that it answers. */
  readonly counter: number;
  /** Whether the sender ends the session. */
  readonly ending: boolean;
}

/** The session that a message is about, of those that are about one. */
export function sessionIdOf(message: Uint8Array): Uint8Array {
  return message.subarray(BODY_OFFSET, COUNTER_OFFSET);
}

const keyOf = (kind: 'confirm' | 'heartbeat' | 'ack'): MacKeyName =>
  kind === 'confirm' ? 'confirm-receiver' : 'heartbeat';

function authenticate(out: Uint8Array, kind: 'confirm' | 'heartbeat' | 'ack', macs: MacKeys): Uint8Array {
  const macOffset = out.length - MAC_BYTES;
  macs.write(keyOf(kind), out.subarray(0, macOffset), out.subarray(macOffset));
  return out;
}

/** Whether the MAC of a message is right, under the key of its kind. */
export function isAuthentic(
  message: Uint8Array,
  kind: 'confirm' | 'heartbeat' | 'ack',
  macs: MacKeys,
): boolean {
  const macOffset = message.length - MAC_BYTES;
  return macs.verify(keyOf(kind), message.subarray(0, macOffset), message.subarray(macOffset));
}

function start(
  kind: 'confirm' | 'heartbeat' | 'ack',
  sessionId: Uint8Array,
  counter: number,
): [Uint8Array, DataView] {
  const out = new Uint8Array(MESSAGE_BYTES[kind]);
  const view = new DataView(out.buffer);
  writeHead(out, kind);
  out.set(sessionId, BODY_OFFSET);
  view.setUint32(COUNTER_OFFSET, counter);
  return [out, view];
}

/** Writes a confirmation or a heartbeat. */
export function writeBeat(
  kind: 'confirm' | 'heartbeat',
  sessionId: Uint8Array,
  { counter, ageMs, ending }: Beat,
  macs: MacKeys,
): Uint8Array {
  const [out, view] = start(kind, sessionId, counter);
  // Down, as the sender takes it for a lower bound.
  view.setBigUint64(AGE_OFFSET, BigInt(Math.max(0, Math.floor(ageMs * US_PER_MS))));
  view.setUint8(AGE_OFFSET + 8, ending ? ENDING : 0);
  return authenticate(out, kind, macs);
}

/** Reads a confirmation or a heartbeat whose length was checked. */
export function readBeat(message: Uint8Array): Beat {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  return {
    counter: view.getUint32(COUNTER_OFFSET),
    ageMs: Number(view.getBigUint64(AGE_OFFSET)) / US_PER_MS,
    ending: view.getUint8(AGE_OFFSET + 8) === ENDING,
  };
}

/** Writes an ack. */
export function writeAck(sessionId: Uint8Array, { counter, ending }: Ack, macs: MacKeys): Uint8Array {
  const [out, view] = start('ack', sessionId, counter);
  view.setUint8(AGE_OFFSET, ending ? ENDING : 0);
  return authenticate(out, 'ack', macs);
}

/** Reads an ack whose length was checked. */
export function readAck(message: Uint8Array): Ack {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  return { counter: view.getUint32(COUNTER_OFFSET), ending: view.getUint8(AGE_OFFSET) === ENDING };
}

const SENDER_OFFSET = BODY_OFFSET + 1;
const RECEIVER_OFFSET = SENDER_OFFSET + 32;

/** Writes a request for an offer. */
export function writeRequest(senderId: Uint8Array, receiverId: Uint8Array | undefined): Uint8Array {
  const out = new Uint8Array(MESSAGE_BYTES.request);
  writeHead(out, 'request');
  out[BODY_OFFSET] = SUITE;
  out.set(senderId, SENDER_OFFSET);
  if (receiverId !== undefined) out.set(receiverId, RECEIVER_OFFSET);
  return out;
}

/** Reads a request whose length was checked. */
export function readRequest(message: Uint8Array): {
  senderId: Uint8Array;
  receiverId: Uint8Array | undefined;
} {
  const receiverId = message.subarray(RECEIVER_OFFSET);
  return {
    senderId: message.subarray(SENDER_OFFSET, RECEIVER_OFFSET),
    receiverId: receiverId.every((byte) => byte === 0) ? undefined : receiverId,
  };
}
