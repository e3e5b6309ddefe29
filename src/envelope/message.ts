/**
 * Envelopes of messages in hand.
 *
 * @module
 */
import { checkBytes, checkOptions, concat } from '../bytes.ts';
import { InputError } from '../errors.ts';
import type { KemPublicKey } from '../kem/index.ts';
import { headerLength, readParts } from './header.ts';
import {
  checkContext,
  checkRecipientKey,
  checkSender,
  type EnvelopeOpenOptions,
  type EnvelopeSealOptions,
  openPiece,
  type Recipient,
  sealPiece,
  startOpening,
  startSealing,
  toDecapsulator,
  toSigner,
} from './session.ts';

/**
 * Seals a message to the holder of an ML-KEM-1024 key.
 *
 * HPKE base mode (RFC 9180 §5.1.1) with ML-KEM-1024, HKDF-SHA512 and AES-256-GCM. With `signer`, the sender's ML-DSA-87
 * key signs encapsulation, commitment, both key ids, context and header: that tells the *recipient* who sealed it, and
 * proves nothing to third parties, since the recipient could have made the body too.
 *
 * @param recipient - The recipient's public key.
 * @param plaintext - The message.
 * @param options - Signer, context.
 * @returns The envelope.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
 * @throws What a signer that is no key throws, as it is.
 * @example const bytes = await seal(recipientPublicKey, message, { signer });
 */
export async function seal(
  recipient: KemPublicKey,
  plaintext: Uint8Array,
  options?: EnvelopeSealOptions,
): Promise<Uint8Array> {
  checkRecipientKey(recipient);
  checkBytes('plaintext', plaintext);
  const wanted = checkOptions('options', options, ['signer', 'context']);
  const signer = toSigner(wanted.signer);
  const context = checkContext(wanted.context);
  const { header, hpke } = await startSealing(recipient, signer, context, undefined);
  return concat(header, await sealPiece(hpke, plaintext, true));
}

/**
 * Opens an envelope.
 *
 * @param recipient - The private key it was sealed to, or something that decapsulates with it.
 * @param envelope - What {@link seal} returned.
 * @param options - The sender expected, the context.
 * @returns The message.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`;
 * `ERR_INPUT_FORMAT` when the bytes are no envelope, or one whose body is a stream; `ERR_INPUT_STATE` when it is signed
 * and `options.sender` is missing.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for another version or suite.
 * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` for another recipient, sender or context, no signature where
 * one is expected, or any change.
 * @throws What a decapsulator or a function `options.sender` throws, as it is.
 * @example const message = await open(recipientPrivateKey, bytes, { sender: signerPublicKey });
 */
export async function open(
  recipient: Recipient,
  envelope: Uint8Array,
  options?: EnvelopeOpenOptions,
): Promise<Uint8Array> {
  const decapsulator = toDecapsulator(recipient);
  checkBytes('envelope', envelope);
  const { sender, context: wanted } = checkOptions('options', options, ['sender', 'context']);
  checkSender(sender);
  const context = checkContext(wanted);
  if (readParts('envelope', envelope).chunkLog2 !== undefined) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      'envelope',
      'one of a message',
      'one of a stream (use openStream)',
    );
  }
  const headerBytes = headerLength('envelope', envelope);
  // A copy: the caller's buffer could change while this function waits.
  const copy = new Uint8Array(envelope);
  const hpke = await startOpening(decapsulator, copy.subarray(0, headerBytes), sender, context);
  return openPiece(hpke, copy.subarray(headerBytes), true);
}
