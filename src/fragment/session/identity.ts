/**
 * Who the two sides are: ML-DSA-87 keys with generations, ours to sign with and the peer's to verify.
 *
 * @module
 */
import { checkInteger, checkOptions, describe, equal, isObject, toBase64Url } from '../../bytes.ts';
import type { Signer } from '../../envelope/index.ts';
import { toSigner } from '../../envelope/session.ts';
import { InputError } from '../../errors.ts';
import type { SignPrivateKey, SignPublicKey } from '../../sign/index.ts';
import { isSignPrivateKey, isSignPublicKey } from '../../sign/keys.ts';
import { IDENTITY_BYTES } from './wire.ts';

/** An identity that signs handshakes. */
export interface SessionIdentity {
  /** The key: one in memory, or a keystore's (`keystore.signer('service')`), tokens included. */
  readonly signer: SignPrivateKey | Signer;
  /** The key's generation, bound by the handshake; 1 by default. */
  readonly generation?: number;
}

/** The own identity, or a function that gives it: asked at each handshake, so that a rotated key takes its place. */
export type OwnIdentity = SessionIdentity | (() => SessionIdentity | Promise<SessionIdentity>);

/** A peer that is known beforehand. */
export interface PinnedPeer {
  readonly publicKey: SignPublicKey;
  /** The only generation that is accepted; any when absent. */
  readonly generation?: number;
}

/**
 * Finds the key of a peer, as a verified key directory does.
 *
 * @param keyId - Key id (JWK thumbprint, base64url) that a handshake names.
 * @param generation - Generation that it names.
 * @returns The key with this id, when that is a peer to talk to.
 */
export type PeerResolver = (
  keyId: string,
  generation: number,
) => SignPublicKey | undefined | Promise<SignPublicKey | undefined>;

/** The peer that is expected: a key, a key with its generation, or a way to find it. */
export type ExpectedPeer = SignPublicKey | PinnedPeer | PeerResolver;

const ids = /* @__PURE__ */ new WeakMap<SignPublicKey, Uint8Array>();

/** The key id of a key as bytes, the same ones for each of thousands of sessions: not to be changed. */
export function idOf(publicKey: SignPublicKey): Uint8Array {
  let id = ids.get(publicKey);
  if (id === undefined) {
    id = publicKey.thumbprint();
    ids.set(publicKey, id);
  }
  return id;
}

/** The largest generation. */
const MAX_GENERATION = 2 ** 32 - 1;

/** An identity in use. */
export interface Identity {
  readonly signer: Signer;
  readonly keyId: Uint8Array;
  readonly generation: number;
}

/** A peer as a handshake names it. */
export interface NamedPeer {
  readonly keyId: Uint8Array;
  readonly generation: number;
}

/** Who the other end of a session is. */
export interface SessionPeer {
  /** Key id (JWK thumbprint), base64url. */
  readonly keyId: string;
  /** Generation of the key, as the handshake named it. */
  readonly generation: number;
}

/** A peer as callers see it. */
export function toSessionPeer(peer: NamedPeer | undefined): SessionPeer | undefined {
  return peer === undefined ? undefined : { keyId: toBase64Url(peer.keyId), generation: peer.generation };
}

function toIdentity(argument: string, identity: unknown): Identity {
  const { signer, generation = 1 } = checkOptions(argument, identity as SessionIdentity, [
    'signer',
    'generation',
  ]);
  const checked = toSigner(signer as Signer, `${argument}.signer`);
  if (checked === undefined) {
    throw new InputError('ERR_INPUT_TYPE', `${argument}.signer`, 'a SignPrivateKey or a Signer', 'undefined');
  }
  checkInteger(`${argument}.generation`, generation, 0, MAX_GENERATION);
  return { signer: checked, keyId: idOf(checked.publicKey), generation };
}

