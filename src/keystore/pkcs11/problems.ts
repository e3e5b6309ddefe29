/**
 * What can be wrong with a token or the way to it, as doctor tells it. Errors keep their class and code; this is beside
 * them.
 *
 * @module
 */
import { CKR } from './constants.ts';
import { resultOf } from './errors.ts';

/** What can be wrong. */
export type TokenProblem =
  /** pkcs11js or koffi is not installed. */
  | 'peer-missing'
  /** npm did not run the install script of pkcs11js. */
  | 'addon-not-built'
  /** A peer is there and does not load. */
  | 'peer-broken'
  | 'module-not-found'
  | 'module-unreadable'
  /** The file is no shared library. */
  | 'not-a-library'
  | 'wrong-architecture'
  /** The dynamic linker refused it: a library that it needs is missing. */
  | 'module-not-loadable'
  /** It exports no `C_GetFunctionList`. */
  | 'not-a-pkcs11-module'
  /** `C_Initialize` failed. */
  | 'module-not-initialised'
  /** No slot holds a token. */
  | 'no-token'
  /** No token is the one that was asked for. */
  | 'token-not-found'
  /** Several tokens are. */
  | 'several-tokens'
  | 'token-not-initialised'
  | 'pin-not-initialised'
  | 'pin-missing'
  | 'pin-wrong'
  | 'pin-locked'
  /** One more wrong PIN locks the token. */
  | 'pin-final-try'
  /** The token has no AES-256-GCM, without which it can keep nothing here. */
  | 'no-aes-gcm'
  | 'token-failed';

const marked = new WeakMap<object, TokenProblem>();

/** Says beside an error which problem it is. */
export function mark<E extends Error>(error: E, problem: TokenProblem): E {
  marked.set(error, problem);
  return error;
}

const BY_RESULT: ReadonlyMap<number, TokenProblem> = new Map([
  [CKR.PIN_INCORRECT, 'pin-wrong'],
  [CKR.PIN_INVALID, 'pin-wrong'],
  [CKR.PIN_LEN_RANGE, 'pin-wrong'],
  [CKR.PIN_LOCKED, 'pin-locked'],
  [CKR.USER_PIN_NOT_INITIALIZED, 'pin-not-initialised'],
  [CKR.TOKEN_NOT_PRESENT, 'no-token'],
]);

/** Which problem an error is. */
export function problemOf(error: unknown): TokenProblem {
  const problem = typeof error === 'object' && error !== null ? marked.get(error) : undefined;
  return problem ?? BY_RESULT.get(resultOf(error) ?? -1) ?? 'token-failed';
}
