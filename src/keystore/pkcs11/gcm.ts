/**
 * AES-256-GCM inside a token, whoever draws the nonce.
 *
 * @module
 */
import { allocate } from '../../bytes.ts';
import { KeyStoreError } from '../../errors.ts';
import { drawNonce } from '../../nonce.ts';
import { AES_256_GCM } from '../../params.ts';
import { borrow, giveBack } from '../../scratch.ts';
import type { SealedParts } from '../custodian.ts';
import { checkLength } from './cryptoki.ts';
import { forgery } from './errors.ts';
import type { IvSource } from './quirks.ts';
import type { Session } from './token.ts';
import { type Handle, withPointer } from './values.ts';

const { nonceBytes, tagBytes } = AES_256_GCM;

function isZero(bytes: Uint8Array): boolean {
  let all = 0;
  for (let i = 0; i < bytes.length; i++) all |= bytes[i] as number;
  return all === 0;
}

/**
 * Seals. Copies nothing: nobody else may write to AAD and plaintext until it has ended.
 *
 * @param plaintext - Of any length.
 * @param room - Bytes to leave free before the ciphertext.
 */
export async function sealInToken(
  { cryptoki, handle, gcm }: Session,
  key: Handle,
  ivSource: IvSource,
  aad: Uint8Array,
  plaintext: Uint8Array,
  room = 0,
): Promise<SealedParts> {
  const isAppended = ivSource === 'token-appends';
  gcm.begin(!isAppended, aad);
  if (ivSource === 'caller') drawNonce(gcm.nonce);
  else gcm.nonce.fill(0);
  const end = plaintext.length + tagBytes;
  const length = isAppended ? end + nonceBytes : end;
  const target = allocate(room + length).subarray(room);
  try {
    const out = await cryptoki.runGcm('C_Encrypt', handle, key, gcm, withPointer(plaintext), target);
    checkLength('C_Encrypt', out, length);
    // Whoever drew it, this is where it is now: a token that puts one of its own in the place of ours is believed.
    const nonce = new Uint8Array(isAppended ? out.subarray(end) : gcm.nonce);
    if (isZero(nonce)) {
      throw new KeyStoreError('ERR_KEYSTORE_TOKEN', 'C_Encrypt: the token drew no nonce');
    }
    return { nonce, sealed: isAppended ? out.subarray(0, end) : out };
  } finally {
    gcm.end();
  }
}

/**
 * Opens.
 *
 * @returns The plaintext, in a buffer of its own; undefined when nonce, AAD, ciphertext or tag are not right.
 */
export async function openInToken(
  { cryptoki, handle, gcm }: Session,
  key: Handle,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (nonce.length !== nonceBytes || sealed.length < tagBytes) return undefined;
  // A copy that nobody else writes to.
  const copy = borrow(sealed.length);
  copy.set(sealed);
  // As long as the ciphertext, as some tokens want it.
  const target = new Uint8Array(new ArrayBuffer(sealed.length));
  gcm.begin(true, aad);
  gcm.nonce.set(nonce);
  try {
    const plaintext = await cryptoki.runGcm('C_Decrypt', handle, key, gcm, copy, target);
    checkLength('C_Decrypt', plaintext, sealed.length - tagBytes);
    return plaintext;
  } catch (error) {
    target.fill(0);
    throw error;
  } finally {
    gcm.end();
    giveBack(copy);
  }
}

/**
 * Opens, and tells data that were changed from a token that does not work.
 *
 * @param open - Opens in a session of its own.
 * @param works - Whether sealing and opening something else works: some tokens answer a wrong tag with the same general error
 * as a defect.
 * @returns The plaintext, or undefined when the data were changed.
 */
export async function openOrRefuse(
  open: () => Promise<Uint8Array | undefined>,
  works: () => Promise<boolean>,
): Promise<Uint8Array | undefined> {
  try {
    return await open();
  } catch (error) {
    const verdict = forgery(error);
    if (verdict === 'yes' || (verdict === 'maybe' && (await works()))) return undefined;
    throw error;
  }
}
