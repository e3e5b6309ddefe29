/**
 * What sealing and opening share, for messages and streams alike: checks, HPKE set-up, commitment, signature.
 *
 * @module
 */
import type { RecipientContext, SenderContext } from 'hpke';
import { checkBytes, concat, describe, equal, readFrom, toBase64Url } from '../bytes.ts';
import { AuthenticationError, InputError } from '../errors.ts';
import { decapsulate, type KemPrivateKey, type KemPublicKey } from '../kem/index.ts';
import { checkKemPublicKey, isKemPrivateKey, isKemPublicKey } from '../kem/keys.ts';
import { keyMaterial } from '../keypair.ts';
import { ML_DSA_87 } from '../params.ts';
import { type ContextOptions, type SignPrivateKey, type SignPublicKey, sign, verify } from '../sign/index.ts';
import { isSignPrivateKey, isSignPublicKey } from '../sign/keys.ts';
import { COMMITMENT_BYTES, ENVELOPE_DOMAIN, readParts, writePrefix } from './header.ts';
import { type Decapsulator, setupRecipient, setupSender } from './hpke.ts';

/** Whatever can sign: a private key in memory, or a keystore that keeps it. */
export interface Signer {
  /** The public half of the key that signs. */
  readonly publicKey: SignPublicKey;
  /**
   * FIPS 204 algorithm 2 with the context string given.
   *
   * @param message - What is signed.
   * @param options - The context string.
   * @returns The signature, 4627 bytes.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, where a keystore signs.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when the key was destroyed, `ERR_KEYSTORE_STATE` when it may not
   * be used any more or the store was closed, `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`,
   * `ERR_KEYSTORE_TOKEN`.
   */
  sign(message: Uint8Array, options: Required<ContextOptions>): Uint8Array | Promise<Uint8Array>;
}

/** Who opens: a private key, or something that decapsulates with one. */
export type Recipient = KemPrivateKey | Decapsulator;

/** The sender that is expected: a key, or a way to find it by the key id in the envelope. */
export type ExpectedSender =
  | SignPublicKey
  | ((keyId: string) => SignPublicKey | undefined | Promise<SignPublicKey | undefined>);

/** Options of sealing. */
export interface EnvelopeSealOptions {
  /** Signs the envelope: the recipient will know who sealed it. */
  readonly signer?: SignPrivateKey | Signer;
  /** Bytes that both sides must agree on, at most 16 KiB; empty by default. */
  readonly context?: Uint8Array;
}

/** Options of opening. */
export interface EnvelopeOpenOptions {
  /** The sender whose signature the envelope must bear. Needed for signed envelopes, refused by others. */
  readonly sender?: ExpectedSender;
  /** The bytes that were sealed with. */
  readonly context?: Uint8Array;
}

/** RFC 9180 §7.2.1 allows far more; a context is a label, not a payload. */
const MAX_CONTEXT_BYTES = 16384;
const EMPTY = new Uint8Array(0);

/** AAD of a body piece: whether it is the last. A message has one piece. */
export function pieceAad(last: boolean): Uint8Array {
  return Uint8Array.of(last ? 1 : 0);
}

/** Checks a context option. */
export function checkContext(context: Uint8Array | undefined): Uint8Array {
  if (context === undefined) return EMPTY;
  checkBytes('options.context', context, { max: MAX_CONTEXT_BYTES });
  return context;
}

/** Checks a recipient's public key. */
export function checkRecipientKey(recipient: KemPublicKey): void {
  checkKemPublicKey('recipient', recipient);
}

/**
 * Makes one kind of signer of both.
 *
 * @param signer - What the caller passed.
 * @param argument - The argument's name, for errors.
 */
export function toSigner(signer: SignPrivateKey | Signer, argument?: string): Signer;
export function toSigner(signer: SignPrivateKey | Signer | undefined, argument?: string): Signer | undefined;
export function toSigner(
  signer: SignPrivateKey | Signer | undefined,
  argument = 'options.signer',
): Signer | undefined {
  if (signer === undefined) return undefined;
  if (isSignPrivateKey(signer)) {
    keyMaterial(argument, signer);
    return { publicKey: signer.publicKey, sign: (message, options) => sign(signer, message, options) };
  }
  const expected = 'a SignPrivateKey or a Signer';
  const { publicKey, sign: method } = readFrom(argument, expected, () => {
    const { publicKey, sign } = (signer ?? {}) as Partial<Signer>;
    return { publicKey, sign };
  });
  if (!isSignPublicKey(publicKey) || typeof method !== 'function') {
    throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(signer));
  }
  return { publicKey, sign: (message, options) => method.call(signer, message, options) };
}

/** Makes one kind of recipient of both. */
export function toDecapsulator(recipient: Recipient): Decapsulator {
  if (isKemPrivateKey(recipient)) {
    keyMaterial('recipient', recipient);
    return {
      publicKey: recipient.publicKey,
      decapsulate: (ciphertext) => decapsulate(recipient, ciphertext),
    };
  }
  const expected = 'a KemPrivateKey or a Decapsulator';
  const { publicKey, decapsulate: method } = readFrom('recipient', expected, () => {
    const { publicKey, decapsulate } = (recipient ?? {}) as Partial<Decapsulator>;
    return { publicKey, decapsulate };
  });
  if (!isKemPublicKey(publicKey) || typeof method !== 'function') {
    throw new InputError('ERR_INPUT_TYPE', 'recipient', expected, describe(recipient));
  }
  return { publicKey, decapsulate: (ciphertext) => method.call(recipient, ciphertext) };
}

