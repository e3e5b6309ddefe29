/**
 * The answer of the sender to an offer, and what each side makes of it.
 *
 * Accept: head (5), suite (1), offer id (16), nonce (32), sender's identity (36), ciphertext (1568), signature (4627), MAC (32)
 * under the sender's confirmation key over all before it.
 *
 * @module
 */
import { equal, randomFill, wipe } from '../../bytes.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../params.ts';
import type { SignPublicKey } from '../../sign/index.ts';
import { verify } from '../../sign/index.ts';
import { type Identity, idOf, type NamedPeer, type Peers, readIdentity, writeIdentity } from './identity.ts';
import { checkedSignature, encapsulateTo, type Offer, type PendingOffer, readOffer } from './offer.ts';
import { isPolicy, type SessionPolicy } from './policy.ts';
import { Refused } from './refusal.ts';
import {
  deriveKeys,
  offerHash,
  type Parties,
  partiesOf,
  type SessionKeys,
  transcriptHash,
} from './schedule.ts';
import {
  ACCEPT_CONTEXT,
  BODY_OFFSET,
  ID_BYTES,
  IDENTITY_BYTES,
  MESSAGE_BYTES,
  NONCE_BYTES,
  OFFER_CONTEXT,
  SUITE,
  writeHead,
} from './wire.ts';

const ID_OFFSET = BODY_OFFSET + 1;
const NONCE_OFFSET = ID_OFFSET + ID_BYTES;
const SENDER_OFFSET = NONCE_OFFSET + NONCE_BYTES;
const CIPHERTEXT_OFFSET = SENDER_OFFSET + IDENTITY_BYTES;
const SIGNATURE_OFFSET = CIPHERTEXT_OFFSET + ML_KEM_1024.ciphertextBytes;
const MAC_OFFSET = SIGNATURE_OFFSET + ML_DSA_87.signatureBytes;

/** What a handshake ends with on either side. */
export interface Agreement {
  readonly parties: Parties;
  readonly peer: NamedPeer;
  readonly policy: SessionPolicy;
  /** To be wiped and disposed of. */
  readonly keys: SessionKeys;
}

/** The offer that an accept answers. */
export function offerIdOf(message: Uint8Array): Uint8Array {
  return message.subarray(ID_OFFSET, NONCE_OFFSET);
}

async function findPeer(peers: Peers, named: NamedPeer, own: NamedPeer): Promise<SignPublicKey> {
  // A message of one's own that somebody sent back.
  if (equal(named.keyId, own.keyId)) throw new Refused('peer');
  let found = peers.find(named);
  if (found instanceof Promise) {
    found = await found.catch((cause: unknown) => {
      throw new Refused('failed', cause);
    });
  }
  if (found === undefined) throw new Refused('peer');
  return found;
}

/**
 * Answers an offer.
 *
 * @param message - The offer, its length checked.
 * @param identity - The sender, which signs.
 * @param peers - Whom it talks to.
 * @param agrees - The sender's own policy.
 * @returns What goes to the receiver, and what the sender has when the receiver confirms.
 * @throws {@link Refused}
 */
export async function answerOffer(
  message: Uint8Array,
  identity: Identity,
  peers: Peers,
  agrees: (policy: SessionPolicy) => boolean,
): Promise<{ message: Uint8Array; agreement: Agreement }> {
  const offer = readOffer(message);
  if (offer.senderId !== undefined && !equal(offer.senderId, identity.keyId)) throw new Refused('unknown');
  const publicKey = await findPeer(peers, offer.receiver, identity);
  const hash = offerHash(offer.body);
  if (!verify(publicKey, hash, offer.signature, { context: OFFER_CONTEXT })) throw new Refused('signature');
  if (!isPolicy(offer.policy) || !agrees(offer.policy)) throw new Refused('policy');
  const { generation } = offer.receiver;
  return answerVerified(offer, { keyId: idOf(publicKey), generation }, hash, identity);
}

