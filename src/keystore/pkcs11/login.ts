/**
 * What is known of a token's PIN in this process: whether somebody is logged in, and which PINs were wrong. A wrong PIN is
 * never tried twice: the third try locks many tokens, and a service that restarts its connections makes three in a second.
 *
 * @module
 */
import { randomFill, toHex, wipe } from '../../bytes.ts';
import { hmacSha3_512 } from '../../hash/index.ts';
import { CKR } from './constants.ts';
import type { Cryptoki } from './cryptoki.ts';
import { isResult, tokenError } from './errors.ts';
import type { Handle } from './values.ts';

/** Keys the digests by which PINs are compared, so that a dump of the digests alone tells nothing. */
let digestKey: Uint8Array | undefined;

/** Digests of wrong PINs, by token. */
const refused = new Map<string, Set<string>>();

function digestOf(pin: Uint8Array): string {
  digestKey ??= randomFill(new Uint8Array(64));
  return toHex(hmacSha3_512(digestKey, pin));
}

/** The login of one token, shared by all who use it. */
export class Login {
  readonly #token: string;
  readonly #pin: Uint8Array | undefined;
  readonly #digest: string | undefined;

  /**
   * @param token - What tells the token from all others.
   * @param pin - Taken over, kept to log in again after the token forgot, wiped by {@link dispose}; undefined where the token
   * needs none, or has a keypad of its own.
   */
  constructor(token: string, pin: Uint8Array | undefined) {
    this.#token = token;
    this.#pin = pin;
    this.#digest = pin && digestOf(pin);
  }

  /** Whether a PIN is the one that this login has. A token that is logged in takes any; this library does not. */
  accepts(pin: Uint8Array | undefined): boolean {
    return pin === undefined ? this.#digest === undefined : digestOf(pin) === this.#digest;
  }

  /**
   * Logs in.
   *
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_TOKEN`.
   */
  async enter(cryptoki: Cryptoki, session: Handle): Promise<void> {
    const wrong = refused.get(this.#token);
    if (this.#digest !== undefined && wrong?.has(this.#digest))
      throw tokenError('C_Login', CKR.PIN_INCORRECT);
    try {
      await cryptoki.login(session, this.#pin);
    } catch (error) {
      // Somebody else in this process did, for all of it.
      if (isResult(error, CKR.USER_ALREADY_LOGGED_IN)) return;
      if (
        this.#digest !== undefined &&
        isResult(error, CKR.PIN_INCORRECT, CKR.PIN_INVALID, CKR.PIN_LEN_RANGE)
      ) {
        refused.set(this.#token, (wrong ?? new Set()).add(this.#digest));
      }
      throw error;
    }
  }

  /** Wipes the PIN. */
  dispose(): void {
    wipe(this.#pin);
  }
}
