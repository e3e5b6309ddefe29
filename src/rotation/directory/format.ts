/**
 * The bytes of identity links and key directories; `docs/formats.md` has them in a table.
 *
 * A **link** says: this key is followed by that one. It is signed by the older key, which is active then, while the newer
 * one is pending. A **directory** is an identity, the links that lead to it, and a body; the identity signs everything.
 *
 * @module
 */
import { concat, uintBytes, utf8 } from '../../bytes.ts';
import { Reader } from '../../keystore/file/reader.ts';
import { checkName, MAX_GENERATION } from '../../keystore/keystore.ts';
import { ML_DSA_87 } from '../../params.ts';
import { PREAMBLE_BYTES, writePreamble } from '../../preamble.ts';
import { SignPublicKey } from '../../sign/index.ts';
import { MAX_BODY_BYTES } from './body.ts';
import { MAX_TIME_MS } from './key.ts';

/** What the older key signs. */
export const LINK_CONTEXT: Uint8Array = /* @__PURE__ */ utf8('mwrasp-crypto/identity-link/v1');
/** What the active identity signs. */
export const DIRECTORY_CONTEXT: Uint8Array = /* @__PURE__ */ utf8('mwrasp-crypto/key-directory/v1');

/** Links of a directory: whoever knows the identity of so many generations ago can follow. */
export const MAX_LINKS = 4;

const { publicKeyBytes, signatureBytes } = ML_DSA_87;
const MAX_NAME_BYTES = 64;

/** Bytes of the longest link. */
export const MAX_LINK_BYTES: number =
  PREAMBLE_BYTES + 1 + MAX_NAME_BYTES + 2 * (4 + publicKeyBytes) + 8 + signatureBytes;

/** Bytes of the longest directory. */
export const MAX_DIRECTORY_BYTES: number =
  PREAMBLE_BYTES +
  1 +
  MAX_NAME_BYTES +
  24 +
  4 +
  publicKeyBytes +
  1 +
  MAX_LINKS * (2 + MAX_LINK_BYTES) +
  4 +
  MAX_BODY_BYTES +
  signatureBytes;

/** One generation of an identity. */
export interface IdentityKey {
  readonly generation: number;
  readonly publicKey: SignPublicKey;
}

/** What a link says. */
export interface LinkContent {
  /** Name of the identity's key. */
  readonly name: string;
  /** The older key, which signs. */
  readonly from: IdentityKey;
  /** The key that follows. */
  readonly to: IdentityKey;
  readonly createdAtMs: number;
}

/** A link, read and not verified. */
export interface Link extends LinkContent {
  /** All that is signed. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** What a directory says of itself. */
export interface DirectoryHead {
  /** Name of the identity's key. */
  readonly name: string;
  readonly sequence: number;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** A directory, read and not verified. */
export interface RawDirectory extends DirectoryHead {
  /** Who signs. */
  readonly identity: IdentityKey;
  /** The oldest first. */
  readonly links: readonly Link[];
  readonly body: Uint8Array;
  /** All that is signed. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

function preamble(letter: 'I' | 'Y'): Uint8Array {
  const bytes = new Uint8Array(PREAMBLE_BYTES);
  writePreamble(bytes, letter);
  return bytes;
}

function writeName(name: string): Uint8Array {
  const bytes = utf8(name);
  return concat(uintBytes(bytes.length, 1), bytes);
}

function readName(reader: Reader): string {
  const name = reader.text();
  checkName('name', name);
  return name;
}

function writeIdentity({ generation, publicKey }: IdentityKey): Uint8Array {
  return concat(uintBytes(generation, 4), publicKey.toBytes());
}

function readGeneration(reader: Reader): number {
  const generation = reader.uint(4);
  if (generation < 1 || generation > MAX_GENERATION) throw new RangeError('a generation out of range');
  return generation;
}

function readIdentity(reader: Reader): IdentityKey {
  const generation = readGeneration(reader);
  return { generation, publicKey: SignPublicKey.fromBytes(reader.take(publicKeyBytes)) };
}

function readTime(reader: Reader): number {
  const time = reader.uint(8);
  if (time > MAX_TIME_MS) throw new RangeError('a time out of range');
  return time;
}

/** What of a link is signed. */
export function writeLinkContent(link: LinkContent): Uint8Array {
  return concat(
    preamble('I'),
    writeName(link.name),
    writeIdentity(link.from),
    writeIdentity(link.to),
    uintBytes(link.createdAtMs, 8),
  );
}

/**
 * Reads a link whose preamble was checked.
 *
 * @throws RangeError, TypeError or InputError when it is damaged.
 */
export function readLink(bytes: Uint8Array): Link {
  const reader = new Reader(bytes, PREAMBLE_BYTES);
  const name = readName(reader);
  const from = readIdentity(reader);
  const to = readIdentity(reader);
  const createdAtMs = readTime(reader);
  const signed = new Uint8Array(bytes.subarray(0, reader.offset));
  const signature = reader.take(signatureBytes);
  reader.end();
  if (to.generation <= from.generation) throw new RangeError('a link that leads back');
  return { name, from, to, createdAtMs, signed, signature };
}

/**
 * What of a directory is signed.
 *
 * @param links - Whole links, the oldest first.
 */
export function writeDirectoryContent(
  { name, sequence, issuedAtMs, expiresAtMs }: DirectoryHead,
  identity: IdentityKey,
  links: readonly Uint8Array[],
  body: Uint8Array,
): Uint8Array {
  return concat(
    preamble('Y'),
    writeName(name),
    uintBytes(sequence, 8),
    uintBytes(issuedAtMs, 8),
    uintBytes(expiresAtMs, 8),
    writeIdentity(identity),
    uintBytes(links.length, 1),
    ...links.flatMap((link) => [uintBytes(link.length, 2), link]),
    uintBytes(body.length, 4),
    body,
  );
}

function readLinkField(reader: Reader): Link {
  const length = reader.uint(2);
  if (length > MAX_LINK_BYTES) throw new RangeError('a link that is too long');
  const bytes = reader.take(length);
  if (bytes.length < PREAMBLE_BYTES || !preamble('I').every((byte, i) => byte === bytes[i])) {
    throw new RangeError('something else than a link');
  }
  return readLink(bytes);
}

/**
 * Reads a directory whose preamble was checked. Its signatures are not verified.
 *
 * @throws RangeError, TypeError or InputError when it is damaged.
 */
export function readDirectory(bytes: Uint8Array): RawDirectory {
  const reader = new Reader(bytes, PREAMBLE_BYTES);
  const name = readName(reader);
  const sequence = reader.uint(8);
  const issuedAtMs = readTime(reader);
  const expiresAtMs = readTime(reader);
  const identity = readIdentity(reader);
  const count = reader.uint(1);
  if (count > MAX_LINKS) throw new RangeError('too many links');
  const links = reader.list(count, readLinkField);
  const bodyLength = reader.uint(4);
  if (bodyLength > MAX_BODY_BYTES) throw new RangeError('a body that is too long');
  const body = reader.take(bodyLength);
  const signed = bytes.subarray(0, reader.offset);
  const signature = reader.take(signatureBytes);
  reader.end();
  return { name, sequence, issuedAtMs, expiresAtMs, identity, links, body, signed, signature };
}