/**
 * Checks an own identity.
 *
 * @param argument - The argument's name, for the error.
 * @param identity - What the caller passed.
 * @returns A function that gives the identity of the next handshake.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE`, `ERR_INPUT_DISPOSED`.
 */
export function ownIdentity(argument: string, identity: unknown): () => Identity | Promise<Identity> {
  if (typeof identity === 'function') {
    return async () => toIdentity(argument, await (identity as () => unknown)());
  }
  if (isSignPrivateKey(identity) || !isObject(identity)) {
    throw new InputError(
      'ERR_INPUT_TYPE',
      argument,
      'an identity { signer, generation }',
      describe(identity),
    );
  }
  const checked = toIdentity(argument, identity);
  return () => checked;
}

/** Finds and checks peers by what handshakes name. */
export class Peers {
  readonly #pinned: PinnedPeer | undefined;
  readonly #pinnedId: Uint8Array | undefined;
  readonly #resolve: PeerResolver | undefined;

  /**
   * @param argument - The argument's name, for errors.
   * @param peer - What the caller passed.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE`.
   */
  constructor(argument: string, peer: unknown) {
    if (typeof peer === 'function') {
      this.#resolve = peer as PeerResolver;
      return;
    }
    const expected = 'a SignPublicKey, { publicKey, generation } or a function';
    if (!isObject(peer)) throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(peer));
    const pinned: Partial<PinnedPeer> = isSignPublicKey(peer)
      ? { publicKey: peer }
      : checkOptions(argument, peer as PinnedPeer, ['publicKey', 'generation']);
    const { publicKey, generation } = pinned;
    if (!isSignPublicKey(publicKey)) {
      throw new InputError('ERR_INPUT_TYPE', `${argument}.publicKey`, 'a SignPublicKey', describe(publicKey));
    }
    if (generation !== undefined) checkInteger(`${argument}.generation`, generation, 0, MAX_GENERATION);
    this.#pinned = { publicKey, ...(generation === undefined ? {} : { generation }) };
    this.#pinnedId = idOf(publicKey);
  }

  /** The key id of the one peer there can be; undefined when they are looked up. */
  get pinnedId(): Uint8Array | undefined {
    return this.#pinnedId;
  }

  /**
   * The key of a peer.
   *
   * @param named - Whom a handshake names.
   * @returns Its key, or undefined when it is nobody to talk to.
   * @throws What the resolver throws, as it is.
   */
  find(named: NamedPeer): SignPublicKey | undefined | Promise<SignPublicKey | undefined> {
    const pinned = this.#pinned;
    if (pinned === undefined) return this.#lookUp(named);
    const isSame = equal(named.keyId, this.#pinnedId as Uint8Array);
    const isGeneration = pinned.generation === undefined || pinned.generation === named.generation;
    return isSame && isGeneration ? pinned.publicKey : undefined;
  }

  async #lookUp({ keyId, generation }: NamedPeer): Promise<SignPublicKey | undefined> {
    const found: unknown = await (this.#resolve as PeerResolver)(toBase64Url(keyId), generation);
    // Another key than the one that was asked for would be believed under a name that is not its own.
    return isSignPublicKey(found) && equal(found.thumbprint(), keyId) ? found : undefined;
  }
}

/** Reads an identity at an offset of a message. */
export function readIdentity(message: Uint8Array, offset: number): NamedPeer {
  const keyIdEnd = offset + IDENTITY_BYTES - 4;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  return { keyId: new Uint8Array(message.subarray(offset, keyIdEnd)), generation: view.getUint32(keyIdEnd) };
}

/** Writes an identity at an offset of a message. */
export function writeIdentity(out: Uint8Array, offset: number, identity: NamedPeer): void {
  const keyIdEnd = offset + IDENTITY_BYTES - 4;
  out.set(identity.keyId, offset);
  new DataView(out.buffer, out.byteOffset, out.byteLength).setUint32(keyIdEnd, identity.generation);
}
