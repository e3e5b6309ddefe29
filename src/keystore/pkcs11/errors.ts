/**
 * What tokens answer, as errors of this library.
 *
 * @module
 */
import { KeyStoreError, type TokenResult } from '../../errors.ts';
import { CKR, resultName } from './constants.ts';

/** The binding's errors: `CKR_PIN_INCORRECT:160`, in the message or at the beginning of the stack. */
const BINDING_MESSAGE = /(CKR_[A-Z0-9_]+):(\d+)/;

/** What to do about a result, where its name does not say it. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [CKR.PIN_INCORRECT, 'the PIN is wrong; it is not tried again by this process'],
  [CKR.PIN_LOCKED, 'the PIN is locked after too many wrong tries; only the security officer can reset it'],
  [CKR.PIN_EXPIRED, 'the PIN has expired and must be changed'],
  [CKR.PIN_LEN_RANGE, 'the token takes no PIN of this length'],
  [CKR.USER_PIN_NOT_INITIALIZED, 'the token has no user PIN yet'],
  [CKR.TOKEN_NOT_PRESENT, 'there is no token in the slot'],
  [CKR.TOKEN_WRITE_PROTECTED, 'the token is write-protected'],
  [CKR.DEVICE_REMOVED, 'the token was removed'],
  [CKR.DEVICE_MEMORY, 'the token is full'],
  [CKR.SESSION_COUNT, 'the token has no session left'],
]);

/** Results after which sessions, handles or the login are no longer there, though the token may be. */
const LOST: ReadonlySet<number> = new Set([
  CKR.DEVICE_ERROR,
  CKR.DEVICE_REMOVED,
  CKR.SESSION_CLOSED,
  CKR.SESSION_HANDLE_INVALID,
  CKR.KEY_HANDLE_INVALID,
  CKR.OBJECT_HANDLE_INVALID,
  CKR.TOKEN_NOT_PRESENT,
  CKR.TOKEN_NOT_RECOGNIZED,
  CKR.SLOT_ID_INVALID,
  CKR.USER_NOT_LOGGED_IN,
  CKR.CRYPTOKI_NOT_INITIALIZED,
]);

/** Results that say that ciphertext or tag are not right. */
const FORGED: ReadonlySet<number> = new Set([
  CKR.ENCRYPTED_DATA_INVALID,
  CKR.ENCRYPTED_DATA_LEN_RANGE,
  CKR.AEAD_DECRYPT_FAILED,
]);

/** Results by which some tokens say the same, and others that something broke. */
const MAYBE_FORGED: ReadonlySet<number> = new Set([
  CKR.GENERAL_ERROR,
  CKR.FUNCTION_FAILED,
  CKR.DATA_INVALID,
  CKR.SIGNATURE_INVALID,
]);

/**
 * A token's answer as an error.
 *
 * @param call - The function that gave it, for the message.
 * @param value - The result.
 * @param name - Its name, where the binding knows one that is not ours.
 */
export function tokenError(call: string, value: number, name?: string): KeyStoreError {
  const known = resultName(value) ?? (name === 'CKR_VENDOR_DEFINED' ? undefined : name);
  const ckr: TokenResult = { name: known ?? 'CKR_VENDOR_DEFINED', value };
  const advice = ADVICE.get(value);
  const text = `${call}: ${ckr.name} (0x${value.toString(16)})`;
  return new KeyStoreError('ERR_KEYSTORE_TOKEN', advice === undefined ? text : `${text}: ${advice}`, { ckr });
}

/**
 * Whatever the binding threw, as an error of this library. It throws classes of its own, and for some calls a plain Error.
 *
 * @param call - The function that was called.
 * @param error - What it threw.
 */
export function fromBinding(call: string, error: unknown): Error {
  if (error instanceof KeyStoreError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const match = BINDING_MESSAGE.exec(String(message));
  if (match !== null) return tokenError(call, Number(match[2]), match[1]);
  if (typeof code === 'number' && code !== 0) {
    return tokenError(
      call,
      code,
      typeof message === 'string' && /^CKR_\w+$/.test(message) ? message : undefined,
    );
  }
  return new KeyStoreError('ERR_KEYSTORE_TOKEN', `${call}: the PKCS#11 binding failed`, { cause: error });
}

/** The token's answer that an error carries. */
export function resultOf(error: unknown): number | undefined {
  return error instanceof KeyStoreError ? error.ckr?.value : undefined;
}

/** Whether an error is one of these answers. */
export function isResult(error: unknown, ...values: readonly number[]): boolean {
  const result = resultOf(error);
  return result !== undefined && values.includes(result);
}

/** Whether sessions, handles or login have to be made anew before another try. */
export function isLost(error: unknown): boolean {
  const result = resultOf(error);
  return result !== undefined && LOST.has(result);
}

/** What a failed decryption says of the data: forged, perhaps forged, or that something else is wrong. */
export function forgery(error: unknown): 'yes' | 'maybe' | 'no' {
  const result = resultOf(error);
  if (result === undefined) return 'no';
  if (FORGED.has(result)) return 'yes';
  return MAYBE_FORGED.has(result) ? 'maybe' : 'no';
}
