/**
 * The key schedule of a handshake: what both sides hash, sign, derive and confirm.
 *
 * With `offer` and `accept` the messages up to their signatures:
 *
 *     offer hash  = SHA3-512("mwrasp-crypto/tf1/offer" ‖ offer)                     signed by the receiver
 *     transcript  = SHA3-512("mwrasp-crypto/tf1/transcript" ‖ offer hash ‖ accept)   signed by the sender
 *     okm         = HKDF-SHA3-512(ikm = shared secret, salt = transcript, info = "mwrasp-crypto/tf1/keys", 128 bytes)
 *                 = CK0 ‖ receiver's confirmation key ‖ sender's confirmation key ‖ heartbeat key
 *     session id  = the first 16 bytes of the transcript
 *
 * Hashes and keys come from engines whose memory is wiped.
 *
 * @module
 */
import { concat, copySecret, utf8, wipe } from '../../bytes.ts';
import { engine } from '../../engines/index.ts';
import { SHA3_512 } from '../../params.ts';
import { type NamedPeer, writeIdentity } from './identity.ts';
import { MAC_KEYS_BYTES, MacKeys, secretHash } from './mac-keys.ts';
import { ID_BYTES, IDENTITY_BYTES } from './wire.ts';

const OFFER_DOMAIN = utf8('mwrasp-crypto/tf1/offer');
const TRANSCRIPT_DOMAIN = utf8('mwrasp-crypto/tf1/transcript');
const KEYS_INFO = utf8('mwrasp-crypto/tf1/keys');
const PARTIES_DOMAIN = utf8('mwrasp-crypto/tf1/parties');

/** Bytes of CK0. */
const KEY_BYTES = 32;
/** Bytes of {@link Parties.binding}. */
const BINDING_BYTES = 32;

function publicHash(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(SHA3_512.digestBytes);
  engine('hash').sha3_512(concat(...parts), out);
  return out;
}

/** What the receiver signs. */
export function offerHash(body: Uint8Array): Uint8Array {
  return publicHash(OFFER_DOMAIN, body);
}

/** What the sender signs, and what every key hangs on. */
export function transcriptHash(hashOfOffer: Uint8Array, acceptBody: Uint8Array): Uint8Array {
  return publicHash(TRANSCRIPT_DOMAIN, hashOfOffer, acceptBody);
}

/** What fragments of a session are bound to: its id, and a hash of both identities and generations. */
export interface Parties {
  readonly id: Uint8Array;
  readonly binding: Uint8Array;
}

/** The parties of a session: its id is the start of the transcript, so that neither side can choose it. */
export function partiesOf(transcript: Uint8Array, receiver: NamedPeer, sender: NamedPeer): Parties {
  const identities = new Uint8Array(2 * IDENTITY_BYTES);
  writeIdentity(identities, 0, receiver);
  writeIdentity(identities, IDENTITY_BYTES, sender);
  return {
    id: transcript.slice(0, ID_BYTES),
    binding: publicHash(PARTIES_DOMAIN, identities).slice(0, BINDING_BYTES),
  };
}

/** What a handshake gives both sides. */
export interface SessionKeys {
  /** CK0, for the chain to copy. */
  readonly chainKey: Uint8Array;
  readonly macs: MacKeys;
}

/**
 * Derives the keys of a session.
 *
 * @param sharedSecret - What the KEM gave; the caller wipes it.
 * @param transcript - {@link transcriptHash}.
 * @returns Keys that the caller wipes and disposes of.
 */
export function deriveKeys(sharedSecret: Uint8Array, transcript: Uint8Array): SessionKeys {
  const okm = secretHash().hkdfSha3_512(sharedSecret, transcript, KEYS_INFO, KEY_BYTES + MAC_KEYS_BYTES);
  try {
    return { chainKey: copySecret(okm.subarray(0, KEY_BYTES)), macs: new MacKeys(okm.subarray(KEY_BYTES)) };
  } finally {
    wipe(okm);
  }
}
