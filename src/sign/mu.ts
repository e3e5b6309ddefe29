/**
 * Signing what is not in hand: the message representative μ is hashed piece by piece, then signed or verified.
 *
 * The result is an ordinary ML-DSA-87 signature of the whole message: {@link verify} accepts it.
 *
 * @module
 */
import {
  checkBytes,
  checkInternal,
  checkOptions,
  concat,
  describe,
  INTERNAL,
  isObject,
  randomFill,
  wipe,
} from '../bytes.ts';
import { type ByteSource, iterate } from '../chunks.ts';
import type { Hasher } from '../engines/engine.ts';
import { engine } from '../engines/index.ts';
import { InputError } from '../errors.ts';
import { ML_DSA_87 } from '../params.ts';
import {
  checkSignPublicKey,
  preparedSignPrivateKey,
  preparedSignPublicKey,
  type SignPrivateKey,
  type SignPublicKey,
} from './keys.ts';
import {
  type ContextOptions,
  checkContext,
  checkDeterministic,
  type SigningOptions,
  type SignOptions,
} from './sign.ts';

let isMu: (value: object) => boolean;

/** The message representative μ of one message for one public key; 64 bytes, public. */
export class Mu {
  readonly #bytes: Uint8Array;

  static {
    isMu = (value) => #bytes in value;
  }

  private constructor(token: typeof INTERNAL, bytes: Uint8Array) {
    checkInternal(token, 'Mu');
    this.#bytes = bytes;
  }

  /**
   * Takes a μ that was computed elsewhere, as FIPS 204 algorithm 7 step 6 says.
   *
   * @param bytes - 64 bytes; copied.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`.
   */
  static fromBytes(bytes: Uint8Array): Mu {
    checkBytes('bytes', bytes, ML_DSA_87.muBytes);
    return new Mu(INTERNAL, new Uint8Array(bytes));
  }

  /** @returns A copy of μ, 64 bytes. */
  toBytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

let buildMu: (publicKey: SignPublicKey, context: Uint8Array) => MuBuilder;

/** A μ that is being computed: `update` as often as needed, then `finish` once. */
export class MuBuilder {
  readonly #hasher: Hasher;
  #finished = false;

  static {
    buildMu = (publicKey, context) => new MuBuilder(INTERNAL, publicKey, context);
  }

  private constructor(token: typeof INTERNAL, publicKey: SignPublicKey, context: Uint8Array) {
    checkInternal(token, 'MuBuilder');
    // μ = H(tr || M'), M' = 0 || len(ctx) || ctx || M (FIPS 204 algorithms 2 and 7).
    const tr = new Uint8Array(ML_DSA_87.trBytes);
    const trHasher = engine('hash').createShake256(ML_DSA_87.trBytes);
    trHasher.update(publicKey.toBytes());
    trHasher.digest(tr);
    this.#hasher = engine('hash').createShake256(ML_DSA_87.muBytes);
    this.#hasher.update(concat(tr, Uint8Array.of(0, context.length), context));
  }

  /**
   * Absorbs more of the message.
   *
   * @param data - The next bytes; not kept.
   * @returns The same object.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, or `ERR_INPUT_STATE` after {@link finish}.
   */
  update(data: Uint8Array): this {
    checkBytes('data', data);
    this.#checkLive();
    this.#hasher.update(data);
    return this;
  }

  /**
   * Ends the computation.
   *
   * @returns The message representative.
   * @throws {@link InputError} `ERR_INPUT_STATE` when it was called before.
   */
  finish(): Mu {
    this.#checkLive();
    this.#finished = true;
    const bytes = new Uint8Array(ML_DSA_87.muBytes);
    this.#hasher.digest(bytes);
    return Mu.fromBytes(bytes);
  }

