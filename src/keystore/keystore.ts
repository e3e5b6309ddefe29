/**
 * What a keystore is: named keys with generations, that do things and do not come out.
 *
 * @module
 */
import { checkInteger, describe, isObject, readFrom } from '../bytes.ts';
import type { Decapsulator, EnvelopeOpenOptions, Signer } from '../envelope/index.ts';
import { InputError } from '../errors.ts';
import type { KemPublicKey } from '../kem/index.ts';
import { type KeyAlgorithm, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import type { SecretBytes } from '../secret.ts';
import type { SignOptions, SignPublicKey } from '../sign/index.ts';

/** One generation of a named key. */
export interface KeyRef {
  /** 1 to 64 characters of `a-z`, `0-9`, `.`, `_`, `-`, starting with a letter or digit. */
  readonly name: string;
  /** 1 for the first key of that name, then counted up; never reused. */
  readonly generation: number;
}

/**
 * Where a private key lives: `memory` in this process only; `sealed` under a key that the store unlocks, with the seed in
 * memory while it is used; `in-token` inside a hardware module, which runs the operation itself.
 */
export type Custody = 'memory' | 'sealed' | 'in-token';

/** Custodies from weakest to strongest. */
export const CUSTODIES: readonly Custody[] = ['memory', 'sealed', 'in-token'];

/** What a keystore tells of a key. Nothing in it is secret. */
export interface KeyInfo {
  readonly ref: KeyRef;
  readonly algorithm: KeyAlgorithm;
  readonly custody: Custody;
  /** JWK thumbprint (RFC 7638) of the public key, base64url. */
  readonly keyId: string;
  /** When it was made, milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
}

/** Options of {@link Keystore.generate}. */
export interface GenerateOptions {
  /** The key's name; an existing name gets its next generation. */
  readonly name: string;
  readonly algorithm: KeyAlgorithm;
}

/** A key by its name (newest generation) or exactly. */
export type KeySelector = string | KeyRef;

/** Named keys with generations. */
export interface Keystore {
  /** Which kind of store. */
  readonly backend: 'memory' | 'file';
  /**
   * Makes a key; the next generation of its name. A name keeps its algorithm.
   *
   * @param options - Name and algorithm.
   * @returns What the store tells of the new key.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_OPTION`; `ERR_INPUT_RANGE` when the
   * clock gives no time.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_EXISTS` when the name is one of another algorithm; `ERR_KEYSTORE_IO`;
   * `ERR_KEYSTORE_STATE` when the store is full, was closed, or its file was changed by somebody else.
   */
  generate(options: GenerateOptions): Promise<KeyInfo>;
  /**
   * Lists all keys, by name and generation.
   *
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_STATE` when the store was closed.
   */
  list(): Promise<KeyInfo[]>;
  /**
   * One key.
   *
   * @param key - Name or reference.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation).
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when the store was closed.
   */
  get(key: KeySelector): Promise<KeyInfo>;
  /**
   * The generation that has this key id, if any.
   *
   * @param keyId - Thumbprint, base64url.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_STATE` when the store was closed.
   */
  find(keyId: string): Promise<KeyInfo | undefined>;
  /**
   * The public half.
   *
   * @param key - Name or reference.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation).
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when the store was closed.
   */
  publicKey(key: KeySelector): Promise<KemPublicKey | SignPublicKey>;
  /**
   * Signs with an ML-DSA-87 key.
   *
   * @param key - Name or reference.
   * @param message - The message.
   * @param options - Context string, deterministic signing.
   * @returns The signature, 4627 bytes.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT` (name),
   * `ERR_INPUT_RANGE` (generation); `ERR_INPUT_ALGORITHM` for a key of the other algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when the store was closed.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` for deterministic signing when an engine without it is
   * forced.
   */
  sign(key: KeySelector, message: Uint8Array, options?: SignOptions): Promise<Uint8Array>;
  /**
   * Decapsulates with an ML-KEM-1024 key.
   *
   * @param key - Name or reference.
   * @param ciphertext - 1568 bytes.
   * @returns The shared secret, yours to dispose.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE`
   * (generation); `ERR_INPUT_ALGORITHM` for a key of the other algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when the store was closed.
   */
  decapsulate(key: KeySelector, ciphertext: Uint8Array): Promise<SecretBytes>;
  /**
   * An ML-DSA-87 key as the signer of envelopes.
   *
   * @param key - Name or reference; a name stands for the generation that is the newest now.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation);
   * `ERR_INPUT_ALGORITHM` for a key of the other algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when the store was closed.
   */
  signer(key: KeySelector): Promise<Signer>;
  /**
   * An ML-KEM-1024 key as the recipient of envelopes.
   *
   * @param key - Name or reference; a name stands for the generation that is the newest now.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation);
   * `ERR_INPUT_ALGORITHM` for a key of the other algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when the store was closed.
   */
  recipient(key: KeySelector): Promise<Decapsulator>;
  /**
   * Opens an envelope with whichever generation it was sealed to.
   *
   * @param envelope - An envelope of a message.
   * @param options - The sender expected, the context.
   * @returns The message.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`; `ERR_INPUT_FORMAT` when the bytes
   * are no envelope, or one whose body is a stream; `ERR_INPUT_STATE` when it is signed and `options.sender` is missing.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when no key of the store can open it; `ERR_KEYSTORE_STATE` when
   * the store was closed.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for another version or suite.
   * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` for another sender or context, no signature where one is
   * expected, or any change.
   * @throws What a function `options.sender` throws, as it is.
   */
  openEnvelope(envelope: Uint8Array, options?: EnvelopeOpenOptions): Promise<Uint8Array>;
  /**
   * Destroys a generation for good.
   *
   * @param ref - Which.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation).
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_IO`; `ERR_KEYSTORE_STATE` when the store was
   * closed, or its file was changed by somebody else.
   */
  destroy(ref: KeyRef): Promise<void>;
  /** Wipes what is in memory and ends the store. Further calls do nothing; those of other methods are refused. */
  close(): Promise<void>;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Largest generation that formats can hold. */
export const MAX_GENERATION: number = 2 ** 32 - 1;

/** Checks a key name. */
export function checkName(argument: string, name: unknown): asserts name is string {
  if (typeof name !== 'string') throw new InputError('ERR_INPUT_TYPE', argument, 'a string', describe(name));
  if (!NAME.test(name)) {
    throw new InputError(
      'ERR_INPUT_FORMAT',
      argument,
      '1 to 64 characters of a-z, 0-9, ".", "_", "-", starting with a letter or digit',
      describe(name),
    );
  }
}

/** Checks a key reference; returns a copy of it. */
export function checkRef(argument: string, ref: unknown): KeyRef {
  const expected = 'a KeyRef { name, generation }';
  if (!isObject(ref)) throw new InputError('ERR_INPUT_TYPE', argument, expected, describe(ref));
  const { name, generation } = readFrom(argument, expected, () => {
    const { name, generation } = ref as Partial<KeyRef>;
    return { name, generation };
  });
  checkName(`${argument}.name`, name);
  checkInteger(`${argument}.generation`, generation, 1, MAX_GENERATION);
  return { name, generation };
}

/** Checks an algorithm name. */
export function checkAlgorithm(argument: string, algorithm: unknown): asserts algorithm is KeyAlgorithm {
  if (algorithm !== ML_KEM_1024.name && algorithm !== ML_DSA_87.name) {
    const got = typeof algorithm === 'string' ? `"${algorithm.slice(0, 32)}"` : describe(algorithm);
    throw new InputError('ERR_INPUT_OPTION', argument, `"${ML_KEM_1024.name}" or "${ML_DSA_87.name}"`, got);
  }
}
