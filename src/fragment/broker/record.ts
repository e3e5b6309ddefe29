/**
 * What is sealed for brokers and receivers: a share of a message's secret, and the message under that secret.
 *
 * A record begins with its subject. A share follows with its point and 32 bytes; a message with a commitment to every share,
 * so that a broker which gives another one costs nothing, a nonce, and the data under AES-256-GCM with a key of HKDF over the
 * secret. The secret is fresh for each message, and so is the key.
 *
 * @module
 */
import { allocateSecret, concat, equal, randomFill, uintBytes, utf8, wipe } from '../../bytes.ts';
import { engine, registry } from '../../engines/index.ts';
import { AES_256_GCM, SHA3_512 } from '../../params.ts';
import { combine, type Share, split } from '../../shamir.ts';
import { SUBJECT_BYTES, type Subject, writeSubject } from './wire.ts';

/** Contexts of the three kinds of sessions: no fragment of one is one of another, or of any other session. */
export const CONTEXTS = {
  deposit: /* @__PURE__ */ utf8('tf1/broker/deposit'),
  share: /* @__PURE__ */ utf8('tf1/broker/share'),
  message: /* @__PURE__ */ utf8('tf1/broker/message'),
} as const;

const SECRET_BYTES = 32;
const COMMITMENT_BYTES = 32;
const KEY_DOMAIN = /* @__PURE__ */ utf8('tf1/broker/key');
const SHARE_DOMAIN = /* @__PURE__ */ utf8('tf1/broker/commitment');
const EMPTY = /* @__PURE__ */ new Uint8Array(0);

/** Bytes of a share's record. */
export const SHARE_RECORD_BYTES: number = SUBJECT_BYTES + 1 + SECRET_BYTES;

/** What a message of `total` shares costs beside its data. */
export function messageOverheadBytes(total: number): number {
  return SUBJECT_BYTES + total * COMMITMENT_BYTES + AES_256_GCM.nonceBytes + AES_256_GCM.tagBytes;
}

const secretHash = () => registry.capable('hash', 'wiped-state');

/** Derives the key of a message, uses it, and wipes it. */
function withKey<T>(secret: Uint8Array, subject: Uint8Array, use: (key: Uint8Array) => T): T {
  const key = secretHash().hkdfSha3_512(secret, EMPTY, concat(KEY_DOMAIN, subject), AES_256_GCM.keyBytes);
  try {
    return use(key);
  } finally {
    wipe(key);
  }
}

function commitmentTo(subject: Uint8Array, { x, y }: Share): Uint8Array {
  const input = allocateSecret(SHARE_DOMAIN.length + subject.length + 1 + y.length);
  const digest = new Uint8Array(SHA3_512.digestBytes);
  try {
    input.set(SHARE_DOMAIN);
    input.set(subject, SHARE_DOMAIN.length);
    input[SHARE_DOMAIN.length + subject.length] = x;
    input.set(y, SHARE_DOMAIN.length + subject.length + 1);
    secretHash().sha3_512(input, digest);
    return digest.slice(0, COMMITMENT_BYTES);
  } finally {
    wipe(input);
  }
}

/**
 * Seals a message under a fresh secret, and splits that.
 *
 * @param data - The message; stays the caller's.
 * @param subject - Its id, its receiver, how many shares.
 * @returns The record of the message, which says nothing without the shares, and those of the shares, yours to wipe.
 */
export function makeRecords(
  data: Uint8Array,
  subject: Subject,
): { message: Uint8Array; shares: Uint8Array[] } {
  const { threshold, total } = subject;
  const head = writeSubject(subject);
  const secret = randomFill(allocateSecret(SECRET_BYTES));
  let shares: Share[] = [];
  try {
    shares = split(secret, threshold, total);
    const clear = concat(head, ...shares.map((share) => commitmentTo(head, share)));
    const nonce = randomFill(new Uint8Array(AES_256_GCM.nonceBytes));
    const sealed = new Uint8Array(data.length + AES_256_GCM.tagBytes);
    withKey(secret, head, (key) => engine('aead').prepareTransient(key).seal(nonce, clear, data, sealed));
    return { message: concat(clear, nonce, sealed), shares: shares.map((share) => shareRecord(head, share)) };
  } finally {
    wipe(secret, ...shares.map(({ y }) => y));
  }
}

function shareRecord(head: Uint8Array, { x, y }: Share): Uint8Array {
  const record = allocateSecret(SHARE_RECORD_BYTES);
  record.set(head);
  record.set(uintBytes(x, 1), head.length);
  record.set(y, head.length + 1);
  return record;
}

/** Whether a record is about a subject. */
export function isAbout(record: Uint8Array, subject: Subject): boolean {
  return equal(record.subarray(0, SUBJECT_BYTES), writeSubject(subject));
}

/** Whether a record is one of a share of a subject. */
export function isShareOf(record: Uint8Array, subject: Subject): boolean {
  const x = record[SUBJECT_BYTES] as number;
  return record.length === SHARE_RECORD_BYTES && isAbout(record, subject) && x >= 1 && x <= subject.total;
}

/**
 * The share in a record, if it is the one that the message commits to.
 *
 * @param record - A share's record; the share is a view of it.
 * @param message - The message's record.
 * @param subject - What both are about.
 */
export function readShare(record: Uint8Array, message: Uint8Array, subject: Subject): Share | undefined {
  if (!isShareOf(record, subject)) return undefined;
  const share = { x: record[SUBJECT_BYTES] as number, y: record.subarray(SUBJECT_BYTES + 1) };
  const at = SUBJECT_BYTES + (share.x - 1) * COMMITMENT_BYTES;
  const commitment = message.subarray(at, at + COMMITMENT_BYTES);
  return equal(commitmentTo(message.subarray(0, SUBJECT_BYTES), share), commitment) ? share : undefined;
}

/** Whether a record can be that of a message about a subject. */
export function isMessageOf(record: Uint8Array, subject: Subject): boolean {
  return record.length >= messageOverheadBytes(subject.total) && isAbout(record, subject);
}

/**
 * Opens a message with its shares.
 *
 * @param message - The message's record.
 * @param shares - At least as many as it takes, each as {@link readShare} gave it.
 * @param subject - What it is about.
 * @returns The data, yours to wipe; undefined when it was not sealed under these.
 */
export function openMessage(
  message: Uint8Array,
  shares: readonly Share[],
  subject: Subject,
): Uint8Array | undefined {
  const nonceAt = SUBJECT_BYTES + subject.total * COMMITMENT_BYTES;
  const sealedAt = nonceAt + AES_256_GCM.nonceBytes;
  const data = allocateSecret(message.length - sealedAt - AES_256_GCM.tagBytes);
  const secret = combine(shares.slice(0, subject.threshold), subject.threshold);
  try {
    const isOpened = withKey(secret, message.subarray(0, SUBJECT_BYTES), (key) => {
      const nonce = message.subarray(nonceAt, sealedAt);
      const cipher = engine('aead').prepareTransient(key);
      return cipher.open(nonce, message.subarray(0, nonceAt), message.subarray(sealedAt), data);
    });
    if (isOpened) return data;
    wipe(data);
    return undefined;
  } finally {
    wipe(secret);
  }
}
