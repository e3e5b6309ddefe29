/**
 * Sealing: a message becomes n fragments, each under AES-256-GCM with the key of the present epoch, of which any k give it
 * again.
 *
 * @module
 */
import { allocate, allocateSecret, randomFill, wipe } from '../bytes.ts';
import { systemClock } from '../clock.ts';
import { engine } from '../engines/index.ts';
import { ExpiredError } from '../errors.ts';
import { drawNonce } from '../nonce.ts';
import { AES_256_GCM } from '../params.ts';
import { type Share, split as splitSecret } from '../shamir.ts';
import { type Aad, aadFor } from './aad.ts';
import type { EpochChain, EpochKey } from './chain.ts';
import { encodeParity, pieceBytesOf } from './erasure/index.ts';
import {
  type Content,
  codedBytesOf,
  fragmentBytesOf,
  headerBytesOf,
  INDEX_AT,
  type Secrecy,
  SHARE_BYTES,
  type StreamPosition,
  writeHeader,
} from './format.ts';
import { contextHash, type Parties } from './parties.ts';
import { tap } from './tap.ts';

/** How a message is sealed. */
export interface SealPlan {
  /** Fragments needed, 1 to `total`. */
  readonly threshold: number;
  /** Fragments made, 1 to 255. */
  readonly total: number;
  readonly secrecy: Secrecy;
  readonly content: Content;
  /** The application's context. */
  readonly context: Uint8Array;
  /** Where a piece belongs, for the content of that name. */
  readonly stream?: StreamPosition;
}

/** The index that the nonce of the inner layer has: no fragment's. */
export const INNER_INDEX = 255;

/** An epoch may end between finding its number and using its key; then the message goes into the next one. */
const MAX_TRIES = 3;

const random = /* @__PURE__ */ new Uint8Array(AES_256_GCM.nonceBytes);

/** The secret of a message in threshold form: what it adds to the header and to each fragment. */
interface Inner {
  readonly coded: Uint8Array;
  readonly commitment: Uint8Array;
  readonly shares: readonly Share[];
}

/** Seals messages with the keys of one chain. */
export class Sealer {
  readonly chain: EpochChain;
  readonly #parties: Parties;

  /**
   * @param chain - Whose keys it uses.
   * @param parties - What the fragments are bound to.
   */
  constructor(chain: EpochChain, parties: Parties) {
    this.chain = chain;
    this.#parties = parties;
  }

  /**
   * Seals a message.
   *
   * @param data - The message; read, not kept.
   * @param plan - Checked by the caller.
   * @param epoch - Where the caller reckons the epoch itself.
   * @returns The fragments, by their index.
   * @throws {@link ExpiredError} `ERR_EXPIRED_EPOCH_GONE`, `ERR_EXPIRED_CLOCK_ANOMALY`, `ERR_EXPIRED_USE_BUDGET`.
   */
  seal(data: Uint8Array, plan: SealPlan, epoch?: number): Uint8Array[] {
    const { chain } = this;
    for (let tries = 1; ; tries++) {
      const nowMs = systemClock.monotonicMs();
      const taken = chain.takeNumber(nowMs, epoch);
      try {
        return chain.withKey(
          taken.epoch,
          (key) => this.#sealWith(key, data, plan, taken.number),
          (fragments) => wipe(...fragments),
          nowMs,
        );
      } catch (error) {
        const hasEnded = error instanceof ExpiredError && error.code === 'ERR_EXPIRED_EPOCH_GONE';
        if (!hasEnded || chain.death !== undefined || tries === MAX_TRIES) throw error;
      }
    }
  }

  #sealWith(key: EpochKey, data: Uint8Array, plan: SealPlan, number: number): Uint8Array[] {
    const { secrecy, content, threshold, total, stream } = plan;
    const { id } = this.#parties;
    const aad = aadFor(headerBytesOf(secrecy, content), this.#parties, contextHash(plan.context));
    drawNonce(random);
    const pieceBytes = pieceBytesOf(codedBytesOf(secrecy, data.length), threshold);
    const base = {
      secrecy,
      content,
      threshold,
      total,
      ttlMs: this.chain.ttlMs,
      epoch: key.epoch,
      id,
      messageBytes: data.length,
      pieceBytes,
      commitment: key.commitment,
      number,
      stream,
    };
    if (secrecy === 'normal') {
      writeHeader(aad.bytes, base, random);
      return sealPieces(key, aad, data, plan, pieceBytes, undefined);
    }
    const secret = randomFill(allocateSecret(SHARE_BYTES));
    let inner: Inner | undefined;
    try {
      inner = sealInner(key, aad, data, secret, plan, (secretCommitment) =>
        writeHeader(aad.bytes, { ...base, secretCommitment }, random),
      );
      return sealPieces(key, aad, inner.coded, plan, pieceBytes, inner.shares);
    } finally {
      wipe(secret, ...(inner?.shares ?? []).map(({ y }) => y));
    }
  }
}

