/**
 * ML-KEM decapsulation inside a token. The shared secret comes out: the key schedule of an envelope needs it. It is an object of
 * the session for the time it takes to read it once into a buffer of ours.
 *
 * @module
 */
import { ML_KEM_1024 } from '../../params.ts';
import { CKA, CKK, CKO, CKR } from './constants.ts';
import { isResult } from './errors.ts';
import type { Session } from './token.ts';
import { bool, copyOf, type Handle, type Template, ulong } from './values.ts';

function secretTemplate(withLength: boolean): Template {
  const template: Template = [
    [CKA.CLASS, ulong(CKO.SECRET_KEY)],
    [CKA.KEY_TYPE, ulong(CKK.GENERIC_SECRET)],
    [CKA.TOKEN, bool(false)],
    [CKA.SENSITIVE, bool(false)],
    [CKA.EXTRACTABLE, bool(true)],
  ];
  if (!withLength) return template;
  return [...template, [CKA.VALUE_LEN, ulong(ML_KEM_1024.sharedSecretBytes)]];
}

/**
 * Decapsulates.
 *
 * @param ciphertext - 1568 bytes.
 * @param withLength - Whether the template says how long the secret is.
 * @returns The shared secret, 32 bytes, the caller's to wipe.
 */
export async function decapsulateInToken(
  { cryptoki, handle }: Session,
  key: Handle,
  ciphertext: Uint8Array,
  withLength: boolean,
): Promise<Uint8Array> {
  const template = secretTemplate(withLength);
  const object = await cryptoki.native.decapsulate(handle, key, template, copyOf(ciphertext));
  const secret = new Uint8Array(Buffer.allocUnsafeSlow(ML_KEM_1024.sharedSecretBytes).buffer);
  try {
    cryptoki.native.readValue(handle, object, secret);
    return secret;
  } catch (error) {
    secret.fill(0);
    throw error;
  } finally {
    cryptoki.destroyObject(handle, object);
  }
}

/** Whether a token refused a decapsulation for what its template says. */
export function isTemplateRefused(error: unknown): boolean {
  return isResult(
    error,
    CKR.TEMPLATE_INCOMPLETE,
    CKR.TEMPLATE_INCONSISTENT,
    CKR.ATTRIBUTE_TYPE_INVALID,
    CKR.ATTRIBUTE_VALUE_INVALID,
    CKR.ATTRIBUTE_READ_ONLY,
    CKR.ARGUMENTS_BAD,
  );
}
