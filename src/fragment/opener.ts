/**
 * Opening: fragments are authenticated one by one, and k of them give the message.
 *
 * @module
 */
import { allocate, equal, wipe } from '../bytes.ts';
import { engine } from '../engines/index.ts';
import { AES_256_GCM } from '../params.ts';
import { combine, type Share } from '../shamir.ts';
import { aadOf } from './aad.ts';
import type { EpochKey } from './chain.ts';
import { reconstruct } from './erasure/index.ts';
import { codedBytesOf, type FragmentHeader, INDEX_AT, SHARE_BYTES } from './format.ts';
import type { Parties } from './parties.ts';
import { INNER_INDEX } from './sealer.ts';

/** A fragment, and what it says of itself. */
export interface Candidate {
  readonly header: FragmentHeader;
  readonly fragment: Uint8Array;
}

/** Opens fragments with the keys that a chain lends. */
export class Opener {
  readonly #parties: Parties;

  /** @param parties - What the fragments must be bound to. */
  constructor(parties: Parties) {
    this.#parties = parties;
  }

  /** Whether a fragment is of these parties' making, as far as it says. */
  isOurs(header: FragmentHeader): boolean {
    return header.hasId(this.#parties.id);
  }

  /**
   * Whether a fragment is what the other end sealed; nothing of it is kept.
   *
   * @param context - The hash of the context.
   */
  isAuthentic(key: EpochKey, candidate: Candidate, context: Uint8Array): boolean {
    const { header, fragment } = candidate;
    const out = allocate(fragment.length - header.headerBytes - AES_256_GCM.tagBytes);
    const opened = this.#open(key, candidate, context, out);
    wipe(out);
    return opened;
  }

  /**
   * Puts a message together from fragments whose headers differ in the index alone.
   *
   * @param candidates - The fragments, some of which may be forged, or be there twice.
   * @param context - The hash of the context.
   * @returns The message, or how many of the fragments were authentic and different; also when all were, and what the
   *   sender put into them was no message.
   */
  open(
    key: EpochKey,
    candidates: readonly Candidate[],
    context: Uint8Array,
  ): { readonly data: Uint8Array } | { readonly have: number } {
    const { header } = candidates[0] as Candidate;
    const { secrecy, threshold, messageBytes } = header;
    if (threshold === 1 && secrecy === 'normal') return this.#openOne(key, candidates, context);
    const collected = this.#collect(key, candidates, context);
    const { coded, have, shares } = collected;
    if (have < threshold) {
      wipe(coded, ...shares.map(({ y }) => y));
      return { have };
    }
    if (secrecy === 'normal') return { data: coded.subarray(0, messageBytes) };
    try {
      const data = this.#openInner(key, candidates[0] as Candidate, coded, shares, context);
      return data === undefined ? { have } : { data };
    } finally {
      wipe(coded, ...shares.map(({ y }) => y));
    }
  }

  /** With k = 1, the first authentic fragment is the message. */
  #openOne(
    key: EpochKey,
    candidates: readonly Candidate[],
    context: Uint8Array,
  ): { readonly data: Uint8Array } | { readonly have: number } {
    for (const { header, fragment } of candidates) {
      if (!header.hasCommitment(key.commitment)) continue;
      const { headerBytes } = header;
      const { bytes, nonce } = aadOf(fragment, headerBytes, this.#parties, context);
      if (key.cipher.openNew !== undefined) {
        const data = key.cipher.openNew(nonce, bytes, fragment, headerBytes);
        if (data !== undefined) return { data };
        continue;
      }
      const data = allocate(header.messageBytes);
      if (key.cipher.open(nonce, bytes, fragment.subarray(headerBytes), data)) return { data };
    }
    return { have: 0 };
  }

  /** Opens fragments until there are k, each piece into its place, and decodes them. */
  #collect(
    key: EpochKey,
    candidates: readonly Candidate[],
    context: Uint8Array,
  ): { coded: Uint8Array; have: number; shares: Share[] } {
    const { secrecy, threshold, total, pieceBytes, messageBytes } = (candidates[0] as Candidate).header;
    const isThreshold = secrecy === 'threshold';
    const coded = allocate(threshold * pieceBytes);
    const pieces: (Uint8Array | undefined)[] = new Array(total).fill(undefined);
    const extra: Uint8Array[] = [];
    const shares: Share[] = [];
    let have = 0;
    for (const candidate of candidates) {
      const { index } = candidate.header;
      if (have === threshold) break;
      if (pieces[index] !== undefined) continue;
      const place =
        index < threshold
          ? coded.subarray(index * pieceBytes, (index + 1) * pieceBytes)
          : new Uint8Array(pieceBytes);
      if (index >= threshold) extra.push(place);
      let isRight: boolean;
      if (isThreshold) {
        const out = allocate(pieceBytes + SHARE_BYTES);
        isRight = this.#open(key, candidate, context, out);
        if (isRight) {
          place.set(out.subarray(0, pieceBytes));
          shares.push({ x: index + 1, y: out.slice(pieceBytes) });
        }
        wipe(out);
      } else {
        isRight = this.#open(key, candidate, context, place);
      }
      if (!isRight) continue;
      pieces[index] = place;
      have++;
    }
    if (have === threshold) reconstruct(pieces, threshold, total, pieceBytes, coded);
    wipe(...extra);
    return { coded: coded.subarray(0, codedBytesOf(secrecy, messageBytes)), have, shares };
  }

  #openInner(
    key: EpochKey,
    { header, fragment }: Candidate,
    coded: Uint8Array,
    shares: readonly Share[],
    context: Uint8Array,
  ): Uint8Array | undefined {
    const secret = combine(shares, header.threshold);
    let derived: Uint8Array | undefined;
    try {
      derived = key.inner(secret);
      const commitment = derived.subarray(AES_256_GCM.keyBytes);
      if (!equal(commitment, header.secretCommitment as Uint8Array)) return undefined;
      const aad = aadOf(fragment, header.headerBytes, this.#parties, context);
      aad.bytes[INDEX_AT] = INNER_INDEX;
      const data = allocate(header.messageBytes);
      const cipher = engine('aead').prepareTransient(derived.subarray(0, AES_256_GCM.keyBytes));
      return cipher.open(aad.nonce, aad.bytes, coded, data) ? data : undefined;
    } finally {
      wipe(secret, derived);
    }
  }

  #open(key: EpochKey, { header, fragment }: Candidate, context: Uint8Array, out: Uint8Array): boolean {
    if (!header.hasCommitment(key.commitment)) return false;
    const { headerBytes } = header;
    const { bytes, nonce } = aadOf(fragment, headerBytes, this.#parties, context);
    return key.cipher.open(nonce, bytes, fragment.subarray(headerBytes), out);
  }
}
