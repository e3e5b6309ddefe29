/**
 * The offer, from receiver to sender, and what the receiver keeps of it until it is accepted.
 *
 * Offer: head (5), suite (1), offer id (16), nonce (32), receiver's identity (36), sender's key id (32; zeros: any peer that the
 * receiver knows), epoch, time to live, heartbeat and renewal in milliseconds (4 each), longest message (4), most fragments (1),
 * encapsulation key (1568), signature (4627).
 *
 * @module
 */
import { allocateSecret, randomFill, wipe } from '../../bytes.ts';
import type { KemEngine, PreparedKemPrivateKey } from '../../engines/engine.ts';
import { registry } from '../../engines/index.ts';
import { checkPublicKey } from '../../kem/checks.ts';
import { KEY_THUMBPRINT_BYTES } from '../../keypair.ts';
import { ML_DSA_87, ML_KEM_1024 } from '../../params.ts';
import { type Identity, type NamedPeer, readIdentity, writeIdentity } from './identity.ts';
import { offerLifeMs, POLICY_NAMES, type SessionPolicy } from './policy.ts';
import { offerHash } from './schedule.ts';
import {
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
const RECEIVER_OFFSET = NONCE_OFFSET + NONCE_BYTES;
const SENDER_OFFSET = RECEIVER_OFFSET + IDENTITY_BYTES;
const POLICY_OFFSET = SENDER_OFFSET + KEY_THUMBPRINT_BYTES;
const POLICY_BYTES = 21;
const KEM_OFFSET = POLICY_OFFSET + POLICY_BYTES;
const SIGNATURE_OFFSET = KEM_OFFSET + ML_KEM_1024.publicKeyBytes;

/** What an offer says; views of the message. */
export interface Offer {
  readonly id: Uint8Array;
  readonly receiver: NamedPeer;
  /** The key id of the sender that is meant; undefined for any that the receiver knows. */
  readonly senderId: Uint8Array | undefined;
  readonly policy: SessionPolicy;
  readonly kemKey: Uint8Array;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** The engine of the handshake's KEM: one that leaves no secret in its memory. */
export function secretKem(): KemEngine {
  return registry.capable('kem', 'wiped-state');
}

/** Takes an offer apart whose length was checked; nothing it says is authenticated. */
export function readOffer(message: Uint8Array): Offer {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const numbers = POLICY_NAMES.map((name, i) => [
    name,
    name === 'maxTotal' ? view.getUint8(POLICY_OFFSET + 4 * i) : view.getUint32(POLICY_OFFSET + 4 * i),
  ]);
  const senderId = message.subarray(SENDER_OFFSET, POLICY_OFFSET);
  return {
    id: message.subarray(ID_OFFSET, NONCE_OFFSET),
    receiver: readIdentity(message, RECEIVER_OFFSET),
    senderId: senderId.every((byte) => byte === 0) ? undefined : senderId,
    policy: Object.fromEntries(numbers) as SessionPolicy,
    kemKey: message.subarray(KEM_OFFSET, SIGNATURE_OFFSET),
    body: message.subarray(0, SIGNATURE_OFFSET),
    signature: message.subarray(SIGNATURE_OFFSET),
  };
}

function writeBody(
  out: Uint8Array,
  receiver: NamedPeer,
  senderId: Uint8Array | undefined,
  policy: SessionPolicy,
  key: PreparedKemPrivateKey,
): void {
  const view = new DataView(out.buffer);
  writeHead(out, 'offer');
  out[BODY_OFFSET] = SUITE;
  randomFill(out.subarray(ID_OFFSET, RECEIVER_OFFSET));
  writeIdentity(out, RECEIVER_OFFSET, receiver);
  if (senderId !== undefined) out.set(senderId, SENDER_OFFSET);
  for (const [i, name] of POLICY_NAMES.entries()) {
    if (name === 'maxTotal') view.setUint8(POLICY_OFFSET + 4 * i, policy[name]);
    else view.setUint32(POLICY_OFFSET + 4 * i, policy[name]);
  }
  key.publicKey(out.subarray(KEM_OFFSET, SIGNATURE_OFFSET));
}

/** Offers whose keys are alive, of all receivers of this process. */
let openOffers = 0;

/**
 * Most of them: when many sessions have to begin at once, as after a clock anomaly, more offers than can be answered in their
 * short lives would only expire.
 */
const MAX_OPEN_OFFERS = 16;

/** Whether another offer may be made now. */
export function hasRoomForOffer(): boolean {
  return openOffers < MAX_OPEN_OFFERS;
}

/** An offer that waits for its answer. Its decapsulation key serves once, and dies when the offer does. */
export class PendingOffer {
  /** What goes to the sender. */
  readonly message: Uint8Array;
  readonly hash: Uint8Array;
  readonly receiver: NamedPeer;
  readonly policy: SessionPolicy;
  /** When it is over, on the monotonic clock. */
  readonly expiresAtMs: number;
  #key: PreparedKemPrivateKey | undefined;

  private constructor(
    message: Uint8Array,
    hash: Uint8Array,
    receiver: NamedPeer,
    policy: SessionPolicy,
    key: PreparedKemPrivateKey,
    nowMs: number,
  ) {
    this.message = message;
    this.hash = hash;
    this.receiver = receiver;
    this.policy = policy;
    this.#key = key;
    this.expiresAtMs = nowMs + offerLifeMs(policy.ttlMs);
  }

  /**
   * Makes an offer with a fresh key.
   *
   * @param identity - The receiver, which signs.
   * @param senderId - Key id of the sender that is meant; any when undefined.
   * @param policy - What is offered.
   * @param nowMs - The monotonic time once it is signed.
   * @throws What the signer throws, as it is; the key is gone then.
   */
  static async make(
    identity: Identity,
    senderId: Uint8Array | undefined,
    policy: SessionPolicy,
    nowMs: () => number,
  ): Promise<PendingOffer> {
    const key = freshKey();
    openOffers++;
    try {
      const message = new Uint8Array(MESSAGE_BYTES.offer);
      const receiver = { keyId: identity.keyId, generation: identity.generation };
      writeBody(message, receiver, senderId, policy, key);
      const hash = offerHash(message.subarray(0, SIGNATURE_OFFSET));
      const signed = identity.signer.sign(hash, { context: OFFER_CONTEXT });
      message.set(checkedSignature(signed instanceof Promise ? await signed : signed), SIGNATURE_OFFSET);
      return new PendingOffer(message, hash, receiver, policy, key, nowMs());
    } catch (error) {
      openOffers--;
      key.dispose();
      throw error;
    }
  }

  /** The name by which an answer calls it. */
  get id(): Uint8Array {
    return this.message.subarray(ID_OFFSET, NONCE_OFFSET);
  }

  /** Whether an answer may still come. */
  isOpen(nowMs: number): boolean {
    return this.#key !== undefined && nowMs < this.expiresAtMs;
  }

  /**
   * Uses the key, which dies of it whatever comes.
   *
   * @param ciphertext - What the sender encapsulated.
   * @returns The shared secret, 32 bytes, to be wiped; undefined when the key is gone.
   */
  decapsulate(ciphertext: Uint8Array): Uint8Array | undefined {
    const key = this.#key;
    if (key === undefined) return undefined;
    this.#key = undefined;
    openOffers--;
    const sharedSecret = allocateSecret(ML_KEM_1024.sharedSecretBytes);
    try {
      key.decapsulate(ciphertext, sharedSecret);
      return sharedSecret;
    } finally {
      key.dispose();
    }
  }

  /** Lets the key die. Further calls do nothing. */
  dispose(): void {
    if (this.#key === undefined) return;
    openOffers--;
    this.#key.dispose();
    this.#key = undefined;
  }
}

function freshKey(): PreparedKemPrivateKey {
  const seed = randomFill(allocateSecret(ML_KEM_1024.seedBytes));
  try {
    return secretKem().prepareSeed(seed);
  } finally {
    wipe(seed);
  }
}

/** What a signer gave, which may be foreign code. */
export function checkedSignature(signature: Uint8Array): Uint8Array {
  if (signature.length !== ML_DSA_87.signatureBytes)
    throw new RangeError('the signer gave no ML-DSA-87 signature');
  return signature;
}

/**
 * Encapsulates to the key of an offer.
 *
 * @param kemKey - As it came.
 * @param ciphertext - Where it goes.
 * @returns The shared secret, to be wiped; undefined when the key is none (FIPS 203 §7.2).
 */
export function encapsulateTo(kemKey: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
  const key = isKemKey(kemKey) ? secretKem().preparePublic(kemKey) : undefined;
  if (key === undefined) return undefined;
  const sharedSecret = allocateSecret(ML_KEM_1024.sharedSecretBytes);
  try {
    key.encapsulate(ciphertext, sharedSecret);
    return sharedSecret;
  } finally {
    key.dispose();
  }
}

function isKemKey(kemKey: Uint8Array): boolean {
  try {
    checkPublicKey('kemKey', kemKey);
    return true;
  } catch {
    return false;
  }
}
