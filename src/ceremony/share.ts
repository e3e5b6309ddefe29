/**
 * The file of one share, format `C`: what anybody may read, the share sealed to its custodian, a checksum over both.
 * Every byte is in `docs/formats.md`.
 *
 * @module
 */
import { checkBytes, concat, equal, toHex, uintBytes, utf8 } from '../bytes.ts';
import { open, type Recipient, seal } from '../envelope/index.ts';
import { AuthenticationError, CeremonyError, InputError, UnsupportedError } from '../errors.ts';
import { sha3_512 } from '../hash/index.ts';
import { Reader } from '../keystore/file/reader.ts';
import { checkName } from '../keystore/keystore.ts';
import { SHA3_512 } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES, readPreamble, writePreamble } from '../preamble.ts';
import { type Custodian, isRule } from './custodian.ts';
import { ROOT_KEY_BYTES, SET_ID_BYTES, shareDigestOf } from './root.ts';

/** Bytes of the checksum at a share's end. */
const CHECKSUM_BYTES = 32;
/** An envelope of 32 bytes has less. */
const MAX_ENVELOPE_BYTES = 4096;
/** A larger file is no share. */
export const MAX_SHARE_BYTES = 8192;

const CONTEXT_LABEL = utf8('mwrasp-crypto/ceremony/v1/share');
const CHECKSUM_LABEL = utf8('mwrasp-crypto/ceremony/v1/checksum');

/** What a share's head says. */
export interface ShareHead {
  readonly setId: Uint8Array;
  readonly index: number;
  readonly threshold: number;
  readonly total: number;
  readonly custodian: string;
  /** What the transcript has of the share. */
  readonly digest: Uint8Array;
}

/** A share's file, taken apart. */
export interface ShareFile extends ShareHead {
  readonly headBytes: Uint8Array;
  readonly envelope: Uint8Array;
}

/** What anybody may know of a share. */
export interface ShareInfo {
  /** Id of the ceremony's set, 32 hexadecimal digits. */
  readonly setId: string;
  /** Number of the share, 1 to `total`. */
  readonly index: number;
  /** How many shares give the root key. */
  readonly threshold: number;
  /** How many shares there are. */
  readonly total: number;
  /** Whose share it is. */
  readonly custodian: string;
}

function writeHead({ setId, index, threshold, total, custodian, digest }: ShareHead): Uint8Array {
  const preamble = new Uint8Array(PREAMBLE_BYTES);
  writePreamble(preamble, 'C');
  const name = utf8(custodian);
  return concat(preamble, setId, Uint8Array.of(index, threshold, total, name.length), name, digest);
}

function checksumOf(bytes: Uint8Array): Uint8Array {
  return sha3_512(concat(CHECKSUM_LABEL, bytes)).subarray(0, CHECKSUM_BYTES);
}

/** Seals a share to its custodian. */
export async function writeShare(
  head: Omit<ShareHead, 'custodian' | 'digest'>,
  custodian: Custodian,
  y: Uint8Array,
): Promise<{ bytes: Uint8Array; digest: Uint8Array }> {
  const digest = shareDigestOf(head.setId, head.index, y);
  const headBytes = writeHead({ ...head, custodian: custodian.name, digest });
  const sealed = await seal(custodian.recipient, y, { context: concat(CONTEXT_LABEL, headBytes) });
  const body = concat(headBytes, uintBytes(sealed.length, 2), sealed);
  return { bytes: concat(body, checksumOf(body)), digest };
}

function readFields(bytes: Uint8Array): ShareFile {
  const reader = new Reader(bytes, PREAMBLE_BYTES);
  const setId = reader.take(SET_ID_BYTES);
  const [index, threshold, total] = [reader.uint(1), reader.uint(1), reader.uint(1)];
  const custodian = reader.text();
  checkName('custodian', custodian);
  if (!isRule(threshold, total) || index < 1 || index > total) throw new RangeError('no rule');
  const digest = reader.take(SHA3_512.digestBytes);
  const headBytes = reader.since(0);
  const length = reader.uint(2);
  if (length > MAX_ENVELOPE_BYTES) throw new RangeError('too long an envelope');
  const envelope = reader.take(length);
  reader.take(CHECKSUM_BYTES);
  reader.end();
  return { setId, index, threshold, total, custodian, digest, headBytes, envelope };
}

