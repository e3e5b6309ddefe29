/**
 * Signing and verifying messages in hand.
 *
 * @module
 */
import { checkBytes, checkOptions, describe } from '../bytes.ts';
import { InputError } from '../errors.ts';
import { ML_DSA_87 } from '../params.ts';
import {
  checkSignPrivateKey,
  preparedSignPrivateKey,
  preparedSignPublicKey,
  type SignPrivateKey,
  type SignPublicKey,
} from './keys.ts';

/** Options of {@link verify}, and part of those of {@link sign}. */
export interface ContextOptions {
  /** What the signature is for, 0 to 255 bytes; empty by default. Signer and verifier must agree. */
  readonly context?: Uint8Array;
}

/** Options that say how a signature is randomised. */
export interface SigningOptions {
  /**
   * Sign without fresh randomness (FIPS 204 §3.4), so that one message has one signature. Hedged signing, the default,
   * protects better against fault and side-channel attacks.
   */
  readonly deterministic?: boolean;
}

/** Options of {@link sign}. */
export interface SignOptions extends ContextOptions, SigningOptions {}

/** What the engines take at once. */
const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

const EMPTY = new Uint8Array(0);

/** The `rnd` of deterministic signing, FIPS 204 §3.4. */
const ZERO_RND = new Uint8Array(ML_DSA_87.rndBytes);

/** Checks a context option. */
export function checkContext(context: Uint8Array | undefined): Uint8Array {
  if (context === undefined) return EMPTY;
  checkBytes('options.context', context, { max: ML_DSA_87.maxContextBytes });
  return context;
}

/** Checks a flag that may be absent. */
export function checkDeterministic(value: boolean | undefined): boolean {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new InputError('ERR_INPUT_TYPE', 'options.deterministic', 'a boolean', describe(value));
  }
  return value ?? false;
}

/**
 * Signs a message with ML-DSA-87.
 *
 * FIPS 204 §5.2, algorithm 2; hedged unless asked otherwise.
 *
 * @param privateKey - The signer's key.
 * @param message - The message, up to 2^31 − 1 bytes; {@link signStream} takes more.
 * @param options - Context string, deterministic signing.
 * @returns The signature, 4627 bytes.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` for deterministic signing when an engine without it is
 * forced.
 * @example const signature = sign(privateKey, message, { context: utf8('invoices v1') });
 */
export function sign(privateKey: SignPrivateKey, message: Uint8Array, options?: SignOptions): Uint8Array {
  const wanted = checkOptions('options', options, ['context', 'deterministic']);
  const deterministic = checkDeterministic(wanted.deterministic);
  checkSignPrivateKey('privateKey', privateKey);
  checkBytes('message', message, { max: MAX_MESSAGE_BYTES });
  const context = checkContext(wanted.context);
  const out = new Uint8Array(ML_DSA_87.signatureBytes);
  if (deterministic) {
    preparedSignPrivateKey('privateKey', privateKey, 'seeded-signing').signWith(
      message,
      context,
      ZERO_RND,
      out,
    );
  } else {
    preparedSignPrivateKey('privateKey', privateKey).sign(message, context, out);
  }
  return out;
}

/**
 * Verifies an ML-DSA-87 signature.
 *
 * FIPS 204 §5.3, algorithm 3.
 *
 * @param publicKey - The signer's public key.
 * @param message - The message, up to 2^31 − 1 bytes.
 * @param signature - The signature; anything that is not a right one, whatever its length, gives false.
 * @param options - The context string that was signed with.
 * @returns Whether the signature is right.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH` (context), `ERR_INPUT_OPTION`.
 * @example if (!verify(publicKey, message, signature, { context: utf8('invoices v1') })) throw new Error('forged');
 */
export function verify(
  publicKey: SignPublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  options?: ContextOptions,
): boolean {
  const { context } = checkOptions('options', options, ['context']);
  const prepared = preparedSignPublicKey('publicKey', publicKey);
  checkBytes('message', message, { max: MAX_MESSAGE_BYTES });
  checkBytes('signature', signature);
  return prepared.verify(message, checkContext(context), signature);
}
