/**
 * AES-256-GCM inside a token, whoever draws the nonce.
 *
 * @module
 */
import { KeyStoreError } from '../../errors.ts';
import { drawNonce } from '../../nonce.ts';
import { AES_256_GCM } from '../../params.ts';
import type { SealedParts } from '../custodian.ts';
import { forgery } from './errors.ts';
import type { IvSource } from './quirks.ts';
import type { Session } from './token.ts';
import { copyOf, type Handle, viewOf, viewWithPointer } from './values.ts';

const { nonceBytes, tagBytes } = AES_256_GCM;

function nonceBuffer(ivSource: IvSource): Buffer {
  if (ivSource === 'token-appends') return Buffer.alloc(0);
  // Of Node's pool: native code needs its address, and memory of its own would take as long as the cipher.
  const out = Buffer.allocUnsafe(nonceBytes).fill(0);
  if (ivSource === 'caller') drawNonce(out);
  return out;
}

/**
 * Seals. Copies nothing: nobody else may write to AAD and plaintext until it has ended.
 *
 * @param plaintext - Of any length.
 * @param room - Bytes to leave free before the ciphertext.
 */
export async function sealInToken(
  { cryptoki, handle }: Session,
  key: Handle,
  ivSource: IvSource,
  aad: Uint8Array,
  plaintext: Uint8Array,
  room = 0,
): Promise<SealedParts> {
  const iv = nonceBuffer(ivSource);
  const out = await cryptoki.encryptGcm(handle, key, iv, viewOf(aad), viewWithPointer(plaintext), room);
  const end = plaintext.length + tagBytes;
  // Whoever drew it, this is where it is now: a token that puts one of its own in the place of ours is believed.
  const nonce = Uint8Array.from(ivSource === 'token-appends' ? out.subarray(end) : iv);
  if (nonce.every((byte) => byte === 0)) {
    throw new KeyStoreError('ERR_KEYSTORE_TOKEN', 'C_Encrypt: the token drew no nonce');
  }
  return { nonce, sealed: out.subarray(0, end) };
}

/**
 * Opens.
 *
 * @returns The plaintext, in a buffer of its own; undefined when nonce, AAD, ciphertext or tag are not right.
 */
export async function openInToken(
  session: Session,
  key: Handle,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (nonce.length !== nonceBytes || sealed.length < tagBytes) return undefined;
  return session.cryptoki.decryptGcm(session.handle, key, copyOf(nonce), copyOf(aad), copyOf(sealed));
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
