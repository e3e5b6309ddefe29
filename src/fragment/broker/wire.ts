/**
 * Messages between a sender, its brokers and a receiver: a header in clear, and a sealed fragment behind it.
 *
 * Nothing of the header is believed: what counts stands in the sealed record as well, and is compared when that is opened.
 *
 * @module
 */
import { concat, uintBytes } from '../../bytes.ts';
import { PREAMBLE_BYTES, readPreamble, writePreamble } from '../../preamble.ts';

/** What a message is. */
export const KINDS = {
  /** Sender to broker: a share, for a receiver. */
  deposit: 1,
  /** Receiver to broker: give me the share. Not authenticated: the share goes to its receiver only, asked for or not. */
  request: 2,
  /** Broker to receiver: the share. */
  share: 3,
  /** Sender to receiver: the message that the shares open. */
  message: 4,
} as const;

/** What a message is. */
export type BrokerKind = keyof typeof KINDS;

/** Bytes of an id, random for each message. */
export const ID_BYTES = 16;
/** Bytes of a key id: the JWK thumbprint of an ML-DSA-87 key. */
export const KEY_ID_BYTES = 32;
/** Most brokers of a message. */
export const MAX_BROKERS = 16;

const KIND_AT = PREAMBLE_BYTES;
const ID_AT = KIND_AT + 1;
const RECEIVER_AT = ID_AT + ID_BYTES;
const THRESHOLD_AT = RECEIVER_AT + KEY_ID_BYTES;
const TOTAL_AT = THRESHOLD_AT + 1;
const HEADER_BYTES = TOTAL_AT + 1;

/** Which message this is about, for whom, and how many shares there are. */
export interface Subject {
  readonly id: Uint8Array;
  /** Key id of the one receiver. */
  readonly receiver: Uint8Array;
  readonly threshold: number;
  readonly total: number;
}

/** A message, read. */
export interface BrokerMessage extends Subject {
  readonly kind: BrokerKind;
  /** The sealed fragment; empty in a request. */
  readonly fragment: Uint8Array;
}

/** Bytes of a {@link Subject}: they begin every record, and follow the kind in every message. */
export const SUBJECT_BYTES: number = HEADER_BYTES - ID_AT;

/** A subject as bytes. */
export function writeSubject({ id, receiver, threshold, total }: Subject): Uint8Array {
  return concat(id, receiver, uintBytes(threshold, 1), uintBytes(total, 1));
}

/** A message as bytes. */
export function writeMessage(kind: BrokerKind, subject: Subject, fragment: Uint8Array): Uint8Array {
  const out = new Uint8Array(HEADER_BYTES + fragment.length);
  writePreamble(out, 'Q');
  out[KIND_AT] = KINDS[kind];
  out.set(writeSubject(subject), ID_AT);
  out.set(fragment, HEADER_BYTES);
  return out;
}

/** Whether bytes are, or pretend to be, a message of this kind, as against one of a session. */
export function isBrokerMessage(bytes: Uint8Array): boolean {
  return readPreamble(bytes)?.letter === 'Q';
}

/**
 * Reads a message.
 *
 * @param bytes - Anything.
 * @returns Undefined when it is none.
 */
export function readMessage(bytes: Uint8Array): BrokerMessage | undefined {
  const preamble = readPreamble(bytes);
  if (preamble?.letter !== 'Q' || preamble.version !== 1 || bytes.length < HEADER_BYTES) return undefined;
  const kind = (Object.keys(KINDS) as BrokerKind[]).find((name) => KINDS[name] === bytes[KIND_AT]);
  const threshold = bytes[THRESHOLD_AT] as number;
  const total = bytes[TOTAL_AT] as number;
  if (kind === undefined || threshold < 1 || threshold > total || total > MAX_BROKERS) return undefined;
  const fragment = bytes.subarray(HEADER_BYTES);
  if ((kind === 'request') !== (fragment.length === 0)) return undefined;
  return {
    kind,
    id: bytes.subarray(ID_AT, RECEIVER_AT),
    receiver: bytes.subarray(RECEIVER_AT, THRESHOLD_AT),
    threshold,
    total,
    fragment,
  };
}
