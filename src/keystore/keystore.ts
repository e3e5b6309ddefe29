/**
 * What a keystore is: named keys with generations, that do things and do not come out.
 *
 * @module
 */
import { checkInteger, describe, isObject, readFrom } from '../bytes.ts';
import type { AnyPrivateKey, AnyPublicKey, PublicJwks } from '../encodings/index.ts';
import type { Decapsulator, EnvelopeOpenOptions, Signer } from '../envelope/index.ts';
import { InputError } from '../errors.ts';
import { AES_256_GCM, type KeyAlgorithm, ML_DSA_87, ML_KEM_1024 } from '../params.ts';
import type { ByteSecret, SecretBytes } from '../secret.ts';
import type { SignOptions } from '../sign/index.ts';

/** One generation of a named key. */
export interface KeyRef {
  /** 1 to 64 characters of `a-z`, `0-9`, `.`, `_`, `-`, starting with a letter or digit. */
  readonly name: string;
  /** 1 for the first key of that name, then counted up; never reused. */
  readonly generation: number;
}

/** What a keystore has keys for: the asymmetric algorithms, and AES-256-GCM for data. */
export type KeystoreAlgorithm = KeyAlgorithm | typeof AES_256_GCM.name;

/** All of them, in the order in which they are reported. */
export const KEYSTORE_ALGORITHMS: readonly KeystoreAlgorithm[] = [
  ML_KEM_1024.name,
  ML_DSA_87.name,
  AES_256_GCM.name,
];

/**
 * Where a private key lives: `memory` in this process only; `sealed` under a key that the store unlocks, with the seed in
 * memory while it is used; `in-token` inside a hardware module, which runs the operation itself.
 */
export type Custody = 'memory' | 'sealed' | 'in-token';

/** Custodies from weakest to strongest. */
export const CUSTODIES: readonly Custody[] = ['memory', 'sealed', 'in-token'];

/**
 * Where in its life a generation is (SP 800-57 part 1 §7). `pending`: published, not used yet, except to decapsulate and
 * open. `active`: everything. `retired`: decapsulate and open only. `suspended` and `compromised`: nothing. `destroying`:
 * nothing, and soon gone. A destroyed one is no longer listed; its number is never used again.
 */
export type KeyState = 'pending' | 'active' | 'retired' | 'suspended' | 'compromised' | 'destroying';

/** All states, in the order of their codes in stored formats. */
export const KEY_STATES: readonly KeyState[] = [
  'pending',
  'active',
  'retired',
  'suspended',
  'compromised',
  'destroying',
];

/** Times of a generation's life, milliseconds since the Unix epoch; what has not been decided is absent. */
export interface KeyTimes {
  /** When it became, or is to become, active. */
  readonly activatedAtMs?: number;
  /** When it was, or is to be, retired. */
  readonly retiredAtMs?: number;
  /** When it is to be destroyed. */
  readonly destroyAfterMs?: number;
}

/** What a keystore tells of a key. Nothing in it is secret. */
export interface KeyInfo extends KeyTimes {
  readonly ref: KeyRef;
  readonly algorithm: KeystoreAlgorithm;
  readonly custody: Custody;
  readonly state: KeyState;
  /** JWK thumbprint (RFC 7638) of the public key, base64url; of an AES key 16 random bytes, base64url. */
  readonly keyId: string;
  /** When it was made, milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  /** Of an AES key: messages that may be sealed with it in all, by everybody who has the store. */
  readonly maxUses?: number;
  /** Of an AES key: how many of these are used or set aside for a process that seals. */
  readonly reservedUses?: number;
  /** Set when the private half was destroyed, and the public one is kept: it verifies, and does nothing else. */
  readonly publicOnly?: true;
}

/** What {@link Keystore.generate} and {@link Keystore.import} have in common. */
export interface NewKeyOptions {
  /** The key's name; an existing name gets its next generation. */
  readonly name: string;
  /** Refuses to make the key with less than this. */
  readonly requireCustody?: Custody;
  /** `active` by default. */
  readonly state?: 'pending' | 'active';
  /** Of an AES key: messages that may be sealed with it, 1 to 2^32 (SP 800-38D §8.3), which is the default. */
  readonly maxUses?: number;
}