/** Checks an expected sender. */
export function checkSender(sender: ExpectedSender | undefined): void {
  if (sender === undefined || isSignPublicKey(sender) || typeof sender === 'function') return;
  throw new InputError('ERR_INPUT_TYPE', 'options.sender', 'a SignPublicKey or a function', describe(sender));
}

/**
 * Sets up the sender's side and writes everything before the body.
 *
 * @param recipient - The recipient's key, checked.
 * @param signer - Who signs, if anybody.
 * @param context - What both sides must agree on.
 * @param chunkLog2 - Log2 of the chunk size, for a stream.
 * @returns The header and the HPKE context for the body.
 */
export async function startSealing(
  recipient: KemPublicKey,
  signer: Signer | undefined,
  context: Uint8Array,
  chunkLog2: number | undefined,
): Promise<{ header: Uint8Array; hpke: SenderContext }> {
  const prefix = writePrefix(recipient.thumbprint(), signer?.publicKey.thumbprint(), chunkLog2);
  const { enc, context: hpke } = await setupSender(recipient, concat(ENVELOPE_DOMAIN, prefix, context));
  const commitment = await hpke.Export(ENVELOPE_DOMAIN, COMMITMENT_BYTES);
  const unsigned = concat(prefix, enc, commitment);
  if (signer === undefined) return { header: unsigned, hpke };
  const signature = await signer.sign(concat(unsigned, context), { context: ENVELOPE_DOMAIN });
  // A signer of the caller's may return anything; the header has room for a signature only.
  checkBytes('options.signer', signature, ML_DSA_87.signatureBytes);
  return { header: concat(unsigned, signature), hpke };
}

/**
 * Checks everything before the body and sets up the recipient's side: recipient, signature, commitment, in this order.
 *
 * @param recipient - Who can decapsulate.
 * @param header - Everything before the body.
 * @param sender - The sender that is expected.
 * @param context - What both sides must agree on.
 * @returns The HPKE context for the body.
 * @throws {@link InputError} `ERR_INPUT_STATE` when the envelope is signed and no sender is expected.
 * @throws {@link AuthenticationError} for another recipient or sender, a bad signature or a wrong key.
 */
export async function startOpening(
  recipient: Decapsulator,
  header: Uint8Array,
  sender: ExpectedSender | undefined,
  context: Uint8Array,
): Promise<RecipientContext> {
  const parts = readParts('envelope', header);
  if (parts.sender !== undefined && sender === undefined) {
    throw new InputError(
      'ERR_INPUT_STATE',
      'options.sender',
      "the sender's key, since this envelope is signed",
      'undefined',
    );
  }
  if (parts.sender === undefined && sender !== undefined) throw new AuthenticationError();
  if (!equal(parts.recipient, recipient.publicKey.thumbprint())) throw new AuthenticationError();
  if (parts.sender !== undefined && parts.signature !== undefined && sender !== undefined) {
    const key = await findSender(sender, parts.sender);
    const signed = concat(parts.prefix, parts.enc, parts.commitment, context);
    if (!verify(key, signed, parts.signature, { context: ENVELOPE_DOMAIN })) throw new AuthenticationError();
  }
  const hpke = await setupRecipient(recipient, parts.enc, concat(ENVELOPE_DOMAIN, parts.prefix, context));
  const commitment = await hpke.Export(ENVELOPE_DOMAIN, COMMITMENT_BYTES);
  if (!equal(commitment, parts.commitment)) throw new AuthenticationError();
  return hpke;
}

/** The expected sender's key, if it is the one that the envelope names. */
async function findSender(sender: ExpectedSender, keyId: Uint8Array): Promise<SignPublicKey> {
  const key = isSignPublicKey(sender) ? sender : await sender(toBase64Url(keyId));
  if (key !== undefined) {
    if (!isSignPublicKey(key)) {
      throw new InputError(
        'ERR_INPUT_TYPE',
        'options.sender',
        'a function that returns a SignPublicKey',
        describe(key),
      );
    }
    if (equal(key.thumbprint(), keyId)) return key;
  }
  throw new AuthenticationError();
}

/** What `hpke` takes: a copy of bytes in shared memory or of another realm, other bytes as they are. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes);
}

/** Seals one piece of the body. */
export async function sealPiece(hpke: SenderContext, piece: Uint8Array, last: boolean): Promise<Uint8Array> {
  return hpke.Seal(ownBytes(piece), pieceAad(last));
}

/**
 * Opens one piece of the body.
 *
 * @throws {@link AuthenticationError} when it was changed or is not the next one.
 */
export async function openPiece(
  hpke: RecipientContext,
  piece: Uint8Array,
  last: boolean,
): Promise<Uint8Array> {
  try {
    return await hpke.Open(ownBytes(piece), pieceAad(last));
  } catch {
    throw new AuthenticationError();
  }
}
