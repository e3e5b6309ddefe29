/**
 * What all messages of a session have in common: their head, their sizes, the domains of what is signed and authenticated.
 *
 * Every message begins with the preamble `MWT` 1 (4) and its kind (1). Integers are big-endian.
 *
 * @module
 */

import { utf8 } from '../../bytes.ts';
import { InputError, UnsupportedError } from '../../errors.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../../preamble.ts';

/** The kinds of messages: an offer, confirmations and heartbeats go to the sender, the others to the receiver. */
export const KIND = { offer: 1, accept: 2, confirm: 3, heartbeat: 4, ack: 5, request: 6 } as const;

/** What a message is. */
export type Kind = keyof typeof KIND;

const KIND_NAMES: ReadonlyMap<number, Kind> = new Map(
  Object.entries(KIND).map(([name, value]) => [value, name as Kind]),
);

/** ML-KEM-1024, ML-DSA-87, HKDF and HMAC over SHA3-512, AES-256-GCM: the one suite there is. */
export const SUITE = 1;

/** Bytes of the name of an offer, and of the id of a session. */
export const ID_BYTES = 16;
/** Bytes that each side draws for a handshake. */
export const NONCE_BYTES = 32;
/** Bytes of a MAC: the first half of an HMAC-SHA3-512. */
export const MAC_BYTES = 32;
/** Bytes of an identity: key id (32) and generation (4). */
export const IDENTITY_BYTES = 36;

/** Context strings of the two signatures. */
export const OFFER_CONTEXT: Uint8Array = utf8('tf1/offer');
export const ACCEPT_CONTEXT: Uint8Array = utf8('tf1/accept');

/** Where the parts that follow the kind begin. */
export const BODY_OFFSET: number = PREAMBLE_BYTES + 1;

/** Bytes of each kind of message; every one has one length. */
export const MESSAGE_BYTES: Readonly<Record<Kind, number>> = {
  offer:
    BODY_OFFSET +
    1 +
    ID_BYTES +
    NONCE_BYTES +
    IDENTITY_BYTES +
    32 +
    21 +
    ML_KEM_1024.publicKeyBytes +
    ML_DSA_87.signatureBytes,
  accept:
    BODY_OFFSET +
    1 +
    ID_BYTES +
    NONCE_BYTES +
    IDENTITY_BYTES +
    ML_KEM_1024.ciphertextBytes +
    ML_DSA_87.signatureBytes +
    MAC_BYTES,
  confirm: BODY_OFFSET + ID_BYTES + 4 + 8 + 1 + MAC_BYTES,
  heartbeat: BODY_OFFSET + ID_BYTES + 4 + 8 + 1 + MAC_BYTES,
  ack: BODY_OFFSET + ID_BYTES + 4 + 1 + MAC_BYTES,
  request: BODY_OFFSET + 1 + 2 * 32,
};

/** Writes the head of a message. */
export function writeHead(out: Uint8Array, kind: Kind): void {
  writePreamble(out, 'T');
  out[PREAMBLE_BYTES] = KIND[kind];
}

/**
 * Says what a message is, and checks its length.
 *
 * @param argument - The argument's name, for the error.
 * @param message - What came.
 * @throws {@link InputError} `ERR_INPUT_FORMAT` when it is none, or one of another length.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for another version or suite.
 */
export function readKind(argument: string, message: Uint8Array): Kind {
  checkPreamble(argument, message, 'T');
  const kind = KIND_NAMES.get(message[PREAMBLE_BYTES] ?? 0);
  if (kind === undefined) {
    const got = message.length > PREAMBLE_BYTES ? `kind ${message[PREAMBLE_BYTES]}` : 'none';
    throw new InputError('ERR_INPUT_FORMAT', argument, 'a message of a known kind', got);
  }
  const length = MESSAGE_BYTES[kind];
  if (message.length !== length) {
    const expected = `${length} bytes of kind ${kind}`;
    throw new InputError('ERR_INPUT_FORMAT', argument, expected, `${message.length} bytes`);
  }
  if ((kind === 'offer' || kind === 'accept' || kind === 'request') && message[BODY_OFFSET] !== SUITE) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_VERSION',
      `${argument} asks for suite ${message[BODY_OFFSET]}; this release has suite ${SUITE}`,
    );
  }
  return kind;
}