/** Options of {@link Keystore.generate}. */
export interface GenerateOptions extends NewKeyOptions {
  readonly algorithm: KeystoreAlgorithm;
  /** Gives the newest active generation of the name when there is one, and makes none then. */
  readonly ifAbsent?: boolean;
}

/** Options of {@link Keystore.import}. */
export interface ImportOptions extends NewKeyOptions {
  readonly algorithm: KeystoreAlgorithm;
  /**
   * The key: a private key whose seed is known, raw bytes (ML-KEM-1024 64, ML-DSA-87 32, AES-256-GCM 32), or PKCS#8 in DER
   * or PEM with the seed. Copied; what was given stays the caller's to wipe.
   */
  readonly key: AnyPrivateKey | ByteSecret | string;
}

/** Options of every use of a key. */
export interface UseOptions {
  /** Refuses to use a key with less than this. */
  readonly requireCustody?: Custody;
}

/** Options of sealing and opening data, of wrapping and unwrapping. */
export interface DataOptions extends UseOptions {
  /** Bytes that are authenticated but not sealed; whoever opens must give the same. None by default. */
  readonly aad?: Uint8Array;
}

/** What {@link Keystore.update} changes of a generation. What is absent stays. */
export interface KeyUpdate extends KeyTimes {
  readonly state?: KeyState;
}

/** One change of a store, as {@link Keystore.onChange} tells it. */
export interface KeystoreChange {
  /** What happened. */
  readonly kind: 'created' | 'updated' | 'destroyed';
  readonly info: KeyInfo;
}

/** A key by its name (its newest active generation), or exactly. */
export type KeySelector = string | KeyRef;

/**
 * Named keys with generations. A store stays open until {@link close}; any number of operations may be under way at
 * once.
 *
 * What is said of files holds for stores with a folder (`file` and `pkcs11`), what is said of tokens for `pkcs11`. A
 * token's answer is in `ckr` of the error.
 */
