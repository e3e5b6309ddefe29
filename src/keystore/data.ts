/**
 * The bytes that `sealData` and `wrap` make.
 *
 * `MWD` 1 (4), purpose (1: 1 data, 2 wrapped key), key id (16), nonce (12), ciphertext, tag (16). The AAD of AES-256-GCM
 * is everything before the nonce, and the caller's. The plaintext begins with 32 zero bytes: AES-GCM alone does not commit
 * to its key, and for a key inside a token no commitment can be derived from its bytes.
 *
 * Source of the commitment: Albertini, Duong, Gueron, Kölbl, Luykx, Schmieg, "How to Abuse and Fix Authenticated
 * Encryption Without Key Commitment", USENIX Security 2022, §5.3 (padding).
 *
 * @module
 */
import { checkBytes, concat, toBase64Url, wipe } from '../bytes.ts';
import { InputError } from '../errors.ts';
import { AES_256_GCM } from '../params.ts';
import { checkPreamble, PREAMBLE_BYTES, writePreamble } from '../preamble.ts';
import { borrow, giveBack } from '../scratch.ts';
import type { LiveKey } from './custodian.ts';

/** What sealed bytes hold: a message, or key material. */
export type Purpose = 'data' | 'key';

const PURPOSE_CODES: Readonly<Record<Purpose, number>> = { data: 1, key: 2 };

/** Bytes of an AES key's id. */
export const DATA_KEY_ID_BYTES = 16;

const PURPOSE_OFFSET = PREAMBLE_BYTES;
const KEY_ID_OFFSET = PURPOSE_OFFSET + 1;
const NONCE_OFFSET = KEY_ID_OFFSET + DATA_KEY_ID_BYTES;
const SEALED_OFFSET = NONCE_OFFSET + AES_256_GCM.nonceBytes;
const COMMITMENT_BYTES = 32;

/** What `sealData` adds to a message. */
export const DATA_OVERHEAD_BYTES: number = SEALED_OFFSET + COMMITMENT_BYTES + AES_256_GCM.tagBytes;

/** Longest plaintext and AAD: tokens take one buffer at a time, and none is larger than this. */
export const MAX_DATA_BYTES: number = 2 ** 30;

/** Heads by key id and purpose: memory that native code can look at takes longer to make than to seal a short message. */
const heads = new WeakMap<Uint8Array, Partial<Record<Purpose, Uint8Array>>>();

/** What everything sealed with a key for a purpose begins with. */
function headOf(keyId: Uint8Array, purpose: Purpose): Uint8Array {
  const known = heads.get(keyId) ?? {};
  let head = known[purpose];
  if (head === undefined) {
    head = new Uint8Array(new ArrayBuffer(NONCE_OFFSET));
    writePreamble(head, 'D');
    head[PURPOSE_OFFSET] = PURPOSE_CODES[purpose];
    head.set(keyId, KEY_ID_OFFSET);
    heads.set(keyId, { ...known, [purpose]: head });
  }
  return head;
}

/**
 * Seals.
 *
 * @param key - A live AES key.
 * @param keyId - Its id, 16 bytes.
 * @param purpose - What the plaintext is.
 * @param aad - The caller's AAD.
 * @param plaintext - The plaintext.
 */
export async function sealWith(
  key: Required<Pick<LiveKey, 'seal'>>,
  keyId: Uint8Array,
  purpose: Purpose,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  const head = headOf(keyId, purpose);
  const padded = borrow(COMMITMENT_BYTES + plaintext.length);
  padded.fill(0, 0, COMMITMENT_BYTES);
  padded.set(plaintext, COMMITMENT_BYTES);
  try {
    const { nonce, sealed } = await key.seal(
      aad.length === 0 ? head : concat(head, aad),
      padded,
      SEALED_OFFSET,
    );
    const { buffer, byteOffset, length } = sealed;
    const out = new Uint8Array(buffer, byteOffset - SEALED_OFFSET, SEALED_OFFSET + length);
    out.set(head);
    out.set(nonce, NONCE_OFFSET);
    return out;
  } finally {
    giveBack(padded);
  }
}

/**
 * Opens.
 *
 * @returns The plaintext, or undefined when anything was changed, the key is another one or the purpose is.
 */
export async function openWith(
  key: Required<Pick<LiveKey, 'open'>>,
  purpose: Purpose,
  aad: Uint8Array,
  bytes: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (bytes[PURPOSE_OFFSET] !== PURPOSE_CODES[purpose]) return undefined;
  const padded = await key.open(
    bytes.subarray(NONCE_OFFSET, SEALED_OFFSET),
    concat(bytes.subarray(0, NONCE_OFFSET), aad),
    bytes.subarray(SEALED_OFFSET),
  );
  if (padded === undefined) return undefined;
  let difference = 0;
  for (let i = 0; i < COMMITMENT_BYTES; i++) difference |= padded[i] as number;
  const plaintext = difference === 0 ? padded.slice(COMMITMENT_BYTES) : undefined;
  wipe(padded);
  return plaintext;
}

/**
 * Reads which key sealed.
 *
 * @returns The key id, base64url; not authenticated.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_FORMAT`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION`.
 */
export function readDataKeyId(argument: string, bytes: Uint8Array): string {
  checkBytes(argument, bytes, { max: MAX_DATA_BYTES + DATA_OVERHEAD_BYTES });
  checkPreamble(argument, bytes, 'D');
  if (bytes.length < DATA_OVERHEAD_BYTES) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      argument,
      `at least ${DATA_OVERHEAD_BYTES} bytes`,
      `${bytes.length} bytes`,
    );
  }
  return toBase64Url(bytes.subarray(KEY_ID_OFFSET, NONCE_OFFSET));
}