/** The inner layer of the threshold form: AES-256-GCM under a key that the epoch's key and k shares give together. */
function sealInner(
  key: EpochKey,
  aad: Aad,
  data: Uint8Array,
  secret: Uint8Array,
  plan: SealPlan,
  writeHeaderWith: (commitment: Uint8Array) => void,
): Inner {
  const derived = key.inner(secret);
  try {
    const commitment = derived.slice(AES_256_GCM.keyBytes);
    writeHeaderWith(commitment);
    aad.bytes[INDEX_AT] = INNER_INDEX;
    const coded = allocate(data.length + AES_256_GCM.tagBytes);
    const cipher = engine('aead').prepareTransient(derived.subarray(0, AES_256_GCM.keyBytes));
    cipher.seal(aad.nonce, aad.bytes, data, coded);
    const shares = splitSecret(secret, plan.threshold, plan.total);
    return { coded, commitment, shares };
  } finally {
    wipe(derived);
  }
}

/** Cuts, codes and seals; the AAD begins with the header. */
function sealPieces(
  key: EpochKey,
  aad: Aad,
  coded: Uint8Array,
  plan: SealPlan,
  pieceBytes: number,
  shares: readonly Share[] | undefined,
): Uint8Array[] {
  const { secrecy, content, threshold, total } = plan;
  const headerBytes = headerBytesOf(secrecy, content);
  const length = fragmentBytesOf(secrecy, content, pieceBytes);
  const { bytes, nonce } = aad;
  const parity = borrowParity((total - threshold) * pieceBytes, threshold);
  // What a piece needs beside a part of the message: zeros behind its end, and a share.
  const isPadded = shares !== undefined || coded.length !== threshold * pieceBytes;
  const room = isPadded ? allocateSecret(pieceBytes + (shares === undefined ? 0 : SHARE_BYTES)) : undefined;
  try {
    if (parity !== undefined) encodeParity(coded, threshold, total, parity);
    const fragments: Uint8Array[] = [];
    for (let index = 0; index < total; index++) {
      const fragment = allocate(length);
      bytes[INDEX_AT] = index;
      for (let i = 0; i < headerBytes; i++) fragment[i] = bytes[i] as number;
      let plaintext = pieceAt(coded, parity, threshold, pieceBytes, index);
      if (room !== undefined && (shares !== undefined || plaintext.length !== pieceBytes)) {
        room.set(plaintext);
        room.fill(0, plaintext.length, pieceBytes);
        if (shares !== undefined) room.set((shares[index] as Share).y, pieceBytes);
        plaintext = room;
      }
      key.cipher.seal(nonce, bytes, plaintext, fragment.subarray(headerBytes));
      fragments.push(fragment);
      if (index === 0) tap('before the return');
    }
    return fragments;
  } finally {
    if (parity !== undefined) wipe(parity);
    if (room !== undefined) wipe(room);
  }
}

/** Longer parity is made and let go. */
const KEPT_PARITY_BYTES = 2 ** 20;
let kept: Uint8Array<ArrayBuffer> | undefined;

/** Memory for parity, wiped when it was last used; undefined where every piece is the message itself. */
function borrowParity(length: number, threshold: number): Uint8Array | undefined {
  if (length === 0 || threshold === 1) return undefined;
  if (length > KEPT_PARITY_BYTES) return allocate(length);
  if (kept === undefined || kept.length < length) kept = allocate(length);
  return kept.subarray(0, length);
}

/** With k = 1 every piece is the message. */
function pieceAt(
  coded: Uint8Array,
  parity: Uint8Array | undefined,
  threshold: number,
  pieceBytes: number,
  index: number,
): Uint8Array {
  if (threshold === 1 || parity === undefined) {
    return threshold === 1 ? coded : coded.subarray(index * pieceBytes, (index + 1) * pieceBytes);
  }
  const [from, at] = index < threshold ? [coded, index] : [parity, index - threshold];
  return from.subarray(at * pieceBytes, (at + 1) * pieceBytes);
}