/** What the head of damaged bytes seems to say; it may be what was damaged. */
function concernedBy(bytes: Uint8Array): { custodian?: string; index?: number } {
  try {
    const reader = new Reader(bytes, PREAMBLE_BYTES + SET_ID_BYTES);
    const index = reader.uint(1);
    reader.take(2);
    const custodian = reader.text();
    checkName('custodian', custodian);
    return { custodian, index };
  } catch {
    return {};
  }
}

/** A share that is not as it was written. */
function damaged(argument: string, bytes: Uint8Array, why: string): CeremonyError {
  const concerned = concernedBy(bytes);
  const says =
    concerned.custodian === undefined
      ? ''
      : `, which says it is share ${concerned.index} of "${concerned.custodian}",`;
  return new CeremonyError('ERR_CEREMONY_SHARE_DAMAGED', `${argument}${says} is damaged: ${why}`, concerned);
}

/**
 * Takes a share's file apart. Nothing in it is authenticated yet; the checksum tells damage, not malice.
 *
 * @param argument - What it is called in errors.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`; `ERR_INPUT_FORMAT` for another of this library's formats.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 * @throws {@link CeremonyError} `ERR_CEREMONY_SHARE_DAMAGED`.
 */
export function readShare(argument: string, given: Uint8Array): ShareFile {
  checkBytes(argument, given, { max: MAX_SHARE_BYTES });
  const bytes = Uint8Array.from(given);
  if (readPreamble(bytes) !== undefined) checkPreamble(argument, bytes, 'C');
  else throw damaged(argument, new Uint8Array(0), 'it does not begin as a share does');
  const end = bytes.length - CHECKSUM_BYTES;
  let file: ShareFile;
  try {
    file = readFields(bytes);
  } catch {
    throw damaged(argument, bytes, 'a field in it is not what it can be, or its end is missing');
  }
  if (!equal(checksumOf(bytes.subarray(0, end)), bytes.subarray(end))) {
    throw damaged(argument, bytes, 'its checksum is wrong');
  }
  return file;
}

/**
 * Opens a share and compares it with its digest.
 *
 * @returns 32 bytes, the caller's to wipe.
 * @throws {@link CeremonyError} `ERR_CEREMONY_SHARE_WRONG`.
 */
export async function openShare(
  argument: string,
  file: ShareFile,
  recipient: Recipient,
): Promise<Uint8Array> {
  const { setId, index, custodian, digest, headBytes, envelope } = file;
  const wrong = (why: string) =>
    new CeremonyError(
      'ERR_CEREMONY_SHARE_WRONG',
      `${argument}: share ${index} of custodian "${custodian}" ${why}`,
      { custodian, index },
    );
  let y: Uint8Array;
  try {
    y = await open(recipient, envelope, { context: concat(CONTEXT_LABEL, headBytes) });
  } catch (error) {
    const isOurs =
      error instanceof AuthenticationError ||
      error instanceof UnsupportedError ||
      (error instanceof InputError && error.argument === 'envelope');
    // That a keystore cannot decapsulate now is its own error.
    if (!isOurs) throw error;
    throw wrong('does not open with its key');
  }
  if (y.length === ROOT_KEY_BYTES && equal(shareDigestOf(setId, index, y), digest)) return y;
  y.fill(0);
  throw wrong('opens, and is not the one that was dealt');
}

/**
 * Says what a share is, without opening it. The answer is not authenticated.
 *
 * @param share - The file of a share.
 * @returns Set, rule, number and custodian.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`; `ERR_INPUT_FORMAT` for another of this library's formats.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a share of another release.
 * @throws {@link CeremonyError} `ERR_CEREMONY_SHARE_DAMAGED`.
 * @example const { custodian, index } = inspectShare(await readFile('alice.mwc'));
 */
export function inspectShare(share: Uint8Array): ShareInfo {
  const { setId, index, threshold, total, custodian } = readShare('share', share);
  return { setId: toHex(setId), index, threshold, total, custodian };
}
