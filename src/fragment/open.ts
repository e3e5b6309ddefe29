/**
 * Opening a message from its fragments. A fragment that is damaged or forged is one that is not there.
 *
 * @module
 */
import { allocate, copyFrom, equalAt, wipe } from '../bytes.ts';
import type { PreparedAeadKey } from '../engines/engine.ts';
import { AES_256_GCM } from '../params.ts';
import type { EpochKey } from './chain.ts';
import type { Channel } from './channel.ts';
import { withCipher } from './cipher.ts';
import { combineSecret, reconstruct, type SecretShare } from './codes.ts';
import { type Fragment, OFFSET, SECRECY } from './format.ts';
import { InnerKey } from './inner.ts';

const NONCE = new Uint8Array(AES_256_GCM.nonceBytes);

/** What came of it. */
export interface Opened {
  /** The plaintext, for the caller to wipe if it is not given away; undefined when it could not be opened. */
  readonly data: Uint8Array | undefined;
  /** Fragments, of different indices, that were authentic. */
  readonly authentic: number;
  /** Fragments that were looked at and were not. */
  readonly forged: number;
}

/** The head of a fragment in the buffer of its authenticated data. */
function aadOf(channel: Channel, fragment: Fragment, context: Uint8Array): Uint8Array {
  const { aad, head } = channel.frame(fragment.headerBytes, context);
  copyFrom(fragment.bytes, 0, head);
  return aad;
}

/** The plaintext of one fragment; undefined when it is not authentic. */
function openFragment(
  cipher: PreparedAeadKey,
  channel: Channel,
  fragment: Fragment,
  context: Uint8Array,
): Uint8Array | undefined {
  const { bytes, headerBytes } = fragment;
  copyFrom(bytes, OFFSET.nonce, NONCE);
  const aad = aadOf(channel, fragment, context);
  if (cipher.openNew !== undefined) return cipher.openNew(NONCE, aad, bytes, headerBytes);
  const out = allocate(bytes.length - headerBytes - AES_256_GCM.tagBytes);
  return cipher.open(NONCE, aad, bytes.subarray(headerBytes), out) ? out : undefined;
}

/** Plaintexts of fragments by their index, at most as many as are needed. */
class Pieces implements Disposable {
  readonly found: (Uint8Array | undefined)[];
  authentic = 0;
  forged = 0;

  constructor(total: number) {
    this.found = new Array(total).fill(undefined);
  }

  /** Opens fragments one after the other until there are enough. */
  collect(
    cipher: PreparedAeadKey,
    channel: Channel,
    fragments: readonly Fragment[],
    context: Uint8Array,
  ): void {
    const { threshold } = fragments[0] as Fragment;
    for (const fragment of fragments) {
      if (this.authentic === threshold) return;
      if (this.found[fragment.index] !== undefined) continue;
      const piece = openFragment(cipher, channel, fragment, context);
      if (piece === undefined) this.forged++;
      else {
        this.found[fragment.index] = piece;
        this.authentic++;
      }
    }
  }

  [Symbol.dispose](): void {
    wipe(...this.found);
  }
}

/** Joins the pieces of data, and rebuilds those that are missing. */
function join(found: readonly (Uint8Array | undefined)[], first: Fragment, bytes: number): Uint8Array {
  const { threshold, total, pieceBytes } = first;
  const out = allocate(bytes);
  const pieces = found.map((piece) => piece?.subarray(0, pieceBytes));
  let missing = false;
  for (let i = 0; i < threshold; i++) {
    const piece = pieces[i];
    if (piece === undefined) missing = true;
    else out.set(piece.subarray(0, Math.max(0, bytes - i * pieceBytes)), Math.min(bytes, i * pieceBytes));
  }
  if (missing && bytes > 0) reconstruct(pieces, threshold, total, pieceBytes, out);
  return out;
}

/** The inner layer of the threshold form. */
function openInner(
  channel: Channel,
  key: EpochKey,
  first: Fragment,
  found: readonly (Uint8Array | undefined)[],
  context: Uint8Array,
): Uint8Array | undefined {
  const shares: SecretShare[] = [];
  for (const [index, piece] of found.entries()) {
    if (piece !== undefined) shares.push({ x: index + 1, y: piece.subarray(first.pieceBytes) });
  }
  const secret = combineSecret(shares, first.threshold);
  const inner = InnerKey.derive(key, secret);
  wipe(secret);
  try {
    if (inner === undefined || !inner.isCommittedBy(first.secretCommitment)) return undefined;
    const aad = aadOf(channel, first, context);
    aad[OFFSET.index] = 0;
    return inner.open(aad, join(found, first, first.messageBytes + AES_256_GCM.tagBytes));
  } finally {
    inner?.wipe();
  }
}

/**
 * Opens a message.
 *
 * @param channel - The vault or session.
 * @param key - The keys of the message's epoch.
 * @param fragments - Some that claim to be of the same message; at least one.
 * @param context - The application's context.
 * @returns What came of it; undefined when the key is gone, and then nothing was given away.
 */
export function openMessage(
  channel: Channel,
  key: EpochKey,
  fragments: readonly Fragment[],
  context: Uint8Array,
): Opened | undefined {
  const first = fragments[0] as Fragment;
  const commitment = key.commitment();
  if (commitment === undefined) return undefined;
  // Before any key is touched, and in constant time: AES-GCM alone would not say whose key it is.
  if (!equalAt(first.bytes, OFFSET.commitment, commitment)) {
    return { data: undefined, authentic: 0, forged: fragments.length };
  }
  const isSingle = first.secrecy === SECRECY.epoch && first.total === 1;
  const opened = isSingle ? openSingle : openPieces;
  return finish(key, opened(channel, key, fragments, context));
}

/** A message that is one fragment. */
function openSingle(
  channel: Channel,
  key: EpochKey,
  fragments: readonly Fragment[],
  context: Uint8Array,
): Opened {
  const data = withCipher(key, (cipher) => {
    for (const fragment of fragments) {
      const opened = openFragment(cipher, channel, fragment, context);
      if (opened !== undefined) return opened;
    }
    return undefined;
  });
  const authentic = data === undefined ? 0 : 1;
  return { data, authentic, forged: fragments.length - authentic };
}

/** A message of several. */
function openPieces(
  channel: Channel,
  key: EpochKey,
  fragments: readonly Fragment[],
  context: Uint8Array,
): Opened {
  const first = fragments[0] as Fragment;
  using pieces = new Pieces(first.total);
  withCipher(key, (cipher) => pieces.collect(cipher, channel, fragments, context));
  const { found, authentic, forged } = pieces;
  if (authentic < first.threshold) return { data: undefined, authentic, forged };
  const data =
    first.secrecy === SECRECY.epoch
      ? join(found, first, first.messageBytes)
      : openInner(channel, key, first, found, context);
  return { data, authentic, forged };
}

/** The last look at the key: nothing is given away that was opened while it died. */
function finish(key: EpochKey, opened: Opened): Opened | undefined {
  if (key.isAlive()) return opened;
  wipe(opened.data);
  return undefined;
}

/** Whether a fragment is authentic; its plaintext is wiped at once. */
export function isAuthentic(
  channel: Channel,
  key: EpochKey,
  fragment: Fragment,
  context: Uint8Array,
): boolean {
  const opened = withCipher(key, (cipher) => openFragment(cipher, channel, fragment, context));
  wipe(opened);
  return opened !== undefined;
}