async function answerVerified(
  offer: Offer,
  peer: NamedPeer,
  hash: Uint8Array,
  identity: Identity,
): Promise<{ message: Uint8Array; agreement: Agreement }> {
  const out = new Uint8Array(MESSAGE_BYTES.accept);
  writeHead(out, 'accept');
  out[BODY_OFFSET] = SUITE;
  out.set(offer.id, ID_OFFSET);
  randomFill(out.subarray(NONCE_OFFSET, SENDER_OFFSET));
  writeIdentity(out, SENDER_OFFSET, identity);
  const sharedSecret = encapsulateTo(offer.kemKey, out.subarray(CIPHERTEXT_OFFSET, SIGNATURE_OFFSET));
  if (sharedSecret === undefined) throw new Refused('forged');
  let keys: SessionKeys | undefined;
  try {
    const transcript = transcriptHash(hash, out.subarray(0, SIGNATURE_OFFSET));
    keys = deriveKeys(sharedSecret, transcript);
    wipe(sharedSecret);
    out.set(await signTranscript(identity, transcript), SIGNATURE_OFFSET);
    keys.macs.write('confirm-sender', out.subarray(0, MAC_OFFSET), out.subarray(MAC_OFFSET));
    const parties = partiesOf(transcript, peer, identity);
    return { message: out, agreement: { parties, peer, policy: offer.policy, keys } };
  } catch (error) {
    disposeKeys(keys);
    throw error;
  } finally {
    wipe(sharedSecret);
  }
}

async function signTranscript(identity: Identity, transcript: Uint8Array): Promise<Uint8Array> {
  try {
    const signed = identity.signer.sign(transcript, { context: ACCEPT_CONTEXT });
    return checkedSignature(signed instanceof Promise ? await signed : signed);
  } catch (cause) {
    throw new Refused('failed', cause);
  }
}

/**
 * Takes the answer to an offer. Only an answer that the sender signed uses the offer up.
 *
 * @param message - The accept, its length checked.
 * @param pending - The offer that it answers.
 * @param peers - Whom the receiver talks to.
 * @param nowMs - The monotonic time.
 * @returns What the receiver has now: the sender has shown that it has the same keys.
 * @throws {@link Refused}
 */
export async function takeAccept(
  message: Uint8Array,
  pending: PendingOffer,
  peers: Peers,
  nowMs: () => number,
): Promise<Agreement> {
  if (!pending.isOpen(nowMs())) throw new Refused('unknown');
  const sender = readIdentity(message, SENDER_OFFSET);
  const publicKey = await findPeer(peers, sender, pending.receiver);
  const transcript = transcriptHash(pending.hash, message.subarray(0, SIGNATURE_OFFSET));
  const signature = message.subarray(SIGNATURE_OFFSET, MAC_OFFSET);
  if (!verify(publicKey, transcript, signature, { context: ACCEPT_CONTEXT })) throw new Refused('signature');
  // The directory may have taken its time.
  if (!pending.isOpen(nowMs())) throw new Refused('unknown');
  const sharedSecret = pending.decapsulate(message.subarray(CIPHERTEXT_OFFSET, SIGNATURE_OFFSET));
  if (sharedSecret === undefined) throw new Refused('unknown');
  let keys: SessionKeys;
  try {
    keys = deriveKeys(sharedSecret, transcript);
  } finally {
    wipe(sharedSecret);
  }
  // Another key here means another shared secret there.
  if (!keys.macs.verify('confirm-sender', message.subarray(0, MAC_OFFSET), message.subarray(MAC_OFFSET))) {
    disposeKeys(keys);
    throw new Refused('forged');
  }
  const parties = partiesOf(transcript, pending.receiver, sender);
  const peer = { keyId: idOf(publicKey), generation: sender.generation };
  return { parties, peer, policy: pending.policy, keys };
}

/** Wipes what {@link deriveKeys} gave. */
export function disposeKeys(keys: SessionKeys | undefined): void {
  wipe(keys?.chainKey);
  keys?.macs.dispose();
}