export interface Keystore {
  /** Which kind of store. */
  readonly backend: 'memory' | 'file' | 'pkcs11';
  /**
   * The custody that a new key of an algorithm gets here.
   *
   * @param algorithm - `ML-KEM-1024`, `ML-DSA-87` or `AES-256-GCM`.
   * @returns `memory`, `sealed` or `in-token`.
   * @throws {@link InputError} `ERR_INPUT_OPTION`.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_STATE` when the store was closed; `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when the token can keep no such key.
   */
  custodyOf(algorithm: KeystoreAlgorithm): Promise<Custody>;
  /**
   * Makes a key; the next generation of its name. A name keeps its algorithm.
   *
   * @param options - Name and algorithm; state, custody, budget of uses.
   * @returns What the store tells of the new key, or of the one that was there with `ifAbsent`.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_OPTION`; `ERR_INPUT_RANGE`
   * (budget), also when the clock gives no time.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_EXISTS` when the name is one of another algorithm;
   * `ERR_KEYSTORE_CUSTODY` when the key would get less than is required, or the token would let it be read;
   * `ERR_KEYSTORE_STATE` when the store was closed or re-keyed by another process, is full, or the name has no
   * generation left; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`,
   * `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` when the token can keep no such key;
   * `ERR_UNSUPPORTED_VERSION` when another release wrote the files meanwhile; `ERR_UNSUPPORTED_RUNTIME` when the
   * runtime has no random generator.
   * @example await keystore.generate({ name: 'invoices', algorithm: 'ML-DSA-87', ifAbsent: true });
   */
  generate(options: GenerateOptions): Promise<KeyInfo>;
  /**
   * Takes a key from elsewhere in, as the next generation of its name.
   *
   * @param options - Name, algorithm and key; state, custody, budget of uses. The key is copied at the call, and stays
   * the caller's to wipe.
   * @returns What the store tells of the new key.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_RANGE` as {@link generate} does;
   * `ERR_INPUT_FORMAT` (name, or a key that is no PKCS#8), `ERR_INPUT_LENGTH` (an AES key that is not 32 bytes, a text
   * that is too long), `ERR_INPUT_ALGORITHM` for a key of another algorithm, `ERR_INPUT_KEY` for one whose seed is not
   * known or does not fit the rest of it, `ERR_INPUT_DISPOSED`.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_EXISTS`, `ERR_KEYSTORE_CUSTODY`, `ERR_KEYSTORE_STATE` as
   * {@link generate} does; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`,
   * `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN`, also when the token takes no key from elsewhere.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION`, `ERR_UNSUPPORTED_VERSION`, `ERR_UNSUPPORTED_RUNTIME`
   * as {@link generate} does.
   */
  import(options: ImportOptions): Promise<KeyInfo>;
  /**
   * All keys, by name and generation.
   *
   * @returns What the store tells of each, as it is known to this process: changes by others may take a moment.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_STATE` when the store was closed.
   */
  list(): Promise<KeyInfo[]>;
  /**
   * One key.
   *
   * @param key - Name (its newest active generation) or reference.
   * @returns What the store tells of it.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation).
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when the store was closed.
   */
  get(key: KeySelector): Promise<KeyInfo>;
  /**
   * The generation that has this key id, if any.
   *
   * @param keyId - As {@link KeyInfo.keyId} tells it, base64url.
   * @returns What the store tells of it; undefined when there is none.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_STATE` when the store was closed.
   */
  find(keyId: string): Promise<KeyInfo | undefined>;
  /**
   * The public half of a key pair, whatever its state.
   *
   * @param key - Name (its newest active generation) or reference.
   * @returns A `KemPublicKey` or a `SignPublicKey`.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation);
   * `ERR_INPUT_ALGORITHM` for an AES key.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when the store was closed, or re-keyed
   * by another process; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote.
   */
  publicKey(key: KeySelector): Promise<AnyPublicKey>;
  /**
   * The public halves of all key pairs that others may use, as a JWK set: pending, active and retired ones.
   *
   * @returns `keys`, by name and generation, each with its key id as `kid`.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when one was destroyed meanwhile; `ERR_KEYSTORE_STATE` when
   * the store was closed, or re-keyed by another process; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`,
   * `ERR_KEYSTORE_ROLLBACK`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote.
   */
  jwks(): Promise<PublicJwks>;
  /**
   * Signs with an ML-DSA-87 key that is active.
   *
   * FIPS 204 §5.2, algorithm 2; hedged unless asked otherwise.
   *
   * @param key - Name (its newest active generation) or reference.
   * @param message - The message, up to 2^30 bytes; not to be changed until the call has ended.
   * @param options - Context string, deterministic signing, custody.
   * @returns The signature, 4627 bytes.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT` (name),
   * `ERR_INPUT_RANGE` (generation); `ERR_INPUT_ALGORITHM` for a key of another algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_CUSTODY` when the key has less than is
   * required; `ERR_KEYSTORE_STATE` when the key is not active, or the store was closed, or re-keyed by another process;
   * of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_OPERATION` for deterministic signing when an engine without it is
   * forced; `ERR_UNSUPPORTED_VERSION` for a key that another release wrote.
   */
  sign(key: KeySelector, message: Uint8Array, options?: SignOptions & UseOptions): Promise<Uint8Array>;
  /**
   * Decapsulates with an ML-KEM-1024 key that is pending, active or retired.
   *
   * FIPS 203 §7.3, algorithm 21. A forged ciphertext of the right length gives another secret, and is no error.
   *
   * @param key - Name (its newest active generation) or reference.
   * @param ciphertext - The encapsulation, 1568 bytes.
   * @param options - Custody.
   * @returns The shared secret, 32 bytes, yours to dispose.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT` (name),
   * `ERR_INPUT_RANGE` (generation); `ERR_INPUT_ALGORITHM` for a key of another algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_CUSTODY` when the key has less than is
   * required; `ERR_KEYSTORE_STATE` when the key may not be used, or the store was closed, or re-keyed by another
   * process; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote.
   */
  decapsulate(key: KeySelector, ciphertext: Uint8Array, options?: UseOptions): Promise<SecretBytes>;
  /**
   * An ML-DSA-87 key as the signer of envelopes.
   *
   * @param key - Name or reference; a name stands for the generation that is the newest active one now.
   * @param options - Custody, required now and whenever it signs.
   * @returns `publicKey`, and `sign`, which throws as {@link sign} does.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE`
   * (generation); `ERR_INPUT_ALGORITHM` for a key of another algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_CUSTODY` when the key has less than is
   * required; `ERR_KEYSTORE_STATE` when the key is not active, or the store was closed, or re-keyed by another process;
   * of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote.
   */
  signer(key: KeySelector, options?: UseOptions): Promise<Signer>;
  /**
   * An ML-KEM-1024 key as the recipient of envelopes.
   *
   * @param key - Name or reference; a name stands for the generation that is the newest active one now.
   * @param options - Custody, required now and whenever it decapsulates.
   * @returns `publicKey`, and `decapsulate`, which throws as {@link decapsulate} does.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE`
   * (generation); `ERR_INPUT_ALGORITHM` for a key of another algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_CUSTODY` when the key has less than is
   * required; `ERR_KEYSTORE_STATE` when the key may not be used, or the store was closed, or re-keyed by another
   * process; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote.
   */
  recipient(key: KeySelector, options?: UseOptions): Promise<Decapsulator>;
  /**
   * Opens an envelope with whichever generation it was sealed to.
   *
   * @param envelope - An envelope of a message.
   * @param options - The sender expected, the context; custody.
   * @returns The message.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`; `ERR_INPUT_FORMAT` when the
   * bytes are no envelope, or one whose body is a stream; `ERR_INPUT_STATE` when it is signed and `options.sender` is
   * missing.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when no key of the store can open it; `ERR_KEYSTORE_CUSTODY`
   * when the key has less than is required; `ERR_KEYSTORE_STATE` when the key may not be used, or the store was closed,
   * or re-keyed by another process; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`;
   * `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for another version or suite, or a key that another
   * release wrote.
   * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` for another sender or context, no signature where one is
   * expected, or any change.
   * @throws What a function `options.sender` throws, as it is.
   */
  openEnvelope(envelope: Uint8Array, options?: EnvelopeOpenOptions & UseOptions): Promise<Uint8Array>;
  /**
   * Seals a message with an AES-256-GCM key that is active. One use of the key's budget is spent, whether or not the
   * call succeeds; what a process has set aside and not used when it ends is spent as well.
   *
   * @param key - Name (its newest active generation) or reference.
   * @param plaintext - The message, up to 2^30 bytes; neither it nor the AAD may be changed until the call has ended.
   * @param options - AAD, up to 2^30 bytes; custody.
   * @returns The sealed message, 81 bytes longer.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT` (name),
   * `ERR_INPUT_RANGE` (generation); `ERR_INPUT_ALGORITHM` for a key of another algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_CUSTODY` when the key has less than is
   * required; `ERR_KEYSTORE_STATE` when the key is not active, or the store was closed, or re-keyed by another process;
   * of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`;
   * `ERR_KEYSTORE_TOKEN`.
   * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET` when the key has no use left: generate the next one.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote;
   * `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
   */
  sealData(key: KeySelector, plaintext: Uint8Array, options?: DataOptions): Promise<Uint8Array>;
  /**
   * Opens what {@link sealData} made, with whichever generation sealed it: pending, active or retired.
   *
   * @param sealed - What {@link sealData} returned.
   * @param options - The AAD that was sealed with; custody.
   * @returns The message.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`; `ERR_INPUT_FORMAT` when the
   * bytes are no sealed data.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when no key of the store sealed it; `ERR_KEYSTORE_CUSTODY`
   * when the key has less than is required; `ERR_KEYSTORE_STATE` when the key may not be used, or the store was closed,
   * or re-keyed by another process; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`;
   * `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for data, or a key, that another release wrote.
   * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` for other AAD, a wrapped key, or any change.
   */
  openData(sealed: Uint8Array, options?: DataOptions): Promise<Uint8Array>;
  /**
   * Wraps key material with an AES-256-GCM key that is active; what {@link sealData} made is no wrapped key, nor the
   * reverse. Spends the key's budget as {@link sealData} does.
   *
   * @param key - Name (its newest active generation) or reference.
   * @param secret - Key material, up to 2^30 bytes; copied at the call, and the caller's to wipe.
   * @param options - AAD, up to 2^30 bytes; custody.
   * @returns The wrapped key, 81 bytes longer.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`, `ERR_INPUT_DISPOSED`,
   * `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation); `ERR_INPUT_ALGORITHM` for a key of another algorithm.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_CUSTODY` when the key has less than is
   * required; `ERR_KEYSTORE_STATE` when the key is not active, or the store was closed, or re-keyed by another process;
   * of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`;
   * `ERR_KEYSTORE_TOKEN`.
   * @throws {@link ExpiredError} `ERR_EXPIRED_USE_BUDGET` when the key has no use left: generate the next one.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a key that another release wrote;
   * `ERR_UNSUPPORTED_RUNTIME` when the runtime has no random generator.
   */
  wrap(key: KeySelector, secret: ByteSecret, options?: DataOptions): Promise<Uint8Array>;
  /**
   * Unwraps what {@link wrap} made, with whichever generation wrapped it: pending, active or retired.
   *
   * @param wrapped - What {@link wrap} returned.
   * @param options - The AAD that was wrapped with; custody.
   * @returns The key material, yours to dispose.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_LENGTH`, `ERR_INPUT_OPTION`; `ERR_INPUT_FORMAT` when the
   * bytes are no wrapped key.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND` when no key of the store wrapped it; `ERR_KEYSTORE_CUSTODY`
   * when the key has less than is required; `ERR_KEYSTORE_STATE` when the key may not be used, or the store was closed,
   * or re-keyed by another process; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`;
   * `ERR_KEYSTORE_TOKEN`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` for a wrapped key, or a key, that another release wrote.
   * @throws {@link AuthenticationError} `ERR_AUTHENTICATION` for other AAD, sealed data, or any change.
   */
  unwrap(wrapped: Uint8Array, options?: DataOptions): Promise<SecretBytes>;
  /**
   * Changes state and times of a generation. Times are what the store is told, and decide nothing by themselves.
   * Nothing leads out of `compromised`, but to `destroying`, nor out of that.
   *
   * @param ref - Which.
   * @param changes - What changes; times in milliseconds since the Unix epoch.
   * @returns What the store tells of the key now.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_OPTION`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE`
   * (generation, times).
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when the key cannot get that state, or
   * the store was closed, or re-keyed by another process; of files `ERR_KEYSTORE_IO`, `ERR_KEYSTORE_LOCKED`,
   * `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` when another release wrote the files meanwhile.
   */
  update(ref: KeyRef, changes: KeyUpdate): Promise<KeyInfo>;
  /**
   * Destroys a generation for good: its number is never used again.
   *
   * @param ref - Which.
   * @throws {@link InputError} `ERR_INPUT_TYPE`, `ERR_INPUT_FORMAT` (name), `ERR_INPUT_RANGE` (generation), also when
   * the clock gives no time.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_NOT_FOUND`; `ERR_KEYSTORE_STATE` when the store was closed, or re-keyed
   * by another process; of files `ERR_KEYSTORE_IO`, also when the key is gone and its bytes could not be removed,
   * `ERR_KEYSTORE_LOCKED`, `ERR_KEYSTORE_CORRUPT`, `ERR_KEYSTORE_ROLLBACK`; `ERR_KEYSTORE_TOKEN` when the key is gone
   * from the store, and not from the token.
   * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_VERSION` when another release wrote the files meanwhile.
   */
  destroy(ref: KeyRef): Promise<void>;
  /**
   * Tells of every change, by this object or by another process, until the returned function is called. A listener that
   * throws does not disturb the store.
   *
   * @param listener - Called with each change, after it was made.
   * @returns Ends it; further calls do nothing.
   * @throws {@link InputError} `ERR_INPUT_TYPE`.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_STATE` when the store was closed.
   */
  onChange(listener: (change: KeystoreChange) => void): () => void;
  /**
   * Waits for operations under way, wipes what is in memory and ends the store. Further calls do nothing; those of
   * other methods are refused with `ERR_KEYSTORE_STATE`.
   *
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_TOKEN` when the token's module cannot be let go of; the store is closed
   * all the same.
   */
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

/**
 * Checks an argument that is one of a few texts.
 *
 * @throws {@link InputError} `ERR_INPUT_OPTION`.
 */
export function checkOneOf<T extends string>(
  argument: string,
  value: unknown,
  known: readonly T[],
): asserts value is T {
  if (known.includes(value as T)) return;
  const got = typeof value === 'string' ? `"${value.slice(0, 32)}"` : describe(value);
  const expected = known.map((text) => `"${text}"`).join(', ');
  throw new InputError('ERR_INPUT_OPTION', argument, known.length > 1 ? `one of ${expected}` : expected, got);
}

/** Whether one custody is at least another. */
export function isAtLeast(custody: Custody, wanted: Custody): boolean {
  return CUSTODIES.indexOf(custody) >= CUSTODIES.indexOf(wanted);
}