  #checkLive(): void {
    if (this.#finished)
      throw new InputError('ERR_INPUT_STATE', 'mu', 'a computation under way', 'one that ended');
  }
}

/**
 * Starts the computation of μ for a message that comes in pieces.
 *
 * @param publicKey - The signer's public key: μ depends on it.
 * @param options - Context string.
 * @returns A builder with `update` and `finish`.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`.
 * @example const mu = createMu(privateKey.publicKey).update(head).update(tail).finish();
 */
export function createMu(publicKey: SignPublicKey, options?: ContextOptions): MuBuilder {
  checkSignPublicKey('publicKey', publicKey);
  const { context } = checkOptions('options', options, ['context']);
  return buildMu(publicKey, checkContext(context));
}

function checkMu(mu: Mu): void {
  if (!isObject(mu) || !isMu(mu)) throw new InputError('ERR_INPUT_TYPE', 'mu', 'a Mu', describe(mu));
}

/**
 * Signs a message representative (external-μ ML-DSA, FIPS 204 §6.2).
 *
 * @param privateKey - The key whose public half μ was made for.
 * @param mu - The message representative.
 * @param options - Deterministic signing.
 * @returns The signature, 4627 bytes.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when an engine without external μ is forced.
 */
export function signMu(privateKey: SignPrivateKey, mu: Mu, options?: SigningOptions): Uint8Array {
  const { deterministic: wanted } = checkOptions('options', options, ['deterministic']);
  const deterministic = checkDeterministic(wanted);
  checkMu(mu);
  const prepared = preparedSignPrivateKey('privateKey', privateKey, 'external-mu');
  const out = new Uint8Array(ML_DSA_87.signatureBytes);
  const rnd = new Uint8Array(ML_DSA_87.rndBytes);
  if (!deterministic) randomFill(rnd);
  try {
    prepared.signMu(mu.toBytes(), rnd, out);
  } finally {
    wipe(rnd);
  }
  return out;
}

/**
 * Verifies a signature over a message representative.
 *
 * @param publicKey - The signer's public key.
 * @param mu - The message representative, made for that key.
 * @param signature - The signature; anything that is not a right one gives false.
 * @returns Whether the signature is right.
 * @throws {@link InputError} `ERR_INPUT_TYPE`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when an engine without external μ is forced.
 */
export function verifyMu(publicKey: SignPublicKey, mu: Mu, signature: Uint8Array): boolean {
  const prepared = preparedSignPublicKey('publicKey', publicKey, 'external-mu');
  checkMu(mu);
  checkBytes('signature', signature);
  return prepared.verifyMu(mu.toBytes(), signature);
}

async function muOf(publicKey: SignPublicKey, source: ByteSource, options?: ContextOptions): Promise<Mu> {
  const builder = createMu(publicKey, options);
  for await (const piece of iterate('source', source)) builder.update(piece);
  return builder.finish();
}

/**
 * Signs a stream of any length in constant memory.
 *
 * @param privateKey - The signer's key.
 * @param source - A Node stream, a web stream, or any iterable of `Uint8Array`.
 * @param options - Context string, deterministic signing.
 * @returns The signature, 4627 bytes: the same kind as that of {@link sign}.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when an engine without external μ is forced.
 * @throws What the source throws, as it is.
 * @example const signature = await signStream(privateKey, createReadStream('image.iso'));
 */
export async function signStream(
  privateKey: SignPrivateKey,
  source: ByteSource,
  options?: SignOptions,
): Promise<Uint8Array> {
  const { context: wanted, ...signing } = checkOptions('options', options, ['context', 'deterministic']);
  const deterministic = checkDeterministic(signing.deterministic);
  preparedSignPrivateKey('privateKey', privateKey, 'external-mu');
  const context = checkContext(wanted);
  const mu = await muOf(privateKey.publicKey, source, { context });
  return signMu(privateKey, mu, { deterministic });
}

/**
 * Verifies the signature of a stream of any length in constant memory.
 *
 * @param publicKey - The signer's public key.
 * @param source - A Node stream, a web stream, or any iterable of `Uint8Array`.
 * @param signature - The signature; anything that is not a right one gives false.
 * @param options - The context string that was signed with.
 * @returns Whether the signature is right.
 * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH` (context), `ERR_INPUT_OPTION`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when an engine without external μ is forced.
 * @throws What the source throws, as it is.
 * @example const ok = await verifyStream(publicKey, createReadStream('image.iso'), signature);
 */
export async function verifyStream(
  publicKey: SignPublicKey,
  source: ByteSource,
  signature: Uint8Array,
  options?: ContextOptions,
): Promise<boolean> {
  checkBytes('signature', signature);
  const mu = await muOf(publicKey, source, options);
  return verifyMu(publicKey, mu, signature);
}
